# SPDX-License-Identifier: Apache-2.0
"""Programs that the management node itself runs in a guest, by its QEMU agent: fixed ones, and no shell.

What a user may run there is another matter, see the option ``guest_execution``.
"""

from __future__ import annotations

import asyncio
import base64
from dataclasses import dataclass
from typing import Any

from zvm.manager.errors import Refused
from zvm.zhcp import errors as zhcp_errors
from zvm.zhcp.client import ZhcpClient

#: Seconds between two looks whether a program has ended: the first, and the longest.
_PAUSE, _LONGEST_PAUSE = 0.05, 1.0
#: Octets that are read of a file at once, and how often at most.
_PIECE, _MOST_PIECES = 4096, 16


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended."""

    code: int
    out: str
    err: str


async def run(zhcp: ZhcpClient, userid: str, *words: str, stdin: bytes = b"", timeout: float = 60.0) -> Ended:
    """Run a program in a guest and wait for its end.

    :param words: its path and its arguments.
    :param timeout: seconds it may take.
    :raises zhcp_errors.Refused: the agent does not run it.
    :raises zhcp_errors.Unreachable: no agent answers in the guest.
    :raises zhcp_errors.OutcomeUnknown: it had not ended in time.
    """
    path, *arguments = words
    order: dict[str, Any] = {"path": path, "arg": arguments, "capture-output": True}
    if stdin:
        order["input-data"] = base64.b64encode(stdin).decode("ascii")
    started = await zhcp.agent(userid, "guest-exec", order)
    pause = _PAUSE
    try:
        async with asyncio.timeout(timeout):
            while True:
                state = await zhcp.agent(userid, "guest-exec-status", {"pid": started["pid"]})
                if state["exited"]:
                    return Ended(
                        int(state.get("exitcode", 255)), _text(state, "out-data"), _text(state, "err-data")
                    )
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
    except TimeoutError:
        raise zhcp_errors.OutcomeUnknown(
            f"{path} in {userid} did not end within {timeout:.0f} s",
            function=path,
            target=userid,
            next_step=f"look into {userid}",
        ) from None


async def must(zhcp: ZhcpClient, userid: str, *words: str, stdin: bytes = b"", timeout: float = 60.0) -> str:
    """Run a program that has to succeed and return what it printed.

    :raises zhcp_errors.Refused: it ended with another exit code than 0; the explanation is what it said.
    """
    ended = await run(zhcp, userid, *words, stdin=stdin, timeout=timeout)
    if ended.code:
        raise refused(userid, words, ended)
    return ended.out


def refused(userid: str, words: tuple[str, ...], ended: Ended) -> zhcp_errors.Refused:
    """Return the refusal that a program's exit code is."""
    said = " ".join((ended.err or ended.out).split()) or "it said nothing"
    return zhcp_errors.Refused(
        f"{words[0]} in {userid} ended with the exit code {ended.code}: {said}",
        function=words[0],
        target=userid,
        explanation=f"exit code {ended.code}: {said}",
        details={"exitcode": ended.code, "command": list(words)},
    )


async def read_file(zhcp: ZhcpClient, userid: str, path: str) -> str:
    """Return the contents of a file of up to 64 KiB in the guest.

    :raises Refused: it is a larger one.
    """
    handle = await zhcp.agent(userid, "guest-file-open", {"path": path, "mode": "r"})
    found = b""
    try:
        for _piece in range(_MOST_PIECES):
            answer = await zhcp.agent(userid, "guest-file-read", {"handle": handle, "count": _PIECE})
            found += base64.b64decode(answer["buf-b64"])
            if answer["eof"] or not answer["count"]:
                return found.decode("utf-8", "replace")
    finally:
        await zhcp.agent(userid, "guest-file-close", {"handle": handle})
    raise Refused(f"{path} in {userid} has more than {_MOST_PIECES * _PIECE} octets")


async def write_file(zhcp: ZhcpClient, userid: str, path: str, text: str) -> None:
    """Write a small file in the guest."""
    handle = await zhcp.agent(userid, "guest-file-open", {"path": path, "mode": "w"})
    try:
        data = base64.b64encode(text.encode()).decode("ascii")
        await zhcp.agent(userid, "guest-file-write", {"handle": handle, "buf-b64": data})
    finally:
        await zhcp.agent(userid, "guest-file-close", {"handle": handle})


def _text(answer: dict[str, Any], name: str) -> str:
    return base64.b64decode(answer.get(name, "")).decode("utf-8", "replace")
