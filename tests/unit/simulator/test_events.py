# SPDX-License-Identifier: Apache-2.0
"""Subscribers hear of guests and of the directory over real connections."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from tests.support.polling import until
from tests.unit.simulator.test_smapi_server import RECORDS, Running
from zvm.smapi.errors import SmapiError, Unreachable
from zvm.smapi.events import DirectoryChange, Event, StreamEvent
from zvm.smapi.frames import Request, encode_request


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    running = await Running(tmp_path).start()
    yield running
    await running.stop()


class Listener:
    """A subscription whose events are collected."""

    def __init__(self, running: Running, key: str = "") -> None:
        self.heard: list[Event] = []
        self._running = running
        self._task = asyncio.create_task(self._listen(key))

    async def _listen(self, key: str) -> None:
        async with aclosing(self._running.client.events(key)) as stream:
            async for event in stream:
                self.heard.append(event)

    async def subscribed(self, count: int = 1) -> Listener:
        await until(lambda: len(self._running.system.events._subscribers) >= count)
        return self

    async def ended(self) -> list[str]:
        """Wait for the server to end the subscription; return what was heard in words."""
        await asyncio.wait_for(self._task, 10)
        return [_words(event) for event in self.heard]

    def cancel(self) -> None:
        self._task.cancel()


def _words(event: Event) -> str:
    match event:
        case DirectoryChange():
            return f"{event.action} {event.userid}"
        case StreamEvent():
            return f"{event.kind} {event.data!r}"
    return f"{event.name} {event.userid}"


async def test_a_guests_life_is_told(running: Running) -> None:
    listener = await Listener(running).subscribed()
    client = running.client
    await client.call("Image_Create_DM", "LINUX01", image_record_array=RECORDS)
    await client.call("Image_Activate", "LINUX01")
    await client.call("Image_Deactivate", "LINUX01", force_time="IMMED")
    await client.call("Image_Delete_DM", "LINUX01", data_security_erase=0)
    await client.call("Event_Stream_Add", "ALL", event_info="\0\0\0\7hello")
    assert await running.raw(encode_request(Request("Event_Unsubscribe", "ALL"))) != b""
    assert await listener.ended() == [
        "ADD LINUX01",
        "logon LINUX01",
        "logoff LINUX01",
        "PURGE LINUX01",
        "7 b'hello'",
    ]


async def test_a_match_key_limits_what_is_told(running: Running) -> None:
    listener = await Listener(running, "LINUX02").subscribed()
    for userid in ("LINUX01", "LINUX02"):
        records = [f"USER {userid} LBYONLY 1G 1G G", RECORDS[1]]
        await running.client.call("Image_Create_DM", userid, image_record_array=records)
        await running.client.call("Image_Activate", userid)
    running.system.events.end_all()
    assert await listener.ended() == ["ADD LINUX02", "logon LINUX02"]


async def test_unsubscribing_is_the_end_of_the_connection_after_the_id(running: Running) -> None:
    assert len(await running.raw(encode_request(Request("Event_Unsubscribe", "ALL")))) == 4
    assert (await running.client.call("Event_Unsubscribe", "ALL")).rc == 0


async def test_a_subscriber_that_goes_away_is_forgotten(running: Running) -> None:
    listener = await Listener(running).subscribed()
    listener.cancel()
    await until(lambda: not running.system.events._subscribers)


async def test_refusals(running: Running, tmp_path: Path) -> None:
    with pytest.raises(SmapiError) as refused:
        await anext(running.client.events("X" * 17))
    assert (refused.value.rc, refused.value.rs) == (8, 13)
    with pytest.raises(SmapiError) as refused:
        await running.client.call("Event_Stream_Add", "ALL", event_info="abc")
    assert (refused.value.rc, refused.value.rs) == (8, 999)
    with pytest.raises(SmapiError) as refused:
        await anext(running.tcp_client("MAINT", "WRONG").events())
    assert (refused.value.rc, refused.value.rs) == (120, 0)
    port, running.port = running.port, 1
    with pytest.raises(Unreachable):
        await anext(running.tcp_client("MAINT", "X").events())
    running.port = port
