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
from zvm.manager.service import GuestNode
from zvm.manager.zvm_v1.route import INTEGER, STRING, Ask, Route, answer, object_of

OPENED = object_of(device=STRING, bytes=INTEGER)
_LAYOUT = object_of(type=STRING, cipher=STRING, key_size=INTEGER)


async def _guest(ask: Ask) -> GuestNode:
    guest = await ask.mn.guest(ask.name("node"))
    ask.mn.check_userid(guest.userid)
    return guest


def _text(wanted: Mapping[str, Any], name: str) -> str:
    value = wanted.get(name, "")
    if not isinstance(value, str):
        raise Invalid(f"{name} is a text")
    return value


def _layout(wanted: Mapping[str, Any]) -> Layout:
    layout = wanted.get("layout", {})
    if not isinstance(layout, dict):
        raise Invalid("layout is an object with type, cipher and key_size")
    size = layout.get("key_size", 0)
    if isinstance(size, bool) or not isinstance(size, int):
        raise Invalid("key_size is a number")
    return Layout(_text(layout, "type") or "luks2", _text(layout, "cipher"), size)


async def unlock(ask: Ask) -> Response:
    """Open a device."""
    wanted = await ask.document()
    device, name, passphrase = (_text(wanted, key) for key in ("device", "name", "passphrase"))
    guest = await _guest(ask)
    opened = await encrypted_devices.unlock(ask.mn, guest, device, name, passphrase, _layout(wanted))
    return answer(asdict(opened))


async def lock(ask: Ask) -> Response:
    """Close a device."""
    name = _text(await ask.document(), "name")
    await encrypted_devices.lock(ask.mn, await _guest(ask), name)
    return Response(status_code=204)


async def grow(ask: Ask) -> Response:
    """Let an open device take up what it has grown by."""
    wanted = await ask.document()
    name, passphrase = _text(wanted, "name"), _text(wanted, "passphrase")
    return answer(asdict(await encrypted_devices.grow(ask.mn, await _guest(ask), name, passphrase)))


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
