# SPDX-License-Identifier: Apache-2.0
"""Network cards as the virtual switches know them, joined with what our tables say of them.

One SMAPI call per z/VM system tells of all cards.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from zvm.directory import Entry
from zvm.manager import noderange, vlans
from zvm.manager.hosts import Host
from zvm.manager.service import GuestNode, ManagementNode
from zvm.manager.tables.rows import Row, select_rows

NIC = {
    "type": "object",
    "properties": {
        "node": {"type": "string"},
        "userid": {"type": "string"},
        "uuid": {"type": "string"},
        "port": {"type": "string"},
        "vdev": {"type": "string"},
        "mac": {"type": "string"},
        "vswitch": {"type": "string"},
        "vlan": {"type": ["integer", "null"]},
        "trunk": {"type": "array", "items": {"type": "integer"}},
        "coupled": {"type": "boolean"},
    },
}


@dataclass(frozen=True, slots=True)
class Adapter:
    """A card that is coupled to a virtual switch."""

    vswitch: str
    mac: str


#: userid and device number → the coupled card.
Adapters = dict[tuple[str, str], Adapter]


async def adapters(host: Host) -> Adapters:
    """Return every card that is coupled to a virtual switch of a system (one SMAPI call).

    Source: Virtual_Network_Vswitch_Query_Extended; an adapter is a line ``userid vdev mac type``.
    """
    async with host.zhcp() as zhcp:
        result = await zhcp.smapi("Virtual_Network_Vswitch_Query_Extended", "SYSTEM", {"switch_name": "*"})
    found: Adapters = {}
    for vswitch in result.reply["vswitchList"]:
        name = vswitch["vswitchAttributes"].split()[0]
        for line in vswitch["adapters"]:
            userid, vdev, mac, *_ = line.split()
            found[userid, vdev.upper().zfill(4)] = Adapter(name, mac.replace("-", ":").lower())
    return found


async def all_nics(mn: ManagementNode, host: str = "") -> tuple[list[dict[str, Any]], list[str]]:
    """Return every card of the guests that are nodes, coupled or only written down.

    :return: the cards, and the names of the systems that did not answer: of theirs none is among the cards.
    """
    answers, silent = await mn.hosts.ask(host, adapters)
    guests, switches, macs = await mn.database.read(_rows)
    found = []
    for item, known in answers:
        for row in guests:
            if row["hcp"] != item.hcp or not row["userid"]:
                continue
            node, userid = row["node"], row["userid"].upper()
            vdevs = {vdev for owner, vdev in known if owner == userid}
            vdevs |= {vdev for owner, vdev in switches if owner == node}
            found += [
                _nic(
                    row,
                    vdev,
                    known.get((userid, vdev)),
                    switches.get((node, vdev)),
                    macs.get((node, vdev), ""),
                )
                for vdev in sorted(vdevs)
            ]
    return found, silent


async def of_guest(mn: ManagementNode, guest: GuestNode, entry: Entry) -> list[dict[str, Any]]:
    """Return the cards of one guest: those in its directory entry, and whether they are coupled."""
    known = await adapters(guest.host)
    _, switches, macs = await mn.database.read(_rows)
    found = []
    for card in entry.nics():
        key = (guest.node, card.vdev)
        nic = _nic(
            guest.row, card.vdev, known.get((guest.userid, card.vdev)), switches.get(key), macs.get(key, "")
        )
        nic["vswitch"] = nic["vswitch"] or card.lan_name
        known_vlans = vlans.numbers(card.vlan)
        if card.port_type == "TRUNK":
            nic["trunk"] = known_vlans
        elif nic["vlan"] is None and known_vlans:
            nic["vlan"] = known_vlans[0]
        found.append(nic)
    return found


def _nic(row: Row, vdev: str, adapter: Adapter | None, switch: Row | None, mac: str) -> dict[str, Any]:
    vlan = switch["vlan"] if switch else ""
    return {
        "node": row["node"],
        "userid": row["userid"].upper(),
        "uuid": noderange.uuid_of(row),
        "port": switch["port"] if switch else "",
        "vdev": vdev,
        "mac": adapter.mac if adapter else mac.lower(),
        "vswitch": adapter.vswitch if adapter else (switch["switch"] if switch else ""),
        "vlan": int(vlan) if vlan.isdigit() else None,
        "trunk": vlans.trunk_of(vlan),
        "coupled": adapter is not None and vlan != vlans.PENDING,
    }


def _rows(
    connection: Connection,
) -> tuple[list[Row], dict[tuple[str, str], Row], dict[tuple[str, str], str]]:
    """Return the guests; node and device number → row of the table switch, → MAC address."""
    switches = {_key(row): row for row in select_rows(connection, "switch")}
    macs = {_key(row): row["mac"] for row in select_rows(connection, "mac")}
    return select_rows(connection, "zvm"), switches, macs


def _key(row: Row) -> tuple[str, str]:
    return row["node"], row["interface"].upper().zfill(4)
