# SPDX-License-Identifier: Apache-2.0
"""Commands of few lines: ``nodestat``, ``monls``, ``diagnostics``."""

from __future__ import annotations

import logging

from zvm.manager.commands.base import Call, Report, each
from zvm.manager.service import ManagementNode
from zvm.xcat.envelope import Response

LOG = logging.getLogger(__name__)


async def nodestat(mn: ManagementNode, call: Call) -> list[Response]:
    """Answer sshd for a guest that can be reached: the word that clients look for."""

    async def one(node: str, report: Report) -> None:
        guest = await mn.guest(node)
        async with guest.host.zhcp() as zhcp:
            state = await zhcp.guest(guest.userid, wait="reachable", timeout=0)
        report.raw({"node": [{"name": [node], "data": ["sshd" if state.reachable else "noping"]}]})

    return await each(call, one)


async def nothing(mn: ManagementNode, call: Call) -> list[Response]:
    """Succeed: there is nothing to tell."""
    return []


async def diagnostics(mn: ManagementNode, call: Call) -> list[Response]:
    """Note in our log that a client gave a guest up."""
    LOG.warning("a client gave up on %s: %s", call.option("nodeRange"), " ".join(call.args)[:500])
    return []
