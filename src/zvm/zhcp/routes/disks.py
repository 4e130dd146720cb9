# SPDX-License-Identifier: Apache-2.0
"""Routes about minidisks: stream in, stream out, size, clone."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from zvm.zhcp import errors, words
from zvm.zhcp.api import INTEGER, STRING, Ask, Route, may, member, schema
from zvm.zhcp.disks import OpenDisk

_SHA256 = re.compile(r"[0-9a-fA-F]{64}\Z")
#: Seconds that the rest of a body is read and thrown away.
_DRAIN = 30.0


class _DiskResponse(StreamingResponse):
    """A minidisk as a stream, detached at the end whoever ended it."""

    def __init__(self, disk: OpenDisk) -> None:
        super().__init__(
            disk.chunks(),
            media_type="application/octet-stream",
            headers={"Content-Length": str(disk.length)},
        )
        self._disk = disk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._disk.close()


async def write(ask: Ask) -> Response:
    userid, vdev = ask.path("userid"), ask.path("vdev")
    sha256 = ask.query("sha256")
    if sha256 is not None and not _SHA256.match(sha256):
        raise errors.Invalid("sha256 is 64 hexadecimal digits")
    length = ask.request.headers.get("content-length")
    if length is not None and not (length.isascii() and length.isdigit()):
        raise errors.Invalid("the length is a whole number")

    begun = False

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal begun
        begun = True
        async for chunk in ask.request.stream():
            if chunk:
                yield chunk

    async def work() -> dict[str, Any]:
        written = await ask.point.disks.write(
            userid, vdev, chunks(), length=None if length is None else int(length), sha256=sha256
        )
        return written.to_json()

    try:
        return await ask.once(work)
    finally:
        # Who still waits for leave to send the body (100 Continue) gets the answer instead.
        if begun or ask.request.headers.get("expect", "").lower() != "100-continue":
            await _drain(ask)


async def _drain(ask: Ask) -> None:
    """Read what nobody read of the body, so that the caller is not cut off before it sees the answer."""
    with contextlib.suppress(ClientDisconnect, RuntimeError, TimeoutError):
        async with asyncio.timeout(_DRAIN):
            async for _ in ask.request.stream():
                pass


async def read(ask: Ask) -> Response:
    length = ask.whole_number("length")
    return _DiskResponse(await ask.point.disks.open(ask.path("userid"), ask.path("vdev"), length=length))


async def info(ask: Ask) -> Response:
    return JSONResponse((await ask.point.disks.info(ask.path("userid"), ask.path("vdev"))).to_json())


async def clone(ask: Ask) -> Response:
    body = await ask.json()
    source = member(body, "source", dict)
    old = words.userid(member(source, "userid", str)), words.vdev(member(source, "vdev", str))
    new = words.userid(ask.path("userid")), words.vdev(ask.path("vdev"))

    async def work() -> dict[str, Any]:
        return (await ask.point.disks.clone(old, new)).to_json()

    return await ask.once(work)


async def format_(ask: Ask) -> Response:
    raise errors.NotSupported(
        "this zHCP does not format minidisks: images bring their own format, and a guest formats its data"
        " disks itself",
        target=ask.path("userid"),
    )


_DISK = "/v1/disks/{userid}/{vdev}"
ROUTES = (
    Route(
        "PUT",
        _DISK,
        write,
        "Write a minidisk from its start",
        schema(bytes=INTEGER, sha256=STRING),
        query={"sha256": "what the checksum of the data must be"},
        octets=True,
        changes=True,
    ),
    Route(
        "GET",
        _DISK,
        read,
        "Read a minidisk from its start",
        "application/octet-stream",
        query={"length": "how many octets; default: all"},
    ),
    Route(
        "GET",
        _DISK + "/info",
        info,
        "Type and size of a minidisk",
        schema(
            userid=STRING,
            vdev=STRING,
            type=STRING,
            bytes=INTEGER,
            cylinders=may({"type": ["integer", "null"]}),
            blocks=may({"type": ["integer", "null"]}),
        ),
    ),
    Route(
        "POST",
        _DISK + "/clone",
        clone,
        "Copy another minidisk over this one",
        schema(method={"type": "string", "enum": ["flashcopy", "copy"]}),
        body=schema(source=schema(userid=STRING, vdev=STRING)),
        changes=True,
    ),
    Route("POST", _DISK + "/format", format_, "Format a minidisk (not supported)", schema(), changes=True),
)
