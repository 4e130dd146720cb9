# SPDX-License-Identifier: Apache-2.0
"""The HTTP front of a zHCP as an ASGI application: routes, token, errors as JSON."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.routing import Route as StarletteRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from zvm.zhcp import errors, openapi
from zvm.zhcp.api import Ask, Route
from zvm.zhcp.control_point import ControlPoint
from zvm.zhcp.routes import ROUTES
from zvm.zhcp.routes.consoles import live

LOG = logging.getLogger(__name__)


class TokenGate:
    """Lets only requests through that carry the token, or ask for what is public."""

    def __init__(self, app: ASGIApp, token: str, public: frozenset[str]) -> None:
        self._app = app
        self._expected = f"Bearer {token}".encode()
        self._public = public

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or scope["path"] in self._public:
            await self._app(scope, receive, send)
            return
        shown = dict(scope["headers"]).get(b"authorization", b"")
        if hmac.compare_digest(shown, self._expected):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await WebSocket(scope, receive, send).close(1008)
        else:
            error = errors.Unauthenticated(
                "a valid token is needed", next_step="Send it as Authorization: Bearer TOKEN."
            )
            await _error_response(error)(scope, receive, send)


def make(point: ControlPoint, token: str | None) -> Starlette:
    """Return the application.

    :param token: what callers must show; ``None``: the TLS layer checks who they are.
    """
    described: list[Route] = list(ROUTES)

    async def show_openapi(ask: Ask) -> Response:
        return JSONResponse(openapi.document(described))

    described.append(
        Route("GET", "/openapi.json", show_openapi, "This document", openapi.RETURNS, public=True)
    )
    routes: list[BaseRoute] = [
        StarletteRoute(route.path, _endpoint(route, point), methods=[route.method]) for route in described
    ]

    async def console(socket: WebSocket) -> None:
        await live(socket, point)

    routes.append(WebSocketRoute("/v1/console/{userid}", console))

    public = frozenset(route.path for route in described if route.public)
    gate = [] if token is None else [Middleware(TokenGate, token=token, public=public)]
    return Starlette(routes=routes, middleware=gate, exception_handlers={HTTPException: _http_error})


def _endpoint(route: Route, point: ControlPoint) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            return await route.handler(Ask(request, point))
        except errors.ZhcpError as error:
            if error.status >= 500:
                LOG.warning("%s %s: %s", request.method, request.url.path, error)
            return _error_response(error)
        except ClientDisconnect:
            return _error_response(errors.Invalid("the body broke off"))
        except Exception:
            LOG.exception("%s %s failed", request.method, request.url.path)
            return _error_response(
                errors.ZhcpError(
                    f"a fault of the zHCP itself under {route.method} {route.path}; its log has the details",
                    next_step="Look whether it was done before asking for it again." if route.changes else "",
                )
            )

    return endpoint


def _error_response(error: errors.ZhcpError) -> JSONResponse:
    return JSONResponse(error.to_json(), status_code=error.status)


async def _http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    if status == 404:
        return _error_response(errors.NotFound(f"there is no {request.url.path}"))
    fault = errors.Invalid(f"{request.method} {request.url.path}: {error}")
    return JSONResponse(fault.to_json(), status_code=status)
