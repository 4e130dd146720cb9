# SPDX-License-Identifier: Apache-2.0
"""Guests' minidisks: stream in and out, size, clone."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import AsyncExitStack

from zvm.zhcp import errors
from zvm.zhcp.links import READ, WRITE, Links
from zvm.zhcp.metrics import Metrics
from zvm.zhcp.platform import Device, Platform
from zvm.zhcp.results import Cloned, DiskInfo, DiskWritten

LOG = logging.getLogger(__name__)


class _Incoming:
    """A stream on its way to a disk: counted, checksummed, and stopped where the disk ends.

    :ivar failure: what broke the stream off. Kept here because an HTTP client in between hides it.
    """

    def __init__(self, chunks: AsyncIterable[bytes], capacity: int) -> None:
        self._chunks = chunks
        self._capacity = capacity
        self._hash = hashlib.sha256()
        self.bytes = 0
        self.failure: Exception | None = None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._chunks:
                self.bytes += len(chunk)
                if self.bytes > self._capacity:
                    raise errors.Invalid(f"the data does not fit: the disk has {self._capacity} octets")
                self._hash.update(chunk)
                yield chunk
        except Exception as error:
            self.failure = error
            raise

    def sha256(self) -> str:
        return self._hash.hexdigest()

    def told(self) -> errors.ZhcpError:
        """Return the failure as an error of ours."""
        if isinstance(self.failure, errors.ZhcpError):
            return self.failure
        return errors.Invalid(f"the data broke off after {self.bytes} octets: {self.failure!r}")


class OpenDisk:
    """A guest's minidisk, linked for reading; :meth:`close` must be called."""

    def __init__(self, platform: Platform, device: Device, length: int, links: AsyncExitStack) -> None:
        self._platform = platform
        self._device = device
        self._links = links
        self.length = length

    def chunks(self) -> AsyncIterator[bytes]:
        """Yield the content from the start."""
        return self._platform.read(self._device.vdev, 0, self.length)

    async def close(self) -> None:
        """Detach the disk."""
        await self._links.aclose()


class Disks:
    """Work on the minidisks of one z/VM system."""

    def __init__(self, platform: Platform, links: Links, metrics: Metrics) -> None:
        self._platform = platform
        self._links = links
        self._moved = metrics.disk_bytes

    async def info(self, userid: str, vdev: str) -> DiskInfo:
        """Return type and size of a minidisk."""
        async with self._links.link(userid, vdev, READ) as device:
            return DiskInfo(
                userid=userid.upper(),
                vdev=vdev.upper().zfill(4),
                type=device.type,
                bytes=device.bytes,
                cylinders=device.cylinders,
                blocks=device.blocks,
            )

    async def write(
        self,
        userid: str,
        vdev: str,
        chunks: AsyncIterable[bytes],
        *,
        length: int | None = None,
        sha256: str | None = None,
    ) -> DiskWritten:
        """Write a minidisk from its start; what lies behind the end of the data stays as it is.

        :param length: octets to come, when known: refused at once where they do not fit.
        :param sha256: what the data's checksum must be, in hex.
        :raises errors.Invalid: the data does not fit, breaks off or has another checksum. The minidisk's
            content is garbage then, except where ``length`` told beforehand that it does not fit.
        """
        async with self._links.link(userid, vdev, WRITE) as device:
            if length is not None and length > device.bytes:
                raise errors.Invalid(
                    f"{length} octets do not fit on {userid} {vdev}, which has {device.bytes}",
                    target=userid,
                    details={"bytes": length, "capacity": device.bytes},
                )
            incoming = _Incoming(chunks, device.bytes)
            try:
                written = await self._platform.write(device.vdev, 0, aiter(incoming), length)
            except Exception as error:
                if incoming.failure is None:
                    raise
                raise incoming.told() from error
        if written != incoming.bytes or (length is not None and written != length):
            raise errors.Invalid(
                f"{written} octets arrived on {userid} {vdev}, {incoming.bytes if length is None else length}"
                " were sent",
                target=userid,
            )
        self._moved.labels("in").inc(written)
        found = incoming.sha256()
        if sha256 is not None and found != sha256.lower():
            raise errors.Invalid(
                f"what was written to {userid} {vdev} has another checksum than told",
                target=userid,
                details={"sha256": found, "expected": sha256.lower()},
                next_step="Send it again; the content of the disk is not usable.",
            )
        return DiskWritten(bytes=written, sha256=found)

    async def open(self, userid: str, vdev: str, *, length: int | None = None) -> OpenDisk:
        """Link a minidisk for reading ``length`` octets (default: all) from its start."""
        links = AsyncExitStack()
        try:
            device = await links.enter_async_context(self._links.link(userid, vdev, READ))
            if length is not None and not 0 <= length <= device.bytes:
                raise errors.Invalid(f"{userid} {vdev} has {device.bytes} octets, {length} were asked for")
            wanted = device.bytes if length is None else length
        except BaseException:
            await links.aclose()
            raise
        self._moved.labels("out").inc(wanted)
        return OpenDisk(self._platform, device, wanted, links)

    async def clone(self, source: tuple[str, str], target: tuple[str, str]) -> Cloned:
        """Copy minidisk ``source`` (userid, vdev) to the start of minidisk ``target``.

        FLASHCOPY takes the same time whatever the size. Where CP refuses it (storage without the feature, too
        many relations) the data is read and written.

        :raises errors.Invalid: the two are one, differ in type, or the target is smaller.
        """
        if source == target:
            raise errors.Invalid("a disk cannot be cloned onto itself", target=target[0])
        async with AsyncExitStack() as links:
            old = await links.enter_async_context(self._links.link(*source, READ))
            new = await links.enter_async_context(self._links.link(*target, WRITE))
            if new.bytes < old.bytes or (old.cylinders is None) != (new.cylinders is None):
                raise errors.Invalid(
                    f"{' '.join(source)} ({_size(old)}) does not fit on {' '.join(target)} ({_size(new)})",
                    target=target[0],
                )
            end = "END" if old.size == new.size else str(old.size - 1)
            result = await self._platform.cp(
                f"FLASHCOPY {old.vdev} 0 END TO {new.vdev} 0 {end} SYNCHRONOUS", timeout=600.0
            )
            if result.rc == 0:
                return Cloned(method="flashcopy")
            LOG.info("CP refused FLASHCOPY, copying instead: %s", result.text.strip())
            content = self._platform.read(old.vdev, 0, old.bytes)
            copied = await self._platform.write(new.vdev, 0, content, old.bytes)
            if copied != old.bytes:
                raise errors.ZhcpError(f"{copied} of {old.bytes} octets were copied", target=target[0])
            self._moved.labels("copied").inc(copied)
            return Cloned(method="copy")


def _size(device: Device) -> str:
    unit = "blocks" if device.cylinders is None else "cylinders"
    return f"{device.type}, {device.size} {unit}"
