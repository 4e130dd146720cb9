# SPDX-License-Identifier: Apache-2.0
"""``xdsh`` and ``execcmdonvm``: command lines that clients of xCAT send to a zHCP, this node or a guest.

No line reaches a shell. A line is taken apart and, when it is one of those that clients need, answered by a
call; every other one is refused. Lines for guests run only where the operator allows it, with the option
``guest_execution``: as one program with its arguments, by the guest's QEMU agent.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import shlex
from collections.abc import Mapping
from typing import Any

from zvm.manager.commands import dsh_lines
from zvm.manager.commands.base import Call, Report, each, failure
from zvm.manager.commands.dsh_lines import Output
from zvm.manager.errors import Invalid, ManagerError, NotSupported
from zvm.manager.service import ManagementNode
from zvm.xcat import envelope
from zvm.xcat.envelope import Response
from zvm.zhcp.client import ZhcpClient

#: Seconds a program in a guest may take, and between looks whether it has ended.
GUEST_TIME, GUEST_PAUSE = 120.0, 0.2
_TO_A_GUEST = "commands are not run in guests here: nothing is handed to a shell"


async def xdsh(mn: ManagementNode, call: Call) -> list[Response]:
    """Answer ``command=LINE`` for each node; the last response counts the nodes where it failed."""
    line = call.pairs().get("command", "")
    if not line:
        return [envelope.error("No command argument provided"), {"errorcode": ["0"]}]
    failed = 0

    async def one(node: str, report: Report) -> None:
        nonlocal failed
        try:
            output = await _answered(mn, node, line)
        except Exception as error:
            failed += 1
            report.raw({**failure(error, node), "errorcode": ["0"], "NoErrorPrefix": ["1"]})
            return
        failed += bool(output.rc)
        if output.lines:
            report.raw(envelope.data("\n".join(f"{node}: {text}" for text in output.lines)))

    responses = await each(call, one)
    return [*responses, {"errorcode": [str(failed)]}]


async def execcmdonvm(mn: ManagementNode, call: Call) -> list[Response]:
    """Run a program in each guest. xCAT answers nothing whatever comes of it; here a failure is told."""
    line = " ".join(call.args)

    async def one(node: str, report: Report) -> None:
        output = await _in_guest(mn, node, line)
        if output.lines:
            report.lines(output.lines)
        if output.rc:
            raise Invalid(f"the command ended with the exit code {output.rc}")

    return await each(call, one)


async def _answered(mn: ManagementNode, node: str, line: str) -> Output:
    """Return what the line prints on ``node``.

    :raises ManagerError: it is not among the lines that are answered.
    """
    if node == mn.source:
        return dsh_lines.on_this_node(line)
    host = await mn.zhcp_of(node)
    if host is not None:
        return await dsh_lines.on_zhcp(mn, host, line)
    return await _in_guest(mn, node, line)


async def _in_guest(mn: ManagementNode, node: str, line: str) -> Output:
    """Answer a line for a guest: a new password is set by its agent, as a call and not as a program."""
    if (wanted := dsh_lines.password_of(line)) is not None:
        guest = await mn.guest(node)
        mn.check_userid(guest.userid)
        user, password = wanted
        secret = base64.b64encode(password.encode()).decode()
        arguments = {"username": user, "password": secret, "crypted": False}
        async with guest.host.zhcp() as zhcp:
            await zhcp.agent(guest.userid, "guest-set-user-password", arguments)
        return Output()
    words = dsh_lines.words_of(line)
    if not mn.config.guest_execution:
        raise NotSupported(
            _TO_A_GUEST, next_step="the option guest_execution allows it, through the guest's QEMU agent"
        )
    if not words:
        raise Invalid("the command is empty")
    guest = await mn.guest(node)
    mn.check_userid(guest.userid)
    async with guest.host.zhcp() as zhcp:
        return await _executed(zhcp, guest.userid, words)


async def _executed(zhcp: ZhcpClient, userid: str, words: list[str]) -> Output:
    """Run a program by the agent and wait for its end."""
    arguments = {"path": words[0], "arg": words[1:], "capture-output": True}
    started = await zhcp.agent(userid, "guest-exec", arguments)
    try:
        async with asyncio.timeout(GUEST_TIME):
            while True:
                state = await zhcp.agent(userid, "guest-exec-status", {"pid": started["pid"]})
                if state["exited"]:
                    return _output(state)
                await asyncio.sleep(GUEST_PAUSE)
    except TimeoutError:
        text = f"{shlex.quote(words[0])} did not end within {GUEST_TIME:.0f} s; it may still run"
        raise ManagerError(text, next_step="look into the guest") from None


def _output(state: Mapping[str, Any]) -> Output:
    try:
        parts = [base64.b64decode(state.get(name, "")) for name in ("out-data", "err-data")]
    except (binascii.Error, TypeError):
        parts = []
    text = b"".join(parts).decode("utf-8", "replace")
    return Output(text.splitlines(), int(state.get("exitcode", 1)))
