# SPDX-License-Identifier: Apache-2.0
"""Another size for a guest, step by step; each step may be repeated, and be the last before a kill."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.chain import POOL, Chain
from tests.unit.manager.worlds import World
from zvm.directory import resize as entries
from zvm.xcat import XcatRefused
from zvm.xcat.resizes import DiskWanted, Resizes, SizeWanted

MIB = 1 << 20


def size(root: int | None = 40, swap: int | None = None, **how: Any) -> SizeWanted:
    """Return a size with disks of so many MiB; None: a root disk as it is, no swap disk."""
    disks = [DiskWanted("0100", root and root * MIB, POOL if root else "", copy=bool(root))]
    if swap:
        disks.append(DiskWanted("0110", swap * MIB, POOL))
    return SizeWanted(**{"cpus": 2, "memory_mb": 512, "disks": disks, **how})


@pytest.fixture
def guest(world: World) -> World:
    """A guest that is off, with a root disk."""
    world.define()
    world.create()
    world.add_disk()
    return world


@pytest.fixture
def resizes(chain: Chain) -> Resizes:
    return Resizes(chain.client)


def test_the_steps_may_be_repeated(chain: Chain, guest: World, resizes: Resizes) -> None:
    before = guest.entry()
    for _ in range(2):
        assert resizes.prepare(guest.node, size(swap=10)) is False
        assert entries.parking(guest.entry()) == ["01C0", "01D0"]
    for _ in range(2):
        resizes.apply(guest.node, size(swap=10))
        assert resizes.prepare(guest.node, size(swap=10)) is True
    for _ in range(2):
        resizes.revert(guest.node)
        assert sorted(guest.entry().records()) == sorted(before.records())
    resizes.prepare(guest.node, size(swap=10))
    resizes.apply(guest.node, size(swap=10))
    for _ in range(2):
        resizes.confirm(guest.node)
        assert [disk.vdev for disk in guest.entry().minidisks()] == ["0100", "0110"]
    assert "ENTRYLOCK" not in "".join(guest.rows("zvm"))


def test_another_size_is_prepared_after_one_that_was_given_up(guest: World, resizes: Resizes) -> None:
    resizes.prepare(guest.node, size(60, swap=10))
    resizes.prepare(guest.node, size(40))
    [disk] = [item for item in guest.entry().minidisks() if item.vdev != "0100"]
    assert (disk.vdev, disk.size) == ("01C0", -(-40 * MIB // 737280))


def test_what_was_never_confirmed_is_by_the_next_resize(guest: World, resizes: Resizes) -> None:
    resizes.prepare(guest.node, size(40))
    resizes.apply(guest.node, size(40))
    resizes.prepare(guest.node, size(50))
    assert entries.former(guest.entry()) is None
    resizes.apply(guest.node, size(50))
    resizes.revert(guest.node)
    assert [disk.size for disk in guest.entry().minidisks()] == [-(-40 * MIB // 737280)]


def test_a_full_pool_leaves_nothing(chain: Chain, guest: World, resizes: Resizes) -> None:
    before = guest.entry()
    with pytest.raises(XcatRefused) as refusal:
        resizes.prepare(guest.node, size(40, swap=1 << 20))
    assert (refusal.value.rc, refusal.value.rs) == (408, 24)
    assert guest.entry() == before


@pytest.mark.parametrize(
    ("disks", "reason"),
    [
        ([DiskWanted("0100", MIB, POOL, copy=True)], "cannot shrink"),
        ([DiskWanted("0100", 90 * MIB, POOL, "9336", copy=True)], "is a 3390"),
        ([DiskWanted("0100"), DiskWanted("0101")], "has no disk 0101"),
        ([DiskWanted("0100"), DiskWanted("0100")], "two disks"),
        ([DiskWanted("0200")], "vdev is from 0100 to 0110"),
        ([DiskWanted("0101", MIB, POOL, "3380")], "device_type"),
        ([DiskWanted("0101", 0, POOL)], "bytes is a whole number"),
    ],
)
def test_what_cannot_be(guest: World, resizes: Resizes, disks: list[DiskWanted], reason: str) -> None:
    before = guest.entry()
    with pytest.raises(XcatRefused, match=reason):
        resizes.prepare(guest.node, size(disks=disks))
    assert guest.entry() == before


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({"operands": {"share": "ALL"}}, "share is RELATIVE n or ABSOLUTE n%"),
        ({"operands": {"share": "RELATIVE 1\nOPTION LNKNOPAS"}}, "share is RELATIVE"),
        ({"operands": {"iopriority": "RELATIVE 9 3"}}, "iopriority is RELATIVE or ABSOLUTE, low and high"),
        ({"operands": {"dedicate": ""}}, "dedicate is yes or no"),
        ({"operands": {"profile": "A B"}}, "userid"),
        ({"operands": {"profile": "nosuch"}}, "the profile NOSUCH does not exist"),
        ({"operands": {"privilege": "ABCDEFG"}}, "privilege is none of profile, share"),
        ({"operands": {"share": 3}}, "operands is an object of texts"),
        ({"max_cpus": 65}, "max_cpus is a whole number"),
    ],
)
def test_what_an_entry_cannot_say(guest: World, resizes: Resizes, how: dict[str, Any], reason: str) -> None:
    before = guest.entry()
    with pytest.raises(XcatRefused, match=reason):
        resizes.prepare(guest.node, size(**how))
    assert guest.entry() == before


def test_only_what_is_told_is_changed(guest: World, resizes: Resizes) -> None:
    before = guest.entry()
    told = size(None, cpus=2, operands={"share": "absolute 5%", "dedicate": "yes"})
    for _ in range(2):
        assert resizes.prepare(guest.node, told) is False
    for _ in range(2):
        resizes.apply(guest.node, told)
    assert resizes.prepare(guest.node, told) is True
    records = guest.entry().records()
    assert {"SHARE ABSOLUTE 5%", "CPU 00 BASE DEDICATE", "CPU 01 DEDICATE"} < set(records)
    assert [record for record in records if record.startswith("INCLUDE")] == ["INCLUDE LNXDFLT"]
    resizes.revert(guest.node)
    assert sorted(guest.entry().records()) == sorted(before.records())
    resizes.prepare(guest.node, told)
    resizes.apply(guest.node, told)
    resizes.confirm(guest.node)
    gone = size(None, cpus=3, operands={"share": "", "profile": ""})
    resizes.prepare(guest.node, gone)
    resizes.apply(guest.node, gone)
    resizes.confirm(guest.node)
    records = guest.entry().records()
    assert "CPU 02 DEDICATE" in records
    assert not [record for record in records if record.startswith(("SHARE", "INCLUDE", "*NOVA former"))]


def test_a_size_that_was_not_prepared(guest: World, resizes: Resizes) -> None:
    with pytest.raises(XcatRefused, match="not prepared"):
        resizes.apply(guest.node, size())


def test_a_guest_that_is_on(chain: Chain, guest: World, resizes: Resizes) -> None:
    """Its disks are made and removed while it runs; only the exchange needs it off."""
    guest.deploy(guest.upload("resizes"))
    guest.power("on")
    resizes.prepare(guest.node, size())
    with pytest.raises(XcatRefused, match="is logged on"):
        resizes.apply(guest.node, size())
    resizes.revert(guest.node)
    assert entries.parking(guest.entry()) == []


def test_a_lock_of_somebody_else_stays(chain: Chain, guest: World, resizes: Resizes) -> None:
    smapi = chain.simulator.smapi
    resizes.prepare(guest.node, size())
    smapi.call("Image_Lock_DM", guest.userid)
    with pytest.raises(XcatRefused) as refusal:
        resizes.apply(guest.node, size())
    assert (refusal.value.rc, refusal.value.rs) == (400, 12)
    assert smapi.call("Image_Lock_Query_DM", guest.userid).rs == 12
    smapi.call("Image_Unlock_DM", guest.userid)
    resizes.apply(guest.node, size())


def test_a_system_of_no_cluster(guest: World, resizes: Resizes) -> None:
    with pytest.raises(XcatRefused, match="nosuch"):
        resizes.prepare(guest.node, size(None), "nosuch")


def test_a_guest_of_somebody_else(world: World, resizes: Resizes) -> None:
    world.define()
    world.create(uuid="")
    for call in (resizes.confirm, resizes.revert):
        with pytest.raises(XcatRefused, match="no mark"):
            call(world.node)
