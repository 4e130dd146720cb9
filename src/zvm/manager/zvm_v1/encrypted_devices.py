# SPDX-License-Identifier: Apache-2.0
"""Encrypted block devices of running guests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from starlette.responses import Response

from zvm.manager import encrypted_devices
from zvm.manager.encrypted_devices import Layout
from zvm.manager.errors import Invalid
from zvm.manager.zvm_v1.route import INTEGER, STRING, Ask, Route, answer, integer_in, object_of, text_in

OPENED = object_of(device=STRING, bytes=INTEGER)
_LAYOUT = object_of(type=STRING, cipher=STRING, key_size=INTEGER)


def _layout(wanted: Mapping[str, Any]) -> Layout:
    layout = wanted.get("layout", {})
    if not isinstance(layout, dict):
        raise Invalid("layout is an object with type, cipher and key_size")
    type_, cipher = text_in(layout, "type") or "luks2", text_in(layout, "cipher")
    return Layout(type_, cipher, integer_in(layout, "key_size", 0))


async def unlock(ask: Ask) -> Response:
    """Open a device."""
    wanted = await ask.document()
    device, name, passphrase = (text_in(wanted, key) for key in ("device", "name", "passphrase"))
    guest = await ask.guest()
    opened = await encrypted_devices.unlock(ask.mn, guest, device, name, passphrase, _layout(wanted))
    return answer(asdict(opened))


async def lock(ask: Ask) -> Response:
    """Close a device."""
    name = text_in(await ask.document(), "name")
    await encrypted_devices.lock(ask.mn, await ask.guest(), name)
    return Response(status_code=204)


async def grow(ask: Ask) -> Response:
    """Let an open device take up what it has grown by."""
    wanted = await ask.document()
    name, passphrase = text_in(wanted, "name"), text_in(wanted, "passphrase")
    return answer(asdict(await encrypted_devices.grow(ask.mn, await ask.guest(), name, passphrase)))


_DEVICES = "/guests/{node}/devices"
ROUTES = (
    Route(
        "POST",
        f"{_DEVICES}/unlock",
        "zvm.encrypted_devices",
        "Let a running guest open a device encrypted with LUKS, formatted when it is new",
        unlock,
        OPENED,
        body={
            "type": "object",
            "properties": {"device": STRING, "name": STRING, "passphrase": STRING, "layout": _LAYOUT},
            "required": ["device", "name", "passphrase"],
        },
    ),
    Route(
        "POST",
        f"{_DEVICES}/lock",
        "zvm.encrypted_devices",
        "Let a running guest close an encrypted device",
        lock,
        "",
        body={"type": "object", "properties": {"name": STRING}, "required": ["name"]},
    ),
    Route(
        "POST",
        f"{_DEVICES}/grow",
        "zvm.encrypted_devices",
        "Let an open encrypted device be as large as what is below it",
        grow,
        OPENED,
        body={
            "type": "object",
            "properties": {"name": STRING, "passphrase": STRING},
            "required": ["name", "passphrase"],
        },
    ),
)
