# SPDX-License-Identifier: Apache-2.0
"""Dumps of guests: by the guest's own kernel, or by CP."""

from __future__ import annotations

from starlette.responses import Response

from zvm.manager import guests
from zvm.manager.errors import Invalid
from zvm.manager.service import GuestNode, ManagementNode
from zvm.manager.zvm_v1.route import STRING, Ask, Route, answer, object_of
from zvm.zhcp import errors as zhcp_errors
from zvm.zhcp.client import ZhcpClient

#: What is told to CP as if the guest had said it. RESTART lets Linux run what it has for a dump (kdump, or
#: its panic action); VMDUMP lets CP write the storage into the guest's own reader, and the guest runs on.
#: Source: CP Commands and Utilities: SYSTEM RESTART, VMDUMP, SEND (CP needs class C for another's guest).
_COMMANDS = {"restart": "SYSTEM RESTART", "vmdump": "VMDUMP"}
#: Seconds in which a guest without kdump has ended in a disabled wait.
_PANIC = 5.0


async def dump(ask: Ask) -> Response:
    """Dump a guest that is on."""
    method = (await ask.document()).get("method", "restart")
    if method not in _COMMANDS:
        raise Invalid(f"method is one of {', '.join(_COMMANDS)}")
    guest = await ask.guest()
    async with ask.mn.locked([guest.node]), guest.host.zhcp() as zhcp:
        told = await zhcp.cp(f"SEND CP {guest.userid} {_COMMANDS[method]}")
        if told.rc:
            text = told.text.strip()
            raise zhcp_errors.Refused(
                f"CP refused {_COMMANDS[method]} for {guest.userid}: {text}",
                function="CP SEND",
                target=guest.userid,
                rc=told.rc,
                explanation=text,
            )
        if method == "restart":
            await _run_on(ask.mn, zhcp, guest)
            found = await zhcp.guest(guest.userid, wait="off", timeout=_PANIC)
        else:
            found = await zhcp.guest(guest.userid)
    return answer(
        {"state": guests.seen(found.state, (await ask.mn.guest(guest.node)).row), "text": told.text}
    )


async def _run_on(mn: ManagementNode, zhcp: ZhcpClient, guest: GuestNode) -> None:
    """Let a guest that was paused run: its kernel is to take the restart."""
    if guests.seen("running", guest.row) == "paused":
        await zhcp.smapi("Image_Pause", guest.userid, {"action": "BEGIN"})
        await guests.set_paused(mn, guest.node, False)


ROUTES = (
    Route(
        "POST",
        "/guests/{node}/dump",
        "zvm.dump",
        "Let a guest's kernel, or CP, make a dump",
        dump,
        object_of(state=STRING, text=STRING),
        body={"type": "object", "properties": {"method": {"type": "string", "enum": list(_COMMANDS)}}},
    ),
)
