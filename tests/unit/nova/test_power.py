# SPDX-License-Identifier: Apache-2.0
"""Power: states, repeated verbs, the clean shutdown and its end."""

from __future__ import annotations

from typing import Any

import pytest
from nova import exception
from nova.compute import power_state
from oslo_config import cfg

from tests.unit.nova.conftest import Node, guest
from zvm.nova.power import Power
from zvm.nova.session import Session

POWER = "PUT /xcatws/nodes/ibm0001/power"
AGENT = "/zvm/v1/guests/ibm0001/agent"


@pytest.fixture
def power(session: Session) -> Power:
    return Power(session)


def actions(node: Node) -> list[str]:
    return [body[0] for body in node.bodies(POWER)]


def orders(node: Node) -> list[str]:
    return [body["execute"] for body in node.bodies(f"POST {AGENT}")]


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("running", power_state.RUNNING),
        ("paused", power_state.PAUSED),
        ("crashed", power_state.CRASHED),
        ("off", power_state.SHUTDOWN),
        ("unknown", power_state.NOSTATE),
    ],
)
def test_states(power: Power, node: Node, instance: Any, state: str, expected: int) -> None:
    node.guests = [guest(state=state)]
    info = power.info(instance, use_cache=True)
    assert (info.state, info.internal_id) == (expected, "IBM0001")


def test_a_thousand_states_are_one_call(power: Power, node: Node, instance: Any) -> None:
    node.guests = [guest()]
    for _ in range(1000):
        power.info(instance, use_cache=True)
    assert node.calls() == ["GET /zvm/v1/guests"]


def test_a_guest_without_the_mark_is_not_found(power: Power, node: Node, instance: Any) -> None:
    node.guests = [guest(uuid="")]
    with pytest.raises(exception.InstanceNotFound):
        power.info(instance, use_cache=False)


def test_a_change_is_seen_at_once(power: Power, node: Node, instance: Any) -> None:
    node.guests = [guest()]
    power.info(instance, use_cache=True)
    power.off(instance)
    node.guests = [guest(state="off")]
    assert power.info(instance, use_cache=True).state == power_state.SHUTDOWN


def test_on_when_it_is_on(power: Power, node: Node, instance: Any) -> None:
    node.refuse("PUT", "/xcatws/nodes/.*/power", 200, 8)
    power.on(instance)


@pytest.mark.parametrize("rs", [12, 16])
def test_off_when_it_is_off(power: Power, node: Node, instance: Any, rs: int) -> None:
    node.refuse("PUT", "/xcatws/nodes/.*/power", 200, rs)
    power.off(instance)


def test_off_of_what_is_gone(power: Power, node: Node, instance: Any) -> None:
    node.refuse("PUT", "/xcatws/nodes/.*/power", kind="not_found")
    node.answer("POST", AGENT, status_code=404, json={"error": {"kind": "not_found", "message": "gone"}})
    power.off(instance, timeout=5, retry_interval=1)


def test_off_that_fails_keeps_the_network(power: Power, node: Node, instance: Any) -> None:
    node.refuse("PUT", "/xcatws/nodes/.*/power", 200, 40)
    with pytest.raises(exception.InstancePowerOffFailure, match="rs 40"):
        power.off(instance)


def test_a_guest_that_obeys_is_not_forced(power: Power, node: Node, instance: Any) -> None:
    node.extension("GET", "/guests/.*", guest(state="off"))
    power.off(instance, timeout=60, retry_interval=10)
    assert (len(orders(node)), actions(node)) == (1, [])


def test_a_guest_that_does_not_obey_is_told_again_and_forced(power: Power, node: Node, instance: Any) -> None:
    power.off(instance, timeout=2, retry_interval=1)
    assert (len(orders(node)), actions(node)) == (2, ["off"])


def test_without_an_agent_cp_signals(power: Power, node: Node, instance: Any) -> None:
    node.answer(
        "POST", AGENT, status_code=502, json={"error": {"kind": "unreachable", "message": "no agent"}}
    )
    node.extension("GET", "/guests/.*", guest(state="off"))
    power.off(instance, timeout=60, retry_interval=10)
    assert actions(node) == ["softoff"]


def test_a_guest_that_cannot_be_asked_is_forced(power: Power, node: Node, instance: Any) -> None:
    node.answer(
        "POST", AGENT, status_code=502, json={"error": {"kind": "unreachable", "message": "no agent"}}
    )
    answers = [
        {"json": {"data": [{"error": ["still not logged off"], "errorcode": ["1"]}]}},
        {"json": {"data": []}},
    ]
    node.answer("PUT", "/xcatws/nodes/.*/power", response_list=answers)
    power.off(instance, timeout=60, retry_interval=10)
    assert actions(node) == ["softoff", "off"]
    assert node.bodies(POWER)[0] == ["softoff", "within=60"]


def test_a_shutdown_that_began_has_no_answer(power: Power, node: Node, instance: Any) -> None:
    node.answer("POST", AGENT, status_code=504, json={"error": {"kind": "unknown", "message": "no answer"}})
    node.extension("GET", "/guests/.*", guest(state="off"))
    power.off(instance, timeout=60)
    assert actions(node) == []


def test_off_for_a_hard_reboot_is_at_once(power: Power, node: Node, instance: Any) -> None:
    power.off_for_reboot(instance, hard=True)
    assert (orders(node), actions(node)) == ([], ["off"])


def test_a_soft_reboot_lets_the_guest_shut_down(power: Power, node: Node, instance: Any) -> None:
    node.extension("GET", "/guests/.*", guest(state="off"))
    power.off_for_reboot(instance, hard=False)
    assert (len(orders(node)), actions(node)) == (1, [])


@pytest.mark.parametrize("option", ["soft_reboot_timeout", "reboot_timeout"])
def test_a_soft_reboot_becomes_hard(
    power: Power, node: Node, instance: Any, conf: cfg.ConfigOpts, option: str
) -> None:
    conf.set_override(option, 1, group="zvm_xcat" if option.startswith("soft") else None)
    power.off_for_reboot(instance, hard=False)
    assert actions(node)[-1] == "off"


@pytest.mark.parametrize("verb", ["pause", "unpause"])
def test_only_a_guest_of_ours_is_paused(power: Power, node: Node, instance: Any, verb: str) -> None:
    with pytest.raises(exception.InstanceNotFound):
        getattr(power, verb)(instance)
    node.guests = [guest()]
    getattr(power, verb)(instance)
    assert actions(node) == [verb]
