# SPDX-License-Identifier: Apache-2.0
"""Other processors and memory for a guest as it runs; each call may be repeated."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.chain import Chain
from tests.unit.manager.worlds import World
from zvm.directory import resize as entries
from zvm.xcat import XcatRefused
from zvm.xcat.resizes import DiskWanted, Resizes, SizeWanted


@pytest.fixture
def guest(world: World) -> World:
    """A guest that is on, of one processor and 512 MiB, and at most four and 1 GiB."""
    world.define()
    world.create("maxcpu=4", "maxmemory=1024m")
    world.add_disk()
    world.deploy(world.upload("live"))
    world.power("on")
    return world


@pytest.fixture
def resizes(chain: Chain) -> Resizes:
    return Resizes(chain.client)


def used(chain: Chain, guest: World) -> tuple[int, int]:
    """Return the processors and the MiB that are in use, as CP sees it."""
    found = chain.zvm.performance(guest.node)
    return found.cpus, found.memory_kilobytes >> 10


def test_the_steps_may_be_repeated(chain: Chain, guest: World, resizes: Resizes) -> None:
    before = guest.entry()
    for _ in range(2):
        assert resizes.live(guest.node, 3, 1024) == ""
        assert used(chain, guest) == (3, 1024)
        assert chain.zvm.guest(guest.node).resized == "live"
    assert "Guest CPUs: 3" in guest.inventory("cpumempowerstat")
    assert "Total Memory: 1024M" in guest.inventory("cpumempowerstat")
    for _ in range(2):
        resizes.revert(guest.node)
        assert used(chain, guest) == (1, 512)
        assert sorted(guest.entry().records()) == sorted(before.records())
    resizes.live(guest.node, 2, 768)
    resizes.confirm(guest.node)
    assert chain.zvm.guest(guest.node).resized == ""
    assert used(chain, guest) == (2, 768)


def test_what_was_never_confirmed_is_by_the_next_resize(chain: Chain, guest: World, resizes: Resizes) -> None:
    resizes.live(guest.node, 2, 512)
    assert resizes.live(guest.node, 4, 1024) == ""
    former = entries.former(guest.entry())
    assert former is not None
    assert (former.cpus, former.storage) == (2, "512M")
    guest.power("off")
    size = SizeWanted(1, 512, [DiskWanted("0100")], max_cpus=4, max_memory_mb=1024)
    assert resizes.prepare(guest.node, size) is False
    resizes.apply(guest.node, size)
    assert chain.zvm.guest(guest.node).resized == "off"


def test_a_guest_that_went_off_is_reverted(guest: World, resizes: Resizes) -> None:
    before = guest.entry()
    resizes.live(guest.node, 2, 768)
    guest.power("off")
    resizes.revert(guest.node)
    assert sorted(guest.entry().records()) == sorted(before.records())


@pytest.mark.parametrize(
    ("cpus", "memory", "reason"),
    [
        (5, 512, "lets {} have 4 processors"),
        (1, 1280, "has 512 MiB and 512 MiB of standby storage"),
        (1, 640, "by blocks of 256 MiB only"),
    ],
)
def test_what_cannot_be_is_told_and_changes_nothing(
    guest: World, resizes: Resizes, cpus: int, memory: int, reason: str
) -> None:
    before = guest.entry()
    assert reason.format(guest.userid) in resizes.live(guest.node, cpus, memory)
    assert guest.entry() == before


def test_a_guest_that_is_off_or_mute(chain: Chain, guest: World, resizes: Resizes) -> None:
    before = guest.entry()
    fault: dict[str, Any] = {"function": "guest-exec", "kind": "agent", "target": guest.userid, "rc": 1}
    chain.simulator.control("POST", "/faults", {**fault, "text": "guest-exec is disabled"})
    assert "guest-exec is disabled" in resizes.live(guest.node, 2, 512)
    guest.power("off")
    assert "is off" in resizes.live(guest.node, 2, 512)
    assert guest.entry() == before


def test_a_refusal_is_taken_back(chain: Chain, guest: World, resizes: Resizes) -> None:
    before = guest.entry()
    fault = {"function": "guest-exec chmem", "kind": "agent", "target": guest.userid, "rc": 1, "text": "no"}
    chain.simulator.control("POST", "/faults", fault)
    with pytest.raises(XcatRefused, match="no"):
        resizes.live(guest.node, 2, 768)
    assert used(chain, guest) == (1, 512)
    assert sorted(guest.entry().records()) == sorted(before.records())


def test_nonsense(guest: World, resizes: Resizes) -> None:
    for cpus, memory in ((0, 512), (65, 512), (1, 0)):
        with pytest.raises(XcatRefused, match="whole number"):
            resizes.live(guest.node, cpus, memory)
