# SPDX-License-Identifier: Apache-2.0
"""What can go wrong below the driver, as Nova exceptions whose text tells the operator all there is to know.

::

    nova.exception.NovaException
     ├── Refused                 the node or z/VM said no, and will again until something is changed
     │    ├── UserIdTaken         the userid belongs to a directory entry of somebody else
     │    ├── NoSpace             the disk pool has no room for the disk
     │    ├── NotInTables         the management node does not know the node
     │    └── NotOnGenuineXcat    xCAT's own API cannot do it
     ├── OutcomeUnknown          the answer was lost: it may have been done
     ├── GuestNotReachable       the new guest did not come up: crashed, or silent until the time-out
     └── VirtDriverNotReady
          └── Unreachable        nothing was done; Nova tries its periodic work again later

What matters most stands first in each text: of an instance's fault Nova shows users 255 characters, of which
its own words take a good part. The whole text is in the fault's details.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from nova import exception
from nova.i18n import _

from zvm.xcat import (
    XcatError,
    XcatNotFound,
    XcatOutcomeUnknown,
    XcatRefused,
    XcatUnauthorized,
    XcatUnreachable,
    XcatUnsupported,
)

#: Image_Create_DM: the directory has an entry of this name.
_TAKEN = (400, 8)
#: Image_Disk_Create_DM: no free extent of the group is large enough.
_NO_SPACE = (408, 24)


class Refused(exception.NovaException):
    """z/VM or the management node refused.

    :ivar function: SMAPI function or call of the node's API that was refused.
    :ivar rc: z/VM's return code, None when z/VM was not asked.
    :ivar rs: z/VM's reason code.
    :ivar reason: what the refusal means in words.
    :ivar next_step: what the operator can do about it, or "".
    """

    msg_fmt = _("%(function)s refused%(codes)s: %(reason)s%(next)s")

    def __init__(
        self, function: str, reason: str, rc: int | None = None, rs: int | None = None, next_step: str = ""
    ) -> None:
        self.function, self.reason, self.rc, self.rs, self.next_step = function, reason, rc, rs, next_step
        reason, next_step = reason.rstrip("."), next_step.rstrip(".")
        super().__init__(function=function, codes=_codes(rc, rs), reason=reason, next=_next(next_step))


class UserIdTaken(Refused):
    """The userid is somebody else's."""


class NoSpace(Refused):
    """The disk pool is full, or too fragmented for this disk."""


class NotInTables(Refused):
    """The management node knows no such node."""


class NotOnGenuineXcat(Refused):
    """It needs the management node of nova-zvm, and this one is a genuine xCAT."""


class OutcomeUnknown(exception.NovaException):
    """The answer of the management node was lost."""

    msg_fmt = _("%(reason)s; whether %(function)s was carried out is not known%(next)s")


class Unreachable(exception.VirtDriverNotReady):
    """The management node, or the zHCP behind it, does not answer."""

    msg_fmt = _("%(reason)s; %(function)s was not carried out%(next)s")


class GuestNotReachable(exception.NovaException):
    """A new guest did not come up."""

    msg_fmt = _("Guest %(userid)s %(what)s, its last words: %(last)s. The end of its console: %(console)s")

    def __init__(self, userid: str, what: str, console: str) -> None:
        console = console.strip() or _("(nothing)")
        last = console.splitlines()[-1].rstrip(".")
        super().__init__(userid=userid, what=what, last=last, console=console)


@contextmanager
def errors_as_nova() -> Iterator[None]:
    """Turn what the management node's client raises into Nova's exceptions.

    Their text says all that was known; the client's own exceptions, and those below it, would only make
    a hundred lines of each traceback that Nova logs.
    """
    try:
        yield
    except XcatError as problem:
        raise translated(problem) from None


def translated(problem: XcatError) -> exception.NovaException:
    """Return the Nova exception for what the management node's client raised."""
    if isinstance(problem, XcatUnreachable):
        return Unreachable(function=problem.command, reason=problem.message, next=_next(problem.next_step))
    if isinstance(problem, XcatOutcomeUnknown):
        return OutcomeUnknown(function=problem.command, reason=problem.message, next=_next(problem.next_step))
    if not isinstance(problem, XcatRefused):
        return exception.NovaException(str(problem))
    codes = (problem.rc, problem.rs)
    cls: type[Refused] = Refused
    next_step = problem.next_step
    if isinstance(problem, XcatUnauthorized):
        next_step = next_step or "check username and password in [zvm_xcat]"
    elif isinstance(problem, XcatUnsupported):
        cls = NotOnGenuineXcat
    elif isinstance(problem, XcatNotFound):
        cls = NotInTables
    elif codes == _TAKEN:
        cls = UserIdTaken
        next_step = "rename or remove the other guest, or choose another instance_name_template"
    elif codes == _NO_SPACE:
        cls = NoSpace
        next_step = next_step or "free or add space in the disk pool"
    function = problem.function or problem.command
    if problem.target:
        function += f" for {problem.target}"
    return cls(function, _reason(problem), problem.rc, problem.rs, next_step)


def _reason(problem: XcatRefused) -> str:
    """Return the explanation and, where it says more, the text as it came."""
    message = " ".join(problem.message.split())
    return problem.text if problem.text in message or not problem.text else f"{problem.text} [{message}]"


def _codes(rc: int | None, rs: int | None) -> str:
    if rc is None:
        return ""
    return f", rc {rc}" if rs is None else f", rc {rc} rs {rs}"


def _next(next_step: str) -> str:
    return f". Next: {next_step}" if next_step else ""
