# SPDX-License-Identifier: Apache-2.0
"""Counters of virtual switches and their ports, by VLAN.

The words of a segment are those that the C client shows: VLAN, octets received, frames discarded, octets
sent, frames discarded, those of a switch being the sums of its cards; for a switch also when it was activated
and changed, its interfaces, deletions, and its real device with type and state.
"""

from __future__ import annotations

from zvm.directory import names
from zvm.simulator.functions.registry import Call, checked, done, serves
from zvm.simulator.refused import Refused
from zvm.simulator.vswitch import Adapter, Vswitch
from zvm.smapi.frames import Reply

_BAD_OPERAND = 3003
_NO_DEVICE, _NO_VLAN = Refused(8, 8), Refused(212, 48)
_STAMP = "0000000000000000"


@serves("Virtual_Network_Vswitch_Query_Stats")
def vswitch_query_stats(call: Call) -> Reply:
    """A segment per VLAN of a switch, or the one of a switch that knows none."""
    switches = call.system.network.vswitches
    wanted = call.text("switch_name")
    found = list(switches.values()) if wanted == "*" else [switches[wanted]] if wanted in switches else []
    if not found:
        raise Refused(212, 40)
    return done(
        vswitchList=[
            {"vswitchName": switch.name, "segmentArray": _segments(call, switch)} for switch in found
        ]
    )


def _segments(call: Call, switch: Vswitch) -> list[str]:
    adapters = call.system.network.connected(switch.owner, switch.name)
    vlans = sorted({vlan for adapter in adapters for vlan in adapter.vlans} | {switch.vlan})
    rdev = switch.rdevs[0] if switch.rdevs else "NONE"
    return [
        f"{vlan:04} {_counted(vlan, adapters)} {_STAMP} {_STAMP}"
        f" {sum(vlan in (adapter.vlans or [0]) for adapter in adapters)}"
        f" 0 OSA {rdev} {'ACTIVE' if switch.ready else 'INACTIVE'}"
        for vlan in vlans
    ]


def _counted(vlan: int, cards: list[Adapter]) -> str:
    ways = [card.traffic.received for card in cards], [card.traffic.sent for card in cards]
    return " ".join(
        f"{sum(flow.octets[vlan] for flow in flows)} {sum(flow.discarded[vlan] for flow in flows)}"
        for flows in ways
    )


@serves("Virtual_Network_VLAN_Query_Stats")
def vlan_query_stats(call: Call) -> Reply:
    """A segment per VLAN of each network card asked for."""
    userid, vlan = call.text("userid") or call.target, call.text("vlan_id")
    if vlan and not (vlan.isascii() and vlan.isdigit()):
        raise Refused(8, _BAD_OPERAND, f"UNKNOWN_PARAMETER_OPERAND={call['vlan_id']}")
    device = call.text("device")
    vdev = checked(names.vdev, device, _NO_DEVICE) if device not in ("", "*") else ""
    cards = [
        adapter
        for adapter in call.system.network.adapters(userid)
        if adapter.coupled and vdev in ("", adapter.vdev)
    ]
    if not cards:
        raise _NO_DEVICE
    found = []
    for card in cards:
        vlans = [number for number in card.vlans or [0] if not vlan or number == int(vlan)]
        if vlans:
            found.append(
                {
                    "portNicValues": f"{card.port} {card.owner} {card.vdev}",
                    "segmentArray": [f"{number:04} {_counted(number, [card])}" for number in vlans],
                }
            )
    if not found:
        raise _NO_VLAN
    return done(portNicList=found)
