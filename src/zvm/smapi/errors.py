# SPDX-License-Identifier: Apache-2.0
"""What can go wrong, told apart by what the caller must do next.

::

    SmapiFault
    ├── SmapiError          z/VM answered: refused (function, target, rc, rs, text, explanation, reply)
    ├── Unreachable         certainly nothing happened: repeat when the way is free again
    │   └── NotSupported    this machine has no such transport (AF_IUCV outside z/VM)
    ├── OutcomeUnknown      it may have happened: look before repeating (function, target, request_id, reason)
    ├── ProtocolError       the peer's octets are not SMAPI (function, rc, rs as far as they are known)
    ├── FrameError          server side: answer the request with this rc and rs (rc, rs, text, header)
    ├── InvalidParameter    a value the function cannot carry; nothing was sent (also a ValueError)
    └── UnknownFunction     no declaration of that name (also a LookupError)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zvm.smapi.codes import Explanation
    from zvm.smapi.frames import Reply, Request


class SmapiFault(Exception):
    """Root of the tree above."""


class SmapiError(SmapiFault):
    """z/VM answered and refused.

    :ivar function: name of the function.
    :ivar target: what it was called for (a userid, a list, or a placeholder).
    :ivar rc: return code.
    :ivar rs: reason code.
    :ivar text: the text that came with the reply (CP or DirMaint messages), else empty.
    :ivar explanation: rc and rs in words and the next step.
    :ivar reply: the whole reply.
    """

    def __init__(
        self, function: str, target: str, rc: int, rs: int, text: str, explanation: Explanation, reply: Reply
    ) -> None:
        said = f" [{text}]" if text else ""
        super().__init__(
            f"{function} for {target}: {rc}/{rs} {explanation.text}{said} {explanation.next_step}"
        )
        self.function = function
        self.target = target
        self.rc = rc
        self.rs = rs
        self.text = text
        self.explanation = explanation
        self.reply = reply


class Unreachable(SmapiFault):
    """The request never reached a SMAPI server whole: nothing was done."""


class NotSupported(Unreachable):
    """This machine cannot use the endpoint at all."""


class OutcomeUnknown(SmapiFault):
    """The request was sent, its result is lost, and Response_Recovery did not bring it back.

    :ivar request_id: the id that z/VM gave the request, ``None`` when even that was lost.
    :ivar operation_id: id of the asynchronous operation when one is known to have been started.
    """

    def __init__(
        self,
        function: str,
        target: str,
        request_id: int | None,
        reason: str,
        operation_id: int | None = None,
    ) -> None:
        number = "" if request_id is None else f" (request {request_id})"
        super().__init__(
            f"{function} for {target}{number}: outcome unknown, {reason}. Query the state first."
        )
        self.function = function
        self.target = target
        self.request_id = request_id
        self.reason = reason
        self.operation_id = operation_id


class ProtocolError(SmapiFault):
    """The peer sent octets that are not a SMAPI reply of this function."""

    def __init__(self, text: str, function: str = "", rc: int | None = None, rs: int | None = None) -> None:
        super().__init__(f"{function}: {text}" if function else text)
        self.function = function
        self.rc = rc
        self.rs = rs


class FrameError(SmapiFault):
    """A request that a server answers with ``rc``/``rs`` instead of doing anything.

    :ivar text: what is wrong; for keyword functions the text that z/VM puts into the error buffer.
    :ivar header: the request without parameters as far as its header was sound, so that a server checks who
        asks before it says what is wrong with the parameters.
    """

    def __init__(self, rc: int, rs: int, text: str = "", header: Request | None = None) -> None:
        super().__init__(f"{rc}/{rs} {text}".rstrip())
        self.rc = rc
        self.rs = rs
        self.text = text
        self.header = header


class InvalidParameter(SmapiFault, ValueError):
    """The function cannot carry this value; the message names the rule, not the value: it may be secret."""

    def __init__(self, parameter: str, rule: str) -> None:
        super().__init__(f"{parameter}: {rule}")
        self.parameter = parameter
        self.rule = rule


class UnknownFunction(SmapiFault, LookupError):
    """There is no declaration of a function of that name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no SMAPI function {name!r} is declared")
        self.name = name
