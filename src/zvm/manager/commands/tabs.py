# SPDX-License-Identifier: Apache-2.0
"""``tabdump``, ``gettab`` and ``tabch``: the tables themselves.

Passwords never leave the table passwd, and what is put into it for a user is hashed.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

from zvm.manager import auth
from zvm.manager.commands.base import Call
from zvm.manager.errors import Refused, UnknownTable
from zvm.manager.service import ManagementNode
from zvm.manager.tables import csv, rows
from zvm.manager.tables.rows import Row
from zvm.manager.tables.schemas import SCHEMAS
from zvm.manager.tables.tabch import Change, parse
from zvm.xcat import envelope
from zvm.xcat.envelope import Response


async def tabdump(mn: ManagementNode, call: Call) -> list[Response]:
    """Answer a table as CSV, or the names of all tables."""
    if not call.args:
        return [envelope.data(*sorted(SCHEMAS))]
    table = call.args[0]
    try:
        found = await mn.database.read(shown, table, {})
    except UnknownTable as problem:
        return [envelope.error(problem.message)]
    return [envelope.data(*csv.dump(SCHEMAS[table], found))]


async def gettab(mn: ManagementNode, call: Call) -> list[Response]:
    """Answer columns of the rows found by ``col`` and ``value``, or by ``col=key=value``.

    One attribute gives its bare values, several ``table.column: value``; what is empty is left out.
    """
    table = call.args[0]
    column, value = _search(call)
    attributes = [name for text in call.options.get("attribute", ()) for name in text.split(",")]
    try:
        found = await mn.database.read(shown, table, {column: value})
        known = SCHEMAS[table].columns
    except UnknownTable as problem:
        return [envelope.error(problem.message)]
    wanted = [name for name in attributes if name in known]
    if len(wanted) == 1:
        return [envelope.data(row[wanted[0]]) for row in found if row[wanted[0]]]
    return [envelope.data(f"{table}.{name}: {row[name]}") for row in found for name in wanted if row[name]]


def asked(call: Call) -> list[str]:
    """Return the node that a call of ``gettab`` names."""
    column, value = _search(call)
    return [value] if column == "node" and value else []


def _search(call: Call) -> tuple[str, str]:
    column, equals, value = call.option("col").partition("=")
    return column, value if equals else call.option("value")


async def tabch(mn: ManagementNode, call: Call) -> list[Response]:
    """Change rows; nothing is answered."""
    await mn.database.write(_change, parse(call.args))
    return []


def changed(call: Call) -> list[str]:
    """Return the nodes that a call of ``tabch`` names; none of one that cannot be read."""
    try:
        change = parse(call.args)
    except Refused:
        return []
    found = (change.where, *change.values.values())
    return list(dict.fromkeys(row["node"] for row in found if row.get("node")))


def shown(connection: Connection, table: str, where: Mapping[str, str]) -> list[Row]:
    """Return rows as they may be shown: without passwords."""
    found = rows.select_rows(connection, table, where)
    return [{**row, "password": ""} for row in found] if table == "passwd" else found


def _change(connection: Connection, change: Change) -> None:
    if change.delete:
        for table in change.tables:
            rows.delete_rows(connection, table, change.where)
        return
    for table, values in change.values.items():
        rows.upsert(connection, table, change.where, _kept(table, values))


def _kept(table: str, values: Mapping[str, str]) -> Mapping[str, str]:
    password = values.get("password", "")
    if table == "passwd" and password and not password.startswith("scrypt$"):
        return {**values, "password": auth.hashed(password), "cryptmethod": "scrypt"}
    return values
