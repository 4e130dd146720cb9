# SPDX-License-Identifier: Apache-2.0
"""What a client does around one call, without doing any I/O: the blocking and the asyncio client share it.

:func:`converse` is a generator. It yields an :class:`Exchange`, which the client carries over one connection
and fills in, or a :class:`Pause`; it returns the reply or raises what the call came to. The rules::

    exchange ended ...                          then
    not connected, or request not fully sent    Unreachable: nothing was done
    sent, no request id                         OutcomeUnknown: there is nothing to ask Response_Recovery for
    request id, no reply                        Response_Recovery until it has the reply or its time is over,
                                                then OutcomeUnknown
    request id, closed by z/VM before a reply   the same, but once Response_Recovery says that nothing is kept
                                                only a moment longer: who closes does not work on it any more
    reply 592 with an operation id              Query_Asynchronous_Operation_DM until it ended or out of time
    reply 0                                     the reply
    any other reply                             SmapiError
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace

from zvm.smapi import codes, functions
from zvm.smapi.errors import OutcomeUnknown, ProtocolError, SmapiError, Unreachable
from zvm.smapi.frames import MAX_REPLY, Reply, Request, decode_reply, encode_request

#: Seconds a call may take, the C client's own limit.
TIMEOUT = 240.0
#: Seconds after a lost reply in which Response_Recovery is asked for it.
RECOVERY = 10.0
#: Seconds of them in which "nothing is kept" (4/4) may still change after z/VM has closed the connection.
_CLOSED_RECOVERY = 2.0
_STARTED = 592
_DONE, _RUNNING = (0, 100), 104


@dataclass
class Pause:
    """Wait so many seconds."""

    seconds: float


class Exchange:
    """One request on one connection: what to send, and what has come back so far.

    :ivar wire: octets to send.
    :ivar timeout: seconds that connecting, sending and receiving may take together.
    :ivar sent: set by the client when all octets are with the transport.
    :ivar failure: set by the client when the exchange ended without a reply: why.
    :ivar closed: the peer ended the connection before the reply was complete.
    :ivar request_id: the id z/VM gave the request, once it is here.
    :ivar body: the body of the reply, once it is here.
    """

    def __init__(self, wire: bytes, timeout: float) -> None:
        self.wire = wire
        self.timeout = timeout
        self.sent = False
        self.failure = ""
        self.closed = False
        self.request_id: int | None = None
        self.body: bytes | None = None
        self._received = bytearray()

    @property
    def complete(self) -> bool:
        """Whether the reply is here."""
        return self.body is not None

    def receive(self, data: bytes) -> None:
        """Take in octets as they arrive, in pieces of any size; none means the peer closed.

        :raises ProtocolError: they cannot be a reply.
        """
        if not data:
            self.closed = True
            raise ProtocolError("the connection was closed before the reply was complete")
        received = self._received
        received += data
        if self.request_id is None and len(received) >= 4:
            self.request_id = int.from_bytes(received[:4], "big", signed=True)
        if len(received) < 8:
            return
        length = int.from_bytes(received[4:8], "big", signed=True)
        if not 12 <= length <= MAX_REPLY:
            raise ProtocolError(f"a reply of {length} octets is announced")
        if len(received) >= 8 + length:
            self.body = bytes(received[8 : 8 + length])


Steps = Generator[Exchange | Pause, None, Reply]


def converse(
    request: Request,
    *,
    timeout: float = TIMEOUT,
    recovery: float = RECOVERY,
    poll: bool = True,
    clock: Callable[[], float] = time.monotonic,
) -> Steps:
    """Yield what to do for ``request`` and return its reply.

    :param timeout: seconds for the whole call, polling included.
    :param recovery: seconds after a lost reply in which it is asked for again.
    :param poll: wait for asynchronous work; otherwise its 592 reply is returned.
    :raises InvalidParameter: the request breaks its declaration.
    :raises SmapiError: z/VM refused.
    :raises Unreachable: nothing was done.
    :raises OutcomeUnknown: see the table above.
    :raises ProtocolError: the reply cannot be read.
    """
    deadline = clock() + timeout
    exchange = Exchange(encode_request(request), timeout)
    yield exchange
    reply = _reply(request, exchange)
    if reply is None:
        reply = yield from _recover(request, exchange, recovery, clock)
    if reply.rc == _STARTED:
        operation = reply.rs or reply.values.get("operation_id", 0)
        if not poll or not functions.get(request.function).asynchronous:
            return reply
        if not operation:
            raise _unknown(request, exchange, "z/VM works on it and gave no operation id")
        return (yield from _wait(request, exchange, operation, deadline, clock))
    return _accepted(request, reply)


def _reply(request: Request, exchange: Exchange) -> Reply | None:
    """Return the reply in ``exchange``, ``None`` when it was lost but can be asked for."""
    if exchange.body is not None:
        reply = decode_reply(request.function, exchange.body)
        if reply.request_id == exchange.request_id:
            return reply
        exchange.failure = f"the reply is that of request {reply.request_id}"
    if exchange.request_id is not None:
        return None
    if not exchange.sent:
        raise Unreachable(f"{request.function} for {request.target}: {exchange.failure}")
    raise _unknown(request, exchange, exchange.failure)


def _recover(request: Request, lost: Exchange, seconds: float, clock: Callable[[], float]) -> Steps:
    """Ask Response_Recovery for the lost reply of ``request`` until it has it."""
    deadline, closed = clock() + seconds, lost.closed
    ask = replace(
        request,
        function="Response_Recovery",
        target="MAINT",
        parameters={"failed_request_id": lost.request_id},
        short=False,
    )
    pauses = _backoff(0.1, 2.0)
    while True:
        exchange = Exchange(encode_request(ask), max(deadline - clock(), 0.1))
        yield exchange
        if exchange.body is not None:
            answer = decode_reply(ask.function, exchange.body)
            if answer.rc == 0 and answer.values["response_data"]:
                return _stored_reply(request, lost, answer)
            if answer.rc not in (0, 4):
                raise _unknown(request, lost, lost.failure)
            if closed:
                deadline, closed = min(deadline, clock() + _CLOSED_RECOVERY), False
                pauses = _backoff(0.1, 2.0)
        pause = next(pauses)
        if clock() + pause >= deadline:
            raise _unknown(request, lost, lost.failure)
        yield Pause(pause)


def _stored_reply(request: Request, lost: Exchange, answer: Reply) -> Reply:
    """Return the lost reply out of Response_Recovery's: the body of the second message."""
    try:
        reply = decode_reply(request.function, answer.values["response_data"].encode("latin-1"))
    except ProtocolError as error:
        raise _unknown(request, lost, f"Response_Recovery returned something else: {error}") from error
    if reply.request_id != lost.request_id:
        raise _unknown(request, lost, f"Response_Recovery returned request {reply.request_id}")
    return reply


