# SPDX-License-Identifier: Apache-2.0
"""The options of ``chhypervisor`` about virtual switches and guest LANs."""

from __future__ import annotations

import re

from zvm.directory import names
from zvm.manager.commands.hypervisor_change import HostChange, HostOption
from zvm.manager.errors import Invalid

#: The positional words of ``--addvswitch`` behind the switch's name → keyword of the SMAPI function.
_VSWITCH = (
    "real_device_address",
    "port_name",
    "controller_name",
    "connection_value",
    "queue_memory_limit",
    "routing_value",
    "transport_type",
    "vlan_id",
    "port_type",
    "persist",
    "gvrp_value",
    "native_vlanid",
)
_WORD = re.compile(r"[A-Za-z0-9@#$_.*,+ -]{1,80}\Z")


async def _add_vswitch(change: HostChange) -> None:
    """``NAME RDEV PORT CONTROLLER CONNECTION QUEUE ROUTING TRANSPORT VLAN PORTTYPE UPDATE GVRP NATIVE``."""
    name = names.vswitch(change.word(0))
    wanted = {"switch_name": name}
    for number, keyword in enumerate(_VSWITCH, start=1):
        if value := change.word(number):
            if not _WORD.match(value):
                raise Invalid(f"--addvswitch: '{value}' cannot be the {keyword.replace('_', ' ')}")
            wanted[keyword] = value.replace(",", " ")
    await change.smapi(
        f"Creating virtual switch {name}", "Virtual_Network_Vswitch_Create_Extended", wanted, target="SYSTEM"
    )


async def _remove_vswitch(change: HostChange) -> None:
    """``NAME``."""
    name = names.vswitch(change.word(0))
    await change.smapi(
        f"Deleting virtual switch {name}",
        "Virtual_Network_Vswitch_Delete_Extended",
        {"switch_name": name, "persist": "YES"},
        target="SYSTEM",
    )


async def _add_lan(change: HostChange) -> None:
    """``NAME OWNER TYPE TRANSPORT``: a guest LAN; type and transport in SMAPI's numbers."""
    lan = {"lan_name": names.vswitch(change.word(0)), "lan_owner": names.userid(change.word(1))}
    kind, transport = change.word(2, "2"), change.word(3, "0")
    if kind not in ["1", "2", "3", "4"] or transport not in ["0", "1", "2"]:
        raise Invalid("--addvlan takes a type from 1 to 4 and a transport from 0 to 2")
    await change.smapi(
        f"Creating guest LAN {lan['lan_name']}",
        "Virtual_Network_LAN_Create",
        {**lan, "lan_type": int(kind), "transport_type": int(transport)},
    )


async def _remove_lan(change: HostChange) -> None:
    """``NAME OWNER``."""
    lan = {"lan_name": names.vswitch(change.word(0)), "lan_owner": names.userid(change.word(1))}
    await change.smapi(f"Deleting guest LAN {lan['lan_name']}", "Virtual_Network_LAN_Delete", lan)


OPTIONS = {
    "--addvlan": HostOption(_add_lan, 2, 4),
    "--removevlan": HostOption(_remove_lan, 2),
    "--addvswitch": HostOption(_add_vswitch, 1, 13),
    "--removevswitch": HostOption(_remove_vswitch, 1),
}
