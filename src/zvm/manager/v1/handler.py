# SPDX-License-Identifier: Apache-2.0
"""Answers a request to ``/xcatws``: takes it apart, checks who calls, runs the command, words the answer.

Every status and text here is xCAT's own (its ``zvmxcatws.cgi``), because clients look for them.
"""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Mapping, Sequence
from urllib.parse import unquote

from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import Response as HttpResponse

from zvm.manager import credentials, noderange
from zvm.manager.auth import User
from zvm.manager.commands import COMMANDS
from zvm.manager.commands.base import Call, Command, failure
from zvm.manager.errors import Forbidden, Invalid, ManagerError, Unauthenticated, UnknownNodes
from zvm.manager.service import ManagementNode
from zvm.manager.tasks import Answer, Progress
from zvm.manager.v1 import reply, routes
from zvm.xcat.envelope import DETAILS_HEADER, OPERATION_HEADER, Response
from zvm.xcat.urls import RESOURCES, V1

LOG = logging.getLogger(__name__)

Query = Mapping[str, Sequence[str]]

_BODY_LIMIT = 1 << 20
_METHODS = ("GET", "PUT", "POST", "DELETE")
_PATCHABLE = ("tables", "policies", "accounts", "monitors")


async def handle(request: HttpRequest) -> HttpResponse:
    """Answer one request."""
    mn: ManagementNode = request.app.state.mn
    query = {key: request.query_params.getlist(key) for key in request.query_params}
    form = query.get("format", ["html"])[0]
    if form not in reply.CONTENT_TYPES:
        return reply.http(400, f"The format '{form}' is not valid", "html")
    segments = [unquote(part) for part in _raw_path(request).split("/") if part]
    if not segments:
        return reply.http(200, _root(), form)
    resource, method = segments[0], request.method
    if resource not in RESOURCES:
        return reply.http(404, f"Resource '{resource}' does not exist", form)
    refused = f"request method '{method}' is not supported on resource '{resource}'"
    found = routes.find(method, segments)
    if method not in _METHODS and not (method == "PATCH" and resource in _PATCHABLE):
        return reply.http(405, refused, form)
    try:
        user = await _user(mn, request, query)
        if found is None:
            return reply.http(405, refused, form)
        route, names = found
        invocation = route.translate(routes.Request(names, query, await _strings(request)))
        answer = await carried_out(mn, request, query, user, invocation)
    except routes.BadRequest as problem:
        return reply.http(400, problem.text, form)
    except Unauthenticated as problem:
        return reply.http(401, reply.paragraph(problem.message), form)
    except Forbidden:
        return reply.http(401, reply.paragraph("Permission denied for request"), form)
    except UnknownNodes as problem:
        return reply.http(403, reply.paragraph(problem.message), form)
    except _UnknownCommand:
        return reply.http(403, reply.paragraph("Unsupported request"), form)
    except Invalid as problem:
        return reply.http(400, problem.message, form)
    except ManagerError as problem:
        answer = _answer(mn, method, [failure(problem)])
    details = DETAILS_HEADER in request.headers and not mn.config.only_xcat
    responses = reply.finished(answer.body["data"], mn.source, details=details)
    return reply.http(answer.status, reply.render(responses, form), form)


class _UnknownCommand(Exception):
    """There is no such xCAT command here."""


async def _user(mn: ManagementNode, request: HttpRequest, query: Query) -> User:
    """Return who calls.

    :raises Unauthenticated: the credentials are wrong.
    :raises Forbidden: there are none.
    """
    name, password = credentials.of(request.headers, query)
    if not name:
        raise Forbidden("no credentials")
    return await mn.caller(name, password, request.client)


async def carried_out(
    mn: ManagementNode, request: HttpRequest, query: Query, user: User, invocation: routes.Invocation
) -> Answer:
    """Run the command, as a task unless it only looks, and write down what became of it."""
    with mn.audit.command(
        user.name,
        invocation.command if invocation.command in COMMANDS else "unknown",
        invocation.noderange or " ".join(_shown(invocation)),
        requestid=query.get("requestid", [""])[0],
        objectid=query.get("objectid", [""])[0],
        looks=request.method == "GET",
    ) as record:
        answer = await _allowed(mn, request, query, user, invocation)
        if any(response.get("error") for response in answer.body["data"]):
            record.outcome = "failed"
        return answer


