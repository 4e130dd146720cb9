# SPDX-License-Identifier: Apache-2.0
"""What z/VM and our tables hold that belongs to no node or guest any more.

Nothing here is removed: each finding says what there is, whose it was, and the next step. What is being made
or removed at this moment may be among the findings; it is gone when one looks again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from zvm.directory import Mdisk
from zvm.directory.mark import uuid_in
from zvm.manager import clusters, guests, noderange
from zvm.manager.hosts import Host
from zvm.manager.service import ManagementNode
from zvm.manager.tables.models import goldens, grants, transports
from zvm.manager.tables.rows import Row, select_rows
from zvm.zhcp.client import ZhcpClient

#: Records by which a directory says who exists.
_HEADERS = ("USER", "IDENTITY")


@dataclass(frozen=True, slots=True)
class Leftover:
    """Something that belongs to nobody.

    :ivar kind: userid, node, minidisk, grant or transport.
    :ivar name: what it is called there.
    :ivar uuid: of the instance whose it was, where that is known.
    """

    kind: str
    name: str
    host: str
    what: str
    next_step: str
    uuid: str = ""


@dataclass(frozen=True, slots=True)
class _Tables:
    """Our tables, read at one moment."""

    nodes: list[Row]
    goldens: list[Row]
    grants: list[Row]
    transports: list[Row]


async def of(mn: ManagementNode, host: Host) -> list[Leftover]:
    """Return what is left over on a z/VM system, and in the tables of its nodes.

    Of a cluster whose members share directory and minidisks each member tells the same of these.

    :raises zhcp_errors.ZhcpError: the system cannot be asked.
    """
    async with host.zhcp() as zhcp:
        known, marks = await asyncio.gather(_userids(zhcp), _search(zhcp, "*NOVA"))
        granted, disks = await asyncio.gather(_granted(zhcp), _minidisks(zhcp, host.options.golden_userid))
    tables = await mn.database.read(_read_tables)
    hcps = {host.hcp, *(other.hcp for other in await clusters.siblings(mn, host))}
    rows = [row for row in tables.nodes if row["hcp"] in hcps and noderange.uuid_of(row)]
    found = [
        *_entries(host, rows, _marked(marks), known),
        *_goldens(host, [row for row in tables.goldens if row["hcp"] in hcps], disks),
        *_grants(host, granted, known),
    ]
    nodes = {row["node"] for row in tables.nodes}
    for grant in tables.grants:
        if grant["node"] not in nodes:
            step = f"withdraw it: SET VSWITCH {grant['vswitch']} REVOKE"
            found.append(
                _leftover(
                    host, "grant", grant["node"], f"on {grant['vswitch']}, of a node that is gone", step
                )
            )
    for transport in tables.transports:
        if transport["node"] not in nodes:
            what = f"{transport['name']} {transport['type']} for the node {transport['node']}, which is gone"
            found.append(
                _leftover(host, "transport", transport["id"], what, "it goes by itself within a day")
            )
    return found


def _leftover(host: Host, kind: str, name: str, what: str, next_step: str, uuid: str = "") -> Leftover:
    return Leftover(kind, name, host.name, what, next_step, uuid)


def _entries(host: Host, rows: list[Row], marks: dict[str, str], known: frozenset[str]) -> Iterable[Leftover]:
    """Compare directory entries with our mark with the nodes."""
    ours = {row["userid"].upper(): noderange.uuid_of(row) for row in rows}
    for userid, uuid in sorted(marks.items()):
        if ours.get(userid) != uuid:
            what = f"a directory entry with the mark of instance {uuid}, but no node has both"
            step = f"if Nova has no such server, delete the entry: DIRM FOR {userid} PURGE"
            yield _leftover(host, "userid", userid, what, step, uuid)
    for row in rows:
        userid = row["userid"].upper()
        if userid not in known:
            what = f"a node whose userid {userid} is not in the directory"
            yield _leftover(
                host, "node", row["node"], what, "rmdef it, unless its guest is being made", ours[userid]
            )


def _goldens(host: Host, rows: list[Row], disks: frozenset[str]) -> Iterable[Leftover]:
    written = {row["vdev"]: row for row in rows}
    owner = host.options.golden_userid
    for vdev in sorted(disks - set(written)):
        step = f"if no management node uses it, delete it: DIRM FOR {owner} DMDISK {vdev}"
        yield _leftover(host, "minidisk", f"{owner} {vdev}", "no golden minidisk of ours", step)
    for vdev, row in sorted(written.items()):
        if row["state"] != "complete":
            what = f"of {row['image']}: {row['state']}"
            step = "it is removed when its zHCP, or the management node, starts"
            yield _leftover(host, "minidisk", f"{owner} {vdev}", what, step)


def _grants(host: Host, granted: list[tuple[str, str]], known: frozenset[str]) -> Iterable[Leftover]:
    for vswitch, userid in granted:
        if userid not in known:
            what = f"on {vswitch}, for a userid that is not in the directory"
            yield _leftover(host, "grant", userid, what, f"SET VSWITCH {vswitch} REVOKE {userid}")


def _marked(records: list[tuple[str, str]]) -> dict[str, str]:
    """Return userid → uuid of the marks among directory records."""
    found = ((userid, uuid_in(record)) for userid, record in records)
    return {userid: uuid for userid, uuid in found if uuid}


async def _search(zhcp: ZhcpClient, pattern: str) -> list[tuple[str, str]]:
    """Return userid and record of every directory record that begins with ``pattern``."""
    answer = await zhcp.smapi("Directory_Manager_Search_DM", "MAINT", {"search_pattern": pattern})
    found = answer.reply.get("statementList") or ()
    return [(item["targetId"].strip().upper(), item["statement"].strip()) for item in found]


async def _userids(zhcp: ZhcpClient) -> frozenset[str]:
    found = [record for header in _HEADERS for record in await _search(zhcp, header)]
    return frozenset(userid for userid, _ in found)


async def _granted(zhcp: ZhcpClient) -> list[tuple[str, str]]:
    """Return switch and userid of everybody who is on a virtual switch's access list.

    Source: Virtual_Network_Vswitch_Query_Extended; an authorised user is a line ``port userid …``.
    """
    answer = await zhcp.smapi("Virtual_Network_Vswitch_Query_Extended", "SYSTEM", {"switch_name": "*"})
    return [
        (switch["vswitchAttributes"].split()[0], line.split()[1])
        for switch in answer.reply["vswitchList"]
        for line in switch["authorizedUsers"]
        if len(line.split()) > 1
    ]


async def _minidisks(zhcp: ZhcpClient, userid: str) -> frozenset[str]:
    entry = await guests.find_entry(zhcp, userid)
    if entry is None:  # nothing was deployed yet
        return frozenset()
    return frozenset(disk.vdev for disk in entry.find(Mdisk))


def _read_tables(connection: Connection) -> _Tables:
    def rows(table: Any) -> list[Row]:
        return [dict(row) for row in connection.execute(select(table)).mappings()]

    return _Tables(select_rows(connection, "zvm"), rows(goldens), rows(grants), rows(transports))
