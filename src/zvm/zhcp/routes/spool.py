# SPDX-License-Identifier: Apache-2.0
"""Routes about the files in a guest's reader."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse, Response

from zvm.zhcp import errors
from zvm.zhcp.api import INTEGER, STRING, Ask, Route, array, schema

#: Longest file that is punched, in octets.
_LONGEST_FILE = 64 << 20


async def files(ask: Ask) -> Response:
    found = await ask.point.spool.list(ask.path("userid"))
    return JSONResponse({"files": [file.to_json() for file in found]})


async def punch(ask: Ask) -> Response:
    name, type_ = ask.query("name"), ask.query("type")
    if name is None or type_ is None:
        raise errors.Invalid("a spool file needs name and type")
    data = await ask.body(_LONGEST_FILE)
    if not data:
        raise errors.Invalid("an empty file cannot be punched")

    async def work() -> dict[str, Any]:
        spoolid = await ask.point.spool.punch(
            ask.path("userid"), data, name=name, type=type_, spool_class=ask.query("class") or "X"
        )
        return {"spoolid": spoolid}

    return await ask.once(work)


async def purge(ask: Ask) -> Response:
    async def work() -> dict[str, Any]:
        await ask.point.spool.purge(ask.path("userid"))
        return {}

    return await ask.once(work)


_FILE = schema(
    origin=STRING,
    spoolid=STRING,
    spool_class=STRING,
    device=STRING,
    records=INTEGER,
    copies=INTEGER,
    hold=STRING,
    date=STRING,
    time=STRING,
    name=STRING,
    type=STRING,
    distribution=STRING,
)
_SPOOL = "/v1/spool/{userid}"
ROUTES = (
    Route("GET", _SPOOL, files, "The files in a guest's reader", schema(files=array(_FILE))),
    Route(
        "POST",
        _SPOOL,
        punch,
        "Put a file into a guest's reader",
        schema(spoolid=STRING),
        query={"name": "the file's name", "type": "the file's type", "class": "its spool class; default X"},
        octets=True,
        changes=True,
    ),
    Route("DELETE", _SPOOL, purge, "Purge all files in a guest's reader", schema(), changes=True),
)
