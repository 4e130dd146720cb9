# SPDX-License-Identifier: Apache-2.0
"""QUERY: virtual switches, guest LANs, VMLAN."""

from __future__ import annotations

from collections.abc import Iterator

from zvm.simulator.cp.command import Context, lines, query
from zvm.simulator.cp_error import CpError
from zvm.simulator.vswitch import Adapter, Vswitch


def adapter_lines(adapter: Adapter) -> list[str]:
    """Return QUERY NIC's two lines for a card: what it is, its MAC and where it is connected."""
    mac = "-".join(adapter.mac[at : at + 2] for at in range(0, 12, 2)).upper()
    kind = "VSWITCH" if adapter.lan_owner == "SYSTEM" and adapter.port else "LAN"
    where = f"{kind}: {adapter.lan_owner} {adapter.lan_name}" if adapter.coupled else "LAN: * None"
    return [
        f"Adapter {adapter.vdev}.P00 Type: {adapter.type:<9} Name: UNASSIGNED  Devices: {adapter.devices}",
        f"  MAC: {mac}         {where}",
    ]


@query("VMLAN", "VMLAN", "QVL")
def vmlan(context: Context) -> str:
    """MAC prefixes and accounting defaults."""
    settings = context.system.config.network
    network = context.system.network
    transient = sum(not lan.persist for lan in network.lans.values())
    return lines(
        "VMLAN maintenance level:",
        "  Latest Service: Base",
        "VMLAN MAC address assignment:",
        f"  MACADDR Prefix: {settings.mac_prefix} USER Prefix: {settings.user_prefix}",
        "  MACIDRANGE SYSTEM: 000001-FFFFFF",
        "             USER:   000000-000000",
        "VMLAN default accounting status:",
        "  SYSTEM Accounting: OFF       USER Accounting: OFF",
        "VMLAN general activity:",
        f"  PERSISTENT Limit: INFINITE   Current: {len(network.vswitches) + len(network.lans) - transient}",
        f"  TRANSIENT  Limit: INFINITE   Current: {transient}",
    )


@query("LAN", "LAN [[owner] name]", "QLN")
def lan(context: Context) -> str:
    """Guest LANs and virtual switches."""
    wanted = context.words[-1] if context.words and context.words[-1] != "ALL" else ""
    found: list[str] = []
    for guest_lan in context.system.network.lans.values():
        if wanted in ("", guest_lan.name):
            connected = len(context.system.network.connected(guest_lan.owner, guest_lan.name))
            head = (
                f"LAN {guest_lan.owner} {guest_lan.name:<12} Type: {guest_lan.type}    Connected: {connected}"
            )
            found.append(f"{head}    Maxconn: INFINITE")
            found += _attributes(guest_lan.persist, guest_lan.restricted, guest_lan.transport)
    for switch in context.system.network.vswitches.values():
        if wanted in ("", switch.name):
            found += _switch_lines(context, switch)
    if not found:
        raise CpError("QLN", 2783, f"LAN {wanted or 'SYSTEM'} does not exist")
    return lines(*found)


@query("VSWITCH", "VSWITCH [name [DETails]]", "QVS")
def vswitch(context: Context) -> str:
    """Virtual switches; with DETAILS their authorised users and adapters."""
    network = context.system.network
    wanted = context.words[0] if context.words and context.words[0] != "ALL" else ""
    details = any(word.startswith("DET") for word in context.words[1:])
    switches = [switch for switch in network.vswitches.values() if wanted in ("", switch.name)]
    if not switches:
        raise CpError("QVS", 2783, f"VSWITCH SYSTEM {wanted} does not exist")
    found: list[str] = []
    for switch in switches:
        found += _switch_lines(context, switch)
        if switch.rdevs:
            found.append("  Uplink Port:")
            found += [
                f"    RDEV: {rdev}.P00 VDEV: {rdev} Controller: {switch.controller}" for rdev in switch.rdevs
            ]
        if details:
            found += list(_details(context, switch))
    return lines(*found)


def _details(context: Context, switch: Vswitch) -> Iterator[str]:
    yield "  Authorized userids:"
    for userid, grant in sorted(context.system.network.authorised_users(switch.name).items()):
        vlans = ",".join(f"{vlan:04}" for vlan in grant.vlans)
        yield f"    {userid:<8} Porttype: {grant.port_type.capitalize()} VLAN: {vlans}".rstrip()
    yield "  Adapter Connections:"
    for adapter in context.system.network.connected("SYSTEM", switch.name):
        yield f"    Adapter Owner: {adapter.owner:<8} NIC: {adapter.vdev}.P00 Name: UNASSIGNED"


def _switch_lines(context: Context, switch: Vswitch) -> list[str]:
    connected = len(context.system.network.connected("SYSTEM", switch.name))
    vlan = ["  VLAN Unaware"]
    if switch.vlan_aware:
        porttype, gvrp = switch.port_type.capitalize(), "Enabled" if switch.gvrp else "Disabled"
        counters = "ON" if switch.counters else "OFF"
        vlan = [
            f"  VLAN Aware  Default VLAN: {switch.vlan:04}    Default Porttype: {porttype}  GVRP: {gvrp}",
            f"              Native  VLAN: {switch.native_vlan:04}    VLAN Counters: {counters}",
        ]
    return [
        f"VSWITCH SYSTEM {switch.name:<8} Type: QDIO    Connected: {connected}    Maxconn: INFINITE",
        *_attributes(
            switch.persist, True, switch.transport, switch.ip_timeout, switch.mac_protect, switch.isolation
        ),
        *vlan,
        f"  State: {'Ready' if switch.ready else 'Defined'}",
    ]


def _attributes(
    persist: bool,
    restricted: bool,
    transport: str,
    timeout: int = 5,
    protection: str = "UNSPECIFIED",
    isolation: bool = False,
) -> list[str]:
    kept = f"{'PERSISTENT' if persist else 'TRANSIENT':<10}  {'' if restricted else 'UN'}RESTRICTED"
    return [
        f"  {kept:<24}  {transport:<25} Accounting: OFF",
        f"  IPTimeout: {timeout:<17} MAC Protection: {protection.capitalize()}",
        f"  Isolation Status: {'ON' if isolation else 'OFF'}",
    ]
