# SPDX-License-Identifier: Apache-2.0
"""``makehosts``, ``makedns`` and ``makedhcp``: the names and addresses of the tables as files.

The management node is no name server and rewrites nothing of the machine it runs on. It writes two files into
the directory ``names`` of the state directory, which dnsmasq and others read: ``hosts`` in the form of
``/etc/hosts``, and ``dhcp-hosts`` with ``MAC,address,name`` a line.
"""

from __future__ import annotations

import asyncio
import ipaddress
import os
import re
from pathlib import Path

from sqlalchemy import Connection

from zvm.manager.commands.base import Call
from zvm.manager.service import ManagementNode
from zvm.manager.tables.rows import select_rows
from zvm.xcat.envelope import Response

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}\Z")
_MAC = re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\Z", re.IGNORECASE)


async def makehosts(mn: ManagementNode, call: Call) -> list[Response]:
    """Write the file ``hosts``."""
    await _write(mn, "hosts", await mn.database.read(_hosts))
    return []


async def makedhcp(mn: ManagementNode, call: Call) -> list[Response]:
    """Write the file ``dhcp-hosts``."""
    await _write(mn, "dhcp-hosts", await mn.database.read(_dhcp))
    return []


def _hosts(connection: Connection) -> list[str]:
    lines = []
    for row in select_rows(connection, "hosts"):
        names = [row["node"], *re.split(r"[,\s]+", row["hostnames"])]
        if _address(row["ip"]) and _NAME.match(row["node"]):
            lines.append(" ".join([row["ip"], *dict.fromkeys(name for name in names if _NAME.match(name))]))
    return lines


def _dhcp(connection: Connection) -> list[str]:
    addresses = {row["node"]: row["ip"] for row in select_rows(connection, "hosts") if _address(row["ip"])}
    return [
        f"{row['mac'].lower()},{addresses[row['node']]},{row['node']}"
        for row in select_rows(connection, "mac")
        if row["node"] in addresses and _MAC.match(row["mac"]) and _NAME.match(row["node"])
    ]


def _address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


async def _write(mn: ManagementNode, name: str, lines: list[str]) -> None:
    await asyncio.to_thread(_replace, Path(mn.config.state_directory) / "names" / name, lines)


def _replace(path: Path, lines: list[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
    fresh = path.with_name(f".{path.name}.{os.urandom(4).hex()}")
    try:
        fresh.write_text("".join(f"{line}\n" for line in lines))
        fresh.chmod(0o644)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
