# SPDX-License-Identifier: Apache-2.0
"""Guests, their agents, consoles and readers through the API, against the simulator or a real z/VM."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from tests.support.polling import until
from tests.unit.zhcp.conftest import MakeGuest, image, next_userid
from zvm.zhcp import errors
from zvm.zhcp.client import ZhcpClient


@pytest.fixture
async def booted(zhcp: ZhcpClient, make_guest: MakeGuest) -> str:
    """A guest whose Linux is up."""
    userid = await make_guest(1)
    await zhcp.write_disk(userid, "0100", image())
    await zhcp.smapi("Image_Activate", userid)
    state = await zhcp.guest(userid, wait="reachable", timeout=300)
    assert (state.state, state.reachable) == ("running", True)
    return userid


async def state_in_bulk(zhcp: ZhcpClient, userid: str) -> str | None:
    return next((guest.state for guest in await zhcp.guests() if guest.userid == userid), None)


async def test_from_off_to_on_to_off(zhcp: ZhcpClient, booted: str) -> None:
    assert await state_in_bulk(zhcp, booted) == "running"
    await zhcp.smapi("Image_Deactivate", booted, {"force_time": "IMMED"})
    state = await zhcp.guest(booted, wait="off", timeout=60)
    assert (state.state, state.reachable) == ("off", False)
    assert await state_in_bulk(zhcp, booted) is None


async def test_a_paused_guest_shows_as_paused(zhcp: ZhcpClient, booted: str) -> None:
    await zhcp.smapi("Image_Pause", booted, {"action": "PAUSE"})
    assert await state_in_bulk(zhcp, booted) == "paused"
    assert (await zhcp.guest(booted)).state == "paused"
    await zhcp.smapi("Image_Pause", booted, {"action": "BEGIN"})
    state = await zhcp.guest(booted, wait="reachable", timeout=60)
    assert (state.state, state.reachable) == ("running", True)
    assert await state_in_bulk(zhcp, booted) == "running"


async def test_an_empty_disk_crashes(zhcp: ZhcpClient, make_guest: MakeGuest) -> None:
    userid = await make_guest(1)
    await zhcp.smapi("Image_Activate", userid)
    state = await zhcp.guest(userid, wait="reachable", timeout=120)
    assert (state.state, state.reachable) == ("crashed", False)
    assert "HCPGIR450W" in await zhcp.console_log(userid)
    assert await state_in_bulk(zhcp, userid) == "crashed"


async def test_a_guest_that_is_off(zhcp: ZhcpClient, make_guest: MakeGuest) -> None:
    userid = await make_guest()
    state = await zhcp.guest(userid)
    assert (state.userid, state.state, state.reachable) == (userid, "off", False)
    waited = await zhcp.guest(userid, wait="running", timeout=0.2)
    assert waited.state == "off"
    assert waited.waited >= 0.2


async def test_a_guest_that_does_not_exist(zhcp: ZhcpClient) -> None:
    with pytest.raises(errors.NotFound):
        await zhcp.guest(next_userid())


async def test_what_is_waited_for_must_be_known(zhcp: ZhcpClient) -> None:
    with pytest.raises(errors.Invalid):
        await zhcp.guest("LINUX01", wait="happy", timeout=1)
    with pytest.raises(errors.Invalid):
        await zhcp.guest("LINUX01", wait="off", timeout=-1)


async def test_the_agent_answers(zhcp: ZhcpClient, booted: str) -> None:
    assert await zhcp.agent(booted, "guest-ping") == {}
    assert "id" in await zhcp.agent(booted, "guest-get-osinfo")
    with pytest.raises(errors.Refused) as caught:
        await zhcp.agent(booted, "guest-no-such-command")
    assert caught.value.function == "guest-no-such-command"
    assert caught.value.details["class"] == "CommandNotFound"


async def test_no_agent_no_answer(zhcp: ZhcpClient, make_guest: MakeGuest) -> None:
    userid = await make_guest(1)
    with pytest.raises(errors.NotFound):
        await zhcp.agent(userid, "guest-ping")
    await zhcp.smapi("Image_Activate", userid)
    with pytest.raises(errors.Unreachable):
        await zhcp.agent(userid, "guest-ping")


async def test_the_console_log_keeps_growing(zhcp: ZhcpClient, booted: str) -> None:
    log = await zhcp.console_log(booted)
    assert "Linux version" in log
    assert await zhcp.console_log(booted, bytes=100) == log[-100:]
    await zhcp.smapi("Image_Deactivate", booted, {"force_time": "IMMED"})
    await zhcp.guest(booted, wait="off", timeout=60)
    await zhcp.smapi("Image_Activate", booted)
    await zhcp.guest(booted, wait="reachable", timeout=300)
    longer = await zhcp.console_log(booted)
    assert longer.startswith(log)
    assert longer.count("Linux version") == 2


async def test_the_live_console(zhcp: ZhcpClient, booted: str) -> None:
    async with zhcp.console(booted) as console, asyncio.timeout(60):
        seen = ""
        while "login:" not in seen:
            seen += await console.receive_str()
        await console.send_str("root\r")
        while "Password" not in seen:
            seen += await console.receive_str()


async def test_no_console_of_a_guest_that_is_off(zhcp: ZhcpClient, make_guest: MakeGuest) -> None:
    userid = await make_guest()
    async with zhcp.console(userid) as console:
        message = await console.receive(timeout=30)
    assert message.type is aiohttp.WSMsgType.CLOSE


async def test_a_punched_file_waits_in_the_readers_order(zhcp: ZhcpClient, make_guest: MakeGuest) -> None:
    userid = await make_guest()
    first = await zhcp.punch(userid, b"one", name="cfgdrive", type="tgz")
    await zhcp.punch(userid, b"two" * 100, name="SETUP", type="SH", spool_class="T")
    one, two = await zhcp.spool(userid)
    assert (one.spoolid, one.spool_class, one.name.lower(), one.type.lower()) == (
        first,
        "X",
        "cfgdrive",
        "tgz",
    )
    assert (two.spool_class, two.records) == ("T", 4)
    await zhcp.purge_spool(userid)
    assert await zhcp.spool(userid) == []
    await zhcp.purge_spool(userid)


async def test_the_same_operation_punches_once(zhcp: ZhcpClient, make_guest: MakeGuest) -> None:
    userid = await make_guest()
    ids = {
        await zhcp.punch(userid, b"one", name="a", type="b", operation_id=f"punch-{userid}") for _ in range(3)
    }
    assert len(ids) == 1
    assert len(await zhcp.spool(userid)) == 1


async def test_no_reader_no_file(zhcp: ZhcpClient) -> None:
    before = await zhcp.cp("QUERY RDR * ALL")
    with pytest.raises(errors.Refused):
        await zhcp.punch(next_userid(), b"x", name="a", type="b")
    assert await zhcp.cp("QUERY RDR * ALL") == before


async def test_events_tell_of_changes(zhcp: ZhcpClient, make_guest: MakeGuest) -> None:
    userid = await make_guest(1)
    seen: list[str] = []

    async def listen() -> None:
        async for event in zhcp.events():
            if event.data.get("userid") == userid:
                seen.append(event.data["state"])

    await zhcp.guests()
    listening = asyncio.create_task(listen())
    # The stream is open when the first change arrives at the latest: both states are told one after another.
    await zhcp.smapi("Image_Activate", userid)
    await zhcp.guests()
    try:
        for expected in ("running", "off"):
            if expected == "off":
                await zhcp.smapi("Image_Deactivate", userid, {"force_time": "IMMED"})
            await until(lambda: seen[-1:] == [expected])  # noqa: B023
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
