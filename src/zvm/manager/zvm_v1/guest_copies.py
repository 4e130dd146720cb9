# SPDX-License-Identifier: Apache-2.0
"""Copies from one block device of a running guest to another."""

from __future__ import annotations

from starlette.responses import Response

from zvm.manager import guest_copies
from zvm.manager.zvm_v1.route import INTEGER, STRING, Ask, Route, answer, object_of


async def copy(ask: Ask) -> Response:
    """Copy a device."""
    wanted = await ask.document()
    guest = await ask.guest()
    source, target = str(wanted.get("source", "")), str(wanted.get("target", ""))
    return answer({"bytes": await guest_copies.copy(ask.mn, guest, source, target)})


async def writable(ask: Ask) -> Response:
    """Let the guest write to what was copied."""
    wanted = await ask.document()
    guest = await ask.guest()
    await guest_copies.writable(ask.mn, guest, str(wanted.get("device", "")))
    return Response(status_code=204)


ROUTES = (
    Route(
        "POST",
        "/guests/{node}/devices/copy",
        "zvm.guest_copies",
        "Copy an unused block device of a running guest to another one; it is read-only then",
        copy,
        object_of(bytes=INTEGER),
        body={
            "type": "object",
            "properties": {"source": STRING, "target": STRING},
            "required": ["source", "target"],
        },
    ),
    Route(
        "POST",
        "/guests/{node}/devices/writable",
        "zvm.guest_copies",
        "Let a guest write again to a block device that was copied",
        writable,
        "",
        body={"type": "object", "properties": {"device": STRING}, "required": ["device"]},
    ),
)