async def _allowed(
    mn: ManagementNode, request: HttpRequest, query: Query, user: User, invocation: routes.Invocation
) -> Answer:
    """Run the command if the user may."""
    command = COMMANDS.get(invocation.command)
    named = _named(invocation)
    try:
        if command is None:
            raise _UnknownCommand
        nodes = await mn.database.read(noderange.resolve, invocation.noderange) if command.needs_nodes else []
    except (_UnknownCommand, UnknownNodes, Invalid):
        user.check(invocation.command, named, invocation.args)  # else it would tell which nodes there are
        raise
    user.check(invocation.command, nodes if command.needs_nodes else named, invocation.args)

    async def work(progress: Progress) -> Answer:
        # A genuine xCAT only logs it; here it marks the guest as the instance's own.
        objectid = "" if mn.config.only_xcat else query.get("objectid", [""])[0]
        call = Call(invocation.command, tuple(nodes), invocation.args, invocation.options, objectid, progress)
        return _answer(mn, request.method, await _run(mn, command, call))

    if request.method == "GET":
        return await work(Progress())
    return await mn.tasks.run(
        request.headers.get(OPERATION_HEADER) or str(uuid.uuid4()),
        requestid=query.get("requestid", [""])[0],
        user=user.name,
        command=" ".join((invocation.command, *_shown(invocation))),
        node=",".join(nodes),
        work=work,
    )


def _answer(mn: ManagementNode, method: str, responses: Sequence[Response]) -> Answer:
    """Return the answer; a POST that reached its command is 201 even when that failed."""
    data = reply.finished(responses, mn.source, details=True)
    return Answer(201 if method == "POST" else 200, {"data": data})


async def _run(mn: ManagementNode, command: Command, call: Call) -> list[Response]:
    """Run the command; what it raises becomes an error in the answer."""
    try:
        if not command.exclusive:
            return await command.run(mn, call)
        async with mn.locked(call.nodes):
            return await command.run(mn, call)
    except UnknownNodes:
        raise
    except Exception as error:
        LOG.debug("%s failed", call.command, exc_info=error)
        return [failure(error, call.nodes[0] if len(call.nodes) == 1 else "")]


def _named(invocation: routes.Invocation) -> list[str]:
    """Return the nodes that a call names without a look into the tables."""
    command = COMMANDS.get(invocation.command)
    if command is not None and command.named is not None:
        return command.named(Call(invocation.command, args=invocation.args, options=invocation.options))
    return [item for item in invocation.noderange.split(",") if item]


def _shown(invocation: routes.Invocation) -> list[str]:
    """Return what of the arguments may be kept: the names, but no values, some of which are secret."""
    return [
        argument.partition("=")[0]
        for argument in invocation.args
        if argument.startswith("--") or "=" in argument or len(invocation.args) == 1
    ]


async def _strings(request: HttpRequest) -> tuple[str, ...] | None:
    """Return the strings of the body, None when there is none. The content type is not looked at."""
    content = bytearray()
    try:
        async for chunk in request.stream():
            content += chunk
            if len(content) > _BODY_LIMIT:
                raise routes.BadRequest("The body is too large.")
    except ClientDisconnect:
        raise routes.BadRequest("The body broke off.") from None
    if not content.strip():
        put_data = request.query_params.getlist("putData")
        return tuple(put_data) or None
    try:
        strings = json.loads(content)
    except (ValueError, RecursionError):
        raise routes.BadRequest("The body is not JSON.") from None
    if not isinstance(strings, list) or not all(isinstance(item, (str, int, float)) for item in strings):
        raise routes.BadRequest("The body is not an array of strings.")
    return tuple(str(item) for item in strings)


def _raw_path(request: HttpRequest) -> str:
    """Return the path below ``/xcatws`` with its quotes, so that a quoted slash stays part of a name."""
    raw: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    return raw.decode("ascii", "replace").partition("?")[0].removeprefix(V1)


def _root() -> str:
    intro = "This is the root page for the xCAT Rest Web Service.  Available resources are:"
    return "".join(reply.paragraph(text) for text in (intro, *RESOURCES))
