# SPDX-License-Identifier: Apache-2.0
"""``imgimport``, ``imgexport`` and ``rmimage``: images from and to files on this machine, and their end.

Files of other machines are not fetched (no ssh): ``PUT /zvm/v1/images`` takes an image over HTTPS. Paths lie
within the directory ``exchange`` of the state directory, whatever the caller says.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

from zvm.manager.commands.base import Call
from zvm.manager.errors import NotFound, NotSupported, Refused
from zvm.manager.service import ManagementNode
from zvm.xcat import envelope
from zvm.xcat.envelope import Response

_CHUNK = 1 << 20


async def imgimport(mn: ManagementNode, call: Call) -> list[Response]:
    """Store the image in the file ``osimage=`` under the profile ``profile=``."""
    wanted = call.pairs()
    _local(wanted, "PUT /zvm/v1/images/NAME")
    path = _within(mn, wanted["osimage"])
    if not await asyncio.to_thread(path.is_file):
        text = f"Unable to find the image bundle {wanted['osimage']}"
        return [envelope.error(text, details={"kind": "not_found", "message": text})]
    name = f"linux-s390x-netboot-{wanted.get('profile') or path.stem}"
    row = await mn.images.put(name, _chunks(path), progress=call.progress)
    return [envelope.data(f"Image {row['name']} was imported: {row['bytes']} octets")]


async def imgexport(mn: ManagementNode, call: Call) -> list[Response]:
    """Write the image ``osimage=`` to the file ``destination=``, as plain blocks."""
    wanted = call.pairs()
    name = wanted["osimage"]
    began = envelope.data(f"Exporting {name} to ...")
    try:
        await mn.images.complete(name)
    except NotFound:
        text = f"Cannot find image '{name}' from the osimage table."
        return [began, envelope.error(text, details={"kind": "not_found", "message": text})]
    _local(wanted, "GET /zvm/v1/images/NAME/content")
    target = _within(mn, wanted.get("destination") or name)
    if await asyncio.to_thread(target.exists):
        raise Refused(f"{wanted.get('destination') or name} exists")
    target.parent.mkdir(parents=True, exist_ok=True)
    await asyncio.to_thread(shutil.copyfile, mn.images.path(name), target)
    return [began, envelope.data(f"Exported {name}")]


async def rmimage(mn: ManagementNode, call: Call) -> list[Response]:
    """Remove an image and its rows."""
    name = call.args[0]
    try:
        await mn.images.delete(name)
    except NotFound:
        text = f"Invalid image name {name}"
        return [envelope.error(text, details={"kind": "not_found", "message": text})]
    return [envelope.info(f"Image {name} was removed.")]


def _local(wanted: dict[str, str], instead: str) -> None:
    if wanted.get("remotehost"):
        raise NotSupported("files of other machines are not fetched (remotehost)", next_step=f"use {instead}")


def _within(mn: ManagementNode, name: str) -> Path:
    """Return the file of the exchange directory that ``name`` means.

    :raises Refused: it lies elsewhere.
    """
    exchange = (Path(mn.config.state_directory) / "exchange").resolve()
    path = (exchange / name).resolve()
    if not path.is_relative_to(exchange):
        raise Refused(f"{name} is not in the directory {exchange}", next_step=f"put the file into {exchange}")
    return path


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    with await asyncio.to_thread(path.open, "rb") as file:
        while data := await asyncio.to_thread(file.read, _CHUNK):
            yield data
