# SPDX-License-Identifier: Apache-2.0
"""The states of guests: as CP tells them, and the pause that only we know of.

One call to each zHCP tells of all its guests, however many they are.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from zvm.directory import Entry, marked_uuid, parse_entry
from zvm.manager import clusters, noderange
from zvm.manager.errors import Refused
from zvm.manager.hosts import Host
from zvm.manager.service import GuestNode, ManagementNode
from zvm.manager.tables.rows import Row, select_in, select_rows
from zvm.zhcp.client import ZhcpClient
from zvm.zhcp.errors import ZhcpError

LOG = logging.getLogger(__name__)

PAUSED = "PAUSED"
#: Seconds that a system may take to tell of its guests before it counts as silent: others wait for it.
PATIENCE = 20.0
#: Of Image_Query_DM and others about a directory entry: there is none.
NO_ENTRY = (400, 4)


def seen(state: str, row: Row) -> str:
    """Return the state of a guest that CP says is ``state``: CP calls a stopped virtual machine running."""
    if state == "running" and noderange.status_flags(row).get(PAUSED) == "1":
        return "paused"
    return state


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a zHCP says: userid → state of who is logged on, and who is on other members of the cluster."""

    states: dict[str, str]
    elsewhere: frozenset[str]


async def _states(host: Host) -> _Seen | None:
    """Return who is logged on; None when the zHCP does not answer."""
    try:
        async with host.zhcp() as zhcp, asyncio.timeout(PATIENCE):
            found = await zhcp.logged_on()
            return _Seen({guest.userid: guest.state for guest in found.guests}, frozenset(found.elsewhere))
    except (ZhcpError, TimeoutError) as error:
        LOG.warning("no states from %s: %s", host.hcp, error)
        return None


async def all_guests(mn: ManagementNode, host: str = "") -> list[dict[str, Any]]:
    """Return node, userid, uuid, state, host and adopted of every guest, or of those of one system."""
    return await _guests_of(mn, mn.hosts.all(host))


async def _guests_of(mn: ManagementNode, hosts: Sequence[Host]) -> list[dict[str, Any]]:
    states = await asyncio.gather(*(_states(item) for item in hosts))
    rows = await mn.database.read(select_rows, "zvm")
    resumed: list[str] = []
    by_hcp = {item.hcp: (item, state) for item, state in zip(hosts, states, strict=True)}
    await _follow(mn, by_hcp, rows)
    found = []
    for row in rows:
        if not row["userid"] or row["hcp"] not in by_hcp:
            continue
        item, known = by_hcp[row["hcp"]]
        userid = row["userid"].upper()
        if known is None or userid in known.elsewhere:  # on a member that none of ours looks after
            state = "unknown"
        else:
            state = seen(known.states.get(userid, "off"), row)
        if state == "off" and PAUSED in row["status"]:
            resumed.append(row["node"])  # logged off by somebody else
        found.append(
            {
                "node": row["node"],
                "userid": userid,
                "uuid": noderange.uuid_of(row),
                "state": state,
                "host": item.name,
                "adopted": noderange.is_adopted(row),
            }
        )
    for node in resumed:
        await set_paused(mn, node, False)
    return found


async def _follow(mn: ManagementNode, by_hcp: dict[str, tuple[Host, _Seen | None]], rows: list[Row]) -> None:
    """Let the rows of guests that were moved to another member of the cluster follow them.

    Costs questions to other members only when a guest is away, or here and written down elsewhere.
    """
    for row in rows:
        userid = row["userid"].upper()
        away, here = None, None
        for host, known in by_hcp.values():
            if known is not None and userid in known.states and row["hcp"] != host.hcp:
                here = host
            if known is not None and userid in known.elsewhere and row["hcp"] == host.hcp:
                away = host
        if here is not None and row["hcp"] in {other.hcp for other in await clusters.siblings(mn, here)}:
            found: Host | None = here
        elif away is not None:
            found = await clusters.owner(mn, away, userid)
        else:
            continue
        if found is not None:
            await clusters.follow(mn, row["node"], found)
            row["hcp"] = found.hcp


async def powers(mn: ManagementNode, nodes: Sequence[str]) -> dict[str, str]:
    """Return node → on or off (or unknown) of several nodes with one call per system."""
    rows = await mn.database.read(select_in, "zvm", "node", nodes)
    hcps = {row["hcp"] for row in rows}
    hosts = [host for host in mn.hosts.all() if host.hcp in hcps]
    found = {guest["node"]: guest["state"] for guest in await _guests_of(mn, hosts)}
    return {node: _power(found.get(node, "unknown")) for node in nodes}


def _power(state: str) -> str:
    return state if state in ("off", "unknown") else "on"


async def set_paused(mn: ManagementNode, node: str, paused: bool) -> None:
    """Remember whether the guest is paused."""
    await mn.database.write(noderange.set_flag, node, PAUSED, "1" if paused else None)


async def entry_of(zhcp: ZhcpClient, userid: str) -> Entry:
    """Return the directory entry of ``userid`` (one SMAPI call).

    :raises zvm.zhcp.errors.Refused: 400/4: there is none.
    """
    answer = await zhcp.smapi("Image_Query_DM", userid)
    return parse_entry(record.rstrip() for record in answer.reply["image_record_array"])


async def find_entry(zhcp: ZhcpClient, userid: str) -> Entry | None:
    """Return the directory entry of ``userid``, None where there is none (one SMAPI call)."""
    try:
        return await entry_of(zhcp, userid)
    except ZhcpError as error:
        if (error.rc, error.rs) != NO_ENTRY:
            raise
        return None


async def own_entry(zhcp: ZhcpClient, guest: GuestNode) -> Entry:
    """Return the guest's directory entry (one SMAPI call).

    :raises Refused: it carries no mark of the node's instance.
    """
    entry = await entry_of(zhcp, guest.userid)
    if not guest.uuid or marked_uuid(entry) != guest.uuid:
        raise Refused(
            f"the directory entry of {guest.userid} carries no mark of an instance of node {guest.node}",
            next_step=f"see whose guest {guest.userid} is",
        )
    return entry


async def is_on(zhcp: ZhcpClient, guest: GuestNode) -> bool:
    """Return whether the guest is logged on."""
    return (await zhcp.guest(guest.userid)).state != "off"
