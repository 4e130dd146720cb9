# SPDX-License-Identifier: Apache-2.0
"""Trouble on demand: each kind is met as set, is the same again with the same seed, and ends when told to."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest

from tests.unit.simulator.test_control_server import Control, control
from tests.unit.simulator.worlds import World
from zvm.simulator.faults import Faults
from zvm.smapi.aio import AsyncClient
from zvm.smapi.endpoint import UnixEndpoint
from zvm.smapi.errors import SmapiError

__all__ = ["control"]


def client(control: Control) -> AsyncClient:
    return AsyncClient(UnixEndpoint(control.ready["smapi_socket"]))


def delays(seed: int, distribution: str) -> list[float]:
    """Return the waits of calls that a fault meets half of the time."""
    faults = Faults()
    faults.seed(seed)
    faults.add(delay=2.0, distribution=distribution, chance=0.5, times=0)
    met = (faults.take("Image_Activate", "LINUX01") for _ in range(200))
    return [faults.seconds(fault) if fault else 0.0 for fault in met]


@pytest.mark.parametrize("distribution", ["fixed", "uniform", "exponential", "normal"])
def test_chance_is_the_same_again_with_the_same_seed(distribution: str) -> None:
    first = delays(7, distribution)
    assert first == delays(7, distribution)
    assert first != delays(8, distribution)
    waits = [wait for wait in first if wait]
    assert 70 < len(waits) < 130
    assert 1.5 < sum(waits) / len(waits) < 2.5
    assert (len(set(waits)) == 1) is (distribution == "fixed")


async def test_an_answer_in_single_octets_is_read(control: Control) -> None:
    control.world.system.faults.add(function="Image_Query_DM", wire="split")
    reply = await client(control).call("Image_Query_DM", "MAINT")
    assert reply.values["image_record_array"][0].startswith("USER MAINT")


@pytest.mark.parametrize("wire", ["truncated", "reset"])
async def test_half_an_answer_is_recovered_for_what_was_done(control: Control, wire: str) -> None:
    control.world.define("LINUX01")
    control.world.system.faults.add(function="Image_Activate", wire=wire)
    reply = await client(control).call("Image_Activate", "LINUX01")
    assert reply.function == "Image_Activate"  # by Response_Recovery
    assert control.world.system.guests.get("LINUX01")
    assert control.world.system.faults.pending() == []


async def test_a_busy_dirmaint_refuses_changes_only(control: Control) -> None:
    assert (await control.ask("POST", "/settings", json={"dirmaint": "busy"}))[0] == 200
    smapi = client(control)
    assert (await smapi.call("Image_Query_DM", "MAINT")).rc == 0
    with pytest.raises(SmapiError) as refused:
        await smapi.call("Image_Lock_DM", "TCPIP")
    assert (refused.value.rc, refused.value.rs) == (596, 6312)
    await control.ask("POST", "/settings", json={"dirmaint": "up"})
    assert (await smapi.call("Image_Lock_DM", "TCPIP")).rc == 0


async def test_calls_wait_for_a_worker(control: Control) -> None:
    await control.ask("POST", "/settings", json={"workers": 0})
    calls = [asyncio.create_task(client(control).call("Image_Query_DM", "MAINT")) for _ in range(5)]
    done, _ = await asyncio.wait(calls, timeout=0.2)
    assert not done
    await control.ask("POST", "/settings", json={"workers": 1})
    assert [reply.rc for reply in await asyncio.gather(*calls)] == [0] * 5
    await control.ask("POST", "/settings", json={"workers": None})
    assert control.world.system.trouble.workers is None


def test_a_volume_that_is_offline_and_a_pool_that_is_full(world: World) -> None:
    world.define("LINUX01")
    assert world.add_disk("LINUX01") == (0, 0)
    world.system.set_trouble("offline_volumes", "VOL001")
    world.system.set_trouble("full_pools", ["POOL1"])
    assert world.add_disk("LINUX01", "0101") == (408, 24)
    world.values("Image_Activate", "LINUX01")
    guest = world.system.guests.get("LINUX01")
    assert guest
    assert "0100" not in guest.devices
    assert any("volid VOL001 not mounted" in line for line in guest.console.lines)
    world.system.end_trouble()
    assert world.add_disk("LINUX01", "0101") == (0, 0)
    assert world.codes("Image_Disk_Create", "LINUX01", image_disk_number="0100", image_disk_mode="MR") == (
        0,
        0,
    )


def test_a_switch_whose_uplink_is_lost_says_so(world: World) -> None:
    def state() -> int:
        (switch,) = world.values("Virtual_Network_Vswitch_Query", switch_name="XCATVSW1")["vswitchList"]
        status: int = switch["switchStatus"]
        return status

    ready = state()
    world.system.set_trouble("down_switches", ["XCATVSW1"])
    assert state() != ready
    world.define("LINUX01", "NICDEF 1000 TYPE QDIO LAN SYSTEM XCATVSW1")
    world.values("Image_Activate", "LINUX01")
    card = world.system.network.adapter("LINUX01", "1000")
    assert card is not None
    assert card.coupled
    world.restart()
    assert state() == ready  # trouble is not kept


def test_the_clock_is_off_and_no_guest_is_hurt(world: World) -> None:
    world.define("LINUX01")
    world.values("Image_Activate", "LINUX01")
    world.system.set_trouble("clock", -86400)
    told = datetime.strptime(world.values("System_Info_Query")["time"], "%Y-%m-%d %H:%M:%S")
    assert timedelta(hours=23) < datetime.now() - told < timedelta(hours=25)
    assert world.values("Image_Status_Query", "LINUX01")["imageNameList"] == ["LINUX01"]
    assert world.values("Image_Performance_Query", userids=["LINUX01"])["performanceList"]


async def test_a_slow_logoff_is_seen_as_pending(control: Control) -> None:
    control.world.define("LINUX01")
    await client(control).call("Image_Activate", "LINUX01")
    await control.ask("POST", "/settings", json={"logoff": 3600})
    await client(control).call("Image_Deactivate", "LINUX01", force_time="IMMED")
    with pytest.raises(SmapiError) as refused:
        await client(control).call("Image_Activate", "LINUX01")
    assert (refused.value.rc, refused.value.rs) == (200, 16)


@pytest.mark.parametrize(
    "wrong",
    [
        {"smapi": "tired"},
        {"dirmaint": 1},
        {"workers": -1},
        {"workers": True},
        {"full_pools": 7},
        {"clock": "noon"},
        {"nonsense": 1},
    ],
)
async def test_nonsense_is_refused(control: Control, wrong: dict[str, object]) -> None:
    assert (await control.ask("POST", "/settings", json=wrong))[0] == 400
    assert not control.world.system.trouble.is_any()


async def test_the_page_s_forms_are_for_its_own_page_only(control: Control) -> None:
    form = {"name": "smapi", "value": "dead"}
    status, _ = await control.ask("POST", "/trouble", data=form, headers={"Origin": "http://example.org"})
    assert (status, control.world.system.trouble.outages["smapi"]) == (403, "up")
    assert (await control.ask("POST", "/trouble", data=form, headers={"Origin": "null"}))[0] == 403
    assert (await control.ask("POST", "/trouble", data=form))[0] == 200
    assert control.world.system.trouble.outages["smapi"] == "dead"
    assert (await control.ask("POST", "/trouble", data={"name": "fault", "rc": "many"}))[0] == 400
    assert (await control.ask("POST", "/trouble", data={"name": "everything"}))[0] == 200
    assert not control.world.system.trouble.is_any()
