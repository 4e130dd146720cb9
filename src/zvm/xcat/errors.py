# SPDX-License-Identifier: Apache-2.0
"""What a call to a management node can end in.

::

    XcatError                     a call failed: command, message, next step
    ├── XcatRefused               the node or z/VM said no: rc, rs, texts; nothing else will change that
    │   ├── XcatUnauthorized      wrong credentials, or the policy forbids the command
    │   ├── XcatNotFound          no such node, image or resource
    │   └── XcatUnsupported       xCAT alone cannot do it: the node has no extension
    ├── XcatUnreachable           nothing was done: the node or its zHCP could not be reached; try again
    └── XcatOutcomeUnknown        the answer was lost: find out before trying again
"""

from __future__ import annotations

from collections.abc import Sequence


class XcatError(Exception):
    """A call to the management node failed.

    :ivar command: method and path of the call, such as ``PUT /nodes/linux1/power``; never credentials.
    :ivar message: what went wrong, in words.
    :ivar next_step: what an operator can do about it, or "".
    """

    def __init__(self, command: str, message: str, *, next_step: str = "") -> None:
        told = f" ({next_step})" if next_step and next_step not in message else ""
        super().__init__(f"{command}: {message}{told}")
        self.command = command
        self.message = message
        self.next_step = next_step


class XcatRefused(XcatError):
    """The management node, or z/VM behind it, refused.

    :ivar errors: the error texts as they came, one per failed step.
    :ivar status: the HTTP status.
    :ivar rc: return code of the SMAPI function, None when no function was involved.
    :ivar rs: reason code, likewise.
    :ivar text: the description of (rc, rs) in words, or the first error text.
    :ivar function: name of the SMAPI function, or "" when unknown.
    :ivar target: the userid it was called for, or "".
    """

    def __init__(
        self,
        command: str,
        errors: Sequence[str],
        *,
        status: int = 200,
        rc: int | None = None,
        rs: int | None = None,
        text: str = "",
        function: str = "",
        target: str = "",
        next_step: str = "",
    ) -> None:
        self.errors = tuple(errors)
        super().__init__(command, "; ".join(self.errors) or text or f"HTTP {status}", next_step=next_step)
        self.status = status
        self.rc = rc
        self.rs = rs
        self.text = text or (self.errors[0] if self.errors else "")
        self.function = function
        self.target = target

    def has_codes(self, rc: int, rs: int) -> bool:
        """Return whether z/VM refused with exactly ``rc``/``rs``."""
        return (self.rc, self.rs) == (rc, rs)


class XcatUnauthorized(XcatRefused):
    """The credentials are wrong, or the policy does not let this user run the command."""


class XcatNotFound(XcatRefused):
    """The node, image, table or resource that was named does not exist."""


class XcatUnsupported(XcatRefused):
    """It needs our extension of xCAT's API, which this node does not have; nothing was sent."""


class XcatUnreachable(XcatError):
    """The management node, the zHCP it needs, or a guest's agent could not be reached; nothing was done.

    :ivar guest: userid of the guest whose agent does not answer; "" where it is the chain itself.
    """

    def __init__(self, command: str, message: str, *, guest: str = "", next_step: str = "") -> None:
        super().__init__(command, message, next_step=next_step)
        self.guest = guest


class XcatOutcomeUnknown(XcatError):
    """The call was sent and its answer lost; whether it was carried out is not known.

    :ivar operation: the id under which the node knows the call (``GET /zvm/v1/tasks/{operation}``).
    """

    def __init__(self, command: str, message: str, *, operation: str = "", next_step: str = "") -> None:
        super().__init__(command, message, next_step=next_step)
        self.operation = operation
