# SPDX-License-Identifier: Apache-2.0
"""Routes about consoles: the log, and the live console as a WebSocket."""

from __future__ import annotations

import asyncio
import logging

from starlette.responses import Response
from starlette.websockets import WebSocket, WebSocketDisconnect

from zvm.zhcp import errors, words
from zvm.zhcp.api import Ask, Route
from zvm.zhcp.control_point import ControlPoint
from zvm.zhcp.platform import ConsoleStream

LOG = logging.getLogger(__name__)
_DEFAULT_TAIL = 256 << 10
#: WebSocket close codes (RFC 6455, 7.4.1): the far end went away; it broke; it was asked for wrongly.
_GONE, _FAILED, _REFUSED = 1001, 1011, 1008


async def log(ask: Ask) -> Response:
    wanted = ask.whole_number("bytes")
    if wanted == 0:
        raise errors.Invalid("bytes is 1 or more")
    text = await ask.point.consoles.tail(ask.path("userid"), bytes=wanted or _DEFAULT_TAIL)
    return Response(text, media_type="text/plain; charset=utf-8")


async def live(socket: WebSocket, point: ControlPoint) -> None:
    """Bridge a WebSocket to a guest's console, until either side ends."""
    await socket.accept()
    try:
        userid = words.userid(socket.path_params["userid"])
        async with point.platform.console(userid) as console:
            await _bridge(socket, console)
        await socket.close(_GONE, "the console has ended")
    except errors.Invalid as error:
        await socket.close(_REFUSED, error.message[:120])
    except errors.ZhcpError as error:
        await socket.close(_FAILED, error.message[:120])
    except WebSocketDisconnect:
        LOG.debug("a console client left")


async def _bridge(socket: WebSocket, console: ConsoleStream) -> None:
    async def to_client() -> None:
        while (text := await console.receive()) is not None:
            await socket.send_text(text)

    async def to_guest() -> None:
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(message.get("code") or 1000)
            text = message.get("text")
            await console.send(text if text is not None else message["bytes"].decode(errors="replace"))

    tasks = [asyncio.create_task(to_client()), asyncio.create_task(to_guest())]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


ROUTES = (
    Route(
        "GET",
        "/v1/console/{userid}/log",
        log,
        "The end of a guest's console log",
        "text/plain",
        query={"bytes": "how much of it, in octets"},
    ),
)
