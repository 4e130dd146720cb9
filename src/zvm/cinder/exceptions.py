# SPDX-License-Identifier: Apache-2.0
"""What can go wrong below the driver, as Cinder's exceptions.

::

    cinder.exception
     ├── VolumeBackendAPIException
     │    ├── Refused             z/VM or the node said no: rc, rs, reason, next step
     │    │    └── NoSpace        the disk pool has no room
     │    ├── Unreachable         nothing was done
     │    └── OutcomeUnknown      the answer was lost, for longer than ``zvm_retry_timeout``
     └── VolumeNotFound           the directory has no such volume
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cinder import exception

from zvm.xcat import (
    XcatError,
    XcatNotFound,
    XcatOutcomeUnknown,
    XcatRefused,
    XcatUnauthorized,
    XcatUnreachable,
)

#: Image_Create_DM, Image_Disk_Create_DM: no free extent of the group is large enough.
_NO_SPACE = (408, 24)


class Refused(exception.VolumeBackendAPIException):
    """z/VM or the management node refused.

    :ivar rc: z/VM's return code, None when z/VM was not asked.
    :ivar rs: z/VM's reason code.
    """

    def __init__(self, text: str, rc: int | None = None, rs: int | None = None) -> None:
        self.rc, self.rs = rc, rs
        super().__init__(data=text)


class NoSpace(Refused):
    """The disk pool is full, or too fragmented for this volume."""


class Unreachable(exception.VolumeBackendAPIException):
    """The management node, or the zHCP behind it, does not answer; nothing was done."""


class OutcomeUnknown(exception.VolumeBackendAPIException):
    """The answer was lost; the next call for the same volume finds out."""


@contextmanager
def errors_as_cinder(volume_id: str = "") -> Iterator[None]:
    """Turn what the management node's client raises into Cinder's exceptions.

    :param volume_id: which volume does not exist when the node says "not found".
    """
    try:
        yield
    except XcatNotFound as problem:
        if volume_id:
            raise exception.VolumeNotFound(volume_id=volume_id) from None
        raise Refused(str(problem)) from None
    except XcatRefused as problem:
        codes = (problem.rc, problem.rs)
        text = str(problem)
        if isinstance(problem, XcatUnauthorized):
            text += " (check zvm_username and zvm_password)"
        elif problem.rc is not None:
            function = problem.function or problem.command
            text = f"{function} refused, rc {problem.rc} rs {problem.rs}: {problem.message}"
            text += f". Next: {problem.next_step}" if problem.next_step else ""
        raise (NoSpace if codes == _NO_SPACE else Refused)(text, *codes) from None
    except XcatUnreachable as problem:
        raise Unreachable(data=str(problem)) from None
    except XcatOutcomeUnknown as problem:
        raise OutcomeUnknown(data=str(problem)) from None
    except XcatError as problem:
        raise exception.VolumeBackendAPIException(data=str(problem)) from None
