# SPDX-License-Identifier: Apache-2.0
"""The platform socket beyond the plain path: consoles live, reader, refusals."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from tests.unit.simulator.guests import bootable, machine
from tests.unit.simulator.worlds import SMALL, World, config
from zvm.simulator.server import Addresses, Simulator


class Platform:
    """A running simulator in this process, and a client of its platform socket."""

    def __init__(self, simulator: Simulator, world: World, session: aiohttp.ClientSession) -> None:
        self.simulator = simulator
        self.world = world
        self.session = session

    async def ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        async with self.session.request(method, f"http://simulator{path}", data=body) as answer:
            return answer.status, await answer.read()


@pytest.fixture
async def platform(tmp_path: Path) -> AsyncIterator[Platform]:
    simulator = Simulator(config(tmp_path, SMALL), tmp_path / "state", Addresses())
    world = World.__new__(World)
    world.system = simulator.system
    ready = await simulator.start()
    connector = aiohttp.UnixConnector(path=ready["platform_socket"])
    async with aiohttp.ClientSession(connector=connector) as session:
        yield Platform(simulator, world, session)
    await simulator.stop()


async def test_a_console_shows_history_then_what_happens_and_takes_input(platform: Platform) -> None:
    bootable(platform.world)
    platform.world.system.guests.logon("LINUX01")
    async with platform.session.ws_connect("http://simulator/console/LINUX01") as console:
        history = await console.receive_str(timeout=10)
        assert history.startswith("z/VM Version 7")
        assert history.rstrip().endswith("localhost login:")
        await console.send_str("#CP QUERY USERID\n")
        seen = ""
        async with asyncio.timeout(10):
            while "LINUX01  AT ZVMSIM1" not in seen:
                seen += await console.receive_str()
        platform.world.system.guests.force("LINUX01")
        async with asyncio.timeout(10):
            while (message := await console.receive()).type is aiohttp.WSMsgType.TEXT:
                seen += message.data
        assert "FORCED BY" in seen
    assert platform.world.system.guests.watchers == [platform.world.system.events.guest]


async def test_two_may_watch_one_console(platform: Platform) -> None:
    url = "http://simulator/console/MAINT"
    async with platform.session.ws_connect(url) as one, platform.session.ws_connect(url) as two:
        for watcher in (one, two):
            await watcher.receive_str(timeout=10)
        machine(platform.world, "MAINT").console.write("for both")
        assert [await watcher.receive_str(timeout=10) for watcher in (one, two)] == ["for both\n"] * 2


async def test_who_is_not_there_has_no_console(platform: Platform) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await platform.session.ws_connect("http://simulator/console/NOSUCH")


async def test_the_reader(platform: Platform) -> None:
    assert await platform.ask("POST", "/punch?name=profile&type=exec&class=b", b"say hello") == (
        201,
        b'{"spoolid":"0001"}',
    )
    [file] = json.loads((await platform.ask("GET", "/reader"))[1])
    assert (file["spoolid"], file["class"], file["name"], file["type"]) == ("0001", "B", "profile", "exec")
    assert (await platform.ask("GET", "/reader/0001"))[1] == b"say hello".ljust(80, b"\0")
    assert (await platform.ask("DELETE", "/reader/1"))[0] == 204
    assert (await platform.ask("DELETE", "/reader/1"))[0] == 404
    assert (await platform.ask("GET", "/reader/x"))[0] == 404


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/cp", b"{}", 400),
        ("POST", "/cp", b"nonsense", 400),
        ("POST", "/cp", b"[]", 400),
        ("GET", "/devices/0999", None, 404),
        ("GET", "/devices/000C", None, 404),
        ("GET", "/devices/XYZ", None, 400),
        ("POST", "/agent/NOSUCH", b"{}", 404),
        ("POST", "/agent/MAINT", b"{}", 503),
        ("POST", "/agent/!", b"{}", 404),
    ],
)
async def test_refusals(platform: Platform, method: str, path: str, body: bytes | None, status: int) -> None:
    assert (await platform.ask(method, path, body))[0] == status


async def test_offsets(platform: Platform) -> None:
    platform.world.system.cp.run(machine(platform.world, "ZHCP"), "LINK MAINT 0190 0190 RR")
    assert (await platform.ask("GET", "/devices/0190/data?offset=x"))[0] == 400
    assert (await platform.ask("GET", "/devices/0190/data?offset=999999999999"))[0] == 400
    status, body = await platform.ask("GET", f"/devices/0190/data?offset={214 * 737280 - 10}")
    assert (status, body) == (200, bytes(10))


async def test_a_logged_off_owner_has_no_machine(platform: Platform) -> None:
    platform.world.system.guests.drop("ZHCP")
    assert (await platform.ask("GET", "/sysinfo"))[0] == 503
    assert (await platform.ask("POST", "/cp", b'{"command": "QUERY USERID"}'))[0] == 503


async def test_sysinfo(platform: Platform) -> None:
    fields = dict(
        line.split(":", 1)
        for line in (await platform.ask("GET", "/sysinfo"))[1].decode().splitlines()
        if line
    )
    assert fields["Manufacturer"].strip() == "IBM"
    assert fields["LPAR CPUs Total"].strip() == "8"
    assert fields["VM00 Control Program"].strip() == "z/VM    7.4.0"
    assert fields["VM00 Name"].strip() == "ZHCP"
