# SPDX-License-Identifier: Apache-2.0
"""The agent between a management node and a Neutron that are both made up here."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import neutron as chooses_threads  # noqa: F401  (first, as in the agent)
import oslo_messaging
import pytest
from neutron.agent import rpc as agent_rpc
from neutron_lib.agent import constants as agent_constants
from oslo_config import cfg

from tests.support.polling import wait_until
from zvm.neutron import bandwidth, options
from zvm.neutron.agent import Agent
from zvm.neutron.node import Place
from zvm.neutron.trunks import Trunks
from zvm.xcat.errors import XcatRefused, XcatUnreachable
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
        self.subports: dict[str, dict[str, Any]] = {}
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
        ports = {PORT: self.port, MAC: self.port, **self.subports}
        known = [{"device": name, **ports.get(name, {})} for name in devices]
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
    """A management node that lists NICs and changes them, refuses, or does not answer."""

    def __init__(self) -> None:
        self.cards = [nic()]
        self.on = {"linux1"}
        self.reachable = True
        self.refuses = False
        self.changed: list[Place] = []

    def nics(self) -> list[Nic]:
        if not self.reachable:
            raise XcatUnreachable("GET /zvm/v1/nics", "no connection")
        return self.cards

    def running(self) -> set[str]:
        return self.on

    def change(self, card: Nic, place: Place) -> bool:
        self.changed.append(place)
        if self.refuses:
            raise XcatRefused("PUT /zvm/v1/guests/linux1/nics/1000", ["no"], rc=8, rs=0)
        where = {"vswitch": place.vswitch, "vlan": place.vlan, "trunk": list(place.trunk)}
        self.cards = [replace(card, **where, coupled=place.coupled)]
        return place.coupled


class Trunking:
    """What Neutron has of trunks: one at most, on the port, and what it was told."""

    def __init__(self) -> None:
        self.tags: dict[str, int] | None = None
        self.asked = 0
        self.statuses: list[str] = []
        self.bound: list[str] = []

    def pull(self, context: object, kind: str, filter_kwargs: dict[str, list[str]]) -> list[Any]:
        assert kind == "Trunk"
        self.asked += 1
        if self.tags is None or PORT not in filter_kwargs["port_id"]:
            return []
        subports = [SimpleNamespace(port_id=port, segmentation_id=tag) for port, tag in self.tags.items()]
        return [SimpleNamespace(id="trunk1", port_id=PORT, sub_ports=subports)]

    def update_trunk_status(self, context: object, trunk_id: str, status: str) -> None:
        self.statuses.append(status)

    def update_subport_bindings(self, context: object, subports: list[dict[str, str]]) -> None:
        self.bound += [subport["port_id"] for subport in subports]


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
def trunking() -> Trunking:
    return Trunking()


@pytest.fixture
def agent(node: Node, neutron: Neutron, trunking: Trunking) -> Agent:
    trunks = Trunks(trunking, trunking.pull)  # type: ignore[arg-type]
    return Agent("host1", MAPPINGS, node, neutron, neutron, trunks)  # type: ignore[arg-type]


def test_a_coupled_nic_brings_its_port_up_once(agent: Agent, neutron: Neutron) -> None:
    agent.poll()
    agent.poll()
    assert neutron.told == [({PORT}, set())]
    assert neutron.asked == [[PORT]]


def test_a_nic_that_is_not_coupled_brings_nothing_up(agent: Agent, node: Node, neutron: Neutron) -> None:
    node.cards = [nic(coupled=False)]
    agent.poll()
    assert neutron.told == [(set(), {PORT})]


@pytest.mark.parametrize("after", [[], [nic(coupled=False)]])
def test_a_nic_that_goes_takes_its_port_down(
    agent: Agent, node: Node, neutron: Neutron, after: list[Nic]
) -> None:
    agent.poll()
    node.cards, node.on = after, set()
    agent.poll()
    agent.poll()
    assert neutron.told[1:] == [(set(), {PORT})]


def test_a_nic_without_port_id_is_found_by_its_mac(agent: Agent, node: Node, neutron: Neutron) -> None:
    node.cards = [nic(port="", mac=MAC.upper())]
    agent.poll()
    assert neutron.told == [({MAC}, set())]


def test_nics_that_are_not_neutrons_are_left_alone(agent: Agent, node: Node, neutron: Neutron) -> None:
    node.cards = [nic(port="", mac="02:00:06:ff:ff:ff")]
    agent.poll()
    agent.poll()
    assert neutron.told == []
    assert len(neutron.asked) == 1


WRONG = [{"vlan": 6}, {"vlan": None}, {"vswitch": "VSW2"}, {"coupled": False}]


@pytest.mark.parametrize("wrong", WRONG)
def test_drift_takes_the_port_down_and_is_put_right(
    agent: Agent, node: Node, neutron: Neutron, caplog: pytest.LogCaptureFixture, wrong: dict
) -> None:
    agent.poll()
    node.cards = [nic(**wrong)]
    agent.poll()
    assert neutron.told[1:] == [(set(), {PORT})]
    assert node.changed == []
    agent.poll()
    assert node.changed == [Place("VSW1", 5)]
    assert neutron.told[2:] == [({PORT}, set())]
    assert len([record for record in caplog.records if PORT in record.message]) == 1


@pytest.mark.parametrize("wrong", WRONG)
def test_drift_is_only_reported_where_repair_is_off(
    node: Node,
    neutron: Neutron,
    trunking: Trunking,
    caplog: pytest.LogCaptureFixture,
    wrong: dict,
) -> None:
    trunks = Trunks(trunking, trunking.pull)  # type: ignore[arg-type]
    agent = Agent("host1", MAPPINGS, node, neutron, neutron, trunks, repair=False)  # type: ignore[arg-type]
    agent.poll()
    node.cards = [nic(**wrong)]
    for _ in range(4):
        agent.poll()
    assert node.changed == []
    assert neutron.told[1:] == [(set(), {PORT})]
    assert len([record for record in caplog.records if PORT in record.message]) == 1
    node.cards = [nic()]
    agent.poll()
    assert neutron.told[2:] == [({PORT}, set())]


def test_what_is_refused_is_not_tried_at_each_look(
    agent: Agent, node: Node, neutron: Neutron, caplog: pytest.LogCaptureFixture
) -> None:
    node.cards, node.refuses = [nic(coupled=False)], True
    for _ in range(5):
        agent.poll()
    assert len(node.changed) == 1
    assert neutron.told == [(set(), {PORT})]
    assert "next try in 5 s" in caplog.records[-1].message
    node.refuses = False
    agent._repair._clock = lambda: time.monotonic() + 6
    agent.poll()
    assert neutron.told[1:] == [({PORT}, set())]


def test_a_card_of_a_guest_that_is_off_is_left_alone(agent: Agent, node: Node, neutron: Neutron) -> None:
    agent.poll()
    node.cards, node.on = [nic(coupled=False)], set()
    for _ in range(3):
        agent.poll()
    assert node.changed == []
    assert neutron.told[1:] == [(set(), {PORT})]
    assert len(neutron.asked) == 1


def test_a_port_that_is_switched_off_is_uncoupled(agent: Agent, node: Node, neutron: Neutron) -> None:
    agent.poll()
    neutron.port["admin_state_up"] = False
    agent.port_update(None, port={"id": PORT, "mac_address": MAC})
    agent.poll()
    assert neutron.told[-1] == (set(), {PORT})
    assert node.changed == [Place("VSW1", 5, coupled=False)]
    for _ in range(3):
        agent.poll()
    assert len(node.changed) == 1
    neutron.port["admin_state_up"] = True
    agent.port_update(None, port={"id": PORT, "mac_address": MAC})
    agent.poll()
    agent.poll()
    assert node.changed[1:] == [Place("VSW1", 5)]
    assert neutron.told[-1] == ({PORT}, set())


SUBPORTS = {"sub30": 30, "sub31": 31}


def subport(tag: int, **changes: Any) -> dict[str, Any]:
    facts = {"admin_state_up": True, "network_type": "vlan", "segmentation_id": tag}
    return {"port_id": f"sub{tag}", "physical_network": "physnet1", **facts, **changes}


@pytest.fixture
def parent(neutron: Neutron, node: Node) -> None:
    """The port is on a flat network, as the parent of a trunk is."""
    neutron.port |= {"network_type": "flat", "segmentation_id": None}
    neutron.subports = {name: subport(tag) for name, tag in SUBPORTS.items()}
    node.cards = [nic(vlan=None)]


@pytest.mark.usefixtures("parent")
def test_a_trunk_comes_changes_and_goes(
    agent: Agent, node: Node, neutron: Neutron, trunking: Trunking
) -> None:
    agent.poll()
    agent.poll()
    assert trunking.asked == 1
    for tags in ({"sub30": 30}, SUBPORTS, {"sub31": 31}):
        trunking.tags = tags
        agent.trunks_changed()
        agent.poll()
        assert node.changed.pop() == Place("VSW1", None, (1, *tags.values()))
        assert not node.changed
    assert neutron.told == [
        ({PORT}, set()),
        ({"sub30"}, set()),
        ({"sub31"}, set()),
        (set(), {"sub30"}),
    ]
    assert trunking.statuses == ["ACTIVE"] * 3
    trunking.tags = None
    agent.trunks_changed()
    agent.poll()
    agent.poll()
    assert node.changed == [Place("VSW1")]
    assert neutron.told[4:] == [(set(), {"sub31"})]


@pytest.mark.usefixtures("parent")
def test_subports_go_down_and_up_with_their_parent(
    agent: Agent, node: Node, neutron: Neutron, trunking: Trunking
) -> None:
    trunking.tags = SUBPORTS
    agent.poll()
    node.cards = [replace(node.cards[0], coupled=False)]
    agent.poll()
    agent.poll()
    everything = {PORT, *SUBPORTS}
    assert neutron.told == [(everything, set()), (set(), everything), (everything, set())]
    assert trunking.statuses == ["ACTIVE", "DOWN", "ACTIVE"]


@pytest.mark.usefixtures("parent")
def test_subports_are_bound_to_the_host_of_their_parent(
    agent: Agent, neutron: Neutron, trunking: Trunking
) -> None:
    trunking.tags = SUBPORTS
    neutron.subports = {}
    agent.poll()
    agent.poll()
    assert trunking.bound == [*SUBPORTS]
    assert trunking.statuses == ["DEGRADED"]


@pytest.mark.usefixtures("parent")
@pytest.mark.parametrize(
    "wrong", [{"segmentation_id": 99}, {"physical_network": "physnet2"}, {"network_type": "flat"}]
)
def test_a_tag_that_is_not_the_networks_vlan_is_told(
    agent: Agent,
    node: Node,
    neutron: Neutron,
    trunking: Trunking,
    caplog: pytest.LogCaptureFixture,
    wrong: dict,
) -> None:
    trunking.tags = SUBPORTS
    neutron.subports["sub31"] = subport(31, **wrong)
    agent.poll()
    agent.poll()
    assert node.changed == [Place("VSW1", None, (1, 30))]
    assert neutron.told == [({PORT, "sub30"}, set())]
    assert trunking.statuses == ["DEGRADED"]
    assert len([record for record in caplog.records if "inherit" in record.message]) == 1


def test_a_parent_in_a_vlan_cannot_be_a_trunk(
    agent: Agent, node: Node, neutron: Neutron, trunking: Trunking, caplog: pytest.LogCaptureFixture
) -> None:
    trunking.tags = SUBPORTS
    neutron.subports = {name: subport(tag) for name, tag in SUBPORTS.items()}
    agent.poll()
    agent.poll()
    assert node.changed == []
    assert neutron.told == [({PORT}, set())]
    assert trunking.statuses == ["ERROR"]
    assert len([record for record in caplog.records if "flat network" in record.message]) == 1


@pytest.mark.usefixtures("parent")
def test_a_subport_that_is_switched_off_loses_its_vlan(
    agent: Agent, node: Node, neutron: Neutron, trunking: Trunking
) -> None:
    trunking.tags = SUBPORTS
    agent.poll()
    neutron.subports["sub30"]["admin_state_up"] = False
    agent.port_update(None, port={"id": "sub30", "mac_address": "02:00:06:00:00:30"})
    agent.poll()
    assert node.changed[1:] == [Place("VSW1", None, (1, 31))]
    assert neutron.told[1:] == [(set(), {"sub30"})]
    assert trunking.statuses == ["ACTIVE"]


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
    node.cards, neutron.failing = [], {PORT}
    agent.poll()
    neutron.failing = set()
    agent.poll()
    agent.poll()
    assert neutron.told[2:] == [(set(), {PORT}), (set(), {PORT})]


def test_a_live_migration_is_told_of_its_new_place(agent: Agent, neutron: Neutron) -> None:
    port, neutron.port = neutron.port, {"no_active_binding": True}
    agent.poll()
    assert neutron.told == [({PORT}, set())]
    neutron.port = port
    agent.binding_activate(None, port_id=PORT, host="host2")
    agent.poll()
    assert len(neutron.told) == 1
    agent.binding_activate(None, port_id=PORT, host="host1")
    agent.poll()
    agent.poll()
    assert neutron.told == [({PORT}, set())] * 2


def test_so_is_one_that_is_known_by_its_mac(agent: Agent, node: Node, neutron: Neutron) -> None:
    port, neutron.port = neutron.port, {"no_active_binding": True}
    node.cards = [nic(port="")]
    agent.poll()
    neutron.port = port
    agent.binding_activate(None, port_id=PORT, host="host1")
    agent.poll()
    agent.poll()
    assert neutron.told == [({MAC}, set())] * 2


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


def bandwidth_of(**values: object) -> dict[str, Any]:
    conf = cfg.ConfigOpts()
    options.register(conf)
    conf.register_opt(cfg.StrOpt("host"))
    conf.set_override("host", "host1")
    conf.set_override("host", "zvm1", group="zvm_xcat")
    conf.set_override("vswitch_mappings", MAPPINGS, group="zvm_agent")
    for name, value in values.items():
        conf.set_override(name, value, group="zvm_agent")
    return bandwidth.report(conf)


def test_the_report_says_what_bandwidth_the_switches_have() -> None:
    said = bandwidth_of(resource_provider_bandwidths=["VSW1:5000:7000"])
    assert said["resource_provider_bandwidths"] == {"VSW1": {"egress": 5000, "ingress": 7000}}
    assert said["resource_provider_hypervisors"] == {"VSW1": "zvm1"}
    assert said["resource_provider_inventory_defaults"]["allocation_ratio"] == 1.0
    assert bandwidth_of(resource_provider_bandwidths=[])["resource_provider_bandwidths"] == {}


@pytest.mark.parametrize("wrong", ["VSW2:1:1", "VSW1:many:1", "VSW1:1:1:1"])
def test_bandwidth_that_cannot_be(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"resource_provider_bandwidths"):
        bandwidth_of(resource_provider_bandwidths=[wrong])


def test_after_neutron_took_it_for_dead_all_is_confirmed_again(agent: Agent, neutron: Neutron) -> None:
    agent.poll()
    neutron.status = agent_constants.AGENT_REVIVED
    agent.report()
    agent.poll()
    assert neutron.told == [({PORT}, set()), ({PORT}, set())]


def test_its_threads_wait_for_neutron_and_end_when_told(
    agent: Agent, neutron: Neutron, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(agent_rpc, "create_consumers", lambda *_: None)
    monkeypatch.setattr("zvm.neutron.agent.Notifications", lambda _changed: None)
    neutron.absent = True
    agent.start(polling_interval=60.0, report_interval=0.02)
    wait_until(lambda: any("Neutron does not answer" in record.message for record in caplog.records), 90)
    neutron.absent = False
    wait_until(lambda: neutron.states and neutron.told, 90)
    # A change in Neutron is looked at at once, not at the next poll.
    agent.port_update(None, port={"id": PORT, "mac_address": MAC})
    wait_until(lambda: len(neutron.told) == 2, 90)
    agent.stop()
    agent.wait(20)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("zvm-agent")]


def test_as_a_process_of_its_own(tmp_path: Path) -> None:
    process, log = own_process(tmp_path, server="http://127.0.0.1:1", password="secret")
    wait_until(
        lambda: "Port states are left as they are" in log.read_text() or process.poll() is not None, 90
    )
    process.terminate()
    assert process.wait(60) == 0, log.read_text()
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
    assert process.wait(60) == 1
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
