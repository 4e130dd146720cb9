# SPDX-License-Identifier: Apache-2.0
"""Events of guests, as their zHCP sees them happen (server-sent events)."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

from starlette.responses import Response, StreamingResponse

from zvm.manager import clusters, guests, noderange
from zvm.manager.errors import Invalid
from zvm.manager.hosts import Host
from zvm.manager.service import ManagementNode
from zvm.manager.tables.rows import select_rows
from zvm.manager.zvm_v1.route import Ask, Route
from zvm.zhcp.client import Event
from zvm.zhcp.errors import ZhcpError

LOG = logging.getLogger(__name__)

#: Seconds between signs of life on a quiet stream: who reads it cannot be told to stop in between.
HEARTBEAT = 2.0


async def events(ask: Ask) -> Response:
    """Stream what happens to the guests of one z/VM system, until its zHCP no longer answers."""
    if not ask.text("host"):
        raise Invalid("host names the z/VM system whose events are wanted")
    host = ask.mn.hosts.named(ask.text("host"))
    async with host.zhcp():
        pass  # refused now, while it can be told with a status
    return StreamingResponse(
        _stream(ask.mn, host), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
    )


async def _stream(mn: ManagementNode, host: Host) -> AsyncIterator[str]:
    queue: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
    source = asyncio.create_task(_pass_on(mn, host, queue))
    try:
        yield ": listening\n\n"
        while True:
            try:
                event = await asyncio.wait_for(queue.get(), HEARTBEAT)
            except TimeoutError:
                yield ": quiet\n\n"
                continue
            if event is None:
                return
            yield f"data: {json.dumps(event)}\n\n"
    finally:
        source.cancel()


async def _pass_on(mn: ManagementNode, host: Host, queue: asyncio.Queue[dict[str, Any] | None]) -> None:
    try:
        async with host.zhcp() as zhcp:
            async for event in zhcp.events():
                if (told := await _translated(mn, host, event)) is not None:
                    queue.put_nowait(told)
    except ZhcpError as error:
        LOG.info("the events of %s ended: %s", host.name, error)
    finally:
        queue.put_nowait(None)


async def _translated(mn: ManagementNode, host: Host, event: Event) -> dict[str, Any] | None:
    """Return the event as it concerns a node, None for guests that are none."""
    userid = str(event.data.get("userid", ""))
    rows = await mn.database.read(select_rows, "zvm")
    row = next((row for row in rows if row["userid"].upper() == userid), None)
    if row is None or not userid:
        return None
    told = {"node": row["node"], "userid": userid, "uuid": noderange.uuid_of(row)}
    if event.type == "guest.relocated":
        other = await clusters.owner(mn, host, userid)
        if other is None:
            return None
        if row["hcp"] == host.hcp:
            await clusters.follow(mn, row["node"], other)
        return {"type": "relocated", **told, "host": other.name}
    if event.type == "guest.state" and row["hcp"] == host.hcp:
        return {
            "type": "state",
            **told,
            "state": guests.seen(str(event.data["state"]), row),
            "host": host.name,
        }
    return None


ROUTES = (
    Route(
        "GET",
        "/events",
        "zvm.events",
        "Tell what happens to the guests of a z/VM system, as it happens",
        events,
        "text/event-stream",
        query={"host": "the z/VM system"},
    ),
)
