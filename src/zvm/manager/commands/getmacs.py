# SPDX-License-Identifier: Apache-2.0
"""``getmacs``: the MAC addresses of a guest's network cards, also written down in the table mac.

A coupled card's address is what its virtual switch says. One that is not coupled has the address that its
NICDEF statement asks for, behind the prefix that z/VM puts before it (QUERY VMLAN).
"""

from __future__ import annotations

import re

from sqlalchemy import Connection

from zvm.manager import guests, network
from zvm.manager.commands.base import Call, Report, each, step
from zvm.manager.errors import Refused
from zvm.manager.service import ManagementNode
from zvm.manager.tables.rows import upsert
from zvm.xcat.envelope import Response

_PREFIX = re.compile(r"USER Prefix: *([0-9A-F]{6})")


async def run(mn: ManagementNode, call: Call) -> list[Response]:
    """Answer ``NODE: MAC`` for each card."""

    async def one(node: str, report: Report) -> None:
        guest = await mn.guest(node)
        with step(f"Getting the network cards of {guest.userid}"):
            async with guest.host.zhcp() as zhcp:
                entry = await guests.entry_of(zhcp, guest.userid)
                coupled = await network.adapters(guest.host)
                prefix = _PREFIX.search((await zhcp.cp("QUERY VMLAN")).text)
        found = {}
        for card in entry.nics():
            adapter = coupled.get((guest.userid, card.vdev))
            if adapter is not None:
                found[card.vdev] = adapter.mac
            elif card.macid and prefix:
                digits = f"{prefix[1]}{card.macid}".lower()
                found[card.vdev] = ":".join(digits[at : at + 2] for at in range(0, 12, 2))
        if not found:
            raise Refused("no network card of the guest has a MAC address yet")
        await mn.database.write(_record, node, found)
        for mac in found.values():
            report.info(mac)

    return await each(call, one)


def _record(connection: Connection, node: str, found: dict[str, str]) -> None:
    for vdev, mac in found.items():
        upsert(connection, "mac", {"node": node, "interface": vdev}, {"mac": mac})
