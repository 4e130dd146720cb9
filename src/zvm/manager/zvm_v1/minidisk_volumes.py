# SPDX-License-Identifier: Apache-2.0
"""Volumes: minidisks that outlive guests, and are theirs one after another."""

from __future__ import annotations

import uuid as uuids
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

from starlette.responses import Response, StreamingResponse

from zvm.manager.errors import Invalid
from zvm.manager.images import disk_stream
from zvm.manager.tasks import Answer, Progress
from zvm.manager.volumes import attachments, catalog, content, copying
from zvm.manager.zvm_v1.route import (
    BOOLEAN,
    INTEGER,
    STRING,
    Ask,
    Route,
    answer,
    array_of,
    object_of,
    text_in,
)
from zvm.xcat.envelope import OPERATION_HEADER

#: Most octets of a volume.
_MOST = 1 << 60
ATTACHMENT = object_of(userid=STRING, vdev=STRING, mode=STRING)
VOLUME = object_of(
    host=STRING,
    uuid=STRING,
    userid=STRING,
    vdev=STRING,
    pool=STRING,
    bytes=INTEGER,
    snapshot_of=STRING,
    state=STRING,
    attachments=array_of(ATTACHMENT),
)


def _uuid(text: Any) -> str:
    try:
        return str(uuids.UUID(text))
    except (ValueError, AttributeError, TypeError):
        raise Invalid(f"{text!r} is no uuid") from None


async def all_volumes(ask: Ask) -> Response:
    """Answer all volumes."""
    found, silent = await ask.mn.hosts.ask(ask.text("host"), catalog.all_of)
    return answer({"volumes": [item for _, items in found for item in items], "unreachable": silent})


async def one_volume(ask: Ask) -> Response:
    """Answer one volume, with who has it."""
    host, volume = await catalog.locate(ask.mn, _uuid(ask.name("uuid")), ask.text("host"))
    async with host.zhcp() as zhcp:
        held = catalog.attachments(await catalog.holders(zhcp, volume))
    return answer({"host": host.name, **volume.shown(held)})


async def create_volume(ask: Ask) -> Response:
    """Make a volume, blank or a copy; one that is there already is answered as it is."""
    wanted = await ask.document()
    known = {"uuid", "host", "pool", "bytes", "source", "snapshot"}
    if unknown := set(wanted) - known:
        raise Invalid(f"'{sorted(unknown)[0]}' is none of {', '.join(sorted(known))}")
    octets, snapshot = wanted.get("bytes", 0), wanted.get("snapshot", False)
    if isinstance(octets, bool) or not isinstance(octets, int) or not 0 <= octets <= _MOST:
        raise Invalid("bytes is a whole number")
    pool, name = wanted.get("pool", ""), wanted.get("host")
    if not isinstance(pool, str) or not isinstance(name, str) or not isinstance(snapshot, bool):
        raise Invalid("host and pool are texts, snapshot is true or false")
    source = _uuid(wanted["source"]) if wanted.get("source") else ""
    if snapshot and not source:
        raise Invalid("a snapshot needs a source")
    host = ask.mn.hosts.named(name)
    made = await copying.create(
        ask.mn, host, copying.Wanted(_uuid(wanted.get("uuid")), pool, octets, source, snapshot)
    )
    return answer({"host": host.name, **made.shown()})


async def delete_volume(ask: Ask) -> Response:
    """Delete a volume or snapshot."""
    uuid = _uuid(ask.name("uuid"))
    for host in ask.mn.hosts.all(ask.text("host")):
        await copying.delete(ask.mn, host, uuid, erase=ask.text("erase") != "false")
    return Response(status_code=204)


async def extend_volume(ask: Ask) -> Response:
    """Make a volume larger."""
    octets = (await ask.document()).get("bytes")
    if isinstance(octets, bool) or not isinstance(octets, int) or not 0 < octets <= _MOST:
        raise Invalid("bytes is a whole number")
    host, volume = await catalog.locate(ask.mn, _uuid(ask.name("uuid")), ask.text("host"))
    grown = await copying.extend(ask.mn, host, volume.uuid, octets)
    return answer({"host": host.name, **grown.shown()})


async def write_image(ask: Ask) -> Response:
    """Put an image of this node on a volume; its progress is a task."""
    image = (await ask.document()).get("image")
    if not isinstance(image, str) or not image:
        raise Invalid("image names an image of this management node")
    uuid = _uuid(ask.name("uuid"))
    host, _ = await catalog.locate(ask.mn, uuid, ask.text("host"))

    async def work(progress: Progress) -> Answer:
        return Answer(200, await content.put_image(ask.mn, host, uuid, image, progress))

    done = await ask.mn.tasks.run(
        ask.http.headers.get(OPERATION_HEADER) or str(uuids.uuid4()),
        requestid=ask.text("requestid"),
        user=ask.user.name,
        command=f"PUT image {image} on volume {uuid}",
        node="",
        work=work,
    )
    return answer(done.body, done.status)


