# SPDX-License-Identifier: Apache-2.0
"""The agent between a management node and a Neutron that are both made up here."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import neutron as chooses_threads  # noqa: F401  (first, as in the agent)
import oslo_messaging
import pytest
from neutron.agent import rpc as agent_rpc
from neutron_lib.agent import constants as agent_constants
from oslo_config import cfg

from zvm.neutron.agent import Agent
from zvm.xcat.errors import XcatUnreachable
from zvm.xcat.records import Nic

MAPPINGS = {"physnet1": "VSW1"}
PORT, MAC = "11111111-1111-1111-1111-111111111111", "02:00:06:00:00:01"


def nic(**changes: Any) -> Nic:
    facts = {"vdev": "1000", "node": "linux1", "port": PORT, "mac": MAC, "vswitch": "VSW1", "vlan": 5}
    return Nic(**{**facts, "coupled": True, **changes})


class Neutron:
    """Remembers what it is told, and knows one port."""

    def __init__(self) -> None:
        self.port = {
            "port_id": PORT,
            "admin_state_up": True,
            "network_type": "vlan",
            "segmentation_id": 5,
            "physical_network": "physnet1",
        }
        self.asked: list[Sequence[str]] = []
        self.told: list[tuple[set[str], set[str]]] = []
        self.states: list[dict] = []
        self.failing: set[str] = set()
        self.status = agent_constants.AGENT_ALIVE
        self.absent = False

    def get_devices_details_list_and_failed_devices(
        self, context: object, devices: Sequence[str], agent_id: str, host: str
    ) -> dict:
        self.asked.append(devices)
        known = [{"device": name, **(self.port if name in (PORT, MAC) else {})} for name in devices]
        return {"devices": known, "failed_devices": []}

    def update_device_list(
        self, context: object, devices_up: set[str], devices_down: set[str], agent_id: str, host: str
    ) -> dict:
        self.told.append((set(devices_up), set(devices_down)))
        return {
            "devices_up": list(devices_up - self.failing),
            "failed_devices_up": list(devices_up & self.failing),
            "devices_down": list(devices_down - self.failing),
            "failed_devices_down": list(devices_down & self.failing),
        }

    def report_state(self, context: object, state: dict, use_call: bool) -> str:
        if self.absent:
            raise oslo_messaging.MessagingTimeout("nobody there")
        self.states.append(dict(state))
        return self.status


class Node:
    """A management node that lists NICs, or does not answer."""

    def __init__(self) -> None:
        self.nics = [nic()]
        self.reachable = True

    def __call__(self) -> list[Nic]:
        if not self.reachable:
            raise XcatUnreachable("GET /zvm/v1/nics", "no connection")
        return self.nics


@pytest.fixture
def neutron() -> Neutron:
    return Neutron()


@pytest.fixture
def node() -> Node:
    return Node()


@pytest.fixture(autouse=True)
def no_settings() -> None:
    cfg.CONF([], project="neutron", default_config_files=[])


@pytest.fixture
def agent(node: Node, neutron: Neutron) -> Agent:
    return Agent("host1", MAPPINGS, node, neutron, neutron)  # type: ignore[arg-type]


def test_a_coupled_nic_brings_its_port_up_once(agent: Agent, neutron: Neutron) -> None:
    agent.poll()
    agent.poll()
    assert neutron.told == [({PORT}, set())]
    assert neutron.asked == [[PORT]]


def test_a_nic_that_is_not_coupled_brings_nothing_up(agent: Agent, node: Node, neutron: Neutron) -> None:
    node.nics = [nic(coupled=False)]
    agent.poll()
    assert neutron.told == []


@pytest.mark.parametrize("after", [[], [nic(coupled=False)]])
def test_a_nic_that_goes_takes_its_port_down(
    agent: Agent, node: Node, neutron: Neutron, after: list[Nic]
) -> None:
    agent.poll()
    node.nics = after
    agent.poll()
    agent.poll()
    assert neutron.told[1:] == [(set(), {PORT})]


def test_a_nic_without_port_id_is_found_by_its_mac(agent: Agent, node: Node, neutron: Neutron) -> None:
    node.nics = [nic(port="", mac=MAC.upper())]
    agent.poll()
    assert neutron.told == [({MAC}, set())]


def test_nics_that_are_not_neutrons_are_left_alone(agent: Agent, node: Node, neutron: Neutron) -> None:
    node.nics = [nic(port="", mac="02:00:06:ff:ff:ff")]
    agent.poll()
    agent.poll()
    assert neutron.told == []
    assert len(neutron.asked) == 1


@pytest.mark.parametrize("wrong", [{"vlan": 6}, {"vlan": None}, {"vswitch": "VSW2"}])
def test_drift_takes_the_port_down_and_repair_brings_it_back(
    agent: Agent, node: Node, neutron: Neutron, caplog: pytest.LogCaptureFixture, wrong: dict
) -> None:
    agent.poll()
    node.nics = [nic(**wrong)]
    agent.poll()
    agent.poll()
    assert neutron.told[1:] == [(set(), {PORT})]
    assert [record.message for record in caplog.records if PORT in record.message] != []
    node.nics = [nic()]
    agent.poll()
    assert neutron.told[2:] == [({PORT}, set())]


def test_a_port_that_is_switched_off_is_down(agent: Agent, neutron: Neutron) -> None:
    agent.poll()
    neutron.port["admin_state_up"] = False
    agent.port_update(None, port={"id": PORT, "mac_address": MAC})
    agent.poll()
    assert neutron.told[-1] == (set(), {PORT})


def test_a_new_binding_is_confirmed_anew(agent: Agent, neutron: Neutron) -> None:
    agent.poll()
    agent.port_update(None, port={"id": PORT, "mac_address": MAC})
    agent.poll()
    assert neutron.told == [({PORT}, set()), ({PORT}, set())]


def test_what_neutron_could_not_do_is_told_again(agent: Agent, node: Node, neutron: Neutron) -> None:
    neutron.failing = {PORT}
    agent.poll()
    neutron.failing = set()
    agent.poll()
    assert neutron.told == [({PORT}, set()), ({PORT}, set())]
    node.nics, neutron.failing = [], {PORT}
    agent.poll()
    neutron.failing = set()
    agent.poll()
    agent.poll()
    assert neutron.told[2:] == [(set(), {PORT}), (set(), {PORT})]


def test_a_live_migration_is_told_of_its_new_place(agent: Agent, neutron: Neutron) -> None:
    neutron.port = {"no_active_binding": True}
    agent.poll()
    assert neutron.told == [({PORT}, set())]


def test_an_outage_changes_nothing_and_is_told_once(
    agent: Agent, node: Node, neutron: Neutron, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "zvm")
    agent.poll()
    node.reachable = False
    for _ in range(3):
        agent.poll()
    node.reachable = True
    agent.poll()
    agent.poll()
    assert neutron.told == [({PORT}, set())]
    assert len([record for record in caplog.records if record.levelname == "WARNING"]) == 1
    assert [record.message for record in caplog.records][-1] == "The management node answers again."


def test_the_report_says_which_switch_stands_for_which_network(agent: Agent, neutron: Neutron) -> None:
    agent.report()
    agent.report()
    first, second = neutron.states
    assert first["agent_type"] == "z/VM agent"
    assert first["host"] == "host1"
    assert first["configurations"]["vswitch_mappings"] == MAPPINGS
    assert first["start_flag"] is True
    assert "start_flag" not in second


def test_after_neutron_took_it_for_dead_all_is_confirmed_again(agent: Agent, neutron: Neutron) -> None:
    agent.poll()
    neutron.status = agent_constants.AGENT_REVIVED
    agent.report()
    agent.poll()
    assert neutron.told == [({PORT}, set()), ({PORT}, set())]


def until(check: Callable[[], object]) -> None:
    end = time.monotonic() + 20
    while not check():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_its_threads_wait_for_neutron_and_end_when_told(
    agent: Agent, neutron: Neutron, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(agent_rpc, "create_consumers", lambda *_: None)
    neutron.absent = True
    agent.start(polling_interval=60.0, report_interval=0.02)
    until(lambda: any("Neutron does not answer" in record.message for record in caplog.records))
    neutron.absent = False
    until(lambda: neutron.states and neutron.told)
    # A change in Neutron is looked at at once, not at the next poll.
    agent.port_update(None, port={"id": PORT, "mac_address": MAC})
    until(lambda: len(neutron.told) == 2)
    agent.stop()
    agent.wait(20)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("zvm-agent")]


def test_as_a_process_of_its_own(tmp_path: Path) -> None:
    process, log = own_process(tmp_path, server="http://127.0.0.1:1", password="secret")
    until(lambda: "Port states are left as they are" in log.read_text() or process.poll() is not None)
    process.terminate()
    assert process.wait(20) == 0, log.read_text()
    said = log.read_text()
    assert 'backend is "eventlet"' not in said
    assert "Watching the network cards of host host1 by http://127.0.0.1:1" in said
    # oslo.log repeats an exception in whose handler a line is logged.
    assert said.count("check that the management node runs") == 1
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({}, "set server, password in [zvm_xcat]"),
        ({"server": "xcat.test"}, "set password in [zvm_xcat]"),
        ({"server": "http://xcat.test", "password": "x"}, "plain http"),
        ({"server": "xcat.test", "password": "x", "ca_file": "/nowhere/ca.pem"}, "ca_file /nowhere/ca.pem"),
    ],
)
def test_settings_that_cannot_be_are_one_line(tmp_path: Path, options: dict[str, str], text: str) -> None:
    process, log = own_process(tmp_path, **options)
    assert process.wait(20) == 1
    assert f"The z/VM agent cannot start: {text}" in log.read_text()
    assert "Traceback" not in log.read_text()


def own_process(folder: Path, **options: str) -> tuple[subprocess.Popen[bytes], Path]:
    """Start the agent with ``options`` in [zvm_xcat]; return it and its log."""
    settings, log = folder / "agent.conf", folder / "agent.log"
    lines = ["[DEFAULT]", "host = host1", "transport_url = fake://", "[zvm_xcat]"]
    lines += [f"{name} = {value}" for name, value in options.items()]
    settings.write_text("\n".join(lines) + "\n")
    command = [sys.executable, "-c", "import sys; from zvm.neutron.agent import main; sys.exit(main())"]
    with log.open("wb") as output:
        process = subprocess.Popen([*command, "--config-file", str(settings)], stdout=output, stderr=output)
    return process, log
