# SPDX-License-Identifier: Apache-2.0
"""Uploads that go on where they broke off: what has arrived stays, under the image's name and its digest.

The digest of the whole is told with each part, so that parts of different contents are never put together,
and it is checked when the last part is there.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from zvm.manager.errors import Invalid, Refused
from zvm.manager.images.space import STRIDE
from zvm.manager.images.store import ImageStore, Row, checked
from zvm.manager.locks import Locks
from zvm.manager.tasks import Progress

_RANGE = re.compile(r"bytes (?P<first>\d{1,15})-(?P<last>\d{1,15})/(?P<total>\d{1,15})\Z")
_DIGEST = re.compile(r"[0-9a-fA-F]{64}\Z")
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Part:
    """Which octets of a file a request has: from ``first`` to ``last`` of ``total``, both counted from 0."""

    first: int
    last: int
    total: int

    @classmethod
    def of(cls, header: str) -> Part:
        """Return what a ``Content-Range`` header tells.

        :raises Invalid: it breaks the form ``bytes FIRST-LAST/TOTAL``. Source: RFC 9110, 14.4.
        """
        match = _RANGE.match(header)
        if match is None:
            raise Invalid(f"Content-Range: '{header[:80]}' is not of the form bytes FIRST-LAST/TOTAL")
        part = cls(*(int(match[name]) for name in ("first", "last", "total")))
        if not part.first <= part.last < part.total:
            raise Invalid(f"Content-Range: {header} is no part of a whole")
        return part


class Uploads:
    """What has arrived of images, in the directory of the images.

    :param retention: seconds that a part waits for the next one.
    """

    def __init__(self, images: ImageStore, locks: Locks, retention: float) -> None:
        self._images = images
        self._locks = locks
        self._retention = retention

    def received(self, name: str, sha256: str) -> int | None:
        """Return how many octets have arrived of an image, None when there is no upload of it.

        :raises Invalid: the digest is none.
        """
        try:
            return self._path(name, sha256).stat().st_size
        except FileNotFoundError:
            return None

    async def take(
        self,
        name: str,
        part: Part,
        stream: AsyncIterable[bytes],
        *,
        sha256: str,
        form: str = "auto",
        origin: str = "",
        progress: Progress,
    ) -> Row | None:
        """Add a part; store the image when it is complete.

        :return: the image's row, None while something is missing.
        :raises Refused: the part does not begin where the last one ended, or another one is on its way.
        :raises Invalid: the whole has another digest: nothing of it is kept.
        """
        path, lock = self._path(name, sha256), f"upload {name} {sha256.lower()}"
        if not await self._locks.free(lock):
            raise Refused(f"another part of the image {name} is on its way", next_step="wait until it ended")
        async with self._locks.held([lock]):
            await asyncio.to_thread(self._forget_old)
            there = self.received(name, sha256) or 0
            if part.first != there:
                raise Refused(
                    f"{there} octets of the image {name} have arrived, this part begins at {part.first}",
                    next_step=f"send Content-Range: bytes {there}-{part.total - 1}/{part.total}",
                )
            progress.at("receiving the image")
            with self._images.space.told(name):
                there += await self._append(name, path, part, stream, progress)
            if there < part.total:
                return None
            try:
                row = await self._images.put(
                    name, _content(path), form=form, sha256=sha256, origin=origin, progress=progress
                )
            except Invalid:
                path.unlink()
                raise
            path.unlink()
            return row

    def _path(self, name: str, sha256: str) -> Path:
        if not _DIGEST.match(sha256):
            raise Invalid("an upload in parts needs sha256, the digest of the whole in 64 hexadecimal digits")
        return self._images.directory / f".{checked(name)}.{sha256.lower()[:32]}.upload"

    async def _append(
        self, name: str, path: Path, part: Part, stream: AsyncIterable[bytes], progress: Progress
    ) -> int:
        """Write a part to the end of the file, whatever of it comes; return its length."""
        left, gathered = part.last - part.first + 1, bytearray()
        written = looked = 0

        async def flush(file: BinaryIO) -> None:
            nonlocal written
            data = bytes(gathered)
            gathered.clear()
            await asyncio.to_thread(file.write, data)
            written += len(data)
            progress.bytes = part.first + written

        with await asyncio.to_thread(path.open, "ab") as file:
            try:
                async for data in stream:
                    left -= len(data)
                    if left < 0:
                        raise Invalid(
                            f"the part has more than the {part.last - part.first + 1} octets it tells"
                        )
                    gathered += data
                    if len(gathered) >= _CHUNK:
                        await flush(file)
                    if written - looked >= STRIDE:
                        looked = written
                        await self._images.make_room(name)
            finally:
                if left >= 0:
                    await flush(file)
        if left:
            raise Invalid(f"{left} octets of the part are missing", next_step="send the rest")
        return written

    def _forget_old(self) -> None:
        oldest = time.time() - self._retention
        for path in self._images.directory.glob(".*.upload"):
            try:
                if path.stat().st_mtime < oldest:
                    path.unlink(missing_ok=True)
            except FileNotFoundError:
                continue


async def _content(path: Path) -> AsyncIterator[bytes]:
    with await asyncio.to_thread(path.open, "rb") as file:
        while data := await asyncio.to_thread(file.read, _CHUNK):
            yield data
