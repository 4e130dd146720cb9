# SPDX-License-Identifier: Apache-2.0
"""Groups of nodes as objects.

A group is what nodes say they belong to. Attributes given to it are shown of its nodes too, where they do not
say otherwise themselves.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

from zvm.manager import noderange
from zvm.manager.errors import Invalid, UnknownNodes
from zvm.manager.tables import objects
from zvm.manager.tables.rows import select_row, select_rows, upsert

_NODE = objects.TYPES["node"]


def members(connection: Connection) -> dict[str, list[str]]:
    """Return group → its nodes."""
    found: dict[str, list[str]] = {}
    for row in select_rows(connection, "nodelist"):
        for group in filter(None, row["groups"].split(",")):
            found.setdefault(group, []).append(row["node"])
    return found


def names(connection: Connection) -> list[str]:
    """Return the names of all groups, sorted."""
    named = {row["groupname"] for row in select_rows(connection, "nodegroup")}
    return sorted(named | set(members(connection)))


def shown(connection: Connection, group: str) -> dict[str, str] | None:
    """Return a group's members and attributes; None when there is no such group."""
    if group not in names(connection):
        return None
    found = {"members": ",".join(sorted(members(connection).get(group, ())))}
    for attribute, (table, column) in _NODE.attributes.items():
        row = None if table in objects.OWN else select_row(connection, table, {"node": group})
        if row is not None and row[column]:
            found[attribute] = row[column]
    return found


def change(connection: Connection, group: str, attributes: Mapping[str, str]) -> None:
    """Set attributes of a group, from which its nodes inherit them.

    :raises Invalid: a group has no such attribute.
    """
    for attribute in attributes:
        if attribute not in _NODE.attributes or _NODE.attributes[attribute][0] in objects.OWN:
            raise Invalid(f"'{attribute}' is not a valid attribute name for an object type of 'group'.")
    for attribute, value in attributes.items():
        table, column = _NODE.attributes[attribute]
        upsert(connection, table, {"node": group}, {column: value})


def expanded(connection: Connection, text: str) -> list[str]:
    """Return the nodes of a node range; a name that nothing has stays, for the error that names it."""
    found: list[str] = []
    for item in filter(None, text.split(",")):
        try:
            found += noderange.resolve(connection, item)
        except UnknownNodes:
            found.append(item)
    return list(dict.fromkeys(found))
