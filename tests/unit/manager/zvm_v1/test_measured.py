# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from tests.support.chain import HOST, Chain
from tests.unit.manager.worlds import World
from zvm.xcat import XcatNotFound, XcatRefused

CARD = "nic=1000,vswitch=XCATVSW1,mac=02:00:06:00:0C:01"


@pytest.fixture
def running(world: World) -> World:
    """A guest that is on, with a card."""
    image = world.upload("v1measured")
    world.define()
    world.create(CARD)
    world.add_disk()
    world.deploy(image)
    world.power("on")
    return world


def test_the_load_of_the_systems(chain: Chain) -> None:
    (load,) = chain.zvm.load(HOST)
    assert (load.host, load.cpus > 0, 0 <= load.busy_percent <= 100) == (HOST, True, True)
    with pytest.raises(XcatNotFound):
        chain.zvm.load("nosuch")


def test_what_a_guest_used(chain: Chain, running: World) -> None:
    used = chain.zvm.performance(running.node)
    assert used.cpus == 1
    assert used.elapsed_microseconds > 0
    assert used.memory_kilobytes > used.used_memory_kilobytes > 0
    assert [nic.vdev for nic in used.nics] == ["1000"]
    assert chain.zvm.guest(running.node).ipl == "0100"


def test_a_guest_that_is_off_has_used_nothing(chain: Chain, running: World) -> None:
    running.power("off")
    used = chain.zvm.performance(running.node)
    assert (used.cpus, used.cpu_microseconds, used.nics) == (0, 0, [])


def test_the_kernel_dumps(chain: Chain, running: World) -> None:
    assert chain.zvm.dump(running.node) == "crashed"


def test_a_paused_guest_runs_into_its_dump(chain: Chain, running: World) -> None:
    running.power("pause")
    assert chain.zvm.dump(running.node) == "crashed"


def test_cp_dumps(chain: Chain, running: World) -> None:
    assert chain.zvm.dump(running.node, "vmdump") == "running"
    code, text = chain.simulator.cp(f"QUERY RDR USERID {running.userid} ALL")
    assert (code, "VMDUMP" in text) == (0, True)


def test_a_dump_of_a_guest_that_is_off_is_refused(chain: Chain, running: World) -> None:
    running.power("off")
    with pytest.raises(XcatRefused) as caught:
        chain.zvm.dump(running.node)
    assert (caught.value.rc, caught.value.function) == (45, "CP SEND")
    with pytest.raises(XcatRefused, match="method is one of restart, vmdump"):
        chain.zvm.dump(running.node, "other")
