# SPDX-License-Identifier: Apache-2.0
"""HTTP connections that break: without an answer, when a fault or an outage wants it so."""

from __future__ import annotations

import asyncio

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from zvm.simulator.trouble import Trouble

_CUT = "zvm.cut"


class Breakable:
    """The platform's application, dead or silent while the system's settings say so."""

    def __init__(self, app: ASGIApp, trouble: Trouble) -> None:
        self._app = app
        self._trouble = trouble

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or do not."""
        if scope["type"] == "http":
            scope[_CUT] = lambda: _abort(send)
        while self._trouble.outages["platform"] == "silent":  # noqa: ASYNC110 - ends by a setting
            await asyncio.sleep(0.05)
        if self._trouble.outages["platform"] == "dead":
            await _abort(send)
            return
        await self._app(scope, receive, send)


class Cut(Response):
    """Closes the connection in place of an answer."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Close it."""
        await scope[_CUT]()


async def _abort(send: Send) -> None:
    """Abort the connection below uvicorn's ``send``, which ASGI itself has no way to ask for."""
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is not None:
        transport.abort()
        await asyncio.sleep(0.01)  # until uvicorn knows it too
