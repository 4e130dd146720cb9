# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from tests.support.chain import Chain
from tests.unit.manager.worlds import World
from zvm.xcat import XcatNotFound, XcatRefused

MAC = "02:00:06:00:0C:01"


@pytest.fixture
def guest(world: World) -> World:
    """A guest that is off, with a card."""
    world.define()
    world.create("nic=1000,vswitch=XCATVSW1,mac=02:00:06:00:0C:00,port=cport-0")
    return world


def test_a_card_in_the_directory(chain: Chain, guest: World) -> None:
    before = guest.entry()
    assert chain.zvm.attach_nic(guest.node, "XCATVSW1", mac=MAC, vlan=30, port="cport-1") == "1003"
    nic = guest.entry().nic("1003")
    assert nic is not None
    assert (nic.lan_name, nic.macid, nic.vlan) == ("XCATVSW1", "000C01", ("30",))
    card = next(nic for nic in chain.zvm.guest(guest.node).nics if nic.vdev == "1003")
    assert (card.port, card.vlan, card.mac) == ("cport-1", 30, MAC.lower())
    assert chain.zvm.attach_nic(guest.node, "XCATVSW1", mac=MAC, vlan=30, port="cport-1") == "1003"
    assert len(guest.entry().nics()) == 2
    for _again in range(2):
        chain.zvm.detach_nic(guest.node, "1003")
        assert guest.entry() == before
    assert len(guest.rows("switch")) == len(guest.rows("mac")) == 1


def test_a_card_of_a_guest_that_is_on(chain: Chain, guest: World) -> None:
    image = guest.upload("cards")
    guest.add_disk()
    guest.deploy(image)
    guest.power("on")
    vdev = chain.zvm.attach_nic(guest.node, "XCATVSW1", mac=MAC, vlan=30, port="cport-2")
    card = next(nic for nic in chain.zvm.nics() if (nic.node, nic.vdev) == (guest.node, vdev))
    assert (card.coupled, card.mac, card.vlan) == (True, MAC.lower(), 30)
    chain.zvm.detach_nic(guest.node, vdev)
    assert [nic.vdev for nic in chain.zvm.nics() if nic.node == guest.node] == ["1000"]


@pytest.fixture
def running(guest: World) -> World:
    """A guest that is on."""
    image = guest.upload(f"cards-{guest.node}")
    guest.add_disk()
    guest.deploy(image)
    guest.power("on")
    return guest


def seen(chain: Chain, guest: World, vdev: str) -> tuple[bool, list[int]]:
    """Return whether the simulated z/VM has a card coupled, and in which VLANs."""
    network = chain.simulator.control("GET", "/inventory")["network"]
    [card] = [item for item in network[f"adapters {guest.userid}"] if item["vdev"] == vdev]
    return bool(card["lan_name"]), card["vlans"]


def test_cards_of_one_guest_in_many_vlans_of_one_switch(chain: Chain, running: World) -> None:
    for number in range(1, 13):
        mac = f"02:00:06:00:0D:{number:02X}"
        chain.zvm.attach_nic(running.node, "XCATVSW1", mac=mac, vlan=100 + number, port=f"many-{number}")
    running.power("off")
    running.power("on")
    cards = [nic for nic in chain.zvm.nics() if nic.node == running.node and nic.vdev != "1000"]
    assert [nic.vlan for nic in cards] == list(range(101, 113))
    assert [seen(chain, running, nic.vdev) for nic in cards] == [(True, [nic.vlan]) for nic in cards]
    assert [nic.mac for nic in cards] == [f"02:00:06:00:0d:{number:02x}" for number in range(1, 13)]


def test_a_trunk_comes_changes_and_goes_while_the_guest_runs(chain: Chain, running: World) -> None:
    before = running.entry()
    for trunk, words in ([30], ("30",)), ([30, 31, 32, 40], ("30-32", "40")), ([31], ("31",)):
        assert chain.zvm.change_nic(running.node, "1000", "XCATVSW1", trunk=trunk)
        nic = running.entry().nic("1000")
        assert nic is not None
        assert (nic.port_type, nic.vlan, nic.macid) == ("TRUNK", words, "000C00")
        assert seen(chain, running, "1000") == (True, trunk)
        [card] = [nic for nic in chain.zvm.nics() if nic.node == running.node]
        assert (card.trunk, card.vlan, card.port, card.coupled) == (trunk, None, "cport-0", True)
        assert chain.zvm.guest(running.node).nics[0].trunk == trunk
    assert chain.zvm.change_nic(running.node, "1000", "XCATVSW1")
    nic = running.entry().nic("1000")
    assert nic is not None
    assert (nic.vlan, nic.macid) == ((), "000C00")
    assert seen(chain, running, "1000") == (True, [1])
    assert len(running.entry().nics()) == len(before.nics())


