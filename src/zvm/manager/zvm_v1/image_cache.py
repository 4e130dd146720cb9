# SPDX-License-Identifier: Apache-2.0
"""The cache of images on a z/VM system: filled beforehand, and emptied of what is no longer used."""

from __future__ import annotations

import asyncio
from dataclasses import asdict

from starlette.responses import Response

from zvm.manager.errors import Invalid
from zvm.manager.tasks import Progress
from zvm.manager.zvm_v1.route import BOOLEAN, INTEGER, STRING, Ask, Route, answer, array_of, object_of

_DEVICE_TYPES = ("3390", "9336")


async def prepare(ask: Ask) -> Response:
    """Make the golden minidisk of an image on a system."""
    wanted = await ask.document()
    device_type = wanted.get("device_type", _DEVICE_TYPES[0])
    if device_type not in _DEVICE_TYPES:
        raise Invalid(f"device_type is one of {', '.join(_DEVICE_TYPES)}")
    host = ask.mn.hosts.named(_host(wanted))
    made = await ask.mn.goldens.prepare(host, ask.name("name"), device_type, Progress())
    return answer({"made": made})


async def expire(ask: Ask) -> Response:
    """Remove the copies of images that a system no longer uses."""
    wanted = await ask.document()
    keep, seconds = wanted.get("keep"), wanted.get("unused_seconds")
    if not isinstance(keep, list) or not all(isinstance(name, str) for name in keep):
        raise Invalid("keep is a list of names of images")
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 <= seconds <= 1e9:
        raise Invalid("unused_seconds is a number of seconds")
    host = ask.mn.hosts.named(_host(wanted))
    return answer(asdict(await ask.mn.image_cache.expire(host, frozenset(keep), seconds)))


async def space(ask: Ask) -> Response:
    """Answer how much room the images take, and how much there is."""
    room = ask.mn.images.space
    taken = await asyncio.to_thread(room.taken)
    return answer({"images_bytes": taken, "limit_bytes": room.limit, "free_bytes": room.free()})


def _host(wanted: dict[str, object]) -> str:
    host = wanted.get("host")
    if not isinstance(host, str) or not host:
        raise Invalid("host names the z/VM system")
    return host


ROUTES = (
    Route(
        "GET",
        "/image_cache",
        "zvm.images",
        "Tell how much room the stored images take, how much they may (0: any) and how much is left",
        space,
        object_of(images_bytes=INTEGER, limit_bytes=INTEGER, free_bytes=INTEGER),
    ),
    Route(
        "POST",
        "/images/{name}/golden",
        "zvm.images",
        "Make the golden minidisk of an image, so that its first deploy is quick",
        prepare,
        object_of(made=BOOLEAN),
        body={
            "type": "object",
            "properties": {"host": STRING, "device_type": {"type": "string", "enum": list(_DEVICE_TYPES)}},
            "required": ["host"],
        },
    ),
    Route(
        "POST",
        "/image_cache/expire",
        "zvm.images",
        "Remove golden minidisks of a system, and images of Glance's, that are no longer used",
        expire,
        object_of(images=array_of(STRING), goldens=array_of(STRING)),
        body={
            "type": "object",
            "properties": {
                "host": STRING,
                "keep": array_of(STRING),
                "unused_seconds": {"type": "number", "minimum": 0},
            },
            "required": ["host", "keep", "unused_seconds"],
        },
    ),
)
