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
