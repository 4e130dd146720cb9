# SPDX-License-Identifier: Apache-2.0
"""``chhypervisor``: changes a z/VM system. Each option is a function in a module beside."""

from __future__ import annotations

from collections.abc import Sequence

from zvm.manager.commands import hypervisor_network, hypervisor_storage, hypervisor_zfcp, smcli
from zvm.manager.commands.base import Call, Report, each, step
from zvm.manager.commands.hypervisor_change import HostChange, HostOption
from zvm.manager.errors import Refused
from zvm.manager.hosts import Host
from zvm.manager.service import ManagementNode
from zvm.xcat.envelope import Response


async def _smcli(change: HostChange) -> None:
    """``FUNCTION -T ...``: a function that is about the system."""
    parsed = smcli.parse(change.words)
    if not parsed.of_system:
        raise Refused(
            f"--smcli {parsed.function} is about a guest", next_step="use PUT /xcatws/vms/NODE for guests"
        )
    for userid in parsed.guests:
        change.mn.check_userid(userid)
    with step(parsed.sentence):
        result = await change.zhcp.smapi(parsed.function, parsed.target, parsed.parameters)
    change.report.lines(smcli.answer(parsed, result.rs, result.reply))


OPTIONS: dict[str, HostOption] = {
    **hypervisor_network.OPTIONS,
    **hypervisor_storage.OPTIONS,
    **hypervisor_zfcp.OPTIONS,
    "--smcli": HostOption(_smcli, 1, 200),
}


async def run(mn: ManagementNode, call: Call) -> list[Response]:
    """Change each system."""
    name, *words = call.args or ("",)

    async def one(node: str, report: Report) -> None:
        await change(mn, mn.hosts.named(node), report, name, words)

    return await each(call, one)


async def change(mn: ManagementNode, host: Host, report: Report, name: str, words: Sequence[str]) -> None:
    """Do what the option ``name`` says to a system.

    :raises Refused: there is no such option, or it takes another number of words.
    """
    option = OPTIONS.get(name)
    if option is None:
        raise Refused("Option not supported")
    if not option.fits(len(words)):
        raise Refused("Wrong number of parameters")
    async with host.zhcp() as zhcp:
        await option.run(HostChange(mn, zhcp, host, report, tuple(words)))
