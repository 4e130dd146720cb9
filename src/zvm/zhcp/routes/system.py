# SPDX-License-Identifier: Apache-2.0
"""Routes about the z/VM system as a whole: what it is, SMAPI, CP, events, counters."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

from starlette.responses import JSONResponse, Response, StreamingResponse

from zvm.zhcp import errors, words
from zvm.zhcp.api import BOOLEAN, INTEGER, NUMBER, STRING, Ask, Route, may, member, schema
from zvm.zhcp.results import CpResult, SmapiResult

#: Who asked for what, where it is not one of our own fixed commands.
AUDIT = logging.getLogger("zvm.zhcp.audit")
_ANY = {"type": "object"}
#: Seconds between signs of life on a quiet stream of events.
_HEARTBEAT = 15.0


async def healthz(ask: Ask) -> Response:
    return JSONResponse({"status": "ok"})


async def about(ask: Ask) -> Response:
    return JSONResponse((await ask.point.about()).to_json())


async def host(ask: Ask) -> Response:
    return JSONResponse(await ask.point.host.facts())


async def smapi(ask: Ask) -> Response:
    body = await ask.json()
    function, target = ask.path("function"), member(body, "target", str)
    parameters: dict[str, Any] = member(body, "parameters", dict, default={})
    timeout = member(body, "timeout", float, default=240.0)
    if not 0 < timeout <= 3600:
        raise errors.Invalid("timeout is more than 0 and at most 3600 seconds")
    reserved = {"function", "target", "timeout", "poll"} & set(parameters)
    if reserved:
        raise errors.Invalid(f"{sorted(reserved)[0]} is no parameter of {function}")

    async def work() -> dict[str, Any]:
        AUDIT.info("%s: %s for %s", _client(ask), function, target)
        reply = await ask.point.smapi.call(function, target, timeout=timeout, **parameters)
        await ask.point.guests.called(function, target, parameters)
        return SmapiResult(rc=reply.rc, rs=reply.rs, reply=dict(reply.values)).to_json()

    if "Query" in function or "Search" in function:
        return JSONResponse(await work())
    return await ask.once(work)


async def cp(ask: Ask) -> Response:
    body = await ask.json()
    command = words.command(member(body, "command", str))
    if not member(body, "keepcase", bool, default=False):
        command = command.upper()

    async def work() -> dict[str, Any]:
        result: CpResult = await ask.point.platform.cp(command)
        AUDIT.info("%s: CP %s -> %s", _client(ask), command, result.rc)
        return result.to_json()

    return await ask.once(work)


async def metrics(ask: Ask) -> Response:
    return Response(ask.point.metrics.text(), media_type="text/plain; version=0.0.4")


async def events(ask: Ask) -> Response:
    async def stream() -> AsyncIterator[str]:
        with ask.point.events.listen() as queue:
            yield ": listening\n\n"
            while True:
                try:
                    event = await asyncio.wait_for(queue.get(), _HEARTBEAT)
                except TimeoutError:
                    yield ": quiet\n\n"
                    continue
                if event is None:
                    return
                data = json.dumps(event.to_json())
                yield f"id: {event.id}\nevent: {event.type}\ndata: {data}\n\n"

    return StreamingResponse(stream(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})


def _client(ask: Ask) -> str:
    client = ask.request.client
    return client.host if client else "-"


ROUTES = (
    Route("GET", "/healthz", healthz, "Is the server up?", schema(status=STRING), public=True),
    Route(
        "GET",
        "/v1",
        about,
        "Which zHCP this is, and of which z/VM system",
        schema(
            version=STRING, userid=STRING, system=STRING, smapi_level=INTEGER, cp_level=STRING, ssi=STRING
        ),
    ),
    Route("GET", "/v1/host", host, "Facts about the z/VM system", _ANY),
    Route(
        "POST",
        "/v1/smapi/{function}",
        smapi,
        "Call a SMAPI function",
        schema(rc=INTEGER, rs=INTEGER, reply=_ANY),
        body=schema(target=STRING, parameters=may(_ANY), timeout=may(NUMBER)),
        changes=True,
    ),
    Route(
        "POST",
        "/v1/cp",
        cp,
        "Run a CP command; a code other than 0 is an answer",
        schema(rc=INTEGER, text=STRING),
        body=schema(command=STRING, keepcase=may(BOOLEAN)),
        changes=True,
    ),
    Route("GET", "/v1/events", events, "Events as they happen (server-sent events)", "text/event-stream"),
    Route("GET", "/metrics", metrics, "Counters in Prometheus' text form", "text/plain"),
)
