# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import asyncio

import pytest

from tests.support.chain import HOST, POOL, Chain
from tests.support.polling import until
from tests.support.raw_http import ask
from tests.unit.manager.worlds import World, image_content
from zvm.xcat import XcatNotFound, XcatRefused, XcatUnreachable

CARD = "nic=1000,vswitch=XCATVSW1,mac=02:00:06:00:0B:{:02X},vlan=10,port=gport-{}"


@pytest.fixture
def running(world: World) -> World:
    """A guest that is on, with a card."""
    image = world.upload("v1guests")
    world.define()
    world.create(CARD.format(1, 1))
    world.add_disk()
    world.deploy(image)
    world.power("on")
    return world


def test_a_guest_in_detail(chain: Chain, running: World) -> None:
    chain.forget_calls()
    waited = chain.zvm.guest(running.node, wait="reachable", timeout=30)
    assert (waited.state, waited.reachable, waited.uuid) == ("running", True, running.uuid)
    assert chain.smapi_calls() == []
    guest = chain.zvm.guest(running.node)
    (disk,) = guest.minidisks
    assert (disk.vdev, disk.unit, disk.size, disk.bytes) == ("0100", "cylinders", 15, 15 * 737280)
    (nic,) = guest.nics
    assert (nic.vdev, nic.vswitch, nic.vlan, nic.port, nic.coupled) == (
        "1000",
        "XCATVSW1",
        10,
        "gport-1",
        True,
    )
    assert nic.mac == "02:00:06:00:0b:01"
    assert (guest.host, guest.userid) == (HOST, running.userid)


def test_all_guests_cost_one_call(chain: Chain, running: World) -> None:
    chain.forget_calls()
    guests = chain.zvm.guests(HOST)
    assert any(guest.uuid == running.uuid and guest.state == "running" for guest in guests)
    assert len(chain.calls()) == 1
    with pytest.raises(XcatNotFound):
        chain.zvm.guests("nosuch")


def test_all_cards_cost_one_call(chain: Chain, running: World) -> None:
    chain.forget_calls()
    (nic,) = (nic for nic in chain.zvm.nics(HOST) if nic.uuid == running.uuid)
    assert chain.smapi_calls() == ["Virtual_Network_Vswitch_Query_Extended"]
    assert (nic.port, nic.node, nic.coupled, nic.vlan) == ("gport-1", running.node, True, 10)
    running.power("off")
    (nic,) = (nic for nic in chain.zvm.nics(HOST) if nic.uuid == running.uuid)
    assert (nic.mac, nic.coupled) == ("02:00:06:00:0b:01", False)


def test_a_guest_that_cannot_ipl(chain: Chain, world: World) -> None:
    world.define()
    world.create()
    world.add_disk()
    world.power("on")
    guest = chain.zvm.guest(world.node, wait="reachable", timeout=30)
    assert (guest.state, guest.reachable) == ("crashed", False)
    assert "HCPGIR450W" in guest.console_tail


def test_the_agent(chain: Chain, running: World) -> None:
    chain.zvm.guest(running.node, wait="reachable", timeout=30)
    assert chain.zvm.agent(running.node, "guest-ping") == {}
    with pytest.raises(XcatRefused):
        chain.zvm.agent(running.node, "guest-nosuch")
    running.power("off")
    with pytest.raises((XcatUnreachable, XcatNotFound, XcatRefused)):
        chain.zvm.agent(running.node, "guest-ping", timeout=2)


def test_reading_a_disk(chain: Chain, running: World) -> None:
    content = image_content("v1guests")
    assert b"".join(chain.zvm.read_disk(running.node, "100", 1000)) == content[:1000]
    running.power("off")
    whole = b"".join(chain.zvm.read_disk(running.node, "0100"))
    assert len(whole) == 15 * 737280
    assert whole[: len(content)] == content
    with pytest.raises((XcatNotFound, XcatRefused)):
        list(chain.zvm.read_disk(running.node, "0999"))
    with pytest.raises(XcatRefused, match="device number"):
        list(chain.zvm.read_disk(running.node, "zzzz"))


def test_reading_a_copy_of_a_disk(chain: Chain, running: World) -> None:
    before = chain.simulator.control("GET", "/inventory")["directory"]
    whole = b"".join(chain.zvm.read_disk(running.node, "0100", copy=True))
    content = image_content("v1guests")
    assert len(whole) == 15 * 737280
    assert whole[: len(content)] == content
    assert chain.simulator.control("GET", "/inventory")["directory"] == before
    with pytest.raises((XcatNotFound, XcatRefused)):
        list(chain.zvm.read_disk(running.node, "0999", copy=True))
    assert chain.simulator.control("GET", "/inventory")["directory"] == before


def test_a_reader_of_a_copy_that_goes_away(chain: Chain, running: World) -> None:
    before = chain.simulator.control("GET", "/inventory")["directory"]
    chunks = chain.zvm.read_disk(running.node, "0100", copy=True)
    next(chunks)
    chunks.close()
    asyncio.run(until(lambda: chain.simulator.control("GET", "/inventory")["directory"] == before))


@pytest.mark.parametrize(
    "query", ["wait=asleep", "wait=off&timeout=x", "wait=off&timeout=-1", "wait=off&timeout=nan"]
)
def test_rules_of_waiting(chain: Chain, running: World, query: str) -> None:
    headers = {"userName": "nova", "password": "x"}
    assert (
        ask(chain.manager.url, "GET", f"/zvm/v1/guests/{running.node}?{query}", headers=headers).status == 401
    )
    with pytest.raises(XcatRefused) as caught:
        chain.client.extension("GET", f"/guests/{running.node}?{query}")
    assert caught.value.status == 400


@pytest.mark.parametrize(
    "body", [{}, {"execute": 1}, {"execute": "x", "arguments": []}, {"execute": "x", "timeout": 0}, []]
)
def test_rules_of_the_agent(chain: Chain, world: World, body: object) -> None:
    world.define()
    with pytest.raises(XcatRefused) as caught:
        chain.client.extension("POST", f"/guests/{world.node}/agent", json=body)
    assert caught.value.status == 400


def test_nodes_that_are_no_guests(chain: Chain) -> None:
    for node in ("nosuch", HOST):
        with pytest.raises(XcatNotFound, match="no z/VM guest"):
            chain.zvm.guest(node)


def test_pools(chain: Chain, world: World) -> None:
    (before,) = chain.zvm.pools(HOST)
    assert (before.name, before.host, before.device_type) == (POOL, HOST, "3390")
    assert before.total_bytes == before.used_bytes + before.free_bytes
    assert before.largest_free_bytes <= before.free_bytes
    world.define()
    world.create()
    world.change("--add3390 POOL1 0101 100")
    (after,) = chain.zvm.pools(HOST)
    assert after.used_bytes - before.used_bytes == 100 * 737280


def test_refusals_of_zvm_are_told_with_numbers(chain: Chain, world: World) -> None:
    world.define()
    with pytest.raises((XcatRefused, XcatNotFound)) as caught:
        chain.zvm.guest(world.node)
    assert caught.value.command == f"GET /guests/{world.node}"
    assert caught.value.status in (404, 409)
