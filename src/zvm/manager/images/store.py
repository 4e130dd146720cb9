# SPDX-License-Identifier: Apache-2.0
"""The images: plain blocks in files, each written as a whole or not at all, and a row about each.

An upload goes into a ``.part`` file, is checked and converted there, and takes its place by being renamed; a
kill at any point leaves a ``.part`` file, which the next start removes.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import re
import time
from collections.abc import AsyncIterable, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import Connection, delete, insert, select, update

from zvm.manager.database import Database
from zvm.manager.errors import Invalid, NotFound
from zvm.manager.images import ckd, qcow2, xcat_file
from zvm.manager.images.space import STRIDE, ImageSpace
from zvm.manager.images.sparse import SparseWriter
from zvm.manager.tables.models import images
from zvm.manager.tables.rows import delete_rows, upsert
from zvm.manager.tasks import Progress

LOG = logging.getLogger(__name__)

#: How the ``origin`` of what Glance has too begins.
GLANCE = "glance:"
#: One that was used within so many seconds does not go for another one.
SHELTER = 600.0
#: Seconds to wait for an image that another request has.
_PATIENCE = 2.0
FORMATS = ("auto", "raw", "qcow2")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}\Z")
_CHUNK = 1 << 20
_CONVERTERS: dict[str, Callable[[BinaryIO, SparseWriter], None]] = {
    "qcow2": qcow2.convert,
    "ckd": ckd.convert,
    "fba": xcat_file.convert_blocks,
    "fba-part": xcat_file.convert_blocks,
    "fcp": xcat_file.convert_blocks,
}

Row = dict[str, Any]


def checked(name: str) -> str:
    """Return ``name`` if an image may be called so.

    :raises Invalid: it may not.
    """
    if not _NAME.match(name):
        raise Invalid(f"{name!r} is no valid image name: up to 200 letters, digits, '.', '_' and '-'")
    return name


class ImageStore:
    """The images in ``directory``.

    :param limit: octets that they may take, 0: as many as there are. For one more, copies of Glance's images
        go that were not used for the longest time.
    """

    def __init__(self, directory: Path, database: Database, limit: int = 0) -> None:
        self.directory = directory
        self.space = ImageSpace(directory, limit)
        self._database = database
        self._importing: dict[str, int] = {}

    def path(self, name: str) -> Path:
        """Return the file with the blocks of the image ``name``."""
        return self.directory / f"{checked(name)}.img"

    async def all(self) -> list[Row]:
        """Return the rows of all images."""
        return await self._database.read(_rows)

    async def get(self, name: str) -> Row:
        """Return the row of an image; one being uploaded has the state importing.

        :raises NotFound: there is none.
        """
        row = await self._database.read(_row, checked(name))
        if row is not None:
            return row
        if name in self._importing:
            return {**_EMPTY, "name": name, "state": "importing", "bytes": self._importing[name]}
        raise NotFound(f"no image {name}", next_step=f"upload it: PUT /zvm/v1/images/{name}")

    async def complete(self, name: str) -> Row:
        """Return the row of an image that can be deployed.

        :raises NotFound: there is none, or it is still being uploaded.
        """
        row = await self.get(name)
        if row["state"] != "complete":
            raise NotFound(f"the image {name} is not complete", next_step="wait until its upload has ended")
        return row

    async def put(
        self,
        name: str,
        stream: AsyncIterable[bytes],
        *,
        form: str = "auto",
        sha256: str = "",
        origin: str = "",
        progress: Progress | None = None,
    ) -> Row:
        """Store an image; the same content under a name that has it already changes nothing.

        :param stream: the file as it comes.
        :param form: raw, qcow2 or auto: found by content.
        :param sha256: digest of the file; "" to do without.
        :raises Invalid: the digest differs, or the file is broken.
        :raises Refused: there is no room for it.
        """
        checked(name)
        if form not in FORMATS:
            raise Invalid(f"the format '{form}' is none of {', '.join(FORMATS)}")
        if sha256 and not re.fullmatch(r"[0-9a-fA-F]{64}", sha256):
            raise Invalid("sha256 is not a digest of 64 hexadecimal digits")
        async with self._locked(name):
            row = await self._database.read(_row, name)
            if row is not None and sha256 and row["sha256"] == sha256.lower():
                async for _ in stream:  # the client cannot take an answer before it has sent all
                    pass
                return row
            self._importing[name] = 0
            try:
                with self.space.told(name):
                    return await self._import(
                        name, stream, form, sha256.lower(), origin, progress or Progress()
                    )
            finally:
                del self._importing[name]

    async def delete(self, name: str) -> None:
        """Delete an image.

        :raises NotFound: there is none.
        """
        if not await self._database.write(_delete, checked(name)):
            raise NotFound(f"no image {name}")
        await asyncio.to_thread(self.path(name).unlink, missing_ok=True)

    async def expire(self, name: str, oldest: float) -> bool:
        """Delete an image not stored or used since ``oldest`` (epoch seconds); return whether it went."""
        async with self._locked(name):
            row = await self._database.read(_row, name)
            if row is None or row["updated"] > oldest:
                return False
            await self.delete(name)
            return True

    async def touch(self, name: str) -> None:
        """Remember that an image is used now."""
        await self._database.write(_touch, name, time.time())

    async def make_room(self, name: str) -> None:
        """Let copies of Glance's images go, those first that were not used for the longest time.

        :param name: the image that arrives, for which there must be room.
        :raises Refused: there is none, and none can go.
        """
        if not await asyncio.to_thread(self.space.missing):
            return
        for row in sorted(await self.all(), key=lambda row: float(row["updated"])):
            if row["name"] == name or row["name"] in self._importing or not row["origin"].startswith(GLANCE):
                continue
            # One that was used lately may be on its way to a disk; one whose lock is taken arrives anew, and
            # whoever has that lock may wait for ours.
            with suppress(TimeoutError):
                async with asyncio.timeout(_PATIENCE):
                    if await self.expire(row["name"], time.time() - SHELTER):
                        LOG.info("image_space: the image %s goes for %s", row["name"], name)
            if not await asyncio.to_thread(self.space.missing):
                return
        raise self.space.too_little(name)

    async def read(self, name: str) -> AsyncIterator[bytes]:
        """Yield the blocks of an image."""
        file = await asyncio.to_thread(self.path(name).open, "rb")
        try:
            while data := await asyncio.to_thread(file.read, _CHUNK):
                yield data
        finally:
            file.close()

    async def clean(self) -> None:
        """Remove what uploads that were killed left behind."""
        await asyncio.to_thread(self._clean)

    def _clean(self) -> None:
        for part in self.directory.glob(".*.part"):
            with part.open("rb") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except OSError:
                    continue  # another management node is writing it
                part.unlink(missing_ok=True)

    def _locked(self, name: str) -> AbstractAsyncContextManager[None]:
        return self._database.locks.held([f"image {name}"])

    async def _import(
        self, name: str, stream: AsyncIterable[bytes], form: str, sha256: str, origin: str, progress: Progress
    ) -> Row:
        with _part(self.directory, name) as upload:
            writer = SparseWriter(upload)
            progress.at("receiving the image")
            looked = 0
            async for chunk in _gathered(stream):
                await asyncio.to_thread(writer.write, chunk)
                self._importing[name] = progress.bytes = writer.bytes
                if writer.bytes - looked >= STRIDE:
                    looked = writer.bytes
                    await self.make_room(name)
            digest = await asyncio.to_thread(writer.finish)
            if sha256 and digest != sha256:
                raise Invalid(
                    f"the image {name} arrived with the SHA-256 digest {digest} instead of {sha256}",
                    next_step="upload it again",
                )
            found = detect(upload) if form == "auto" else form
            row: Row = {
                "name": name,
                "state": "complete",
                "format": found,
                "bytes": writer.bytes,
                "sha256": digest,
                "content_sha256": digest,
                "origin": origin,
                "updated": time.time(),
            }
            if found == "raw":
                await self._take_place(upload, row)
                return row
            with _part(self.directory, name) as content:
                progress.at("converting the image", 50)
                plain = SparseWriter(content)
                await asyncio.to_thread(_CONVERTERS[found], upload, plain)
                row["content_sha256"] = await asyncio.to_thread(plain.finish)
                row["bytes"] = plain.bytes
                await self._take_place(content, row)
                return row

    async def _take_place(self, part: BinaryIO, row: Row) -> None:
        if not row["bytes"]:
            raise Invalid(f"the image {row['name']} is empty")
        await self.make_room(row["name"])
        await asyncio.to_thread(_rename, part, self.path(row["name"]))
        await self._database.write(_store, row)


def detect(file: BinaryIO) -> str:
    """Return the format of an image by its first octets: raw, qcow2, or a kind of xCAT's image files."""
    file.seek(0)
    start = file.read(xcat_file.TAG)
    if start.startswith(qcow2.MAGIC):
        return "qcow2"
    return xcat_file.TAGS.get(start, "raw")


