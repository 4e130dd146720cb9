# SPDX-License-Identifier: Apache-2.0
"""Requests and replies as octets: the frame around what a :class:`FunctionDeclaration` describes.

A request is a length and a body; the answer is the four octets of a request id at once, and a length and a
body later. Functions that read take the body without its length; functions that write return the whole frame.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from zvm.smapi import functions, short_frames
from zvm.smapi.cursor import Cursor, Malformed
from zvm.smapi.declaration import ErrorData, Frame, FunctionDeclaration, int4
from zvm.smapi.errors import FrameError, InvalidParameter, ProtocolError
from zvm.smapi.fields import Field, encode_fields, octets, show_fields, zero_terminated
from zvm.smapi.keywords import KeywordFault

#: Longest bodies that are read; what announces more is no SMAPI peer.
MAX_REQUEST = 4 << 20
MAX_REPLY = 64 << 20
#: Longest function name, userid, password and target in a request header (IBM: a target may name a list).
_LIMITS = {"function": 64, "userid": 8, "password": 200, "target": 64}
_DOES_NOT_EXIST = 12
_LENGTH_MISMATCH = 20
_LENGTH_OUT_OF_RANGE = 36
_STARTED = 592
_OPERATION = (int4("operation_id"),)


@dataclass(frozen=True, repr=False)
class Request:
    """One call of a function.

    :ivar target: the userid or list the call is about.
    :ivar userid: who asks; empty where the transport proves the identity (IUCV, UNIX).
    :ivar parameters: values by the names of the declaration; what is left out takes its default.
    :ivar short: written or found in the C client's short frame.
    """

    function: str
    target: str
    userid: str = ""
    password: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    short: bool = False

    def __str__(self) -> str:
        password = " password=***" if self.password else ""
        shown = show_fields(functions.get(self.function).parameters, self.parameters)
        return f"{self.function} target={self.target} userid={self.userid}{password} {shown}".rstrip()

    __repr__ = __str__


@dataclass(frozen=True, repr=False)
class Reply:
    """What z/VM answered.

    :ivar values: results by the names of the declaration, empty when the reply carries none; a text that
        accompanies a refusal is ``values["error"]``.
    :ivar request_id: the id z/VM gave the request.
    :ivar function: name of the function, for the printable form.
    """

    rc: int
    rs: int
    values: Mapping[str, Any] = field(default_factory=dict)
    request_id: int = 0
    function: str = ""

    def __str__(self) -> str:
        fields = functions.get(self.function).reply if self.function else ()
        shown = show_fields(fields, self.values)
        return f"{self.function} {self.rc}/{self.rs} (request {self.request_id}) {shown}".strip()

    __repr__ = __str__


def encode_request(request: Request) -> bytes:
    """Return the whole frame of ``request``.

    :raises UnknownFunction: it has no declaration.
    :raises InvalidParameter: a value breaks the declaration or a limit of the header.
    """
    declaration = functions.get(request.function)
    if declaration.frame is Frame.SHORT or (request.short and declaration.frame is Frame.EITHER):
        body = short_frames.encode(declaration, request.target, request.parameters)
    else:
        body = b"".join(
            _header_field(name, value)
            for name, value in (
                ("function", declaration.sent_name),
                ("userid", request.userid),
                ("password", request.password),
                ("target", request.target),
            )
        ) + declaration.encode_parameters(request.parameters)
    return len(body).to_bytes(4, "big") + body


def _header_field(name: str, value: str) -> bytes:
    raw = octets(name, value)
    if len(raw) > _LIMITS[name]:
        raise InvalidParameter(name, f"longer than {_LIMITS[name]} characters")
    return len(raw).to_bytes(4, "big") + raw


def decode_request(body: bytes) -> Request:
    """Read the body of a request.

    :raises FrameError: the server answers with its rc and rs: 900/20 a length runs past the end, 900/36 a
        length is out of range, 900/12 no such function, 24/pprr parameter pp is wrong, 8/3002 8/3003 8/3004 a
        keyword is.
    """
    if short_frames.is_short(body):
        function, target, parameters = short_frames.decode(body)
        return Request(function, target, parameters=parameters, short=True)
    cursor = Cursor(body)
    header = {name: _read_header_field(cursor, name, longest) for name, longest in _LIMITS.items()}
    declaration = functions.by_sent_name(header["function"])
    if declaration is None or declaration.frame is Frame.SHORT:
        raise FrameError(900, _DOES_NOT_EXIST, f"no function {header['function']!r}")
    request = Request(declaration.name, header["target"], header["userid"], header["password"])
    try:
        parameters = declaration.decode_parameters(cursor)
    except KeywordFault as fault:
        raise FrameError(8, fault.rs, str(fault), request) from fault
    except Malformed as fault:
        if not fault.rr:
            raise FrameError(900, _LENGTH_OUT_OF_RANGE, str(fault), request) from fault
        raise FrameError(24, fault.number * 100 + fault.rr, str(fault), request) from fault
    return Request(request.function, request.target, request.userid, request.password, parameters)


def _read_header_field(cursor: Cursor, name: str, longest: int) -> str:
    try:
        length = cursor.integer(4)
        if not 0 <= length <= longest or (name == "function" and not length):
            raise FrameError(900, _LENGTH_OUT_OF_RANGE, f"length {length} of {name}")
        return cursor.take(length).decode("latin-1")
    except Malformed as fault:
        raise FrameError(900, _LENGTH_MISMATCH, f"{name}: {fault}") from fault


def encode_request_id(request_id: int) -> bytes:
    """Return the first message of an answer: the id alone."""
    return request_id.to_bytes(4, "big", signed=True)


def encode_reply(function: str, request_id: int, reply: Reply) -> bytes:
    """Return the whole second message of an answer.

    :param function: name of the function that was called; may be unknown when ``reply`` has no values.
    :raises InvalidParameter: a value breaks the declaration.
    """
    values = dict(reply.values)
    output = b""
    if values:
        declaration = functions.get(function)
        if "error" in values:
            output = zero_terminated("error", values.pop("error"))
            if declaration.error_data is not ErrorData.BARE:
                output = len(output).to_bytes(4, "big") + output
            if values:
                raise InvalidParameter("error", "a reply carries either results or an error text")
        else:
            output = encode_fields(_output_fields(declaration, reply.rc), values)
    body = b"".join(number.to_bytes(4, "big", signed=True) for number in (request_id, reply.rc, reply.rs))
    return (len(body) + len(output)).to_bytes(4, "big") + body + output


def decode_reply(function: str, body: bytes) -> Reply:
    """Read the body of the second message of an answer to ``function``.

    :raises ProtocolError: the octets are not such a reply; its ``rc`` and ``rs`` are set when they are known.
    """
    declaration = functions.get(function)
    cursor = Cursor(body)
    try:
        request_id, rc, rs = (cursor.integer(4) for _ in range(3))
    except Malformed as fault:
        raise ProtocolError(str(fault), function) from fault
    data = cursor.rest()
    try:
        values = _read_output(declaration, rc, data)
    except Malformed as fault:
        raise ProtocolError(f"output of {rc}/{rs}: {fault}", function, rc, rs) from fault
    return Reply(rc, rs, values, request_id, function)


def _read_output(declaration: FunctionDeclaration, rc: int, data: bytes) -> dict[str, Any]:
    """Read what follows the reason code; a refusal may carry a text, the declared output, or neither."""
    if not data:
        return {field.name: field.default for field in declaration.reply if field.to_end} if rc == 0 else {}
    if rc in (0, _STARTED):
        return _read_fields(_output_fields(declaration, rc), data)[0]
    if declaration.error_data is ErrorData.BARE:
        return {"error": data.rstrip(b"\0").decode("latin-1")}
    if declaration.error_data is ErrorData.NONE:
        try:
            values, left = _read_fields(declaration.reply, data)
            if values and not left:
                return values
        except Malformed:
            pass
    # The length counts the final NUL in some functions and not in others.
    text = data[4:].rstrip(b"\0")
    buffered = len(text) <= int.from_bytes(data[:4], "big") <= len(data) - 4
    return {"error": text.decode("latin-1")} if buffered else {}


def _output_fields(declaration: FunctionDeclaration, rc: int) -> tuple[Field, ...]:
    """Return what follows the reason code: an id alone when asynchronous work was only started."""
    return _OPERATION if rc == _STARTED and declaration.asynchronous else declaration.reply


def _read_fields(fields: tuple[Field, ...], data: bytes) -> tuple[dict[str, Any], int]:
    cursor = Cursor(data)
    return {field.name: field.decode(cursor) for field in fields}, cursor.remaining
