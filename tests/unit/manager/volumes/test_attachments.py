# SPDX-License-Identifier: Apache-2.0
"""Volumes of guests: in the directory and in the running guest, and CP's rules about who may write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.chain import Chain
from tests.unit.manager.volumes.conftest import MIB, VolumeWorld
from tests.unit.manager.worlds import World
from zvm.directory import Link
from zvm.manager.volumes.volume import userid_of
from zvm.xcat import XcatError, XcatNotFound, XcatRefused, volumes

Make = Callable[..., World]


@pytest.fixture
def guest(vols: VolumeWorld, world: World) -> World:
    """A guest that is off. Gone before its volumes."""
    world.define()
    world.create()
    return world


@pytest.fixture
def running(vols: VolumeWorld, make_world: Make) -> Callable[[], World]:
    """Make guests that are on."""

    def make() -> World:
        world = make_world()
        world.spawn(world.upload("volume-users"))
        return world

    return make


def links(guest: World) -> list[Link]:
    """Return the links to volumes in the guest's entry."""
    return [link for link in guest.entry().find(Link) if link.vdev.startswith("02")]


def device(chain: Chain, guest: World, vdev: str) -> Any:
    """Return what CP has at the device number of a running guest, None for nothing."""
    found = chain.simulator.control("GET", "/inventory")["guests"][guest.userid]["devices"]
    return found.get(vdev)


def test_a_guest_that_is_off(vols: VolumeWorld, chain: Chain, guest: World) -> None:
    before = guest.entry()
    uuid, second = vols.create(), vols.create()
    for _again in range(2):
        assert volumes.attach(chain.client, guest.node, uuid, "M") == ("0200", False)
    assert volumes.attach(chain.client, guest.node, second, "RR") == ("0201", False)
    assert links(guest) == [
        Link(userid_of(uuid), "0100", "0200", "M"),
        Link(userid_of(second), "0100", "0201", "RR"),
    ]
    told = vols.volumes.get(uuid)
    assert told is not None
    assert told.attachments == [{"userid": guest.userid, "vdev": "0200", "mode": "M"}]
    assert told in vols.volumes.all()
    for id in (uuid, second, uuid):
        volumes.detach(chain.client, guest.node, id)
    assert guest.entry() == before


def test_a_guest_that_is_on_has_it_at_once_and_after_a_logon(
    vols: VolumeWorld, chain: Chain, running: Callable[[], World]
) -> None:
    guest, uuid = running(), vols.create()
    for _again in range(2):
        assert volumes.attach(chain.client, guest.node, uuid, "M") == ("0200", True)
    found = device(chain, guest, "0200")
    assert (found["owner"], found["write"]) == (userid_of(uuid), True)
    guest.power("off")
    guest.power("on")
    assert device(chain, guest, "0200")["owner"] == userid_of(uuid)
    volumes.detach(chain.client, guest.node, uuid)
    assert device(chain, guest, "0200") is None
    assert links(guest) == []


def test_one_writer_or_all_of_them_shared(
    vols: VolumeWorld, chain: Chain, running: Callable[[], World]
) -> None:
    one, two = running(), running()
    alone, shared = vols.create(), vols.create()
    volumes.attach(chain.client, one.node, alone, "M")
    for mode in ("M", "MW"):
        with pytest.raises(XcatRefused, match=rf"{one.userid} has volume {alone} as 0200 to write"):
            volumes.attach(chain.client, two.node, alone, mode)
    assert links(two) == []
    for guest in (one, two):
        vdev, _ = volumes.attach(chain.client, guest.node, shared, "MW")
        assert device(chain, guest, vdev)["write"]
    volumes.attach(chain.client, two.node, alone, "RR")
    assert not device(chain, two, "0201")["write"]


def test_who_has_it_in_cp_is_told(vols: VolumeWorld, chain: Chain, running: Callable[[], World]) -> None:
    """Somebody who linked it by hand: no directory knows of that, CP does."""
    guest, uuid = running(), vols.create()
    assert chain.simulator.cp(f"LINK {userid_of(uuid)} 0100 AS E999 MW")[0] == 0
    try:
        with pytest.raises(XcatRefused, match=r"in mode M: ZHCP E999 \(WRITE\) has it") as told:
            volumes.attach(chain.client, guest.node, uuid, "M")
        assert told.value.has_codes(208, 12)
        assert links(guest) == []
    finally:
        chain.simulator.cp("DETACH E999")


