# SPDX-License-Identifier: Apache-2.0
"""Neutron's ML2 and trunk plugins on a database, our agent, and the whole chain below it.

What Neutron and the agent send each other is handed over here without a message bus.
"""

from __future__ import annotations

import hashlib
import itertools
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import NAMESPACE_DNS, UUID, uuid4, uuid5

import neutron as chooses_threads  # noqa: F401  (first, as in the agent)
from neutron.api.rpc.handlers import resources_rpc
from neutron.db import agents_db
from neutron.plugins.ml2 import rpc as ml2_rpc
from neutron.services.placement_report import plugin as placement_report
from neutron.services.trunk import plugin as trunk_plugin
from neutron.services.trunk.rpc import server as trunk_server
from neutron.tests.unit.plugins.ml2 import test_plugin
from neutron_lib import context
from neutron_lib.plugins import directory
from oslo_config import cfg
from oslo_utils import timeutils

from tests.support.nova_chain import NovaChain
from tests.unit.manager.worlds import World, image_content
from zvm.neutron.agent import Agent
from zvm.neutron.node import Node
from zvm.neutron.trunks import Trunks
from zvm.xcat import Extension

HOST, PHYSNET, VSWITCH = "host1", "physnet1", "XCATVSW1"
_NUMBERS = itertools.count(1)


class Calls:
    """The agent's calls to Neutron, made directly."""

    def __init__(self) -> None:
        self.devices = ml2_rpc.RpcCallbacks(None, directory.get_plugin().type_manager)
        self.trunks = trunk_server.TrunkSkeleton()
        self.resources = resources_rpc.ResourcesPullRpcCallback()
        self.agents = agents_db.AgentExtRpcCallback()

    def get_devices_details_list_and_failed_devices(
        self, _context: object, devices: list[str], agent_id: str, host: str
    ) -> dict:
        return self.devices.get_devices_details_list_and_failed_devices(
            context.get_admin_context(), devices=devices, agent_id=agent_id, host=host
        )

    def update_device_list(
        self, _context: object, up: set[str], down: set[str], agent_id: str, host: str
    ) -> dict:
        return self.devices.update_device_list(
            context.get_admin_context(),
            devices_up=list(up),
            devices_down=list(down),
            agent_id=agent_id,
            host=host,
        )

    def report_state(self, _context: object, state: dict, use_call: bool) -> str:
        now = timeutils.utcnow().isoformat()
        admin = context.get_admin_context()
        return self.agents.report_state(admin, agent_state={"agent_state": state}, time=now)

    def update_trunk_status(self, _context: object, trunk_id: str, status: str) -> None:
        self.trunks.update_trunk_status(context.get_admin_context(), trunk_id=trunk_id, status=status)

    def update_subport_bindings(self, _context: object, subports: list[dict]) -> None:
        self.trunks.update_subport_bindings(context.get_admin_context(), subports=subports)

    def pull(self, _context: object, kind: str, filter_kwargs: dict) -> list:
        kinds = resources_rpc._resource_to_class(kind)
        found = self.resources.bulk_pull(
            context.get_admin_context(),
            resource_type=kind,
            version=kinds.VERSION,
            filter_kwargs=filter_kwargs,
        )
        return [kinds.clean_obj_from_primitive(item) for item in found]


