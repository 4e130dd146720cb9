# SPDX-License-Identifier: Apache-2.0
"""``reventlog -s LOG [-t|-c]``: a log file of a guest, read (``-t``, the default) or cleared (``-c``).

Only files below ``/var/log`` and ``/var/opt``, as in xCAT. The guest's agent reads and writes the file, where
the option ``guest_execution`` lets callers into guests. xCAT's ``-o``, options of logging, is not there.
"""

from __future__ import annotations

import base64
import posixpath
import re

from zvm.manager.commands.base import Call, Report, each
from zvm.manager.errors import Invalid, NotSupported, Refused
from zvm.manager.service import ManagementNode
from zvm.xcat.envelope import Response
from zvm.zhcp.client import ZhcpClient

_PATH = re.compile(r"/[\w./-]{1,200}\Z", re.ASCII)
_ROOTS = ("/var/log/", "/var/opt/")
#: Octets read at once, at most in all, and shown: the end of the log.
_PIECE, _MOST, _SHOWN = 1 << 20, 64 << 20, 64 << 10


async def run(mn: ManagementNode, call: Call) -> list[Response]:
    """Read or clear the log of each guest."""
    path, clear = _asked(call.args)
    if not mn.config.guest_execution:
        raise NotSupported(
            "files of guests are not read here", next_step="the option guest_execution allows it"
        )

    async def one(node: str, report: Report) -> None:
        guest = await mn.guest(node)
        mn.check_userid(guest.userid)
        async with guest.host.zhcp() as zhcp:
            if clear:
                await _cleared(zhcp, guest.userid, path)
                report.info(f"Clearing {path}... Done")
            else:
                report.lines((await _end(zhcp, guest.userid, path)).splitlines())

    return await each(call, one)


def _asked(args: tuple[str, ...]) -> tuple[str, bool]:
    words = [word for arg in args for word in arg.split(" ") if word]
    if "-o" in words or "--options" in words:
        raise NotSupported("reventlog -o is not supported: logging daemons are the guest's own affair")
    clear = "-c" in words
    rest = [word for word in words if word not in ("-s", "-t", "-c")]
    if len(rest) != 1:
        raise Invalid("reventlog takes -s LOG, and -t or -c")
    path = rest[0]
    if not _PATH.match(path) or posixpath.normpath(path) != path or not path.startswith(_ROOTS):
        raise Refused(f"{path[:80]} is no file below {' or '.join(_ROOTS)}")
    return path, clear


async def _end(zhcp: ZhcpClient, userid: str, path: str) -> str:
    """Return the end of a file."""
    handle = await zhcp.agent(userid, "guest-file-open", {"path": path, "mode": "r"})
    tail, read = b"", 0
    try:
        while read < _MOST:
            piece = await zhcp.agent(userid, "guest-file-read", {"handle": handle, "count": _PIECE})
            tail = (tail + base64.b64decode(piece["buf-b64"]))[-_SHOWN:]
            read += piece["count"]
            if piece["eof"] or not piece["count"]:
                break
    finally:
        await zhcp.agent(userid, "guest-file-close", {"handle": handle})
    return tail.decode("utf-8", "replace")


async def _cleared(zhcp: ZhcpClient, userid: str, path: str) -> None:
    # Opening for reading first: what does not exist is not made.
    for mode in ("r", "w"):
        handle = await zhcp.agent(userid, "guest-file-open", {"path": path, "mode": mode})
        await zhcp.agent(userid, "guest-file-close", {"handle": handle})
