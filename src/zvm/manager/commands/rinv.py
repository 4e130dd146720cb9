# SPDX-License-Identifier: Apache-2.0
"""``rinv``: the inventory of a guest, of a z/VM system, or of this management node."""

from __future__ import annotations

import asyncio
import os

from zvm.manager.commands import rinv_guest, rinv_host, rinv_queries
from zvm.manager.commands.base import Call, Report, each
from zvm.manager.errors import Refused
from zvm.manager.service import ManagementNode
from zvm.manager.tables.rows import select_row
from zvm.xcat.envelope import Response


async def run(mn: ManagementNode, call: Call) -> list[Response]:
    """Answer what the arguments ask for; the first one chooses."""
    what, *words = call.args or ("all",)

    async def one(node: str, report: Report) -> None:
        if what == "--freerepospace":
            report.lines([f"Free Image Repository: {await asyncio.to_thread(_free, mn)}"])
            return
        is_host = await mn.database.read(select_row, "hypervisor", {"node": node, "type": "zvm"})
        if is_host is not None:
            host = mn.hosts.named(node)
            if (query := rinv_queries.QUESTIONS.get(what)) is not None:
                report.lines(await query(mn, host, tuple(words)))
                return
            ask = rinv_host.QUESTIONS.get(what)
            if ask is None:
                raise Refused("Option not supported")
            report.lines(await ask(host, tuple(words)))
            return
        question = rinv_guest.QUESTIONS.get(what)
        if question is None:
            raise Refused("Option not supported")
        report.lines(await question(mn, await mn.guest(node), tuple(words)))

    return await each(call, one)


def _free(mn: ManagementNode) -> str:
    space = os.statvfs(mn.images.directory)
    return rinv_host.shown(space.f_bavail * space.f_frsize)