class Case(test_plugin.Ml2PluginV2TestCase):
    _mechanism_drivers = ["zvm"]
    #: A system without directory network authorization: every card needs a grant.
    config = "[network]\ndirectory_network_authorization = false\n"
    #: What the agent reports of the switches' bandwidth.
    bandwidth: dict[str, Any] = {}

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.folder = tempfile.TemporaryDirectory(prefix="zvm-", ignore_cleanup_errors=True)
        settings = Path(cls.folder.name) / "simulator.toml"
        settings.write_text(cls.config)
        cls.nova_chain = NovaChain(Path(cls.folder.name), "--config", str(settings), grants="true")

    @classmethod
    def tearDownClass(cls) -> None:
        cls.nova_chain.stop()
        cls.folder.cleanup()
        super().tearDownClass()

    def setUp(self) -> None:
        super().setUp()
        self.trunk_plugin = trunk_plugin.TrunkPlugin()
        directory.add_plugin("trunk", self.trunk_plugin)
        self.trunk_plugin.add_segmentation_type("vlan", lambda number: 1 <= number <= 4094)
        self.calls = Calls()
        client = self.nova_chain.manager.client()
        self.addCleanup(client.close)
        self.zvm = Extension(client)
        chain = SimpleNamespace(simulator=self.nova_chain.simulator, client=client, zvm=self.zvm)
        self.world = World(chain, node=f"net{next(_NUMBERS)}", userid=f"NET{uuid4().hex[:5].upper()}")
        self.start_agent()

    def start_agent(self) -> None:
        """Start the agent, as after its end: it knows nothing."""
        self.agent = self.new_agent(HOST)
        self.agent.report()

    def new_agent(self, host: str) -> Agent:
        """Return an agent that Neutron has not heard of."""
        trunks = Trunks(self.calls, self.calls.pull)
        return Agent(
            host,
            {PHYSNET: VSWITCH},
            Node(self.zvm, ""),
            self.calls,
            self.calls,
            trunks,
            bandwidth=self.bandwidth,
        )

    def network(self, vlan: int | None = None) -> dict[str, Any]:
        """Make a network, flat without ``vlan``, with its subnet."""
        values = {"provider:network_type": "vlan" if vlan else "flat", "provider:physical_network": PHYSNET}
        if vlan:
            values["provider:segmentation_id"] = vlan
        made = self._make_network(
            self.fmt, f"net-{vlan}", True, as_admin=True, arg_list=tuple(values), **values
        )
        return made["network"]

    def port(self, network: dict[str, Any], **values: Any) -> dict[str, Any]:
        """Make a port of ``network``."""
        number = next(_NUMBERS)
        values["mac_address"] = f"02:00:06:00:0E:{number:02X}"
        made = self._make_port(self.fmt, network["id"], as_admin=True, arg_list=tuple(values), **values)
        return made["port"]

    def server_port(self, network: dict[str, Any]) -> dict[str, Any]:
        """Make a port of a server on the host."""
        return self.port(
            network, **{"binding:host_id": HOST, "device_owner": "compute:nova", "device_id": self.world.uuid}
        )

    def boot(self, *ports: dict[str, Any]) -> None:
        """Let the server be, and on, with the cards that its ports' bindings ask for."""
        cards = []
        for index, port in enumerate(ports):
            details = port["binding:vif_details"]
            vlan = f",vlan={details['vlan']}" if "vlan" in details else ""
            cards.append(
                f"nic={0x1000 + 3 * index:04X},vswitch={details['vswitch']},mac={port['mac_address']}{vlan},"
                f"port={port['id']}"
            )
        self.world.define()
        self.world.create(*cards)
        self.addCleanup(self.world.remove)
        content = image_content("net")
        self.zvm.put_image("net", content, sha256=hashlib.sha256(content).hexdigest())
        self.world.add_disk()
        self.world.deploy("net")
        self.world.power("on")

    def states(self, *ports: dict[str, Any]) -> list[str]:
        """Return the states of ports in Neutron, as its database has them now."""
        admin = context.get_admin_context()
        return [self.plugin.get_port(admin, port["id"])["status"] for port in ports]

    def trunk_state(self, trunk: dict[str, Any]) -> str:
        """Return the state of a trunk in Neutron, likewise."""
        return self.trunk_plugin.get_trunk(context.get_admin_context(), trunk["id"])["status"]

    def card(self, vdev: str = "1000") -> tuple[bool, list[int]]:
        """Return whether z/VM has a card coupled, and in which VLANs."""
        network = self.nova_chain.simulator.control("GET", "/inventory")["network"]
        [card] = [item for item in network[f"adapters {self.world.userid}"] if item["vdev"] == vdev]
        return bool(card["lan_name"]), card["vlans"]

    def settle(self, *ports: dict[str, Any], state: str = "ACTIVE", looks: int = 4) -> None:
        """Let the agent look until the ports have a state, ``looks`` times at most."""
        for _ in range(looks):
            self.agent.poll()
            if self.states(*ports) == [state] * len(ports):
                return
        self.fail(f"the ports are {self.states(*ports)}, not {state}")


