# SPDX-License-Identifier: Apache-2.0
"""Guaranteed bandwidth: ports with a QoS rule ``minimum_bandwidth``.

An administrator says how much bandwidth the uplinks of a virtual switch have. Neutron's service plugin
``placement`` hands that to Placement as inventories of the switch, a child of the compute node's provider;
Nova allocates from them for each port, and Neutron binds the port where it was allocated. So no more is
promised than there is. Nothing shapes the traffic: a virtual switch has no rates per card.
"""

from __future__ import annotations

from typing import Any

from neutron_lib import constants
from neutron_lib.api.definitions import portbindings
from neutron_lib.db import constants as db_constants
from neutron_lib.placement import utils
from neutron_lib.services.qos import base
from neutron_lib.services.qos import constants as qos
from oslo_config import cfg

from zvm.neutron import options

_RULES = {
    qos.RULE_TYPE_MINIMUM_BANDWIDTH: {
        qos.MIN_KBPS: {"type:range": [0, db_constants.DB_INTEGER_MAX_VALUE]},
        qos.DIRECTION: {"type:values": constants.VALID_DIRECTIONS},
    }
}


class ZvmQosDriver(base.DriverBase):
    """Says to Neutron's QoS service that ports of z/VM may have a minimum bandwidth."""

    def __init__(self) -> None:
        super().__init__(
            name="zvm",
            vif_types=[portbindings.VIF_TYPE_OTHER],
            vnic_types=[portbindings.VNIC_NORMAL],
            supported_rules=_RULES,
            requires_rpc_notifications=False,
        )


def report(conf: cfg.ConfigOpts) -> dict[str, Any]:
    """Return what the agent's report says of bandwidth, from options of ``[zvm_agent]``.

    :raises ValueError: an option does not have its form, or names a switch without physical network.
    """
    agent = conf[options.AGENT_GROUP.name]
    bandwidths = utils.parse_rp_bandwidths(agent.resource_provider_bandwidths)
    if unknown := sorted(set(bandwidths) - set(agent.vswitch_mappings.values())):
        raise ValueError(
            f"resource_provider_bandwidths names {', '.join(unknown)}, which is not in vswitch_mappings"
        )
    hypervisor = conf[options.XCAT_GROUP.name].host or agent.host or conf.host
    return {
        constants.RP_BANDWIDTHS: bandwidths,
        constants.RP_INVENTORY_DEFAULTS: utils.parse_rp_inventory_defaults(
            agent.resource_provider_inventory_defaults
        ),
        constants.RP_HYPERVISORS: dict.fromkeys(bandwidths, hypervisor),
    }
