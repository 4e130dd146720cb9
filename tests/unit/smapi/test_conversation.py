# SPDX-License-Identifier: Apache-2.0
"""The part of the clients that does no I/O, with a clock of the test's own."""

from __future__ import annotations

import pytest

from zvm.smapi.conversation import Exchange, Pause, Steps, converse
from zvm.smapi.errors import OutcomeUnknown, ProtocolError, Unreachable
from zvm.smapi.frames import Reply, Request, decode_request, encode_reply, encode_request_id

REQUEST = Request("Image_Delete_DM", "LINUX01", "MAINT", "SESAME")


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def exchange_of(steps: Steps) -> Exchange:
    step = next(steps)
    assert isinstance(step, Exchange)
    return step


def pause_of(steps: Steps, clock: Clock) -> float:
    step = next(steps)
    assert isinstance(step, Pause)
    clock.now += step.seconds
    return step.seconds


def answer(exchange: Exchange, reply: Reply, request_id: int = 7) -> None:
    exchange.sent = True
    exchange.receive(encode_request_id(request_id))
    exchange.receive(
        encode_reply(decode_request(exchange.wire[4:]).function, request_id, reply),
    )


def test_the_ordinary_way() -> None:
    steps = converse(REQUEST)
    answer(exchange_of(steps), Reply(0, 0, {"operation_id": -1}))
    with pytest.raises(StopIteration) as stop:
        next(steps)
    assert stop.value.value.values == {"operation_id": -1}


def test_not_sent_is_unreachable() -> None:
    steps = converse(REQUEST)
    exchange_of(steps).failure = "connection refused"
    with pytest.raises(Unreachable, match="connection refused"):
        next(steps)


def test_recovery_uses_the_callers_credentials_and_ends_in_time() -> None:
    clock = Clock()
    steps = converse(REQUEST, recovery=5.0, clock=clock)
    lost = exchange_of(steps)
    lost.sent = True
    lost.receive(encode_request_id(7))
    lost.failure = "connection reset"
    for pause in (0.1, 0.2, 0.4, 0.8, 1.6):
        asked = exchange_of(steps)
        assert decode_request(asked.wire[4:]) == Request(
            "Response_Recovery", "MAINT", "MAINT", "SESAME", {"failed_request_id": 7}
        )
        answer(asked, Reply(4, 4), 8)
        assert pause_of(steps, clock) == pause
    answer(exchange_of(steps), Reply(4, 4), 8)
    with pytest.raises(OutcomeUnknown, match="connection reset"):
        next(steps)


def test_what_the_peer_closed_is_not_waited_for_long() -> None:
    """Nothing is kept, and nobody works on it; while nobody says so, SMAPI may be starting again."""
    clock = Clock()
    steps = converse(REQUEST, clock=clock)
    lost = exchange_of(steps)
    lost.sent = True
    lost.receive(encode_request_id(7))
    with pytest.raises(ProtocolError):
        lost.receive(b"")
    for pause in (0.1, 0.2, 0.4, 0.8):
        exchange_of(steps).failure = "connection refused"
        assert pause_of(steps, clock) == pause
    for pause in (0.1, 0.2, 0.4, 0.8):
        answer(exchange_of(steps), Reply(4, 4), 8)
        assert pause_of(steps, clock) == pause
    answer(exchange_of(steps), Reply(4, 4), 8)
    with pytest.raises(OutcomeUnknown):
        next(steps)


def test_polling_slows_down_and_keeps_to_the_deadline() -> None:
    clock = Clock()
    steps = converse(REQUEST, timeout=30.0, clock=clock)
    answer(exchange_of(steps), Reply(592, 77))
    for pause in (0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0, 5.0):
        assert pause_of(steps, clock) == pause
        answer(exchange_of(steps), Reply(0, 104), 8)
    assert pause_of(steps, clock) == pytest.approx(3.8)
    answer(exchange_of(steps), Reply(0, 104), 8)
    with pytest.raises(OutcomeUnknown, match="operation 77"):
        next(steps)


def test_the_peer_closing_early_is_an_error() -> None:
    exchange = Exchange(b"", 1.0)
    exchange.receive(encode_request_id(7))
    with pytest.raises(ProtocolError):
        exchange.receive(b"")
    assert exchange.request_id == 7
    assert not exchange.complete
