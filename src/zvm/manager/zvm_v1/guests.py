# SPDX-License-Identifier: Apache-2.0
"""Guests: all at once, one in detail, its agent, console and disks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

from starlette.responses import Response, StreamingResponse

from zvm.directory import Entry, resize
from zvm.directory.names import vdev
from zvm.manager import adoption, adoption_checks, guests, network, noderange
from zvm.manager.errors import Invalid
from zvm.manager.images import disk_stream
from zvm.manager.service import GuestNode
from zvm.manager.zvm_v1.route import (
    ANY,
    BOOLEAN,
    OPTIONAL_INTEGER,
    STRING,
    Ask,
    Route,
    answer,
    array_of,
    object_of,
)
from zvm.zhcp.client import ZhcpClient
from zvm.zhcp.errors import ZhcpError

#: Octets of console that go with the answer about a guest that did not come up.
TAIL = 4096
_WAITS = ("reachable", "running", "off")

GUEST = object_of(node=STRING, userid=STRING, uuid=STRING, state=STRING, host=STRING, adopted=BOOLEAN)
MINIDISK = object_of(
    vdev=STRING,
    volume=STRING,
    start=OPTIONAL_INTEGER,
    size=OPTIONAL_INTEGER,
    unit=STRING,
    bytes=OPTIONAL_INTEGER,
)
DETAIL = object_of(
    **GUEST["properties"],
    reachable=BOOLEAN,
    console_tail=STRING,
    minidisks=array_of(MINIDISK),
    nics=array_of(network.NIC),
    ipl=STRING,
    resized=STRING,
)


async def all_guests(ask: Ask) -> Response:
    """Answer every guest; one call per z/VM system."""
    return answer({"guests": await guests.all_guests(ask.mn, ask.text("host"))})


async def one_guest(ask: Ask) -> Response:
    """Answer a guest, at once with all of its devices, or once it is in the state waited for."""
    wait = ask.text("wait")
    if wait and wait not in _WAITS:
        raise Invalid(f"wait is one of {', '.join(_WAITS)}")
    guest = await ask.mn.guest(ask.name("node"))
    document: dict[str, Any] = {
        "node": guest.node,
        "userid": guest.userid,
        "uuid": guest.uuid,
        "host": guest.host.name,
        "adopted": noderange.is_adopted(guest.row),
        "minidisks": [],
        "nics": [],
        "console_tail": "",
        "ipl": "",
        "resized": "",
    }
    async with guest.host.zhcp() as zhcp:
        if wait:
            found = await zhcp.guest(guest.userid, wait=wait, timeout=ask.number("timeout", 60))
        else:
            found = await zhcp.guest(guest.userid)
            entry = await guests.entry_of(zhcp, guest.userid)
            document["minidisks"] = minidisks(entry)
            document["nics"] = await network.of_guest(ask.mn, guest, entry)
            document["resized"] = _resized(entry)
            if document["adopted"]:  # others have their IPL statement in the entry, as mkvm made it
                entry = await adoption.with_profile(zhcp, entry)
            document["ipl"] = adoption_checks.ipl(entry)
        document["state"] = guests.seen(found.state, guest.row)
        document["reachable"] = found.reachable
        if found.state == "crashed" or (wait == "reachable" and not found.reachable):
            document["console_tail"] = await _tail(zhcp, guest)
    return answer(document)


def _resized(entry: Entry) -> str:
    """Return how the guest was resized when that is neither confirmed nor reverted: off or live; else ""."""
    was = resize.former(entry)
    return "" if was is None else "live" if was.live else "off"


async def _tail(zhcp: ZhcpClient, guest: GuestNode) -> str:
    try:
        return await zhcp.console_log(guest.userid, bytes=TAIL)
    except ZhcpError as error:
        return f"(the console cannot be read: {error.message})"


def minidisks(entry: Entry) -> list[dict[str, Any]]:
    """Return the minidisks of a directory entry."""
    return [
        {
            "vdev": disk.vdev,
            "volume": disk.volume,
            "start": disk.start,
            "size": disk.size,
            "unit": disk.unit,
            "bytes": disk.octets,
        }
        for disk in entry.minidisks()
    ]


async def agent(ask: Ask) -> Response:
    """Run a command of the guest agent."""
    wanted = await ask.document()
    execute, arguments, timeout = wanted.get("execute"), wanted.get("arguments"), wanted.get("timeout", 30)
    if not isinstance(execute, str) or not execute:
        raise Invalid("execute names the command of the guest agent")
    if arguments is not None and not isinstance(arguments, dict):
        raise Invalid("arguments is an object")
    if not isinstance(timeout, (int, float)) or not 0 < timeout <= 3600:
        raise Invalid("timeout is a number of seconds up to 3600")
    guest = await ask.guest()
    async with guest.host.zhcp() as zhcp:
        returned = await zhcp.agent(guest.userid, execute, arguments, timeout=timeout)
    return answer({"return": returned})


async def console(ask: Ask) -> Response:
    """Answer the end of the console's log."""
    length = int(ask.number("bytes", 102400, least=1, most=16 << 20))
    guest = await ask.mn.guest(ask.name("node"))
    async with guest.host.zhcp() as zhcp:
        return answer({"log": await zhcp.console_log(guest.userid, bytes=length)})


