# SPDX-License-Identifier: Apache-2.0
"""``rnetboot ipl=ADDRESS``: logs a guest on and lets it IPL another device than its directory entry says."""

from __future__ import annotations

from zvm.directory import names
from zvm.manager.commands.base import Call, Report, each, step
from zvm.manager.errors import Invalid
from zvm.manager.service import ManagementNode
from zvm.xcat.envelope import Response
from zvm.xcat.smcli_text import done
from zvm.zhcp import errors as zhcp_errors

_ON_ALREADY = (200, 8)


async def run(mn: ManagementNode, call: Call) -> list[Response]:
    """Boot each guest."""
    wanted = call.pairs().get("ipl", "")
    if not wanted:
        raise Invalid("Missing IPL: rnetboot needs ipl=ADDRESS")
    device = names.vdev(wanted)

    async def one(node: str, report: Report) -> None:
        guest = await mn.guest(node)
        mn.check_userid(guest.userid)
        async with guest.host.zhcp() as zhcp:
            sentence = f"Activating {guest.userid}"
            try:
                with step(sentence):
                    await zhcp.smapi("Image_Activate", guest.userid)
            except Exception as error:
                cause = getattr(error, "cause", error)
                if not isinstance(cause, zhcp_errors.Refused) or (cause.rc, cause.rs) != _ON_ALREADY:
                    raise
            report.info(done(sentence))
            answer = await zhcp.cp(f"SEND CP {guest.userid} IPL {device}")
            if answer.rc:
                raise zhcp_errors.Refused(
                    f"CP refused SEND for {guest.userid}: {answer.text.strip()}",
                    function="CP SEND",
                    target=guest.userid,
                    rc=answer.rc,
                    explanation=answer.text.strip(),
                    next_step="the zHCP has to be the guest's secondary user, or to have class C",
                )
        report.info(done(f"Booting from {device}"))

    return await each(call, one)
