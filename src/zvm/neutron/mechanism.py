# SPDX-License-Identifier: Apache-2.0
"""ML2 mechanism driver: binds ports to z/VM virtual switches.

The binding tells the compute driver which switch and VLAN the guest's NIC belongs to; the compute driver
writes both into the directory (NICDEF). The L2 agent of the host says which switch stands for which
physical network, and marks the port up when z/VM has coupled the NIC.
"""

from __future__ import annotations

import uuid

from neutron.plugins.ml2.drivers import mech_agent
from neutron_lib import constants
from neutron_lib.api.definitions import portbindings
from neutron_lib.placement import utils
from neutron_lib.plugins.ml2 import api

from zvm.neutron.bandwidth import ZvmQosDriver
from zvm.neutron.trunk_driver import ZvmTrunkDriver

#: The agent's type in ``openstack network agent list``.
AGENT_TYPE = "z/VM agent"
#: Key of the agent's report that maps physical networks to virtual switches.
VSWITCH_MAPPINGS = "vswitch_mappings"
#: Keys of ``binding:vif_details``. ``vlan`` is Neutron's own name.
VIF_DETAILS_VSWITCH = "vswitch"
VIF_DETAILS_VLAN = portbindings.VIF_DETAILS_VLAN


class ZvmMechanismDriver(mech_agent.SimpleAgentMechanismDriverBase):
    """Binds local, flat and VLAN segments on hosts where a z/VM agent is alive.

    ``vif_details`` carries ``vswitch`` (the name of the virtual switch; absent on local networks, which
    have no physical network to look it up by) and ``vlan`` (on VLAN networks).
    """

    #: From it, the host and the switch Neutron makes the id of a switch's provider in Placement.
    resource_provider_uuid5_namespace = uuid.UUID("5a564d20-7673-7769-7463-682062772e2e")

    def __init__(self) -> None:
        # z/VM filters nothing beyond a NIC's own MAC address, hence no port filter.
        super().__init__(AGENT_TYPE, portbindings.VIF_TYPE_OTHER, {portbindings.CAP_PORT_FILTER: False})
        self._trunks: ZvmTrunkDriver | None = None
        self._qos: ZvmQosDriver | None = None

    def initialize(self) -> None:
        """Make trunks and QoS rules known to Neutron's services for them, which are loaded afterwards."""
        super().initialize()
        self._qos = ZvmQosDriver()
        self._trunks = ZvmTrunkDriver(AGENT_TYPE)

    @property
    def connectivity(self) -> str:
        """What the switch connects: layer 2."""
        return portbindings.CONNECTIVITY_L2

    def get_allowed_network_types(self, agent: dict | None = None) -> list[str]:
        """Return the types of segments that a virtual switch can carry."""
        return [constants.TYPE_LOCAL, constants.TYPE_FLAT, constants.TYPE_VLAN]

    def get_mappings(self, agent: dict) -> dict[str, str]:
        """Return what ``agent`` reported: physical network → virtual switch."""
        return agent["configurations"].get(VSWITCH_MAPPINGS, {})

    def get_standard_device_mappings(self, agent: dict) -> dict[str, list[str]]:
        """Return what ``agent`` reported as Neutron's placement service wants it: its switches in lists."""
        return {network: [vswitch] for network, vswitch in self.get_mappings(agent).items()}

    def responsible_for_ports_allocation(self, context: api.PortContext) -> bool:
        """Return whether what Nova allocated for the port belongs to switches of the host's agent.

        Neutron's own method takes the name of the host for that of the compute node, by which its placement
        service made the providers; here it is that of the z/VM system.
        """
        allocation = context.current[portbindings.PROFILE].get("allocation", {})
        switches = {
            str(
                utils.device_resource_provider_uuid(
                    self.resource_provider_uuid5_namespace, hypervisor, vswitch
                )
            )
            for agent in context.host_agents(self.agent_type)
            for vswitch, hypervisor in agent["configurations"].get(constants.RP_HYPERVISORS, {}).items()
        }
        return bool(allocation) and switches.issuperset(allocation.values())

    def get_vif_details(self, context: api.PortContext, agent: dict, segment: dict) -> dict:
        """Return the constant part with the switch and the VLAN of ``segment`` on ``agent``'s host."""
        details = dict(self.vif_details)
        vswitch = self.get_mappings(agent).get(segment.get(api.PHYSICAL_NETWORK))
        if vswitch is not None:
            details[VIF_DETAILS_VSWITCH] = vswitch
        if segment[api.NETWORK_TYPE] == constants.TYPE_VLAN:
            details[VIF_DETAILS_VLAN] = segment[api.SEGMENTATION_ID]
        return details
