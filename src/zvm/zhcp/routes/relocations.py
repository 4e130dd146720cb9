# SPDX-License-Identifier: Apache-2.0
"""Routes about moving a running guest to another member of the cluster."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse, Response

from zvm.zhcp import errors
from zvm.zhcp.api import BOOLEAN, STRING, Ask, Route, array, may, member, schema
from zvm.zhcp.relocation import Wish

_RELOCATION = schema(
    userid=STRING,
    state=STRING,
    where=STRING,
    source=STRING,
    destination=STRING,
    since=STRING,
    status=STRING,
)
_SECONDS = {"type": ["integer", "null"], "minimum": 1}
_LONGEST = 99999999  # seconds


def _seconds(body: dict[str, Any], name: str) -> int | None:
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _LONGEST:
        raise errors.Invalid(f"{name} is a whole number of seconds from 1, or null")
    return value


async def relocate(ask: Ask) -> Response:
    body = await ask.json()
    destination, force = member(body, "member", str), body.get("force", [])
    if not isinstance(force, list) or not all(isinstance(item, str) for item in force):
        raise errors.Invalid("force is an array of strings")
    userid = ask.path("userid")
    if member(body, "test", bool, default=False):
        await ask.point.relocations.test(userid, destination, force)
        return JSONResponse((await ask.point.relocations.state(userid)).to_json())
    wish = Wish(
        member=destination,
        force=tuple(force),
        immediate=member(body, "immediate", bool, default=False),
        max_total=_seconds(body, "max_total"),
        max_quiesce=_seconds(body, "max_quiesce"),
    )

    async def work() -> dict[str, Any]:
        return (await ask.point.relocations.move(userid, wish)).to_json()

    return await ask.once(work)


async def relocation(ask: Ask) -> Response:
    return JSONResponse((await ask.point.relocations.state(ask.path("userid"))).to_json())


async def modify_relocation(ask: Ask) -> Response:
    body = await ask.json()
    limits = _seconds(body, "max_total"), _seconds(body, "max_quiesce")

    async def work() -> dict[str, Any]:
        return {"active": await ask.point.relocations.modify(ask.path("userid"), *limits)}

    return await ask.once(work)


async def cancel_relocation(ask: Ask) -> Response:
    async def work() -> dict[str, Any]:
        return {"active": await ask.point.relocations.cancel(ask.path("userid"))}

    return await ask.once(work)


_PATH = "/v1/guests/{userid}/relocation"
ROUTES = (
    Route(
        "POST",
        _PATH,
        relocate,
        "Begin to relocate a running guest, or test whether CP would",
        _RELOCATION,
        body=schema(
            member=STRING,
            test=may(BOOLEAN),
            force=may(array(STRING)),
            immediate=may(BOOLEAN),
            max_total=may(_SECONDS),
            max_quiesce=may(_SECONDS),
        ),
        changes=True,
    ),
    Route("GET", _PATH, relocation, "Where a guest is, and how far its relocation", _RELOCATION),
    Route(
        "PATCH",
        _PATH,
        modify_relocation,
        "Set other limits for a relocation; null: none",
        schema(active=BOOLEAN),
        body=schema(max_total=may(_SECONDS), max_quiesce=may(_SECONDS)),
        changes=True,
    ),
    Route("DELETE", _PATH, cancel_relocation, "Cancel a relocation", schema(active=BOOLEAN), changes=True),
)