class TestStates(Case):
    def test_many_vlans_of_one_guest_on_one_switch(self) -> None:
        ports = [self.server_port(self.network(vlan)) for vlan in range(30, 38)]
        self.boot(*ports)
        self.settle(*ports)
        vdevs = [f"{0x1000 + 3 * index:04X}" for index in range(len(ports))]
        assert [self.card(vdev) for vdev in vdevs] == [(True, [vlan]) for vlan in range(30, 38)]

    def test_what_is_uncoupled_is_down_and_coupled_again(self) -> None:
        first, second = (self.server_port(self.network(vlan)) for vlan in (40, 41))
        self.boot(first, second)
        self.settle(first, second)
        smapi = self.nova_chain.simulator.smapi
        # an operator uncouples the card
        smapi.call("Virtual_Network_Adapter_Disconnect", self.world.userid, image_device_number="1000")
        self.agent.poll()
        assert self.states(first, second) == ["DOWN", "ACTIVE"]
        self.settle(first)
        assert self.card() == (True, [40])
        # the grants are lost
        lost = [f"switch_name={VSWITCH}", f"revoke_userid={self.world.userid}", "persist=YES"]
        smapi.call("Virtual_Network_Vswitch_Set_Extended", "SYSTEM", **dict(item.split("=") for item in lost))
        assert not self.card()[0]
        self.agent.poll()
        assert self.states(first, second) == ["DOWN", "DOWN"]
        self.settle(first, second)
        assert [self.card(vdev) for vdev in ("1000", "1003")] == [(True, [40]), (True, [41])]
        # z/VM is IPLed
        self.nova_chain.simulator.control("POST", "/ipl")
        self.settle(first, second, state="DOWN")
        self.world.power("on")
        self.settle(first, second)

    def test_what_is_switched_off_has_no_network(self) -> None:
        port = self.server_port(self.network(50))
        self.boot(port)
        self.settle(port)
        for up in (False, True):
            self.plugin.update_port(self.context, port["id"], {"port": {"admin_state_up": up}})
            self.agent.port_update(None, port=port)
            self.settle(port, state="ACTIVE" if up else "DOWN")
            assert self.card()[0] is up
            self.world.power("off")
            self.agent.poll()
            assert self.states(port) == ["DOWN"]
            self.world.power("on")
            assert self.card()[0] is up
            self.settle(port, state="ACTIVE" if up else "DOWN")

    def test_an_agent_and_a_management_node_that_come_back(self) -> None:
        port = self.server_port(self.network(60))
        self.boot(port)
        self.settle(port)
        self.start_agent()
        self.settle(port, looks=1)
        self.nova_chain.manager.kill()
        self.agent.poll()
        assert self.states(port) == ["ACTIVE"]
        self.nova_chain.manager.start()
        self.agent.poll()
        assert self.states(port) == ["ACTIVE"]
        # what happens while the agent is away is seen when it is back
        smapi = self.nova_chain.simulator.smapi
        smapi.call("Virtual_Network_Adapter_Disconnect", self.world.userid, image_device_number="1000")
        self.start_agent()
        self.agent.poll()
        assert self.states(port) == ["DOWN"]
        self.settle(port)

    def test_a_refusal_is_down_until_it_is_over(self) -> None:
        port = self.server_port(self.network(70))
        self.boot(port)
        self.settle(port)
        simulator = self.nova_chain.simulator
        simulator.smapi.call(
            "Virtual_Network_Adapter_Disconnect", self.world.userid, image_device_number="1000"
        )
        fault = {"function": "Virtual_Network_Adapter_Connect_Vswitch", "target": "*", "rc": 396, "rs": 1}
        simulator.control("POST", "/faults", fault)
        for _ in range(3):
            self.agent.poll()
        assert self.states(port) == ["DOWN"]
        simulator.control("DELETE", "/faults")
        self.agent._repair._clock = lambda: time.monotonic() + 400
        self.settle(port)
        assert self.card() == (True, [70])


