# SPDX-License-Identifier: Apache-2.0
"""CP commands that fail on purpose, and services that are dead or silent."""

from __future__ import annotations

import asyncio
import json

import aiohttp
import pytest

from tests.unit.simulator.guests import bootable
from tests.unit.simulator.test_platform_server import Platform, platform
from zvm.simulator.cp.command import full_words
from zvm.simulator.faults import Faults
from zvm.smapi.aio import AsyncClient
from zvm.smapi.endpoint import UnixEndpoint
from zvm.smapi.errors import OutcomeUnknown, Unreachable

__all__ = ["platform"]


async def cp(platform: Platform, command: str) -> tuple[int, str]:
    status, body = await platform.ask("POST", "/cp", json.dumps({"command": command}).encode())
    assert status == 200
    answer = json.loads(body)
    return answer["rc"], answer["text"]


def test_commands_are_known_by_their_full_words() -> None:
    assert full_words("q user linux01") == "QUERY USER LINUX01"
    assert full_words("force a immed") == "FORCE A IMMED"
    assert full_words("nonsense") == "NONSENSE"


@pytest.mark.parametrize(
    ("function", "target", "command", "met"),
    [
        ("query user", "", "QUERY USER LINUX01", True),
        ("QUERY USER", "linux01", "QUERY USER LINUX01", True),
        ("QUERY USER", "zhcp", "QUERY USER LINUX01", True),
        ("QUERY USER", "LINUX02", "QUERY USER LINUX01", False),
        ("QUERY US", "", "QUERY USER LINUX01", False),
        ("*", "*", "LINK MAINT 190 190 RR", True),
    ],
)
def test_which_commands_are_met(function: str, target: str, command: str, met: bool) -> None:
    faults = Faults()
    faults.add(kind="cp", function=function, target=target, rc=1)
    assert faults.take(command.split()[0], "LINUX01") is None
    assert (faults.take_command("ZHCP", command) is not None) is met


@pytest.mark.parametrize(
    ("function", "target", "met"),
    [
        ("guest-exec cryptsetup luksOpen", "linux01", True),
        ("guest-exec", "*", True),
        ("guest-exec crypt", "", False),
        ("*", "LINUX02", False),
    ],
)
def test_which_orders_to_agents_are_met(function: str, target: str, met: bool) -> None:
    faults = Faults()
    faults.add(kind="agent", function=function, target=target, rc=1)
    assert faults.take_command("LINUX01", "GUEST-EXEC") is None
    order = "guest-exec cryptsetup luksOpen --key-file=- /dev/sda data"
    assert (faults.take_order("LINUX01", order) is not None) is met


async def test_an_agent_refuses_and_loses_answers_as_told(platform: Platform) -> None:
    world = platform.world
    bootable(world)
    world.system.guests.logon("LINUX01")
    faults, order = world.system.faults, b'{"execute": "guest-exec", "arguments": {"path": "hostname"}}'
    faults.add(kind="agent", function="guest-exec hostname", rc=1, text="out of memory")
    answer = json.loads((await platform.ask("POST", "/agent/LINUX01", order))[1])
    assert answer["error"]["desc"] == "out of memory"
    for drop in ("before", "after_commit"):
        faults.add(kind="agent", drop=drop)
        with pytest.raises(aiohttp.ClientError):
            await platform.ask("POST", "/agent/LINUX01", order)
    assert "pid" in json.loads((await platform.ask("POST", "/agent/LINUX01", order))[1])["return"]


async def test_cp_refuses_and_loses_answers_as_told(platform: Platform) -> None:
    faults = platform.world.system.faults
    faults.add(
        kind="cp", function="LINK", rc=108, text="HCPLNM108E MAINT 0190 not linked; volid X not mounted"
    )
    assert await cp(platform, "link maint 190 as f190 rr") == (
        108,
        "HCPLNM108E MAINT 0190 not linked; volid X not mounted\n",
    )
    assert (await cp(platform, "link maint 190 as f190 rr"))[0] == 0
    faults.add(kind="cp", function="DETACH", drop="before")
    with pytest.raises(aiohttp.ClientConnectionError):
        await cp(platform, "DETACH F190")
    assert (await cp(platform, "Q V F190"))[0] == 0
    faults.add(kind="cp", function="DETACH", drop="after_commit", delay=0.01)
    with pytest.raises(aiohttp.ClientConnectionError):
        await cp(platform, "DETACH F190")
    assert (await cp(platform, "Q V F190"))[0] == 40
    assert faults.pending() == []
    with pytest.raises(ValueError, match="kind"):
        faults.add(kind="lunch")


async def test_a_dead_and_a_silent_platform(platform: Platform) -> None:
    trouble = platform.world.system.trouble
    trouble.set("platform", "dead")
    with pytest.raises(aiohttp.ClientConnectionError):
        await cp(platform, "QUERY USERID")
    trouble.set("platform", "silent")
    asked = asyncio.create_task(cp(platform, "QUERY USERID"))
    done, _ = await asyncio.wait([asked], timeout=0.2)
    assert not done
    trouble.set("platform", "up")
    assert (await asked)[0] == 0
    with pytest.raises(ValueError, match="up"):
        trouble.set("platform", "tired")


async def test_a_dead_and_a_silent_smapi(platform: Platform) -> None:
    trouble = platform.world.system.trouble
    client = AsyncClient(UnixEndpoint(platform.simulator.ready["smapi_socket"]))
    trouble.set("smapi", "dead")
    with pytest.raises((OutcomeUnknown, Unreachable)):
        await client.call("Query_API_Functional_Level", "MAINT")
    trouble.set("smapi", "silent")
    with pytest.raises(OutcomeUnknown):
        await client.call("Query_API_Functional_Level", "MAINT", timeout=0.2)
    trouble.set("smapi", "up")
    assert (await client.call("Query_API_Functional_Level", "MAINT")).rs == 740