async def read_disk(ask: Ask) -> Response:
    """Answer the content of a minidisk."""
    device = vdev(ask.name("vdev"))
    form = disk_stream.checked(ask.text("format"))
    length = int(ask.number("length", 0, most=1 << 60)) or None
    guest = await ask.guest()
    stack = AsyncExitStack()
    try:
        zhcp = await stack.enter_async_context(guest.host.zhcp())
        # Opened before the answer begins, so that a refusal can still be told as one.
        userid = guest.userid
        if ask.text("copy") == "true":
            copy = ask.mn.goldens.copy_of(guest.host, userid, device)
            userid, device = await stack.enter_async_context(copy)
        chunks = await stack.enter_async_context(disk_stream.reading(zhcp, userid, device, length, form))
    except BaseException:
        await stack.aclose()
        raise

    async def content() -> AsyncIterator[bytes]:
        async with stack:
            async for chunk in chunks:
                yield chunk

    return StreamingResponse(content(), media_type="application/octet-stream")


ROUTES = (
    Route(
        "GET",
        "/guests",
        "zvm.guests",
        "List guests with their states",
        all_guests,
        object_of(guests=array_of(GUEST)),
        query={"host": "only those of this z/VM system"},
    ),
    Route(
        "GET",
        "/guests/{node}",
        "zvm.guests",
        "Show a guest, or wait for it",
        one_guest,
        DETAIL,
        query={
            "wait": "reachable, running or off: answer when it is so, when it crashed, or at the time-out",
            "timeout": "seconds to wait, default 60",
        },
    ),
    Route(
        "POST",
        "/guests/{node}/agent",
        "zvm.agent",
        "Run a command of the QEMU guest agent",
        agent,
        object_of(**{"return": ANY}),
        body={
            "type": "object",
            "properties": {"execute": STRING, "arguments": {"type": "object"}, "timeout": {"type": "number"}},
            "required": ["execute"],
        },
    ),
    Route(
        "GET",
        "/guests/{node}/console",
        "zvm.console",
        "Read the console's log",
        console,
        object_of(log=STRING),
        query={"bytes": "how much of its end, default 102400"},
    ),
    Route(
        "GET",
        "/guests/{node}/disks/{vdev}",
        "zvm.disks",
        "Read a minidisk",
        read_disk,
        "application/octet-stream",
        query={
            "length": "octets from the start, default all",
            "format": "raw, the default, or qcow2, without what is zero; the disk is read twice for it",
            "copy": "true: of a copy, which is made before the answer begins; the guest may write meanwhile",
        },
    ),
)
