# SPDX-License-Identifier: Apache-2.0
"""The live console of a guest as a WebSocket, bridged to the zHCP's.

Text frames both ways. A refusal is an HTTP answer in place of the handshake, as every other route gives it;
what ends the console later is told in the close frame.
"""

from __future__ import annotations

import asyncio
import logging

import aiohttp
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from zvm.directory.errors import DirectoryError
from zvm.manager import credentials
from zvm.manager.errors import ManagerError, Unauthenticated
from zvm.manager.service import ManagementNode
from zvm.manager.zvm_v1.route import refusal
from zvm.xcat.urls import EXTENSION
from zvm.zhcp.errors import ZhcpError

LOG = logging.getLogger(__name__)

COMMAND = "zvm.console"
#: WebSocket close codes (RFC 6455, 7.4.1): the far end went away; it broke.
_GONE, _FAILED = 1001, 1011
_ENDED = (1000, _GONE)
_BROKEN = (aiohttp.WSMsgType.CLOSING, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)


def route(mn: ManagementNode) -> WebSocketRoute:
    """Return the route ``/zvm/v1/guests/{node}/console/live``."""

    async def endpoint(socket: WebSocket) -> None:
        try:
            await _serve(socket, mn)
        except WebSocketDisconnect:
            LOG.debug("a console client left")

    return WebSocketRoute(EXTENSION + "/guests/{node}/console/live", endpoint)


async def _serve(socket: WebSocket, mn: ManagementNode) -> None:
    try:
        name, password = credentials.of(socket.headers, {})
        if not name:
            raise Unauthenticated("no credentials", next_step="send the headers userName and password")
        user = await mn.caller(name, password, socket.client)
        # Not one that only looks: what is typed at a console is not written down, but who sat there is.
        with mn.audit.command(user.name, COMMAND, socket.url.path, looks=False):
            user.check(COMMAND, [socket.path_params["node"]])
            guest = await mn.guest(socket.path_params["node"])
            mn.check_userid(guest.userid)
            async with guest.host.zhcp() as zhcp, zhcp.console(guest.userid) as console:
                await socket.accept()
                code, reason = await _bridge(socket, console)
        await socket.close(_GONE if code in _ENDED else _FAILED, reason[:120])
    except (ManagerError, ZhcpError, DirectoryError) as error:
        if socket.application_state is WebSocketState.CONNECTING:
            await socket.send_denial_response(refusal(error))
        else:
            await socket.close(_FAILED, str(error)[:120])


async def _bridge(socket: WebSocket, console: aiohttp.ClientWebSocketResponse) -> tuple[int, str]:
    """Carry text both ways until the console ends, and return its close code and reason.

    :raises WebSocketDisconnect: the caller left.
    """

    async def to_caller() -> tuple[int, str]:
        while True:
            message = await console.receive()
            if message.type is aiohttp.WSMsgType.TEXT:
                await socket.send_text(message.data)
            elif message.type is aiohttp.WSMsgType.CLOSE:
                return message.data or _GONE, message.extra or "the console has ended"
            elif message.type in _BROKEN:
                return console.close_code or _FAILED, "the zHCP is gone"

    async def to_guest() -> tuple[int, str]:
        try:
            while True:
                await console.send_str(await socket.receive_text())
        except (aiohttp.ClientError, ConnectionError):
            return _FAILED, "the zHCP is gone"

    tasks = [asyncio.create_task(to_caller()), asyncio.create_task(to_guest())]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return done.pop().result()
