# SPDX-License-Identifier: Apache-2.0
"""Routes about guests: who is logged on, one guest's state, its agent."""

from __future__ import annotations

import asyncio
import math
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response

from zvm.zhcp import errors, words
from zvm.zhcp.agent import changes
from zvm.zhcp.api import BOOLEAN, NUMBER, STRING, Ask, Route, array, may, member, schema

#: Longest time an answer is held back, in seconds.
_LONGEST_WAIT = 3600.0


async def all_guests(ask: Ask) -> Response:
    return JSONResponse((await ask.point.guests.all()).to_json())


async def one_guest(ask: Ask) -> Response:
    wanted, text = ask.query("wait"), ask.query("timeout") or "0"
    try:
        timeout = float(text)
    except ValueError:
        timeout = math.nan
    if not 0 <= timeout <= _LONGEST_WAIT:
        raise errors.Invalid(f"timeout is 0 to {_LONGEST_WAIT:.0f} seconds")
    waiting = asyncio.ensure_future(ask.point.guests.wait(ask.path("userid"), wanted, timeout))
    leaving = asyncio.ensure_future(_left(ask))
    try:
        await asyncio.wait({waiting, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not waiting.done():
            raise ClientDisconnect
        return JSONResponse(waiting.result().to_json())
    finally:
        waiting.cancel()
        leaving.cancel()


async def _left(ask: Ask) -> None:
    """Return when the caller has gone: nobody waits for the guest any more."""
    while (await ask.request.receive())["type"] != "http.disconnect":
        pass


async def agent(ask: Ask) -> Response:
    userid = words.userid(ask.path("userid"))
    body = await ask.json()
    command = member(body, "execute", str)
    arguments = member(body, "arguments", dict, default={})
    timeout = member(body, "timeout", float, default=30.0)
    if not 0 < timeout <= _LONGEST_WAIT:
        raise errors.Invalid(f"timeout is more than 0 and at most {_LONGEST_WAIT:.0f} seconds")

    async def work() -> dict[str, Any]:
        return {"return": await ask.point.agent.execute(userid, command, arguments, timeout=timeout)}

    return await ask.once(work) if changes(command) else JSONResponse(await work())


ROUTES = (
    Route(
        "GET",
        "/v1/guests",
        all_guests,
        "All guests that are logged on, and who is on other members of the cluster",
        schema(guests=array(schema(userid=STRING, state=STRING)), elsewhere=array(STRING)),
    ),
    Route(
        "GET",
        "/v1/guests/{userid}",
        one_guest,
        "State of one guest, held back until it is as wanted",
        schema(userid=STRING, state=STRING, reachable=BOOLEAN, waited=NUMBER),
        query={"wait": "reachable, running or off", "timeout": "how long to wait for it, in seconds"},
    ),
    Route(
        "POST",
        "/v1/guests/{userid}/agent",
        agent,
        "Give a command to the guest's QEMU guest agent",
        schema(**{"return": {}}),
        body=schema(execute=STRING, arguments=may({"type": "object"}), timeout=may({"type": "number"})),
        changes=True,
    ),
)
