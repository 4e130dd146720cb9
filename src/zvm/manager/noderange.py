# SPDX-License-Identifier: Apache-2.0
"""Nodes as the tables tell of them: names and groups, and which node is which guest."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from zvm.manager import range_grammar
from zvm.manager.errors import Invalid
from zvm.manager.hosts import Host
from zvm.manager.tables import objects
from zvm.manager.tables.rows import Row, delete_rows, select_in, select_row, select_rows, upsert

#: What a node may be called: what fits into a host name, a table row and a URL.
_NODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}\Z")
#: Flag of a node whose guest was adopted.
ADOPTED = "ADOPTED"
_UUID = re.compile(r"(?:^|;)uuid=([0-9a-f-]{36})(?:;|$)")


def checked(node: str) -> str:
    """Return ``node`` if a node may be called so.

    :raises Invalid: it may not.
    """
    if not _NODE.match(node):
        raise Invalid(
            f"{node!r} is no valid node name: letters, digits, '.', '_' and '-', a letter or digit first"
        )
    return node


def resolve(connection: Connection, noderange: str) -> list[str]:
    """Return the nodes of ``noderange``; see :mod:`zvm.manager.range_grammar`.

    :raises UnknownNodes: it names what is neither node nor group.
    """
    wanted = [item for item in noderange.split(",") if item]
    named = {row["node"] for row in select_in(connection, "nodelist", "node", wanted)}
    if wanted and all(item in named for item in wanted):
        return list(dict.fromkeys(wanted))
    return range_grammar.expand(noderange, _known(connection))


def snapshot(connection: Connection, noderanges: Iterable[str]) -> range_grammar.Known:
    """Return what is known of the nodes as of now, for these ranges: it needs no connection any more."""
    known = _known(connection)
    wanted = {name for text in noderanges for name in range_grammar.attributes(text)}
    values = {name: known.attribute(name) for name in wanted & set(objects.TYPES["node"].attributes)}
    return replace(known, attribute=lambda name: values.get(name, {}))


def _known(connection: Connection) -> range_grammar.Known:
    rows = select_rows(connection, "nodelist")
    groups: dict[str, list[str]] = {}
    for row in rows:
        for group in filter(None, row["groups"].split(",")):
            groups.setdefault(group, []).append(row["node"])
    nodes = dict.fromkeys(row["node"] for row in rows)

    def attribute(name: str) -> dict[str, str]:
        kind = objects.TYPES["node"]
        if name not in kind.attributes:
            raise Invalid(f"'{name}' is no attribute of a node")
        found = objects.read(connection, kind, list(nodes))
        return {node: values.get(name, "") for node, values in found.items()}

    return range_grammar.Known(nodes, groups, attribute)


def uuid_of(row: Row) -> str:
    """Return the uuid that the zvm row tells, or ""."""
    match = _UUID.search(row["comments"])
    return match[1] if match else ""


def comment(uuid: str) -> str:
    """Return the comment of a zvm row for the instance ``uuid``."""
    return f"uuid={uuid.lower()}" if uuid else ""


def status_flags(row: Row) -> dict[str, str]:
    """Return the flags of a zvm row's status: ``IUCV=1;PAUSED=1``."""
    pairs = (flag.partition("=") for flag in row["status"].split(";") if flag)
    return {name: value for name, _, value in pairs}


def is_adopted(row: Row) -> bool:
    """Return whether the guest was there before it became its instance's, and is nobody's to change."""
    return ADOPTED in status_flags(row)


def adopted(disk_gb: int, pool: str) -> str:
    """Return the status of an adopted guest, of whose disks so many GiB in ``pool`` are the flavor's."""
    return f"{ADOPTED}={disk_gb} {pool}"


def set_apart(row: Row, pool: str) -> int | None:
    """Return how many octets in a pool are set apart for the instance at most; None: for all of its disks."""
    if not is_adopted(row):
        return None
    gigabytes, _, of = status_flags(row)[ADOPTED].partition(" ")
    return int(gigabytes) << 30 if of == pool else 0


def set_flag(connection: Connection, node: str, flag: str, value: str | None) -> None:
    """Set a flag of the node's status, or remove it (None)."""
    row = select_row(connection, "zvm", {"node": node})
    if row is None:
        return
    flags = status_flags(row)
    if flags.get(flag) == value:
        return
    flags.pop(flag, None)
    if value is not None:
        flags[flag] = value
    status = ";".join(f"{name}={item}" for name, item in flags.items())
    upsert(connection, "zvm", {"node": node}, {"status": status})


def register(connection: Connection, hosts: Sequence[Host], master: str) -> None:
    """Write down the nodes of the z/VM systems and this one: clients ask for their inventory."""
    zhcps = (host.hcp.partition(".")[0] for host in hosts)  # clients send dsh to a node of this name
    for node in (master, *zhcps, *(host.name for host in hosts)):
        if select_row(connection, "nodelist", {"node": node}) is None:
            upsert(connection, "nodelist", {"node": node}, {"groups": "all"})
    for host in hosts:
        upsert(connection, "zvm", {"node": host.name}, {"hcp": host.hcp, "nodetype": "zvm"})
        upsert(connection, "hypervisor", {"node": host.name}, {"type": "zvm"})
        upsert(connection, "nodehm", {"node": host.name}, {"mgt": "zvm"})


def forget(connection: Connection, nodes: Iterable[str], tables: Sequence[str]) -> None:
    """Delete the rows of ``nodes`` in ``tables``."""
    for node in nodes:
        for table in tables:
            delete_rows(connection, table, {"node": node})
