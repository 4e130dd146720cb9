# SPDX-License-Identifier: Apache-2.0
"""What CP tells is known at once, also after a subscription that broke."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.polling import until
from tests.unit.zhcp.fake_platform import FakePlatform
from tests.unit.zhcp.test_guests import Directory, make
from zvm.smapi.errors import Unreachable
from zvm.smapi.events import Event, VmEvent
from zvm.zhcp import vmevents
from zvm.zhcp.events import Events
from zvm.zhcp.results import CpResult


def names(*userids: str, elsewhere: tuple[str, ...] = ()) -> CpResult:
    pairs = [f"{userid:<8} - DSC " for userid in userids] + [f"{userid:<8} - SSI " for userid in elsewhere]
    return CpResult(rc=0, text=", ".join(pairs) + "\n")


async def test_what_cp_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vmevents, "FIRST_PAUSE", 0.001)
    platform, events = FakePlatform(), Events()
    platform.answers["QUERY NAMES"] = names("LINUX01", "LINUX02")
    guests = make(platform, Directory(), events, tmp_path)
    told: asyncio.Queue[Event | None] = asyncio.Queue()

    async def subscribe() -> AsyncGenerator[Event, None]:
        while (event := await told.get()) is not None:
            yield event
        raise Unreachable("the connection broke")

    with events.listen() as heard:
        listening = asyncio.create_task(vmevents.VmEvents(subscribe, guests).run())
        await until(lambda: platform.commands)
        told.put_nowait(VmEvent((0, 2), "failure", "LINUX01", detail=b"\0"))
        told.put_nowait(VmEvent((0, 1), "logoff", "LINUX01"))
        told.put_nowait(VmEvent((0, 0), "logon", "LINUX03"))
        told.put_nowait(VmEvent((0, 12), "outbound relocation ended", "LINUX03", "ZVM2"))
        await until(lambda: heard.qsize() == 4)
        # Broken off: what nobody told is seen by a look at all.
        platform.answers["QUERY NAMES"] = names(elsewhere=("LINUX02",))
        told.put_nowait(None)
        await until(lambda: heard.qsize() == 5)
        listening.cancel()
        with suppress(asyncio.CancelledError):
            await listening
    seen = [heard.get_nowait() for _ in range(5)]
    assert [(event.type, *event.data.values()) for event in seen if event] == [
        ("guest.state", "LINUX01", "crashed"),
        ("guest.state", "LINUX01", "off"),
        ("guest.state", "LINUX03", "running"),
        ("guest.relocated", "LINUX03", "ZVM2"),
        ("guest.relocated", "LINUX02", ""),
    ]
