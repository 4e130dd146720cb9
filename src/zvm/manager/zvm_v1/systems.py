# SPDX-License-Identifier: Apache-2.0
"""The z/VM systems (network cards, disk pools), long work, and what this API can do."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Any

from starlette.responses import Response, StreamingResponse

from zvm.manager import leftovers, network, pools
from zvm.manager.hosts import Host
from zvm.manager.noderange import set_apart, uuid_of
from zvm.manager.tables.rows import select_rows
from zvm.manager.zvm_v1.route import ANY, INTEGER, STRING, Ask, Route, answer, array_of, object_of

EXTENSIONS = (
    "images",
    "image_cache",
    "transports",
    "guests",
    "adoption",
    "cards",
    "relocation",
    "events",
    "agent",
    "console",
    "terminal",
    "disks",
    "fcp",
    "nics",
    "pools",
    "leftovers",
    "resizes",
    "tasks",
    "volumes",
    "dasd",
    "dumps",
    "load",
    "performance",
)

POOL = object_of(
    name=STRING,
    host=STRING,
    total_bytes=INTEGER,
    used_bytes=INTEGER,
    guests_bytes=INTEGER,
    free_bytes=INTEGER,
    largest_free_bytes=INTEGER,
    device_type=STRING,
)
LEFTOVER = object_of(kind=STRING, name=STRING, host=STRING, what=STRING, next_step=STRING, uuid=STRING)
TASK = object_of(
    id=STRING,
    requestid=STRING,
    command=STRING,
    node=STRING,
    state=STRING,
    percent=INTEGER,
    bytes=INTEGER,
    step=STRING,
)


async def discovery(ask: Ask) -> Response:
    """Answer what there is."""
    return answer({"version": str(ask.mn.config.xcat_version), "extensions": list(EXTENSIONS)})


async def all_nics(ask: Ask) -> Response:
    """Answer the network cards of all guests."""
    nics, silent = await network.all_nics(ask.mn, ask.text("host"))
    return answer({"nics": nics, "unreachable": silent})


async def all_pools(ask: Ask) -> Response:
    """Answer the disk pools, with what the instances' guests on each system take of them."""
    rows = await ask.mn.database.read(select_rows, "zvm")

    async def of_host(host: Host) -> list[pools.Pool]:
        ours = [row for row in rows if row["hcp"] == host.hcp and uuid_of(row)]
        return await pools.of(
            host, guests=lambda pool: {row["userid"].upper(): set_apart(row, pool) for row in ours}
        )

    found, silent = await ask.mn.hosts.ask(ask.text("host"), of_host)
    return answer({"pools": [asdict(pool) for _, items in found for pool in items], "unreachable": silent})


async def all_leftovers(ask: Ask) -> Response:
    """Answer what belongs to nobody."""

    async def found_on(host: Host) -> list[leftovers.Leftover]:
        return await leftovers.of(ask.mn, host)

    answers, silent = await ask.mn.hosts.ask(ask.text("host"), found_on)
    found = [asdict(one) for _, of_host in answers for one in of_host]
    return answer({"leftovers": found, "unreachable": silent})


async def all_tasks(ask: Ask) -> Response:
    """Answer the commands that run or ran lately."""
    return answer({"tasks": await ask.mn.tasks.all()})


async def one_task(ask: Ask) -> Response:
    """Answer one command, with its answer once it has one; or stream its progress until then."""
    id, wait = ask.name("id"), ask.number("wait", 0, most=60)
    if "text/event-stream" not in ask.http.headers.get("accept", ""):
        return answer(await ask.mn.tasks.get(id))
    found = ask.mn.tasks.follow(id, wait)
    first = await anext(found)  # not found is told with a status
    headers = {"Cache-Control": "no-store"}
    return StreamingResponse(_progress(first, found), media_type="text/event-stream", headers=headers)


async def _progress(
    first: dict[str, Any] | None, rest: AsyncIterator[dict[str, Any] | None]
) -> AsyncIterator[str]:
    yield f"data: {json.dumps(first)}\n\n"
    async for task in rest:
        yield f"data: {json.dumps(task)}\n\n" if task is not None else ": quiet\n\n"


_HOST = {"host": "only those of this z/VM system"}
ROUTES = (
    Route(
        "GET",
        "",
        "zvm.discovery",
        "Say what this management node can do beyond xCAT",
        discovery,
        object_of(version=STRING, extensions=array_of(STRING)),
    ),
    Route(
        "GET",
        "/nics",
        "zvm.nics",
        "List the network cards of guests",
        all_nics,
        object_of(nics=array_of(network.NIC), unreachable=array_of(STRING)),
        query=_HOST,
    ),
    Route(
        "GET",
        "/pools",
        "zvm.pools",
        "List disk pools",
        all_pools,
        object_of(pools=array_of(POOL), unreachable=array_of(STRING)),
        query=_HOST,
    ),
    Route(
        "GET",
        "/leftovers",
        "zvm.leftovers",
        "List what z/VM and the tables hold that belongs to no node or guest any more",
        all_leftovers,
        object_of(leftovers=array_of(LEFTOVER), unreachable=array_of(STRING)),
        query=_HOST,
    ),
    Route("GET", "/tasks", "zvm.tasks", "List commands", all_tasks, object_of(tasks=array_of(TASK))),
    Route(
        "GET",
        "/tasks/{id}",
        "zvm.tasks",
        "Show a command by its operation id or its requestid, or its progress as events until it has ended",
        one_task,
        object_of(**TASK["properties"], status=INTEGER, answer=ANY),
        query={"wait": "seconds that it may take to begin, where events are asked for"},
        events=True,
    ),
)
