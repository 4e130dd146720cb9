# SPDX-License-Identifier: Apache-2.0
"""Moving guests between the z/VM systems of one cluster."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from zvm.manager import clusters, relocation
from zvm.manager.errors import Invalid
from zvm.manager.relocation import Whereabouts
from zvm.manager.service import GuestNode
from zvm.manager.zvm_v1.route import (
    BOOLEAN,
    OPTIONAL_INTEGER,
    STRING,
    Ask,
    Route,
    answer,
    array_of,
    object_of,
)

RELOCATION = object_of(
    node=STRING,
    userid=STRING,
    host=STRING,
    state=STRING,
    where=STRING,
    source=STRING,
    destination=STRING,
    since=STRING,
    status=STRING,
)
_LIMITS = {"max_total": OPTIONAL_INTEGER, "max_quiesce": OPTIONAL_INTEGER}
_LONGEST = 99999999  # seconds


def _described(guest: GuestNode, found: Whereabouts) -> Response:
    seen = found.relocation
    return answer(
        {
            "node": guest.node,
            "userid": guest.userid,
            "host": found.host.name,
            "state": found.state,
            "where": found.where,
            "source": seen.source if seen else "",
            "destination": seen.destination if seen else "",
            "since": seen.since if seen else "",
            "status": seen.status if seen else "",
        }
    )


def _seconds(wanted: dict[str, Any]) -> dict[str, int | None]:
    limits = {name: wanted.get(name) for name in _LIMITS}
    for name, value in limits.items():
        if value is not None and (
            isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _LONGEST
        ):
            raise Invalid(f"{name} is a whole number of seconds from 1, or null")
    return limits


def _flag(wanted: dict[str, Any], name: str) -> bool:
    value = wanted.get(name, False)
    if not isinstance(value, bool):
        raise Invalid(f"{name} is true or false")
    return value


def _destination(wanted: dict[str, Any], name: str) -> str:
    value = wanted.get(name)
    if not isinstance(value, str) or not value:
        raise Invalid(f"{name} names a z/VM system")
    return value


async def relocate(ask: Ask) -> Response:
    """Begin to relocate a guest, or find out whether CP would."""
    wanted = await ask.document()
    force = wanted.get("force", [])
    if not isinstance(force, list) or not all(isinstance(item, str) for item in force):
        raise Invalid("force is an array of texts")
    limits, immediate = _seconds(wanted), _flag(wanted, "immediate")
    destination = ask.mn.hosts.named(_destination(wanted, "destination"))
    guest = await ask.guest()
    if _flag(wanted, "test"):
        await relocation.check(ask.mn, guest, destination, force)
        return _described(guest, Whereabouts(guest.host, "idle", "on"))
    found = await relocation.start(ask.mn, guest, destination, force=force, immediate=immediate, **limits)
    return _described(guest, found)


async def whereabouts(ask: Ask) -> Response:
    """Answer where a guest is and how far its relocation."""
    guest = await ask.guest()
    return _described(guest, await relocation.state(ask.mn, guest))


async def modify_relocation(ask: Ask) -> Response:
    """Set other limits."""
    limits = _seconds(await ask.document())
    return answer({"active": await relocation.modify(ask.mn, await ask.guest(), **limits)})


async def cancel_relocation(ask: Ask) -> Response:
    """End a relocation; the guest stays."""
    return answer({"active": await relocation.cancel(ask.mn, await ask.guest())})


async def take_over(ask: Ask) -> Response:
    """Let another member of the cluster look after a guest that is logged on nowhere."""
    destination = ask.mn.hosts.named(_destination(await ask.document(), "host"))
    guest = await ask.guest()
    await clusters.take_over(ask.mn, guest, destination)
    return answer({"node": guest.node, "userid": guest.userid, "host": destination.name})


_PATH = "/guests/{node}/relocation"
ROUTES = (
    Route(
        "POST",
        _PATH,
        "zvm.relocation",
        "Begin to relocate a running guest, or test whether CP would",
        relocate,
        RELOCATION,
        body={
            "type": "object",
            "properties": {
                "destination": STRING,
                "test": BOOLEAN,
                "force": array_of(STRING),
                "immediate": BOOLEAN,
                **_LIMITS,
            },
            "required": ["destination"],
        },
    ),
    Route(
        "GET",
        _PATH,
        "zvm.relocation",
        "Say where a guest is and how far its relocation",
        whereabouts,
        RELOCATION,
    ),
    Route(
        "PATCH",
        _PATH,
        "zvm.relocation",
        "Set other limits for a relocation, in seconds; null: none",
        modify_relocation,
        object_of(active=BOOLEAN),
        body={"type": "object", "properties": _LIMITS},
    ),
    Route(
        "DELETE",
        _PATH,
        "zvm.relocation",
        "Cancel a relocation",
        cancel_relocation,
        object_of(active=BOOLEAN),
    ),
    Route(
        "PUT",
        "/guests/{node}/host",
        "zvm.relocation",
        "Let another member of the cluster look after a guest that is logged on nowhere",
        take_over,
        object_of(node=STRING, userid=STRING, host=STRING),
        body={"type": "object", "properties": {"host": STRING}, "required": ["host"]},
    ),
)
