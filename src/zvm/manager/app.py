# SPDX-License-Identifier: Apache-2.0
"""The management node's HTTP front as an ASGI application: xCAT's API, our extension of it, health."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute
from starlette.routing import Route as StarletteRoute

from zvm.directory.errors import DirectoryError
from zvm.manager import credentials
from zvm.manager.commands.base import facts
from zvm.manager.errors import Invalid, ManagerError, Unauthenticated
from zvm.manager.service import ManagementNode
from zvm.manager.v1 import handler as v1
from zvm.manager.v2 import handler as v2
from zvm.manager.zvm_v1 import ROUTES, openapi, terminal
from zvm.manager.zvm_v1.route import Ask, Route, refusal
from zvm.xcat.urls import EXTENSION, V1, V2
from zvm.zhcp.errors import ZhcpError

LOG = logging.getLogger(__name__)

_METHODS = ["GET", "PUT", "POST", "DELETE", "PATCH"]
#: Octets of an unwanted body that are read nevertheless, so that the client gets the answer.
_DRAIN = 64 << 20


def make(mn: ManagementNode) -> Starlette:
    """Return the application."""
    only_xcat = bool(mn.config.only_xcat)
    routes: list[BaseRoute] = []
    # Each route before the right one costs time: xCAT's come first.
    dialects = ((V1, v1.handle),) if only_xcat else ((V1, _xcat), (V2, v2.handle))
    for prefix, handle in dialects:
        routes += [
            StarletteRoute(prefix + "/{rest:path}", handle, methods=_METHODS),
            StarletteRoute(prefix, handle, methods=_METHODS),
        ]
    routes += [
        StarletteRoute("/metrics", _metrics, methods=["GET"]),
        StarletteRoute("/healthz", _healthz, methods=["GET"]),
    ]
    if not only_xcat:
        routes += [
            StarletteRoute(EXTENSION + route.path, _endpoint(route, mn), methods=[route.method])
            for route in ROUTES
        ]
        routes += [terminal.route(mn), StarletteRoute("/openapi.json", _openapi, methods=["GET"])]
    app = Starlette(routes=routes, exception_handlers={HTTPException: _http_error, 500: _fault})
    app.router.redirect_slashes = False
    app.state.mn = mn
    return app


async def _healthz(request: Request) -> Response:
    mn: ManagementNode = request.app.state.mn
    return JSONResponse({"ready": True, "zhcps": {host.hcp: not host.down for host in mn.hosts.all()}})


async def _metrics(request: Request) -> Response:
    mn: ManagementNode = request.app.state.mn
    text = mn.audit.metrics({host.hcp: not host.down for host in mn.hosts.all()})
    return Response(text, media_type="text/plain; version=0.0.4")


async def _xcat(request: Request) -> Response:
    """Answer in the dialect in which the caller asks."""
    return await (v2.handle(request) if v2.meant(request) else v1.handle(request))


async def _openapi(_: Request) -> Response:
    return JSONResponse(openapi.document())


def _endpoint(route: Route, mn: ManagementNode) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            name, password = credentials.of(request.headers, {})
            if not name:
                raise Unauthenticated("no credentials", next_step="send the headers userName and password")
            user = await mn.caller(name, password, request.client)
            looks = request.method == "GET"
            with mn.audit.command(user.name, route.command, request.url.path, looks=looks):
                user.check(route.command, _nodes(request), _parameters(request))
                return await route.handler(Ask(request, mn, user))
        except ClientDisconnect:
            return refusal(Invalid("the body broke off"))
        except (ManagerError, ZhcpError, DirectoryError) as error:
            await _drain(request)
            return refusal(error)

    return endpoint


def _nodes(request: Request) -> list[str]:
    """Return the node that the path names."""
    return [request.path_params["node"]] if "node" in request.path_params else []


def _parameters(request: Request) -> list[str]:
    """Return what the policy knows as parameters: method, path and query."""
    query = (f"{key}={value}" for key, value in request.query_params.multi_items())
    return [request.method, request.url.path.removeprefix(EXTENSION), *query]


async def _drain(request: Request) -> None:
    """Read what is left of the body: many clients look at the answer only after they have sent all."""
    left = _DRAIN
    try:
        async for chunk in request.stream():
            left -= len(chunk)
            if left < 0:
                return
    except (ClientDisconnect, RuntimeError):  # gone, or read already
        return


async def _http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    kind = "not_found" if status == 404 else "invalid"
    told = {"kind": kind, "message": f"{request.method} {request.url.path}: {error}", "next_step": ""}
    return JSONResponse({"error": told}, status)


async def _fault(request: Request, error: Exception) -> Response:
    LOG.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return Response(json.dumps({"error": facts(error)}), 500, media_type="application/json")
