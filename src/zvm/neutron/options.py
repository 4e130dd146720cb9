# SPDX-License-Identifier: Apache-2.0
"""Options of the z/VM agent."""

from __future__ import annotations

from oslo_config import cfg

AGENT_GROUP = cfg.OptGroup("zvm_agent", title="The L2 agent for z/VM virtual switches")
AGENT_OPTIONS = [
    cfg.StrOpt(
        "host",
        help="Name of the nova-compute host whose guests this agent answers for: the value of [DEFAULT] host "
        "in that service's nova.conf. The default is [DEFAULT] host of this file.",
    ),
    cfg.DictOpt(
        "vswitch_mappings",
        default={},
        sample_default="physnet1:XCATVSW1",
        help="Which virtual switch stands for which physical network: a list of PHYSICAL_NETWORK:VSWITCH.",
    ),
    cfg.ListOpt(
        "resource_provider_bandwidths",
        default=[],
        sample_default="XCATVSW1:10000000:10000000",
        help="Bandwidth of the uplinks of virtual switches, for ports with a QoS rule minimum_bandwidth: a "
        "list of VSWITCH:EGRESS:INGRESS, kilobits per second that guests send and receive. Neutron's service "
        "plugins qos and placement make inventories of it.",
    ),
    cfg.DictOpt(
        "resource_provider_inventory_defaults",
        default={"allocation_ratio": "1.0", "min_unit": "1", "step_size": "1", "reserved": "0"},
        help="Values of these inventories beside their totals.",
    ),
    cfg.IntOpt(
        "native_vlan",
        default=1,
        min=0,
        max=4094,
        help="VLAN of the frames without a tag on trunk ports: NATIVE of the virtual switches, 0 for NONE. "
        "The parent port of a trunk belongs on a flat network, or on this VLAN.",
    ),
    cfg.BoolOpt(
        "repair",
        default=True,
        help="Couple cards that lost their virtual switch, and put those right that are in another VLAN than "
        "Neutron says. Off: their ports are DOWN and the agent's log says why, no more.",
    ),
    cfg.FloatOpt(
        "polling_interval",
        default=2.0,
        min=0.1,
        help="Seconds between two looks at the NICs of the z/VM system. One look is one request, or two "
        "where servers are off, however many guests there are.",
    ),
]

XCAT_GROUP = cfg.OptGroup("zvm_xcat", title="The management node")
XCAT_OPTIONS = [
    cfg.StrOpt(
        "server",
        sample_default="https://xcat.example.com",
        help="Address of the management node: a URL, or a host name for https on the standard port.",
    ),
    cfg.StrOpt("username", default="root", help="User of the management node."),
    cfg.StrOpt("password", secret=True, default="", help="That user's password."),
    cfg.StrOpt(
        "ca_file",
        help="File with the certificates of the authorities that may have signed the management node's. "
        "The default is the system's.",
    ),
    cfg.StrOpt(
        "host",
        help="The z/VM system of this agent, as its node in xCAT is called. Needed where the management node "
        "has several.",
    ),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Make the options known to ``conf``."""
    for group, options in ((AGENT_GROUP, AGENT_OPTIONS), (XCAT_GROUP, XCAT_OPTIONS)):
        conf.register_group(group)
        conf.register_opts(options, group=group)


def list_opts() -> list[tuple[cfg.OptGroup, list[cfg.Opt]]]:
    """Return all options by group, for the configuration reference and the sample file."""
    return [(AGENT_GROUP, AGENT_OPTIONS), (XCAT_GROUP, XCAT_OPTIONS)]
