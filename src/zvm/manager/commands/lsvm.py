# SPDX-License-Identifier: Apache-2.0
"""``lsvm``: a guest's directory entry; with the option ``checknics``, whether it has that network card."""

from __future__ import annotations

from zvm.directory.names import vdev
from zvm.manager import guests
from zvm.manager.commands.base import Call, Report, each, step
from zvm.manager.errors import Refused
from zvm.manager.service import ManagementNode
from zvm.xcat import envelope
from zvm.xcat.envelope import Response


async def run(mn: ManagementNode, call: Call) -> list[Response]:
    """Answer the entry, a record a line; passwords are shown as X'es."""
    nic = call.option("checknics")

    async def one(node: str, report: Report) -> None:
        guest = await mn.guest(node)
        with step(f"Getting the directory entry of {guest.userid}"):
            async with guest.host.zhcp() as zhcp:
                entry = await guests.entry_of(zhcp, guest.userid)
        if not nic:
            report.lines(guests.masked(entry).records())
            return
        card = entry.nic(vdev(nic))
        if card is None or not card.lan_name:
            raise Refused(f"not able to find {nic} in user direct")
        report.raw(envelope.info(""))

    return await each(call, one)
