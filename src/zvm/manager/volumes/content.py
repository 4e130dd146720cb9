# SPDX-License-Identifier: Apache-2.0
"""What is on a volume: images and streams in, streams out."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from zvm.manager.errors import Refused
from zvm.manager.hosts import Host
from zvm.manager.images import disk_stream
from zvm.manager.service import ManagementNode
from zvm.manager.tasks import Progress
from zvm.manager.volumes import catalog, copying
from zvm.manager.volumes.volume import Volume
from zvm.zhcp.client import ZhcpClient

LOG = logging.getLogger(__name__)

#: Of a golden disk for which the pool has no room.
_NO_SPACE = (408, 24)


async def put_image(
    mn: ManagementNode, host: Host, uuid: str, image: str, progress: Progress
) -> dict[str, Any]:
    """Write an image of the node to the start of a volume: a FLASHCOPY of its golden disk.

    :return: bytes of the image, and how it came there: flashcopy, copy, or stream where the pool has no room
        for a golden disk.
    :raises Refused: the image does not fit, or a guest has the volume.
    """
    async with mn.locked([f"volume {uuid}"]):
        async with host.zhcp() as zhcp:
            volume = await _writable(zhcp, uuid)
        row = await mn.images.complete(image)
        try:
            how = await mn.goldens.deploy(host, image, volume.userid, volume.vdev, progress)
        except Refused as problem:
            cause = problem.__cause__
            if (getattr(cause, "rc", None), getattr(cause, "rs", None)) != _NO_SPACE:
                raise
            LOG.info("no room for a golden disk of %s; it is written to volume %s itself", image, uuid)
            progress.at("writing the volume", 10)
            async with host.zhcp() as zhcp:
                await zhcp.write_disk(
                    volume.userid,
                    volume.vdev,
                    lambda: mn.images.read(image),
                    length=row["bytes"],
                    sha256=row["content_sha256"],
                )
            how = "stream"
        return {"bytes": row["bytes"], "method": how}


async def put(
    mn: ManagementNode, host: Host, uuid: str, data: AsyncIterator[bytes], length: int | None, sha256: str
) -> dict[str, Any]:
    """Write a stream to the start of a volume.

    :param length: octets to come, when known.
    :param sha256: their digest in hex, or "".
    :raises Refused: a guest has the volume.
    :raises zvm.zhcp.errors.Invalid: the data does not fit, breaks off or has another digest.
    """
    async with mn.locked([f"volume {uuid}"]), host.zhcp() as zhcp:
        volume = await _writable(zhcp, uuid)
        written = await zhcp.write_disk(
            volume.userid, volume.vdev, data, length=length, sha256=sha256 or None
        )
        return {"bytes": written.bytes, "sha256": written.sha256}


async def _writable(zhcp: ZhcpClient, uuid: str) -> Volume:
    volume = await catalog.get(zhcp, uuid)
    await copying.refuse_in_use(zhcp, volume, "be written")
    return volume


@asynccontextmanager
async def reading(
    mn: ManagementNode, host: Host, volume: Volume, length: int | None, form: str
) -> AsyncIterator[AsyncIterator[bytes]]:
    """Open a volume for reading as an image; while a guest has it, a copy of it as of now.

    :param form: raw or qcow2.

    :raises Refused: it is a copy that is not complete.
    """
    if volume.source is not None:
        raise Refused(f"{volume.uuid} is a copy that is not complete")
    async with AsyncExitStack() as stack:
        zhcp = await stack.enter_async_context(host.zhcp())
        userid, vdev = volume.userid, volume.vdev
        if catalog.attachments(await catalog.holders(zhcp, volume)):
            userid, vdev = await stack.enter_async_context(mn.goldens.copy_of(host, userid, vdev))
        yield await stack.enter_async_context(disk_stream.reading(zhcp, userid, vdev, length, form))
