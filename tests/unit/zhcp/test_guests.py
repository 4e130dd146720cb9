# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.support.polling import turns, until
from tests.unit.zhcp.fake_platform import FakePlatform
from zvm.smapi import codes
from zvm.smapi import errors as smapi_errors
from zvm.smapi.frames import Reply
from zvm.zhcp import errors
from zvm.zhcp.agent import GuestAgent
from zvm.zhcp.console import Consoles
from zvm.zhcp.events import Events
from zvm.zhcp.guests import Guests, parse_names
from zvm.zhcp.results import CpResult
from zvm.zhcp.smapi_session import SmapiSession

OFF = CpResult(rc=45, text="HCPCQU045E LINUX01 not logged on\n")
ON = CpResult(rc=0, text="LINUX01  - DSC\n")
PENDING = CpResult(rc=361, text="HCPCQU361E LOGOFF/FORCE pending for user LINUX01\n")


class Directory:
    """A SMAPI that knows LINUX01 only, and nothing on any console."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    async def call(self, function: str, target: str, *, timeout: float, **parameters: Any) -> Reply:
        self.calls.append(function)
        if target != "LINUX01":
            explanation = codes.explain(400, 4, function)
            raise smapi_errors.SmapiError(function, target, 400, 4, "", explanation, Reply(400, 4))
        return Reply(0, 0)


@pytest.fixture
def platform() -> FakePlatform:
    return FakePlatform()


@pytest.fixture
def smapi() -> Directory:
    return Directory()


@pytest.fixture
def events() -> Events:
    return Events()


def make(platform: FakePlatform, smapi: Directory, events: Events, folder: Path, **options: float) -> Guests:
    session = SmapiSession(smapi)
    consoles = Consoles(platform, session, folder / "console", 1 << 20)
    settings = {"poll_interval": 0.001, "crash_check_after": 0.0, "crash_check_interval": 0.001, **options}
    return Guests(
        platform, session, GuestAgent(platform), consoles, events, folder / "guests.json", **settings
    )


@pytest.fixture
def guests(platform: FakePlatform, smapi: Directory, events: Events, tmp_path: Path) -> Guests:
    return make(platform, smapi, events, tmp_path)


def test_names_are_read_from_all_lines() -> None:
    text = (
        "OPERATOR - DSC , MAINT    - DSC , TCPIP    -L0003, LINUX-01 - DSC \n"
        "LINUX02  - SSI , VSM      - DSC \n"
        "VSM     - VTAM\n"
    )
    assert parse_names(text) == (["OPERATOR", "MAINT", "TCPIP", "LINUX-01", "VSM"], ["LINUX02"])


async def test_all_guests_cost_one_command(guests: Guests, platform: FakePlatform, smapi: Directory) -> None:
    names = ", ".join(f"G{number:04}    - DSC " for number in range(1000))
    platform.answers["QUERY NAMES"] = CpResult(rc=0, text=names)
    found = (await guests.all()).guests
    assert len(found) == 1000
    assert {guest.state for guest in found} == {"running"}
    assert (platform.commands, smapi.calls) == (["QUERY NAMES"], [])


async def test_one_guest_that_answers_costs_nothing(
    guests: Guests, platform: FakePlatform, smapi: Directory
) -> None:
    platform.agent_answers["guest-ping"] = {"return": {}}
    state = await guests.wait("linux01", "reachable", 10)
    assert (state.userid, state.state, state.reachable) == ("LINUX01", "running", True)
    assert (platform.commands, smapi.calls) == ([], [])


@pytest.mark.parametrize(("answer", "state"), [(OFF, "off"), (ON, "running"), (PENDING, "running")])
async def test_cp_tells_the_state(
    guests: Guests, platform: FakePlatform, answer: CpResult, state: str
) -> None:
    platform.answers["QUERY USER"] = answer
    assert (await guests.one("LINUX01")).state == state


async def test_a_guest_that_is_not_in_the_directory_is_not_found(
    guests: Guests, platform: FakePlatform
) -> None:
    platform.answers["QUERY USER"] = CpResult(rc=45, text="HCPCQU045E NOSUCH not logged on\n")
    with pytest.raises(errors.NotFound):
        await guests.one("NOSUCH")
    platform.answers["QUERY USER"] = CpResult(rc=3, text="HCPCQV003E Invalid option - NOSUCH\n")
    with pytest.raises(errors.NotFound):
        await guests.one("NOSUCH")


async def test_waiting_ends_when_it_is_so(guests: Guests, platform: FakePlatform) -> None:
    answers = [ON, PENDING, OFF]
    platform.answers["QUERY USER"] = lambda command: answers.pop(0)
    state = await guests.wait("LINUX01", "off", 10)
    assert state.state == "off"
    assert answers == []


async def test_waiting_ends_with_the_time(guests: Guests, platform: FakePlatform) -> None:
    platform.answers["QUERY USER"] = OFF
    state = await guests.wait("LINUX01", "running", 0.02)
    assert state.state == "off"
    assert state.waited >= 0.02


async def test_waiting_ends_with_a_crash(guests: Guests, platform: FakePlatform) -> None:
    platform.answers["QUERY USER"] = ON
    platform.add_file("0001", b"HCPGIR450W CP entered; disabled wait PSW 00020001\n")
    state = await guests.wait("LINUX01", "reachable", 60)
    assert (state.state, state.reachable) == ("crashed", False)
    platform.answers["QUERY NAMES"] = CpResult(rc=0, text="LINUX01  - DSC\n")
    assert [guest.state for guest in (await guests.all()).guests] == ["crashed"]


async def test_waiting_ends_with_the_server(guests: Guests, platform: FakePlatform) -> None:
    platform.answers["QUERY USER"] = OFF
    waiting = asyncio.create_task(guests.wait("LINUX01", "running", 3600))
    await until(lambda: platform.commands)
    guests.stop()
    assert (await waiting).state == "off"


async def test_what_is_waited_for_is_known(guests: Guests) -> None:
    with pytest.raises(errors.Invalid):
        await guests.wait("LINUX01", "happy", 1)


async def test_a_paused_guest_is_remembered_over_a_restart(
    platform: FakePlatform, smapi: Directory, events: Events, tmp_path: Path
) -> None:
    platform.answers["QUERY USER"] = ON
    guests = make(platform, smapi, events, tmp_path)
    await guests.called("Image_Pause", "linux01", {"action": "PAUSE"})
    again = make(platform, smapi, events, tmp_path)
    assert (await again.one("LINUX01")).state == "paused"
    await again.called("Image_Pause", "LINUX01", {"action": "BEGIN"})
    assert (await again.one("LINUX01")).state == "running"


async def test_logoff_ends_the_pause(guests: Guests, platform: FakePlatform) -> None:
    await guests.called("Image_Pause", "LINUX01", {"action": "PAUSE"})
    platform.answers["QUERY NAMES"] = CpResult(rc=0, text="MAINT    - DSC\n")
    await guests.all()
    platform.answers["QUERY USER"] = ON
    assert (await guests.one("LINUX01")).state == "running"


async def test_changes_become_events(guests: Guests, platform: FakePlatform, events: Events) -> None:
    platform.answers["QUERY NAMES"] = CpResult(rc=0, text="LINUX01  - DSC\n")
    with events.listen() as queue:
        await guests.all()
        assert queue.empty()  # who is there at first is no change
        platform.answers["QUERY NAMES"] = CpResult(rc=0, text="LINUX02  - DSC\n")
        await guests.all()
        seen = [queue.get_nowait() for _ in range(queue.qsize())]
    assert [(event.data["userid"], event.data["state"]) for event in seen if event] == [
        ("LINUX01", "off"),
        ("LINUX02", "running"),
    ]


async def test_nobody_is_watched_while_nobody_listens(
    guests: Guests, platform: FakePlatform, events: Events
) -> None:
    platform.answers["QUERY NAMES"] = CpResult(rc=0, text="LINUX01  - DSC\n")
    watch = asyncio.create_task(guests.watch(0.001))
    await turns(10)  # in any of which it might ask
    assert platform.commands == []
    with events.listen():
        await until(lambda: len(platform.commands) >= 2)
    watch.cancel()


async def test_a_guest_that_answers_runs_whatever_was_seen(guests: Guests, platform: FakePlatform) -> None:
    await guests.called("Image_Pause", "LINUX01", {"action": "PAUSE"})
    platform.agent_answers["guest-ping"] = {"return": {}}
    assert (await guests.one("LINUX01")).state == "running"


async def test_the_next_guest_of_a_name_does_not_see_the_console(
    guests: Guests, platform: FakePlatform, tmp_path: Path
) -> None:
    (tmp_path / "console" / "LINUX01.log").write_text("secret")
    platform.add_file("0007", b"secret")
    await guests.called("Image_Delete_DM", "LINUX01", {})
    assert platform.files == {}
    assert list((tmp_path / "console").iterdir()) == []
