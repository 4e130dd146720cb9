# SPDX-License-Identifier: Apache-2.0
"""The addresses of a running guest's network cards, set by its agent: for cards that came after the boot.

At its boot a guest takes its addresses from the config drive. The agent adds what is missing with iproute2's
``ip``; it takes nothing away, for a guest may have addresses of its own.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Any

from nova import objects
from oslo_log import log as logging

from zvm.nova import agent, naming, network
from zvm.nova.session import Session

LOG = logging.getLogger(__name__)

_IP = "/sbin/ip"


def apply(session: Session, instance: objects.Instance, network_info: network.NetworkInfo | None) -> None:
    """Set up the cards of ``network_info`` in the running guest: link, addresses, default routes.

    :raises NovaException: the agent does not answer, or a command failed.
    """
    node = naming.node_name(instance)
    found = session.agent(node, "guest-network-get-interfaces", {})
    names = {str(item.get("hardware-address", "")).lower(): item["name"] for item in found}
    for vif in network_info or ():
        name = names.get(vif["address"].lower())
        if name is None:
            LOG.warning("The guest has no interface %s", vif["address"], instance=instance)
            continue
        for words in _commands(vif, name):
            agent.run(session, node, _IP, words)


def _commands(vif: dict[str, Any], name: str) -> Iterator[list[str]]:
    """Yield the operands of ``ip`` that set up the interface ``name``."""
    mtu = vif["network"].get_meta("mtu")
    yield ["link", "set", "dev", name, *(["mtu", str(mtu)] if mtu else []), "up"]
    for subnet in vif["network"]["subnets"]:
        by_itself = (
            subnet.get_meta("ipv6_address_mode")
            or subnet.get_meta("dhcp_server")
            or subnet.get_meta("enable_dhcp")
        )
        if by_itself:
            continue  # the guest asks for it
        prefix = ipaddress.ip_network(str(subnet["cidr"]), strict=False).prefixlen
        for address in subnet["ips"]:
            yield ["address", "replace", f"{address['address']}/{prefix}", "dev", name]
        gateway = (subnet.get("gateway") or {}).get("address")
        if gateway:
            version = ["-6"] if ":" in gateway else []
            yield [*version, "route", "replace", "default", "via", str(gateway), "dev", name]
