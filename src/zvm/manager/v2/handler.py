# SPDX-License-Identifier: Apache-2.0
"""Answers a request of the second dialect: who calls, what is wanted, how it is worded.

It is served at ``/xcatwsv2``, and at ``/xcatws`` for callers whose credentials show that they mean it. xCAT
gives a caller without credentials all rights when its CGI runs as root; here there are none.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import Response as HttpResponse

from zvm.manager import credentials
from zvm.manager.auth import User
from zvm.manager.commands.base import failure
from zvm.manager.errors import (
    Forbidden,
    Invalid,
    ManagerError,
    NotSupported,
    Unauthenticated,
    UnknownColumn,
    UnknownNodes,
    UnknownTable,
)
from zvm.manager.service import ManagementNode
from zvm.manager.v2.resources import RESOURCES, Ask, MethodRefused, Refusal, Unsupported, answer
from zvm.manager.v2.tokens import issued
from zvm.xcat.urls import V1, V2

_BODY_LIMIT = 1 << 20
TOKEN_HEADER = "X-Auth-Token"  # noqa: S105 - the name of a header


def meant(request: HttpRequest) -> bool:
    """Return whether a request to ``/xcatws`` speaks the second dialect."""
    query = request.query_params
    if TOKEN_HEADER in request.headers or "userPW" in query:
        return True
    if request.url.path.removeprefix(V1).strip("/") == "tokens":
        return True
    if "json" not in request.headers.get("content-type", ""):
        return False
    return not credentials.of(request.headers, {key: query.getlist(key) for key in query})[0]


async def handle(request: HttpRequest) -> HttpResponse:
    """Answer one request."""
    mn: ManagementNode = request.app.state.mn
    pretty = request.query_params.get("pretty") == "1"
    segments = _segments(request)
    shown = "/" + "/".join(segments)
    try:
        body = await _body(request)
        if segments == ["tokens"] and request.method == "POST":
            return _json(201, await issued(mn, body), pretty)
        user = await _user(mn, request, body)
        if not segments:
            return _json(200, list(RESOURCES), pretty)
        attributes = {key: value for key, value in body.items() if key not in ("userName", "userPW")}
        made = await answer(Ask(mn, request, user, request.method, segments, attributes))
    except Refusal as problem:
        return _json(403, {"error": list(problem.texts), "errorcode": "1"}, pretty)
    except (UnknownNodes, UnknownTable, UnknownColumn) as problem:
        return _json(403, {"error": [problem.message], "errorcode": "1"}, pretty)
    except (Unauthenticated, Forbidden):
        return _refused(401, "Authentication failure", pretty)
    except Unsupported:
        return _refused(404, "Unsupported resource.", pretty)
    except MethodRefused:
        text = f"request method '{request.method}' is not supported on resource '{shown}'"
        return _refused(405, text, pretty)
    except NotSupported as problem:
        return _refused(501, problem.message, pretty)
    except Invalid as problem:
        return _refused(400, problem.message, pretty)
    except ManagerError as problem:
        return _json(403, {"error": failure(problem)["error"], "errorcode": "1"}, pretty)
    if made is None:
        return _json(201 if request.method == "POST" else 200, None, pretty)
    return _json(200, made, pretty)


def _segments(request: HttpRequest) -> list[str]:
    raw: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    path = raw.decode("ascii", "replace").partition("?")[0]
    rest = path.removeprefix(V2) if path.startswith(V2) else path.removeprefix(V1)
    return [unquote(part) for part in rest.split("/") if part]


async def _body(request: HttpRequest) -> Mapping[str, Any]:
    """Return the object in the body; a GET may carry one too.

    :raises Invalid: it is something else.
    """
    content = bytearray()
    try:
        async for chunk in request.stream():
            content += chunk
            if len(content) > _BODY_LIMIT:
                raise Invalid("The body is too large.")
    except ClientDisconnect:
        raise Invalid("The body broke off.") from None
    if not content.strip():
        return {}
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        raise Invalid("The body is not JSON.") from None
    if not isinstance(body, dict):
        raise Invalid("The body is not a JSON object.")
    return body


async def _user(mn: ManagementNode, request: HttpRequest, body: Mapping[str, Any]) -> User:
    """Return who calls, by token, query or body.

    :raises Unauthenticated: there are no credentials, or they are wrong.
    """
    if token := request.headers.get(TOKEN_HEADER):
        user = await mn.database.read(mn.authenticator.bearer, token)
        return replace(user, host=request.client.host if request.client else "")
    query = request.query_params
    name = query.get("userName") or body.get("userName") or ""
    password = query.get("userPW") or body.get("userPW") or ""
    return await mn.caller(str(name), str(password), request.client)


def _refused(status: int, text: str, pretty: bool) -> HttpResponse:
    return _json(status, {"error": text, "errorcode": "2"}, pretty)


def _json(status: int, document: Mapping[str, Any] | Sequence[Any] | None, pretty: bool) -> HttpResponse:
    """Return the answer; success of a change has no body."""
    text = (
        "" if document is None else json.dumps(document, separators=(",", ":"), indent=3 if pretty else None)
    )
    if pretty and text:
        text += "\n"
    return HttpResponse(text, status, headers={"content-type": "application/json; charset=ISO-8859-1"})
