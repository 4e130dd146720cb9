# SPDX-License-Identifier: Apache-2.0
"""A node for a guest that exists, and its end: z/VM is as it was before, during and after."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from tests.support.chain import HOST, POOL, Chain
from tests.support.foreign_guest import ForeignGuest
from tests.unit.manager.worlds import World
from zvm.xcat import XcatError, XcatNotFound, XcatRefused
from zvm.xcat.adoptions import Adoptions, AdoptionWanted
from zvm.xcat.resizes import Resizes, SizeWanted
from zvm.xcat.storage import Storage
from zvm.xcat.urls import path

UUID = "0b0e1f7a-8a2f-4d11-9c53-0a8b6a3c55aa"
CARD = {"vswitch": ForeignGuest.VSWITCH, "mac": ForeignGuest.MAC, "port": "aport-1"}
NODE = "adopted1"


@pytest.fixture
def guest(chain: Chain) -> Iterator[ForeignGuest]:
    with ForeignGuest(chain.manager, chain.simulator, "ADOPTEE") as guest:
        yield guest
        with suppress(XcatNotFound):
            chain.client.request("DELETE", path("nodes", NODE))


@pytest.fixture
def adoptions(chain: Chain) -> Adoptions:
    return Adoptions(chain.client)


def wanted(**what: Any) -> AdoptionWanted:
    """Return what fits the guest, but for ``what``."""
    return replace(AdoptionWanted("ADOPTEE", UUID, HOST, 2, 512, 1, POOL, [CARD]), **what)


def test_a_guest_becomes_an_instance_s_and_nobody_s_again(
    chain: Chain, guest: ForeignGuest, adoptions: Adoptions
) -> None:
    before = guest.life()
    for _again in range(2):
        found = adoptions.adopt(NODE, wanted())
        assert (found.userid, found.uuid, found.state, found.adopted) == ("ADOPTEE", UUID, "running", True)
    assert [one for one in chain.zvm.guests() if one.node == NODE] == [found]
    [nic] = [one for one in chain.zvm.nics() if one.node == NODE]
    assert (nic.port, nic.mac, nic.vdev, nic.coupled, nic.vlan) == ("aport-1", guest.MAC, "0600", True, None)
    detail = chain.zvm.guest(NODE)
    assert (detail.ipl, detail.adopted) == ("0150", True)
    assert not [one for one in chain.zvm.leftovers() if UUID in (one.uuid, one.name)]
    assert guest.life() == before
    adoptions.release(NODE, UUID)
    with pytest.raises(XcatNotFound):
        adoptions.release(NODE, UUID)
    assert NODE not in [one.node for one in chain.zvm.guests()]
    assert guest.life() == before


def test_what_would_change_or_remove_it_is_refused(
    chain: Chain, guest: ForeignGuest, adoptions: Adoptions
) -> None:
    adoptions.adopt(NODE, wanted())
    before = guest.life()
    resizes, storage = Resizes(chain.client), Storage(chain.client)
    size = SizeWanted(1, 512, [])
    attempts: list[Callable[[], object]] = [
        lambda: chain.client.request("DELETE", path("vms", NODE)),
        lambda: chain.client.request("DELETE", path("vms", NODE), query={"objectid": UUID}),
        lambda: resizes.prepare(NODE, size),
        lambda: resizes.confirm(NODE),
        lambda: resizes.revert(NODE),
        lambda: storage.reserve(NODE, UUID, 1),
        lambda: storage.release(NODE, UUID, force=True),
        lambda: chain.zvm.attach_nic(NODE, "XCATVSW1", mac="02:00:06:00:00:01", port="aport-2"),
        lambda: chain.zvm.detach_nic(NODE, "0600"),
        lambda: chain.zvm.change_nic(NODE, "0600", "XCATVSW1", coupled=False),
    ]
    for attempt in attempts:
        with pytest.raises(XcatRefused):
            attempt()
        assert guest.life() == before


MISFITS: list[tuple[dict[str, Any], str]] = [
    ({"userid": "NOSUCH"}, "the directory of zvmsim1 has no userid NOSUCH"),
    ({"userid": "MAINT"}, "the userid MAINT is protected"),
    ({"userid": "A B"}, "1-8 characters"),
    ({"cpus": 1}, "2 processors in its directory entry, 1 in the flavor"),
    ({"pool": "NOSUCH"}, "there is no disk pool NOSUCH"),
    ({"cards": [{**CARD, "vlan": 30}]}, "is for XCATVSW1, no VLAN by its NICDEF; port aport-1 is on"),
    ({"cards": [{"vswitch": "XCATVSW1", "mac": ForeignGuest.MAC}]}, "the port that it is for"),
    ({"host": "nosuch"}, "no zHCP is configured for 'nosuch'"),
    ({"uuid": "me"}, "uuid is the instance's id"),
    ({"memory_mb": 0}, "memory_mb is a whole number from 1"),
]


def test_what_does_not_fit(chain: Chain, guest: ForeignGuest, adoptions: Adoptions) -> None:
    before = guest.life()
    for what, told in MISFITS:
        with pytest.raises(XcatError, match=told):
            adoptions.adopt(NODE, wanted(**what))
        assert NODE not in [one.node for one in chain.zvm.guests()]
    assert guest.life() == before


def test_a_node_and_a_guest_of_somebody_else(guest: ForeignGuest, adoptions: Adoptions, world: World) -> None:
    world.define()
    world.create()
    with pytest.raises(
        XcatRefused, match=f"{world.userid} is the guest of the instance {world.uuid} already"
    ):
        adoptions.adopt(NODE, wanted(userid=world.userid))
    with pytest.raises(XcatRefused, match=f"there is a node {world.node} already, with the userid"):
        adoptions.adopt(world.node, wanted())
    with pytest.raises(XcatRefused, match="was made for, not adopted by, the instance"):
        adoptions.release(world.node, world.uuid, purge=True)
    assert world.entry()
    adoptions.adopt(NODE, wanted())
    with pytest.raises(XcatRefused, match=f"of node {NODE} was adopted for the instance {UUID}"):
        adoptions.release(NODE, world.uuid, purge=True)
    with pytest.raises(XcatRefused, match=f"ADOPTEE is the guest of the instance {UUID} already"):
        adoptions.adopt("adopted2", wanted(uuid=world.uuid))
    assert guest.entry


def test_a_guest_that_goes_with_its_instance(chain: Chain, guest: ForeignGuest, adoptions: Adoptions) -> None:
    adoptions.adopt(NODE, wanted())
    adoptions.release(NODE, UUID, purge=True)
    assert (guest.entry, guest.state) == ([], None)
    assert NODE not in [one.node for one in chain.zvm.guests()]


@pytest.mark.parametrize(("disk_gb", "counted"), [(1, 1 << 30), (0, 0)])
def test_only_what_is_set_apart_counts_as_a_guest_s(
    chain: Chain, guest: ForeignGuest, adoptions: Adoptions, disk_gb: int, counted: int
) -> None:
    def guests_bytes() -> int:
        return next(pool.guests_bytes or 0 for pool in chain.zvm.pools() if pool.name == POOL)

    before = guests_bytes()
    adoptions.adopt(NODE, wanted(disk_gb=disk_gb))
    assert guests_bytes() - before == counted


def test_a_refusal_of_z_vm_in_the_middle_leaves_nothing(
    chain: Chain, guest: ForeignGuest, adoptions: Adoptions
) -> None:
    before = guest.life()
    for function, target in (
        ("Image_Query_DM", guest.userid),
        ("Profile_Query_DM", "LNXDFLT"),
        ("Image_Volume_Space_Query_DM", "*"),
        ("Virtual_Network_Vswitch_Query_Extended", "*"),
    ):
        chain.fault(function, target=target, rc=396, rs=1, times=1)
        with pytest.raises(XcatRefused, match="396"):
            adoptions.adopt(NODE, wanted())
        assert NODE not in [one.node for one in chain.zvm.guests()]
    assert guest.life() == before
    adoptions.adopt(NODE, wanted())
