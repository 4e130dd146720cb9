# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.chain import Chain
from tests.unit.manager.worlds import World
from zvm.xcat import XcatError, XcatRefused
from zvm.xcat.urls import path


@pytest.fixture
def running(world: World) -> World:
    """A guest that is on."""
    world.spawn(world.upload("rpower"))
    return world


def state(chain: Chain, world: World) -> str:
    return next(guest.state for guest in chain.zvm.guests() if guest.node == world.node)


def test_on_and_off(chain: Chain, running: World) -> None:
    with pytest.raises(XcatRefused) as caught:
        running.power("on")
    assert caught.value.has_codes(200, 8)
    assert caught.value.errors[0].startswith(
        f"{running.node}: Activating {running.userid}... Failed\n  Return Code: 200\n  Reason Code: 8\n"
    )
    assert chain.client.request("GET", f"/nodes/{running.node}/power").info == [f"{running.node}: on\n"]
    assert running.power("off").info == [f"{running.node}: Deactivating {running.userid}... Done\n"]
    assert chain.client.request("GET", f"/nodes/{running.node}/power").info == [f"{running.node}: off\n"]
    assert running.power("off").info == [f"{running.node}: {running.userid} already logged off."]
    assert running.power("on").info == [f"{running.node}: Activating {running.userid}... Done"]


def test_a_pause_is_remembered(chain: Chain, running: World) -> None:
    running.power("pause")
    assert state(chain, running) == "paused"
    assert '"PAUSED=1"' in running.rows("zvm")[0]
    running.power("unpause")
    assert state(chain, running) == "running"
    running.power("pause")
    chain.simulator.cp(f"FORCE {running.userid} LOGOFF IMMEDIATE")
    assert state(chain, running) == "off"
    running.power("on")
    assert state(chain, running) == "running"


def test_reset_and_soft_off(chain: Chain, running: World) -> None:
    assert running.power("reset").info == [
        f"{running.node}: Deactivating {running.userid}... Done\n",
        f"{running.node}: Activating {running.userid}... Done",
    ]
    assert chain.zvm.guest(running.node, wait="reachable", timeout=20).reachable
    assert running.power("isreachable").info == [f"{running.node}: reachable"]
    status = chain.client.request("GET", f"/nodes/{running.node}/status")
    assert status.node == [{"name": [running.node], "data": ["sshd"]}]
    assert running.power("softoff").info == [f"{running.node}: Deactivating {running.userid}... Done\n"]
    assert running.power("softoff").info == [f"{running.node}: {running.userid} already logged off."]
    assert running.power("isreachable").info == [f"{running.node}: unreachable"]


def test_many_guests_cost_one_call(chain: Chain, make_world: Callable[..., World]) -> None:
    worlds = [make_world() for _ in range(5)]
    for world in worlds:
        world.define()
    chain.forget_calls()
    nodes = ",".join(world.node for world in worlds)
    answer = chain.client.request("GET", f"/nodes/{nodes}/power")
    assert answer.info == [f"{world.node}: off\n" for world in worlds]
    assert len(chain.calls()) == 1


def test_one_that_fails_does_not_stop_the_others(chain: Chain, make_world: Callable[..., World]) -> None:
    good, bad = make_world(), make_world()
    good.define()
    good.create()
    bad.define()
    answer = chain.client.request("PUT", f"/nodes/{bad.node},{good.node}/power", body=["on"], check=False)
    assert answer.errors[0].startswith(f"{bad.node}: Activating {bad.userid}... Failed\n  Return Code: 200")
    assert answer.info == [f"{good.node}: Activating {good.userid}... Done"]


def test_actions_that_are_none(running: World) -> None:
    for action in ("bogus", ""):
        with pytest.raises(XcatError):
            running.power(action)


def test_reboot(chain: Chain, running: World) -> None:
    chain.zvm.guest(running.node, wait="reachable", timeout=20)
    assert running.power("reboot").info == [f"{running.node}: Rebooting {running.userid}... Done\n"]
    assert chain.zvm.guest(running.node, wait="reachable", timeout=20).reachable


def test_a_signal_is_not_waited_for(chain: Chain, running: World) -> None:
    def soft(within: str) -> list[str]:
        url = path("nodes", running.node, "power")
        return list(chain.client.request("PUT", url, body=["softoff", f"within={within}"]).info)

    for wrong in ("0", "65536", "soon"):
        with pytest.raises(XcatRefused, match="within is a number of seconds from 1 to 65535"):
            soft(wrong)
    chain.forget_calls()
    assert soft("30") == [f"{running.node}: Deactivating {running.userid}... Done\n"]
    assert chain.smapi_calls() == ["Image_Deactivate"]
    assert chain.zvm.guest(running.node, wait="off", timeout=30).state == "off"
    assert soft("30") == [f"{running.node}: {running.userid} already logged off."]
