# SPDX-License-Identifier: Apache-2.0
"""Commands of few lines: ``nodestat``, ``chhypervisor``, ``makehosts``, ``makedns``, ``diagnostics``."""

from __future__ import annotations

import logging

from zvm.manager.commands import smcli
from zvm.manager.commands.base import Call, Report, each, step
from zvm.manager.errors import Refused
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


async def chhypervisor(mn: ManagementNode, call: Call) -> list[Response]:
    """Run a function for a z/VM system: ``--smcli FUNCTION -T ...``."""
    option, *words = call.args or ("",)

    async def one(node: str, report: Report) -> None:
        if option != "--smcli":
            raise Refused("Option not supported")
        parsed = smcli.parse(words)
        if not parsed.of_system:
            raise Refused(
                f"--smcli {parsed.function} is about a guest", next_step="use PUT /xcatws/vms/NODE for guests"
            )
        for userid in parsed.guests:
            mn.check_userid(userid)
        with step(parsed.sentence):
            async with mn.hosts.named(node).zhcp() as zhcp:
                result = await zhcp.smapi(parsed.function, parsed.target, parsed.parameters)
        report.lines(smcli.answer(parsed, result.rs, result.reply))

    return await each(call, one)


async def nothing(mn: ManagementNode, call: Call) -> list[Response]:
    """Succeed: names are resolved from the tables, there are no files or name servers to write."""
    return []


async def diagnostics(mn: ManagementNode, call: Call) -> list[Response]:
    """Note in our log that a client gave a guest up."""
    LOG.warning("a client gave up on %s: %s", call.option("nodeRange"), " ".join(call.args)[:500])
    return []
