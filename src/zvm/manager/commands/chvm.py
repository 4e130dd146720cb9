# SPDX-License-Identifier: Apache-2.0
"""``chvm``: changes a guest. The first argument says what; each option is a function in a module beside.

xCAT's later releases answer nothing for most options, even when z/VM refused; here each tells what it did.
"""

from __future__ import annotations

from zvm.manager.commands import (
    chhypervisor,
    chvm_devices,
    chvm_disks,
    chvm_more,
    chvm_network,
    chvm_system,
    chvm_zfcp,
)
from zvm.manager.commands.base import Call, Report, each
from zvm.manager.commands.chvm_option import Change, Option
from zvm.manager.errors import Refused
from zvm.manager.service import ManagementNode
from zvm.xcat.envelope import Response

OPTIONS: dict[str, Option] = {
    **chvm_devices.OPTIONS,
    **chvm_disks.OPTIONS,
    **chvm_more.OPTIONS,
    **chvm_network.OPTIONS,
    **chvm_system.OPTIONS,
    **chvm_zfcp.OPTIONS,
}
#: Options about the guest's z/VM system, which are handed on.
OF_THE_HOST = (
    "--adddisk2pool",
    "--removediskfrompool",
    "--addzfcp2pool",
    "--removezfcpfrompool",
    "--resetsmapi",
)


async def run(mn: ManagementNode, call: Call) -> list[Response]:
    """Change each guest."""
    name, *words = call.args or ("",)

    async def one(node: str, report: Report) -> None:
        if name in OF_THE_HOST:
            host = (await mn.guest(node)).host
            await chhypervisor.change(mn, host, report, name, words)
            return
        option = OPTIONS.get(name)
        if option is None:
            raise Refused(f"Option '{name}' not supported on chvm")
        if not option.fits(len(words)):
            raise Refused("Wrong number of parameters")
        guest = await mn.guest(node)
        mn.check_userid(guest.userid)
        async with guest.host.zhcp() as zhcp:
            await option.run(Change(mn, zhcp, guest, report, tuple(words)))

    return await each(call, one)
