# SPDX-License-Identifier: Apache-2.0
"""The errors of the zHCP, the same on both sides of its HTTP API.

::

    ZhcpError              internal         500  a fault of the zHCP itself
     ├── Refused           refused          409  z/VM said no; nothing (more) was done
     ├── Busy              busy             503  z/VM was busy until the limit ran out; nothing was done
     ├── Unreachable       unreachable      502  what had to be asked cannot be reached; nothing was done
     ├── OutcomeUnknown    unknown          504  it may have been done or not: find out before repeating
     ├── Invalid           invalid          400  the request itself is wrong; nothing was done
     ├── Unauthenticated   unauthenticated  401  no token or a wrong one
     ├── NotFound          not_found        404  the thing asked about does not exist
     └── NotSupported      not_supported    501  this zHCP cannot do it

The three a caller must tell apart are *refused*, *unreachable* and *unknown*: the first two can be acted on
at once, after the third the caller has to look first.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar


class ZhcpError(Exception):
    """Something asked of the zHCP did not happen, or did not happen for certain.

    :ivar function: the SMAPI function, ``CP LINK`` and the like, or "" where no call to z/VM was involved.
    :ivar target: the userid the call was about, or "".
    :ivar rc: return code of z/VM (CP: the number of the message), ``None`` where there was none.
    :ivar rs: reason code of SMAPI.
    :ivar explanation: what rc and rs mean, in words.
    :ivar next_step: what the operator can do about it.
    :ivar details: further facts, JSON-able.
    """

    kind: ClassVar[str] = "internal"
    status: ClassVar[int] = 500

    def __init__(
        self,
        message: str,
        *,
        function: str = "",
        target: str = "",
        rc: int | None = None,
        rs: int | None = None,
        explanation: str = "",
        next_step: str = "",
        details: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.function = function
        self.target = target
        self.rc = rc
        self.rs = rs
        self.explanation = explanation
        self.next_step = next_step
        self.details = details or {}

    def to_json(self) -> dict[str, Any]:
        """Return the body of the HTTP answer that carries this error."""
        return {
            "error": {
                "kind": self.kind,
                "message": self.message,
                "function": self.function,
                "target": self.target,
                "rc": self.rc,
                "rs": self.rs,
                "explanation": self.explanation,
                "next_step": self.next_step,
                "details": self.details,
            }
        }


class Refused(ZhcpError):
    """z/VM, or the guest's agent, answered: no."""

    kind = "refused"
    status = 409

    def retold(self, text: str, next_step: str) -> Refused:
        """Return the same refusal with the names and numbers that z/VM's own text leaves out.

        :param text: what was refused and why, in words.
        :param next_step: what the operator can do about it.
        """
        return Refused(
            text,
            function=self.function,
            target=self.target,
            rc=self.rc,
            rs=self.rs,
            explanation=text,
            next_step=next_step,
            details=self.details,
        )


class Busy(ZhcpError):
    """The directory manager was busy for longer than the zHCP waits; nothing was done."""

    kind = "busy"
    status = 503


class Unreachable(ZhcpError):
    """Nobody answered, and nothing was done."""

    kind = "unreachable"
    status = 502


class OutcomeUnknown(ZhcpError):
    """The request went out and its answer never came: look before asking again."""

    kind = "unknown"
    status = 504


class Invalid(ZhcpError):
    """The request breaks the grammar or contradicts itself; nothing was done."""

    kind = "invalid"
    status = 400


class Unauthenticated(ZhcpError):
    """The caller did not prove who it is."""

    kind = "unauthenticated"
    status = 401


class NotFound(ZhcpError):
    """No such guest, disk, spool file or route."""

    kind = "not_found"
    status = 404


class NotSupported(ZhcpError):
    """Not possible here, now or ever; the message says which."""

    kind = "not_supported"
    status = 501


@contextmanager
def accepted(*codes: tuple[int, int]) -> Iterator[None]:
    """Go on behind the block when z/VM refuses with one of ``codes``: what was asked for is so already.

    :param codes: return code and reason code.
    """
    try:
        yield
    except Refused as error:
        if (error.rc, error.rs) not in codes:
            raise


KINDS: dict[str, type[ZhcpError]] = {
    cls.kind: cls
    for cls in (
        ZhcpError,
        Refused,
        Busy,
        Unreachable,
        OutcomeUnknown,
        Invalid,
        Unauthenticated,
        NotFound,
        NotSupported,
    )
}


def from_json(document: Any) -> ZhcpError:
    """Return the error that ``document``, the JSON body of an answer, describes.

    A body that is not one of ours (a proxy's page, say) gives a plain :class:`ZhcpError`.
    """
    error = document.get("error") if isinstance(document, dict) else None
    if not isinstance(error, dict):
        return ZhcpError("the answer carries no error of the zHCP's form", details={"answer": document})
    cls = KINDS.get(str(error.get("kind")), ZhcpError)
    return cls(
        str(error.get("message", "")),
        function=str(error.get("function") or ""),
        target=str(error.get("target") or ""),
        rc=error.get("rc"),
        rs=error.get("rs"),
        explanation=str(error.get("explanation") or ""),
        next_step=str(error.get("next_step") or ""),
        details=error.get("details") or {},
    )
