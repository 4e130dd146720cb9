# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from zvm.zhcp.events import Events


def test_events_reach_all_who_listen() -> None:
    events = Events()
    events.publish("guest.state", userid="NOBODY", state="off")
    with events.listen() as one, events.listen() as two:
        events.publish("guest.state", userid="LINUX01", state="running")
        for queue in (one, two):
            event = queue.get_nowait()
            assert event is not None
            assert (event.id, event.type) == (2, "guest.state")
            assert event.data == {"userid": "LINUX01", "state": "running"}
        assert events.wanted.is_set()
    assert not events.wanted.is_set()


def test_a_slow_listener_loses_the_oldest() -> None:
    events = Events()
    with events.listen() as queue:
        for number in range(1005):
            events.publish("x", n=number)
        first = queue.get_nowait()
        assert first is not None
        assert first.data == {"n": 5}


def test_the_end_reaches_everybody() -> None:
    events = Events()
    with events.listen() as queue:
        for number in range(1000):
            events.publish("x", n=number)
        events.close()
        *_, last = [queue.get_nowait() for _ in range(queue.qsize())]
        assert last is None