def test_a_volume_in_use_stays(vols: VolumeWorld, chain: Chain, guest: World) -> None:
    uuid = vols.create()
    vols.volumes.write(uuid, b"used".ljust(49152, b"."))
    volumes.attach(chain.client, guest.node, uuid, "M")
    for call in (
        lambda: vols.volumes.delete(uuid),
        lambda: vols.volumes.extend(uuid, 20 * MIB),
        lambda: vols.volumes.write(uuid, b"x" * 49152),
    ):
        with pytest.raises(XcatRefused, match=f"linked by {guest.userid} as 0200"):
            call()
    snapshot = vols.id()
    vols.volumes.create(snapshot, source=uuid, snapshot=True)
    assert vols.content(uuid, 49152) == vols.content(snapshot, 49152) == b"used".ljust(49152, b".")
    with pytest.raises(XcatRefused, match="is a snapshot"):
        volumes.attach(chain.client, guest.node, snapshot, "M")
    with pytest.raises(XcatRefused, match="one of RR, M, MW"):
        volumes.attach(chain.client, guest.node, uuid, "W")
    with pytest.raises(XcatNotFound, match="no volume"):
        volumes.attach(chain.client, guest.node, vols.id(), "M")
    volumes.detach(chain.client, guest.node, uuid)


def test_a_guest_that_goes_lets_go(vols: VolumeWorld, chain: Chain, guest: World) -> None:
    uuid = vols.create()
    volumes.attach(chain.client, guest.node, uuid, "M")
    guest.remove()
    found = vols.volumes.get(uuid)
    assert found is not None
    assert found.attachments == []


def test_a_guest_of_somebody_else(vols: VolumeWorld, chain: Chain, world: World) -> None:
    world.define()
    world.create(uuid="")
    uuid = vols.create()
    for call in (volumes.detach, lambda *words: volumes.attach(*words, "M")):
        with pytest.raises(XcatRefused, match="no mark"):
            call(chain.client, world.node, uuid)
    assert links(world) == []


@pytest.mark.parametrize(
    ("function", "drop"),
    [
        ("Image_Disk_Share_DM", "before"),
        ("Image_Disk_Share_DM", "after_commit"),
        ("Image_Disk_Share", "after_commit"),
        ("Image_Disk_Unshare", "after_commit"),
        ("Image_Disk_Unshare_DM", "after_commit"),
    ],
)
def test_a_lost_reply_is_made_good(
    vols: VolumeWorld, chain: Chain, running: Callable[[], World], function: str, drop: str
) -> None:
    guest, uuid = running(), vols.create()
    before = vols.inventory()
    for verb in (
        lambda: volumes.attach(chain.client, guest.node, uuid, "M"),
        lambda: volumes.detach(chain.client, guest.node, uuid),
    ):
        chain.fault(function, target=guest.userid, drop=drop)
        try:
            verb()
        except XcatError:
            verb()
        chain.simulator.control("DELETE", "/faults")
        found = device(chain, guest, "0200")
        assert (found is not None) == bool(links(guest))
    assert vols.inventory() == before


def test_a_refused_link_leaves_nothing(vols: VolumeWorld, chain: Chain, running: Callable[[], World]) -> None:
    guest, uuid = running(), vols.create()
    before = vols.inventory()
    for function in ("Image_Disk_Share_DM", "Image_Disk_Share"):
        chain.fault(function, rc=208, rs=32)
        with pytest.raises(XcatError):
            volumes.attach(chain.client, guest.node, uuid, "M")
        assert vols.inventory() == before


def test_another_device_of_the_running_guest_stays(
    vols: VolumeWorld, chain: Chain, running: Callable[[], World]
) -> None:
    guest, uuid = running(), vols.create()
    other = {"target_image_name": "MAINT", "target_image_disk_number": "0190", "read_write_mode": "RR"}
    chain.simulator.smapi.call("Image_Disk_Share", guest.userid, image_disk_number="0200", **other)
    before, entry = device(chain, guest, "0200"), guest.entry()
    with pytest.raises(XcatRefused, match=f"{guest.userid} has another device 0200") as refusal:
        volumes.attach(chain.client, guest.node, uuid, "M")
    assert (refusal.value.rc, refusal.value.rs) == (208, 4)
    assert before is not None
    assert (device(chain, guest, "0200"), guest.entry()) == (before, entry)
