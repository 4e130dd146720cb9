# SPDX-License-Identifier: Apache-2.0
"""The control API: equal states look equal, and what is asked wrongly is refused."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from tests.unit.simulator.guests import bootable, machine
from tests.unit.simulator.worlds import SMALL, World, config
from zvm.simulator.server import Addresses, Simulator


class Control:
    """A running simulator in this process, and a client of its control API."""

    def __init__(self, world: World, ready: dict[str, str], session: aiohttp.ClientSession) -> None:
        self.world = world
        self.ready = ready
        self._url = ready["control"]
        self._session = session

    async def ask(self, method: str, path: str, **rest: object) -> tuple[int, str]:
        async with self._session.request(method, self._url + path, **rest) as answer:  # type: ignore[arg-type]
            return answer.status, await answer.text()


@pytest.fixture
async def control(tmp_path: Path) -> AsyncIterator[Control]:
    simulator = Simulator(config(tmp_path, SMALL), tmp_path / "state", Addresses())
    world = World.__new__(World)
    world.system = simulator.system
    ready = await simulator.start()
    async with aiohttp.ClientSession() as session:
        yield Control(world, ready, session)
    await simulator.stop()


async def test_equal_states_look_equal(control: Control) -> None:
    async def state() -> dict[str, object]:
        found: dict[str, object] = json.loads((await control.ask("GET", "/inventory"))[1])
        del found["counters"]
        return found

    before = await state()
    bootable(control.world)
    control.world.system.guests.logon("LINUX01")
    control.world.system.spool.create("LINUX01", b"x", origin="ZHCP")
    during = await state()
    assert during != before
    assert "LINUX01" in during["directory"]  # type: ignore[operator]
    control.world.system.guests.force("LINUX01")
    control.world.system.spool.purge(control.world.system.spool.files("LINUX01")[0])
    control.world.values("Image_Delete_DM", "LINUX01")
    assert await state() == before


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/healthz", None, 200),
        ("GET", "/volumes/NOSUCH/sha256", None, 404),
        ("GET", "/volumes/VOL001/sha256?bytes=many", None, 400),
        ("GET", "/volumes/FBA001/sha256?start_block=16&bytes=512", None, 200),
        ("GET", "/console/NOSUCH", None, 404),
        ("GET", "/console/maint", None, 200),
        ("POST", "/faults", {"colour": "red"}, 400),
        ("POST", "/faults", {"function": "Image_Activate", "drop": "sometimes"}, 400),
        ("POST", "/settings", {"boot": -1}, 400),
        ("POST", "/settings", {"lunch": 1}, 400),
        ("POST", "/settings", {"cp": 0.01}, 200),
        ("GET", "/settings", None, 200),
        ("DELETE", "/faults", None, 200),
        ("POST", "/array/targets", {"iqn": "iqn.2013-08.com.example:a", "portal": "10.9.0.1:3260"}, 201),
        ("POST", "/array/targets", {"iqn": "iqn.2013-08.com.example:a", "portal": "storage:3260"}, 400),
        ("POST", "/array/targets", {"portal": "10.9.0.1:3260"}, 400),
        ("GET", "/array/targets", None, 200),
        ("DELETE", "/array/targets/iqn.2013-08.com.example:no", None, 400),
    ],
)
async def test_answers(control: Control, method: str, path: str, body: object, status: int) -> None:
    assert (await control.ask(method, path, json=body))[0] == status


async def test_ipl(control: Control) -> None:
    bootable(control.world)
    control.world.system.guests.logon("LINUX01")
    assert (await control.ask("POST", "/ipl"))[0] == 200
    assert control.world.system.guests.get("LINUX01") is None
    assert machine(control.world, "ZHCP")