class TestTrunks(Case):
    def test_subports_come_and_go_while_the_guest_runs(self) -> None:
        parent = self.server_port(self.network())
        first, second = (self.port(self.network(vlan)) for vlan in (80, 81))
        self.boot(parent)
        self.settle(parent)
        trunk = self.trunk_plugin.create_trunk(
            self.context,
            {"trunk": {"port_id": parent["id"], "project_id": "p", "sub_ports": [self.tagged(first, 80)]}},
        )
        self.agent.trunks_changed()
        self.settle(parent, first)
        assert self.card() == (True, [1, 80])
        assert self.trunk_state(trunk) == "ACTIVE"
        self.trunk_plugin.add_subports(self.context, trunk["id"], {"sub_ports": [self.tagged(second, 81)]})
        self.agent.trunks_changed()
        self.settle(parent, first, second)
        assert self.card() == (True, [1, 80, 81])
        # the trunk is in the directory: it outlives the guest's logoff
        self.world.power("off")
        # The parent's own state gets lost in SQLite: Neutron 29 reads its subports in a session beside.
        self.settle(first, second, state="DOWN")
        self.world.power("on")
        assert self.card() == (True, [1, 80, 81])
        self.settle(parent, first, second)
        self.trunk_plugin.remove_subports(
            self.context, trunk["id"], {"sub_ports": [{"port_id": first["id"]}]}
        )
        self.agent.trunks_changed()
        self.agent.poll()
        assert self.card() == (True, [1, 81])
        assert self.states(parent, second) == ["ACTIVE", "ACTIVE"]
        self.trunk_plugin.delete_trunk(self.context, trunk["id"])
        self.agent.trunks_changed()
        self.agent.poll()
        assert self.card() == (True, [1])
        assert self.states(parent) == ["ACTIVE"]

    def test_a_trunk_that_came_with_its_guest_takes_its_subports_along(self) -> None:
        """As after a live migration: Neutron has the subport at the host that the guest has left."""
        parent, child = self.server_port(self.network()), self.port(self.network(82))
        self.boot(parent)
        self.settle(parent)
        trunk = self.trunk_plugin.create_trunk(
            self.context,
            {"trunk": {"port_id": parent["id"], "project_id": "p", "sub_ports": [self.tagged(child, 82)]}},
        )
        self.new_agent("host2").report()
        admin, elsewhere = context.get_admin_context(), {"binding:host_id": "host2"}
        owned = {**elsewhere, "device_owner": "trunk:subport"}
        assert self.plugin.update_port(admin, child["id"], {"port": owned})["binding:vif_type"] == "other"
        self.agent.trunks_changed()
        self.settle(child)
        assert self.plugin.get_port(admin, child["id"])["binding:host_id"] == HOST
        assert self.trunk_state(trunk) == "ACTIVE"

    def tagged(self, port: dict[str, Any], tag: int) -> dict[str, Any]:
        """Return a port as a subport."""
        return {"port_id": port["id"], "segmentation_type": "vlan", "segmentation_id": tag}

    def test_a_parent_in_a_vlan_is_refused_by_the_trunks_state(self) -> None:
        parent, child = (self.server_port(self.network(90)), self.port(self.network(91)))
        self.boot(parent)
        self.settle(parent)
        trunk = self.trunk_plugin.create_trunk(
            self.context,
            {"trunk": {"port_id": parent["id"], "project_id": "p", "sub_ports": [self.tagged(child, 91)]}},
        )
        self.agent.trunks_changed()
        self.agent.poll()
        assert self.trunk_state(trunk) == "ERROR"
        assert self.card() == (True, [90])
        assert self.states(parent) == ["ACTIVE"]