def test_many_vlans_of_a_trunk_find_room(chain: Chain, running: World) -> None:
    trunk = list(range(2, 400, 3))
    assert chain.zvm.change_nic(running.node, "1000", "XCATVSW1", trunk=trunk)
    assert seen(chain, running, "1000") == (True, trunk)
    running.power("off")
    running.power("on")
    assert seen(chain, running, "1000") == (True, trunk)


def test_a_card_is_uncoupled_for_good_and_coupled_again(chain: Chain, running: World) -> None:
    for _again in range(2):
        assert not chain.zvm.change_nic(running.node, "1000", "XCATVSW1", vlan=30, coupled=False)
        assert not seen(chain, running, "1000")[0]
    running.power("off")
    running.power("on")
    assert not seen(chain, running, "1000")[0]
    for _again in range(2):
        assert chain.zvm.change_nic(running.node, "1000", "XCATVSW1", vlan=30)
        assert seen(chain, running, "1000") == (True, [30])
    running.power("off")
    assert not chain.zvm.change_nic(running.node, "1000", "XCATVSW1", vlan=31)
    running.power("on")
    assert seen(chain, running, "1000") == (True, [31])


@pytest.mark.parametrize(
    "function",
    [
        "Virtual_Network_Adapter_Delete_DM",
        "Image_Definition_Update_DM",
        "Virtual_Network_Adapter_Disconnect",
        "Virtual_Network_Adapter_Connect_Vswitch",
    ],
)
def test_a_change_that_is_refused_is_finished_by_the_next(
    chain: Chain, running: World, function: str
) -> None:
    assert chain.zvm.change_nic(running.node, "1000", "XCATVSW1", trunk=[30, 31])
    chain.fault(function, target="*", rc=396, rs=1, times=1)
    with pytest.raises(XcatRefused):
        chain.zvm.change_nic(running.node, "1000", "XCATVSW1")
    [card] = [nic for nic in chain.zvm.nics() if nic.node == running.node]
    assert not card.coupled
    assert chain.zvm.change_nic(running.node, "1000", "XCATVSW1")
    assert seen(chain, running, "1000") == (True, [1])
    [card] = [nic for nic in chain.zvm.nics() if nic.node == running.node]
    assert (card.coupled, card.trunk, card.port) == (True, [], "cport-0")
    assert len(running.rows("switch")) == 1


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ({"vswitch": "XCATVSW1", "trunk": [5000]}, "VLANs"),
        ({"vswitch": "XCATVSW1", "trunk": [5], "vlan": 5}, "not both"),
        ({"vswitch": "XCATVSW1", "coupled": 1}, "true or false"),
        ({"vswitch": "XCATVSW1", "port": "x"}, "none of"),
    ],
)
def test_what_is_no_change(chain: Chain, guest: World, wanted: dict[str, object], reason: str) -> None:
    with pytest.raises(XcatRefused, match=reason):
        chain.client.extension("PUT", f"/guests/{guest.node}/nics/1000", json=wanted)
    with pytest.raises(XcatNotFound, match="1FF0"):
        chain.zvm.change_nic(guest.node, "1FF0", "XCATVSW1")


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ({"vswitch": "a,b"}, "texts"),
        ({"vswitch": "XCATVSW1", "vlan": 5000}, "VLAN"),
        ({"vswitch": "XCATVSW1", "mac": "zz"}, "MAC"),
        ({"vswitch": "NOT A SWITCH"}, "NOT A SWITCH"),
    ],
)
def test_what_is_no_card(chain: Chain, guest: World, wanted: dict[str, object], reason: str) -> None:
    with pytest.raises(XcatRefused, match=reason):
        chain.client.extension("POST", f"/guests/{guest.node}/nics", json=wanted)
    assert len(guest.entry().nics()) == 1


def test_a_guest_of_somebody_else(chain: Chain, world: World) -> None:
    world.define()
    world.create(uuid="")
    with pytest.raises(XcatRefused, match="no mark"):
        chain.zvm.attach_nic(world.node, "XCATVSW1")
    with pytest.raises(XcatNotFound):
        chain.zvm.attach_nic("nosuch", "XCATVSW1")
    assert world.entry().nics() == []