class _part:
    """A file that goes away unless it took its place; locked while somebody writes it."""

    def __init__(self, directory: Path, name: str) -> None:
        self._path = directory / f".{name}.{os.urandom(6).hex()}.part"

    def __enter__(self) -> BinaryIO:
        self._file: BinaryIO = self._path.open("xb+")
        fcntl.flock(self._file, fcntl.LOCK_EX)
        return self._file

    def __exit__(self, *_: object) -> None:
        self._path.unlink(missing_ok=True)
        self._file.close()


def _rename(part: BinaryIO, path: Path) -> None:
    os.fsync(part.fileno())
    os.replace(part.name, path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


async def _gathered(stream: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """Yield the stream in larger pieces: each costs a change of threads."""
    gathered = bytearray()
    async for chunk in stream:
        gathered += chunk
        if len(gathered) >= _CHUNK:
            yield bytes(gathered)
            gathered.clear()
    if gathered:
        yield bytes(gathered)


_EMPTY: Row = {"format": "", "sha256": "", "content_sha256": "", "origin": "", "updated": 0.0}


def _rows(connection: Connection) -> list[Row]:
    return [dict(row) for row in connection.execute(select(images).order_by(images.c.name)).mappings()]


def _row(connection: Connection, name: str) -> Row | None:
    row = connection.execute(select(images).where(images.c.name == name)).mappings().first()
    return None if row is None else dict(row)


def _store(connection: Connection, row: Row) -> None:
    """Write the image's row, and those by which xCAT's clients find it."""
    connection.execute(delete(images).where(images.c.name == row["name"]))
    connection.execute(insert(images).values(**row))
    # An xCAT image name is OS-ARCH-METHOD-PROFILE; ours need not be, and are then their own profile.
    os_name, arch, method, profile = "linux", "s390x", "netboot", row["name"]
    if len(parts := row["name"].split("-", 3)) == 4 and parts[1] == arch:
        os_name, _, method, profile = parts
    upsert(
        connection,
        "osimage",
        {"imagename": row["name"]},
        {
            "imagetype": "linux",
            "osname": "Linux",
            "osvers": os_name,
            "osarch": arch,
            "provmethod": method,
            "profile": profile,
        },
    )
    rootimgdir = f"/install/{method}/{os_name}/{arch}/{profile}"
    upsert(connection, "linuximage", {"imagename": row["name"]}, {"rootimgdir": rootimgdir})


def _touch(connection: Connection, name: str, now: float) -> None:
    connection.execute(update(images).where(images.c.name == name).values(updated=now))


def _delete(connection: Connection, name: str) -> bool:
    for table in ("osimage", "linuximage"):
        delete_rows(connection, table, {"imagename": name})
    return connection.execute(delete(images).where(images.c.name == name)).rowcount > 0