class Inventories:
    """Placement as Neutron's service of that name calls it: keeps what it is told."""

    def __init__(self) -> None:
        self.providers: dict[str, dict[str, Any]] = {}
        self.inventories: dict[str, dict[str, Any]] = {}
        self.traits: dict[str, list[str]] = {}

    def list_resource_providers(self, name: str) -> dict[str, Any]:
        return {"resource_providers": [{"name": name, "uuid": str(uuid5(NAMESPACE_DNS, name))}]}

    def ensure_resource_provider(self, resource_provider: dict[str, Any]) -> dict[str, Any]:
        self.providers[str(resource_provider["uuid"])] = resource_provider
        return resource_provider

    def update_trait(self, name: str) -> None:
        """Know a trait."""

    def update_resource_provider_traits(
        self, resource_provider_uuid: UUID, traits: list[str], **_generation: int
    ) -> None:
        self.traits[str(resource_provider_uuid)] = sorted(traits)

    def update_resource_provider_inventories(
        self, resource_provider_uuid: UUID, inventories: dict[str, Any], **_generation: int
    ) -> None:
        self.inventories[str(resource_provider_uuid)] = inventories


class TestBandwidth(Case):
    """Ports with a minimum bandwidth, which Nova allocates from a switch."""

    bandwidth = {
        "resource_provider_bandwidths": {VSWITCH: {"egress": 10_000, "ingress": 20_000}},
        "resource_provider_inventory_defaults": {"allocation_ratio": 1.0, "reserved": 0},
        "resource_provider_hypervisors": {VSWITCH: "zvmssio1"},
    }

    def setUp(self) -> None:
        cfg.CONF.set_override("extension_drivers", ["port_security", "qos"], group="ml2")
        super().setUp()

    def get_additional_service_plugins(self) -> dict[str, str]:
        return {**super().get_additional_service_plugins(), "qos_plugin_name": "qos"}

    def wanting(self, kilobits: int) -> dict[str, Any]:
        """Make a port that wants so much bandwidth to send."""
        qos = directory.get_plugin("QOS")
        policy = {"name": "gold", "project_id": "p", "shared": True, "description": "", "is_default": False}
        made = qos.create_policy(self.context, {"policy": policy})
        rule = {"min_kbps": kilobits, "direction": "egress"}
        qos.create_policy_minimum_bandwidth_rule(self.context, made["id"], {"minimum_bandwidth_rule": rule})
        return self.port(self.network(95), qos_policy_id=made["id"])

    def bind(self, port: dict[str, Any], provider: str) -> str:
        """Bind a port as Nova does once it has allocated from ``provider``; return how it is bound."""
        [group] = self.request(port)["request_groups"]
        binding = {"binding:host_id": HOST, "binding:profile": {"allocation": {group["id"]: provider}}}
        return self.plugin.update_port(self.context, port["id"], {"port": binding})["binding:vif_type"]

    def request(self, port: dict[str, Any]) -> dict[str, Any]:
        """Return what Nova is to allocate for a port."""
        return self.plugin.get_port(context.get_admin_context(), port["id"])["resource_request"]

    def test_placement_is_told_and_a_port_is_bound_where_it_was_allocated(self) -> None:
        placement = Inventories()
        service = placement_report.PlacementReportPlugin()
        service._placement_client = placement
        service._batch_notifier.queue_event = lambda batch: batch()
        self.start_agent()
        [switch] = placement.inventories
        assert placement.providers[switch]["name"] == f"zvmssio1:z/VM agent:{VSWITCH}"
        assert placement.inventories[switch] == {
            "NET_BW_EGR_KILOBIT_PER_SEC": {"total": 10_000, "allocation_ratio": 1.0, "reserved": 0},
            "NET_BW_IGR_KILOBIT_PER_SEC": {"total": 20_000, "allocation_ratio": 1.0, "reserved": 0},
        }
        assert placement.traits[switch] == ["CUSTOM_PHYSNET_PHYSNET1", "CUSTOM_VNIC_TYPE_NORMAL"]
        port = self.wanting(3000)
        [group] = self.request(port)["request_groups"]
        assert group["resources"] == {"NET_BW_EGR_KILOBIT_PER_SEC": 3000}
        assert group["required"] == ["CUSTOM_PHYSNET_PHYSNET1", "CUSTOM_VNIC_TYPE_NORMAL"]
        assert self.bind(port, str(uuid4())) == "binding_failed"
        assert self.bind(port, switch) == "other"
