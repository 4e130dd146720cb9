# SPDX-License-Identifier: Apache-2.0
"""xCAT's objects, which ``lsdef``, ``mkdef``, ``chdef`` and ``rmdef`` are about: views of the tables."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from zvm.manager import patterns
from zvm.manager.errors import Invalid
from zvm.manager.tables.rows import Row, delete_rows, select_in, select_rows, upsert
from zvm.manager.tables.schemas import SCHEMAS


@dataclass(frozen=True, slots=True)
class ObjectType:
    """A type of object.

    :ivar table: the table with a row per object.
    :ivar key: the column with the object's name.
    :ivar attributes: attribute → table and column; each of these tables has the column ``key`` too.
    """

    name: str
    table: str
    key: str
    attributes: Mapping[str, tuple[str, str]]

    @property
    def tables(self) -> list[str]:
        """All tables that tell of such an object."""
        return list(dict.fromkeys([self.table, *(table for table, _ in self.attributes.values())]))


def _columns(*tables: str, key: str) -> dict[str, tuple[str, str]]:
    return {
        column: (table, column)
        for table in tables
        for column in SCHEMAS[table].columns
        if column not in (key, "comments", "disable")
    }


_NODE = {
    "groups": ("nodelist", "groups"),
    "status": ("nodelist", "status"),
    "statustime": ("nodelist", "statustime"),
    "appstatus": ("nodelist", "appstatus"),
    "usercomment": ("nodelist", "comments"),
    "hcp": ("zvm", "hcp"),
    "userid": ("zvm", "userid"),
    "parent": ("zvm", "parent"),
    "ip": ("hosts", "ip"),
    "hostnames": ("hosts", "hostnames"),
    "otherinterfaces": ("hosts", "otherinterfaces"),
    "interface": ("mac", "interface"),
    "mac": ("mac", "mac"),
    "mgt": ("nodehm", "mgt"),
    "power": ("nodehm", "power"),
    "cons": ("nodehm", "cons"),
    "getmac": ("nodehm", "getmac"),
    "netboot": ("noderes", "netboot"),
    "xcatmaster": ("noderes", "xcatmaster"),
    "installnic": ("noderes", "installnic"),
    "primarynic": ("noderes", "primarynic"),
    "os": ("nodetype", "os"),
    "arch": ("nodetype", "arch"),
    "profile": ("nodetype", "profile"),
    "provmethod": ("nodetype", "provmethod"),
    "nodetype": ("nodetype", "nodetype"),
    "hosttype": ("hypervisor", "type"),
    "postscripts": ("postscripts", "postscripts"),
    "postbootscripts": ("postscripts", "postbootscripts"),
    "switch": ("switch", "switch"),
    "switchport": ("switch", "port"),
    "switchvlan": ("switch", "vlan"),
    "switchinterface": ("switch", "interface"),
}

TYPES: dict[str, ObjectType] = {
    "node": ObjectType("node", "nodelist", "node", _NODE),
    "osimage": ObjectType(
        "osimage", "osimage", "imagename", _columns("linuximage", "osimage", key="imagename")
    ),
    "network": ObjectType("network", "networks", "netname", _columns("networks", key="netname")),
    "group": ObjectType("group", "nodegroup", "groupname", _columns("nodegroup", key="groupname")),
    "policy": ObjectType("policy", "policy", "priority", _columns("policy", key="priority")),
}
#: The one object of the type site: its attributes are the rows of a table.
SITE = "clustersite"


def names(connection: Connection, kind: ObjectType) -> list[str]:
    """Return the names of all objects of a type, sorted."""
    return sorted({row[kind.key] for row in select_rows(connection, kind.table)})


def read(connection: Connection, kind: ObjectType, wanted: Sequence[str]) -> dict[str, dict[str, str]]:
    """Return name → attribute → value for those of ``wanted`` that exist; empty values are left out."""
    rows: dict[str, dict[str, Row]] = {}
    for table in kind.tables:
        for row in select_in(connection, table, kind.key, wanted):
            rows.setdefault(table, {}).setdefault(row[kind.key], row)
    existing = rows.get(kind.table, {})
    found = {}
    for name in wanted:
        if name in existing:
            found[name] = {
                attribute: value
                for attribute, (table, column) in sorted(kind.attributes.items())
                if (row_ := rows.get(table, {}).get(name)) is not None and (value := row_[column])
            }
    if kind.table == "nodelist":
        _inherit(connection, kind, found)
    return found


#: Tables that say of a node which it is: nothing of them comes from a group.
OWN = ("zvm", "nodelist", "hosts", "mac", "switch")


def _inherit(connection: Connection, kind: ObjectType, found: dict[str, dict[str, str]]) -> None:
    """Add to nodes what they do not say themselves and their groups do; the first group counts."""
    groups = {name: values.get("groups", "").split(",") for name, values in found.items()}
    wanted = sorted({group for names_ in groups.values() for group in names_ if group})
    said: dict[str, dict[str, str]] = {}
    for table in (table for table in kind.tables if table not in OWN):
        for row in select_in(connection, table, kind.key, wanted):
            values = said.setdefault(row[kind.key], {})
            for attribute, (of, column) in kind.attributes.items():
                if of == table and row[column]:
                    values[attribute] = row[column]
    if not said:
        return
    for name, values in found.items():
        for group in groups[name]:
            for attribute, value in said.get(group, {}).items():
                values.setdefault(attribute, value)
        found[name] = dict(sorted(values.items()))


def write(connection: Connection, kind: ObjectType, name: str, attributes: Mapping[str, str]) -> None:
    """Set attributes of an object, which is made if it does not exist."""
    by_table: dict[str, dict[str, str]] = {kind.table: {}}
    for attribute, value in attributes.items():
        table, column = kind.attributes[attribute]
        by_table.setdefault(table, {})[column] = value
    for table, values in by_table.items():
        upsert(connection, table, {kind.key: name}, values)


def remove(connection: Connection, kind: ObjectType, name: str) -> bool:
    """Delete an object; return whether it existed."""
    tables = [table for table, schema in SCHEMAS.items() if kind.key in schema.columns]
    counts = [delete_rows(connection, table, {kind.key: name}) for table in tables]
    return counts[tables.index(kind.table)] > 0


_CRITERION = re.compile(r"(?P<attribute>\w+)(?P<operator>=~|!~|!=|==|=)(?P<value>.*)\Z", re.DOTALL)


def fits(attributes: Mapping[str, str], criteria: Sequence[str]) -> bool:
    """Return whether an object meets all ``criteria``: ``attr=value``, ``==``, ``!=``, ``=~regex``, ``!~``.

    :raises Invalid: one of them is no criterion.
    """
    for criterion in criteria:
        match = _CRITERION.match(criterion)
        if match is None or len(criterion) > 500:
            raise Invalid(f"'{criterion}' is no attribute=value or attribute=~pattern")
        value, operand = attributes.get(match["attribute"], ""), match["value"]
        if "~" in match["operator"]:
            same = patterns.compiled(operand.strip("/")).search(value) is not None
        else:
            same = value == operand
        if same == match["operator"].startswith("!"):
            return False
    return True
