# SPDX-License-Identifier: Apache-2.0
"""Neutron's own tests of agent-based mechanism drivers, and what ours promises beside them."""

from __future__ import annotations

from neutron.tests.unit.plugins.ml2 import _test_mech_agent as base
from neutron_lib.api.definitions import portbindings
from neutron_lib.plugins.ml2 import api
from stevedore import driver as stevedore

from zvm.neutron import mechanism


def agent(alive: bool = True, **mappings: str) -> dict:
    return {
        "alive": alive,
        "agent_type": mechanism.AGENT_TYPE,
        "host": "host",
        "configurations": {mechanism.VSWITCH_MAPPINGS: mappings},
    }


class Case(base.AgentMechanismBaseTestCase):
    VIF_TYPE = portbindings.VIF_TYPE_OTHER
    CAP_PORT_FILTER = False
    AGENT_TYPE = mechanism.AGENT_TYPE
    AGENTS = [agent(fake_physical_network="VSW1")]
    AGENTS_DEAD = [agent(alive=False, fake_physical_network="VSW1")]
    AGENTS_BAD = [agent(another_physical_network="VSW1")]

    def setUp(self) -> None:
        super().setUp()
        self.driver = mechanism.ZvmMechanismDriver()
        self.driver.initialize()

    def bound_details(self, segments: list[dict], agents: list[dict] | None = None) -> dict:
        context = base.FakePortContext(self.AGENT_TYPE, agents or self.AGENTS, segments)
        self.driver.bind_port(context)
        return context._bound_vif_details


class TestGeneric(Case, base.AgentMechanismGenericTestCase):
    pass


class TestLocal(Case, base.AgentMechanismLocalTestCase):
    def test_a_local_network_names_no_switch(self) -> None:
        details = self.bound_details(self.LOCAL_SEGMENTS)
        assert "vswitch" not in details
        assert "vlan" not in details


class TestFlat(Case, base.AgentMechanismFlatTestCase):
    def test_a_flat_network_names_the_switch(self) -> None:
        details = self.bound_details(self.FLAT_SEGMENTS)
        assert details["vswitch"] == "VSW1"
        assert "vlan" not in details
        assert details["connectivity"] == "l2"


class TestVlan(Case, base.AgentMechanismVlanTestCase):
    def test_a_vlan_names_the_switch_and_the_number(self) -> None:
        details = self.bound_details(self.VLAN_SEGMENTS)
        assert (details["vswitch"], details["vlan"]) == ("VSW1", 1234)

    def test_each_host_names_its_own_switch(self) -> None:
        other = [agent(fake_physical_network="VSW2")]
        assert self.bound_details(self.VLAN_SEGMENTS, other)["vswitch"] == "VSW2"
        assert self.bound_details(self.VLAN_SEGMENTS)["vswitch"] == "VSW1"


class TestGre(Case, base.AgentMechanismGreTestCase):
    def test_type_gre(self) -> None:
        assert self.bound_details(self.GRE_SEGMENTS) is None


class TestBandwidth(Case):
    def test_switches_are_told_as_neutrons_placement_service_wants_them(self) -> None:
        assert self.driver.get_standard_device_mappings(self.AGENTS[0]) == {"fake_physical_network": ["VSW1"]}

    def test_the_only_qos_rule_is_minimum_bandwidth(self) -> None:
        qos = self.driver._qos
        assert qos.is_vif_type_compatible("other")
        assert not qos.is_vif_type_compatible("ovs")
        assert set(qos.supported_rules) == {"minimum_bandwidth"}


class TestVnicTypes(Case):
    def test_only_normal_ports_are_bound(self) -> None:
        segments = base.AgentMechanismFlatTestCase.FLAT_SEGMENTS
        context = base.FakePortContext(
            self.AGENT_TYPE, self.AGENTS, segments, vnic_type=portbindings.VNIC_DIRECT
        )
        self.driver.bind_port(context)
        self._check_unbound(context)


class TestEntryPoint(Case):
    def test_neutron_finds_it_by_its_name(self) -> None:
        found = stevedore.DriverManager("neutron.ml2.mechanism_drivers", "zvm", invoke_on_load=True).driver
        assert isinstance(found, api.MechanismDriver)
        assert isinstance(found, mechanism.ZvmMechanismDriver)