async def write_volume(ask: Ask) -> Response:
    """Write the body to a volume."""
    length = ask.http.headers.get("content-length", "")
    host, volume = await catalog.locate(ask.mn, _uuid(ask.name("uuid")), ask.text("host"))
    known = int(length) if length.isascii() and length.isdigit() else None
    data = (chunk async for chunk in ask.stream() if chunk)
    return answer(await content.put(ask.mn, host, volume.uuid, data, known, ask.text("sha256")))


async def read_volume(ask: Ask) -> Response:
    """Answer what is on a volume."""
    host, volume = await catalog.locate(ask.mn, _uuid(ask.name("uuid")), ask.text("host"))
    length = int(ask.number("length", 0, most=_MOST)) or None
    form = disk_stream.checked(ask.text("format"))
    stack = AsyncExitStack()
    # Opened before the answer begins, so that a refusal can still be told as one.
    chunks = await stack.enter_async_context(content.reading(ask.mn, host, volume, length, form))

    async def stream() -> AsyncIterator[bytes]:
        async with stack:
            async for chunk in chunks:
                yield chunk

    return StreamingResponse(stream(), media_type="application/octet-stream")


async def attach_volume(ask: Ask) -> Response:
    """Give a guest a volume."""
    wanted = await ask.document()
    mode = text_in(wanted, "mode", "M")
    guest = await ask.guest()
    found = await attachments.attach(ask.mn, guest, _uuid(wanted.get("uuid")), mode.upper())
    return answer({"vdev": found.vdev, "mode": found.mode, "online": found.online})


async def detach_volume(ask: Ask) -> Response:
    """Take a volume from a guest."""
    guest = await ask.guest()
    await attachments.detach(ask.mn, guest, _uuid(ask.name("uuid")))
    return Response(status_code=204)


_HOST = {"host": "z/VM system; default: whichever has the volume"}
_VOLUME = "/volumes/{uuid}"
ROUTES = (
    Route(
        "GET",
        "/volumes",
        "zvm.volumes",
        "List volumes and snapshots",
        all_volumes,
        object_of(volumes=array_of(VOLUME), unreachable=array_of(STRING)),
        query={"host": "only those of this z/VM system"},
    ),
    Route("GET", _VOLUME, "zvm.volumes", "Show a volume", one_volume, VOLUME, query=_HOST),
    Route(
        "POST",
        "/volumes",
        "zvm.volumes",
        "Make a volume, a clone or a snapshot",
        create_volume,
        VOLUME,
        body={
            "type": "object",
            "properties": {
                "uuid": STRING,
                "host": STRING,
                "pool": STRING,
                "bytes": INTEGER,
                "source": STRING,
                "snapshot": BOOLEAN,
            },
            "required": ["uuid", "host"],
        },
    ),
    Route(
        "DELETE",
        _VOLUME,
        "zvm.volumes",
        "Delete a volume or snapshot",
        delete_volume,
        "",
        query=_HOST | {"erase": "false: leave its content on the pool's disk; default true"},
    ),
    Route(
        "POST",
        _VOLUME + "/extend",
        "zvm.volumes",
        "Make a volume larger",
        extend_volume,
        VOLUME,
        query=_HOST,
        body={"type": "object", "properties": {"bytes": INTEGER}, "required": ["bytes"]},
    ),
    Route(
        "POST",
        _VOLUME + "/image",
        "zvm.volumes",
        "Put an image on a volume",
        write_image,
        object_of(bytes=INTEGER, method=STRING),
        query=_HOST | {"requestid": "name for the task that shows the progress"},
        body={"type": "object", "properties": {"image": STRING}, "required": ["image"]},
    ),
    Route(
        "PUT",
        _VOLUME + "/content",
        "zvm.volumes",
        "Write a volume from its start",
        write_volume,
        object_of(bytes=INTEGER, sha256=STRING),
        query=_HOST | {"sha256": "digest of the body; another one is refused"},
        octets=True,
    ),
    Route(
        "GET",
        _VOLUME + "/content",
        "zvm.volumes",
        "Read a volume; while a guest has it, a copy made before the answer begins",
        read_volume,
        "application/octet-stream",
        query=_HOST
        | {
            "length": "octets from the start, default all",
            "format": "raw, the default, or qcow2, without what is zero; the volume is read twice for it",
        },
    ),
    Route(
        "POST",
        "/guests/{node}/volumes",
        "zvm.attachments",
        "Give a guest a volume",
        attach_volume,
        object_of(vdev=STRING, mode=STRING, online=BOOLEAN),
        body={
            "type": "object",
            "properties": {"uuid": STRING, "mode": {"type": "string", "enum": ["RR", "M", "MW"]}},
            "required": ["uuid"],
        },
    ),
    Route(
        "DELETE",
        "/guests/{node}/volumes/{uuid}",
        "zvm.attachments",
        "Take a volume from a guest",
        detach_volume,
        "",
    ),
)
