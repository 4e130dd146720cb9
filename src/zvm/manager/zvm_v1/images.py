# SPDX-License-Identifier: Apache-2.0
"""Images and transports: what comes in over HTTPS instead of ssh."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

from starlette.responses import FileResponse, Response

from zvm.manager import noderange
from zvm.manager.images.uploads import Part
from zvm.manager.tasks import Answer, Progress
from zvm.manager.zvm_v1.route import INTEGER, STRING, Ask, Route, answer, array_of, object_of
from zvm.xcat.envelope import OPERATION_HEADER

IMAGE = object_of(
    name=STRING,
    bytes=INTEGER,
    sha256=STRING,
    format=STRING,
    state=STRING,
    origin=STRING,
    content_sha256=STRING,
)


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {key: row[key] for key in IMAGE["properties"]}


async def all_images(ask: Ask) -> Response:
    """Answer every image."""
    return answer({"images": [_shown(row) for row in await ask.mn.images.all()]})


async def one_image(ask: Ask) -> Response:
    """Answer one image, or how far the upload in parts of the content ``sha256`` is."""
    name, sha256 = ask.name("name"), ask.text("sha256")
    received = ask.mn.uploads.received(name, sha256) if sha256 else None
    if received is not None:
        return answer(_partial(name, sha256, received))
    return answer(_shown(await ask.mn.images.get(name)))


def _partial(name: str, sha256: str, received: int) -> dict[str, Any]:
    unknown = dict.fromkeys(IMAGE["properties"], "")
    return {**unknown, "name": name, "sha256": sha256, "bytes": received, "state": "partial"}


async def put_image(ask: Ask) -> Response:
    """Store an image from the body, or a part of one; its progress is a task."""
    name = ask.name("name")
    header = ask.http.headers.get("content-range")
    part = Part.of(header) if header is not None else None

    async def work(progress: Progress) -> Answer:
        form, sha256, origin = ask.text("format", "auto"), ask.text("sha256"), ask.text("origin")
        if part is None:
            row = await ask.mn.images.put(
                name, ask.stream(), form=form, sha256=sha256, origin=origin, progress=progress
            )
            return Answer(200, _shown(row))
        made = await ask.mn.uploads.take(
            name, part, ask.stream(), form=form, sha256=sha256, origin=origin, progress=progress
        )
        if made is None:
            return Answer(202, _partial(name, sha256, part.last + 1))
        return Answer(200, _shown(made))

    done = await ask.mn.tasks.run(
        ask.http.headers.get(OPERATION_HEADER) or str(uuid.uuid4()),
        requestid=ask.text("requestid"),
        user=ask.user.name,
        command=f"PUT image {name}",
        node="",
        work=work,
    )
    return answer(done.body, done.status)


async def delete_image(ask: Ask) -> Response:
    """Delete an image."""
    await ask.mn.images.delete(ask.name("name"))
    return Response(status_code=204)


async def image_content(ask: Ask) -> Response:
    """Answer the plain blocks of an image."""
    row = await ask.mn.images.complete(ask.name("name"))
    path = ask.mn.images.path(row["name"])
    stat = await asyncio.to_thread(path.stat)
    return FileResponse(path, media_type="application/octet-stream", stat_result=stat)


async def put_transport(ask: Ask) -> Response:
    """Store a file for a guest's reader from the body."""
    node = ask.name("node")
    await ask.mn.database.read(noderange.resolve, node)
    id = await ask.mn.transports.put(
        node,
        ask.stream(),
        name=ask.text("name", "cfgdrive"),
        type=ask.text("type", "tgz"),
        sha256=ask.text("sha256"),
    )
    return answer({"transport": id})


ROUTES = (
    Route("GET", "/images", "zvm.images", "List images", all_images, object_of(images=array_of(IMAGE))),
    Route(
        "GET",
        "/images/{name}",
        "zvm.images",
        "Show an image",
        one_image,
        IMAGE,
        query={"sha256": "digest of what is uploaded in parts: tells how many octets have arrived"},
    ),
    Route(
        "PUT",
        "/images/{name}",
        "zvm.images",
        "Store an image; with the header Content-Range a part of one, the parts in their order",
        put_image,
        IMAGE,
        query={
            "format": "raw, qcow2 or auto: found by content, as xCAT's own image files are",
            "sha256": "digest of the body (of the whole where it comes in parts); another one is refused",
            "origin": "where the image comes from",
            "requestid": "name for the task that shows the progress",
        },
        octets=True,
    ),
    Route("DELETE", "/images/{name}", "zvm.images", "Delete an image", delete_image, ""),
    Route(
        "GET",
        "/images/{name}/content",
        "zvm.images",
        "Read an image as plain blocks",
        image_content,
        "application/octet-stream",
    ),
    Route(
        "PUT",
        "/transports/{node}",
        "zvm.transports",
        "Store a file for the first boot of a guest",
        put_transport,
        object_of(transport=STRING),
        query={
            "name": "name of the spool file, default cfgdrive",
            "type": "type of the spool file, default tgz",
            "sha256": "digest of the body; another one is refused",
        },
        octets=True,
    ),
)
