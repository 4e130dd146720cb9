# SPDX-License-Identifier: Apache-2.0
"""``rscan``: the nodes that a zHCP looks after, as stanzas of node definitions; ``-w`` writes them down."""

from __future__ import annotations

from sqlalchemy import Connection

from zvm.manager.commands.base import Call, Report, each
from zvm.manager.errors import Refused
from zvm.manager.service import ManagementNode
from zvm.manager.tables.rows import Row, select_row, select_rows, upsert
from zvm.xcat import envelope
from zvm.xcat.envelope import Response


async def run(mn: ManagementNode, call: Call) -> list[Response]:
    """Answer the nodes of each zHCP."""

    async def one(node: str, report: Report) -> None:
        host = await mn.zhcp_of(node)
        if host is None:
            raise Refused(f"{node} is not a hardware control point")
        async with host.zhcp() as zhcp:
            system = (await zhcp.about()).system
        found = await mn.database.read(_nodes, host.hcp, system)
        if "-w" in call.args:
            await mn.database.write(_record, found)
        report.raw(envelope.info("".join(_stanza(name, attributes) for name, attributes in found.items())))

    return await each(call, one)


def _stanza(name: str, attributes: dict[str, str]) -> str:
    return "".join([f"{name}:\n", *(f"  {key}={value}\n" for key, value in attributes.items()), "\n"])


def _nodes(connection: Connection, hcp: str, system: str) -> dict[str, dict[str, str]]:
    """Return node → attributes, in the order of the table and of xCAT's stanzas."""
    found = {}
    for row in select_rows(connection, "zvm", {"hcp": hcp}):
        where = {"node": row["node"]}
        kind: Row = select_row(connection, "nodetype", where) or {}
        groups: Row = select_row(connection, "nodelist", where) or {}
        found[row["node"]] = {
            "objtype": "node",
            "arch": kind.get("arch") or "s390x",
            "os": kind.get("os") or "unknown",
            "hcp": hcp,
            "userid": row["userid"],
            "nodetype": "vm" if row["userid"] else row["nodetype"] or "vm",
            "parent": system,
            "groups": groups.get("groups") or "all",
            "mgt": "zvm",
        }
    return found


def _record(connection: Connection, found: dict[str, dict[str, str]]) -> None:
    for node, values in found.items():
        where = {"node": node}
        upsert(connection, "zvm", where, {"nodetype": values["nodetype"], "parent": values["parent"]})
        upsert(connection, "nodetype", where, {"arch": values["arch"], "os": values["os"]})
        upsert(connection, "nodehm", where, {"mgt": values["mgt"]})
        upsert(connection, "nodelist", where, {"groups": values["groups"]})