def _wait(
    request: Request, started: Exchange, operation: int, deadline: float, clock: Callable[[], float]
) -> Steps:
    """Ask for the state of an asynchronous operation until it has ended."""
    ask = replace(
        request,
        function="Query_Asynchronous_Operation_DM",
        parameters={"operation_id": operation},
        short=False,
    )
    pauses = _backoff(0.2, 5.0)
    while True:
        left = deadline - clock()
        if left <= 0:
            raise _unknown(request, started, f"operation {operation} still runs", operation)
        yield Pause(min(next(pauses), left))
        exchange = Exchange(encode_request(ask), max(deadline - clock(), 0.1))
        yield exchange
        if exchange.body is None:
            continue
        state = decode_reply(ask.function, exchange.body)
        if state.rc == 0 and state.rs in _DONE:
            return Reply(0, 0, {"operation_id": operation}, started.request_id or 0, request.function)
        if (state.rc, state.rs) != (0, _RUNNING):
            raise refusal(request, state)


def _accepted(request: Request, reply: Reply) -> Reply:
    if reply.rc != 0:
        raise refusal(request, reply)
    return reply


def refusal(request: Request, reply: Reply) -> SmapiError:
    """Return the error that says what ``reply`` refuses."""
    explanation = codes.explain(reply.rc, reply.rs, request.function)
    text = str(reply.values.get("error", ""))
    return SmapiError(request.function, request.target, reply.rc, reply.rs, text, explanation, reply)


def _unknown(
    request: Request, exchange: Exchange, reason: str, operation: int | None = None
) -> OutcomeUnknown:
    return OutcomeUnknown(request.function, request.target, exchange.request_id, reason, operation)


def _backoff(first: float, longest: float) -> Iterator[float]:
    pause = first
    while True:
        yield pause
        pause = min(pause * 2, longest)
