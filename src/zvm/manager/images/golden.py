# SPDX-License-Identifier: Apache-2.0
"""Golden minidisks: an image is written once per z/VM system, every deploy after that is a FLASHCOPY of it.

They belong to one userid per system. Each is written down before it is created and marked complete after its
content was written and its digest confirmed, so that whatever a kill leaves behind is found and removed. When
the pool is full, the one that was not used for the longest time goes.
"""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Collection
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from zvm.directory import Entry, User
from zvm.directory.extents import BLOCK, CYLINDER
from zvm.manager.database import Database
from zvm.manager.errors import Refused
from zvm.manager.hosts import Host
from zvm.manager.images.store import ImageStore
from zvm.manager.tables.models import goldens
from zvm.manager.tasks import Progress
from zvm.zhcp import errors as zhcp_errors
from zvm.zhcp.client import ZhcpClient

LOG = logging.getLogger(__name__)

Row = dict[str, Any]

#: One that was used within so many seconds may be in use by another management node.
SHELTER = 600.0
#: Kinds of image that fit one type of disk only.
_ONLY_ON = {"ckd": "3390", "fba": "9336", "fba-part": "9336"}
#: How the rows of scratch disks begin in place of a digest. Whoever uses one has the lock of this name.
_SCRATCH = "scratch-"


def allocation(device_type: str, octets: int) -> tuple[int, int]:
    """Return SMAPI's unit and size of a minidisk of ``octets`` (1: cylinders, 2: blocks of 512)."""
    if device_type == "3390":
        return 1, -(-octets // CYLINDER)
    return 2, -(-octets // BLOCK)


class _Taken(Exception):
    """Another management node began to make the golden disk at the same time."""


class Goldens:
    """The golden minidisks of all systems."""

    def __init__(self, database: Database, images: ImageStore) -> None:
        self._database = database
        self._images = images
        self._in_use: Counter[tuple[str, str]] = Counter()
        self._removals: set[asyncio.Task[None]] = set()

    async def deploy(self, host: Host, image: str, userid: str, vdev: str, progress: Progress) -> str:
        """Make the minidisk ``vdev`` of ``userid`` a copy of the image.

        :return: how: flashcopy or copy.
        :raises Refused: the image does not fit the disk.
        """
        row = await self._images.complete(image)
        await self._images.touch(image)
        async with host.zhcp() as zhcp:
            disk = await zhcp.disk(userid, vdev)
            device_type = "3390" if disk.type.startswith("3390") else "9336"
            if _ONLY_ON.get(row["format"], device_type) != device_type:
                raise Refused(
                    f"the image {image} is of another type of disk than {userid} {vdev} ({disk.type})"
                )
            if row["bytes"] > disk.bytes:
                raise Refused(
                    f"the image {image} has {row['bytes']} octets, {userid} {vdev} only {disk.bytes}",
                    next_step="make the disk larger, or take a smaller image",
                )
            owner = host.options.golden_userid
            for attempt in (1, 2):
                async with self._golden(host, zhcp, row, device_type, progress) as golden:
                    progress.at("copying the golden disk", 90)
                    try:
                        return (await zhcp.clone_disk(userid, vdev, owner, golden["vdev"])).method
                    except (zhcp_errors.Refused, zhcp_errors.NotFound):
                        if attempt == 2 or await _exists(zhcp, owner, golden["vdev"]):
                            raise
                        LOG.warning("the golden disk %s %s is gone; it is made again", owner, golden["vdev"])
                        await self._database.write(_forget, host.hcp, golden["vdev"])
        raise AssertionError("the second attempt returns or raises")

    async def prepare(self, host: Host, image: str, device_type: str, progress: Progress) -> bool:
        """Make the golden minidisk of an image, for later deploys; return False when it is there."""
        row = await self._images.complete(image)
        await self._images.touch(image)
        known = await self._database.read(_find, host.hcp, row["content_sha256"], device_type)
        async with host.zhcp() as zhcp, self._golden(host, zhcp, row, device_type, progress) as golden:
            return known is None or known["vdev"] != golden["vdev"]

    async def contents(self) -> set[str]:
        """Return the digests of all contents of which there is a golden minidisk somewhere."""
        return set(await self._database.read(_contents))

    async def expire(self, host: Host, keep: Collection[str], oldest: float) -> list[str]:
        """Remove the golden minidisks of a system that were not used since ``oldest``.

        :param keep: digests of contents whose disks stay.
        :return: names of the images whose disks went.
        """
        gone = []
        async with host.zhcp() as zhcp:
            for candidate in await self._database.read(_of_images, host.hcp):
                key = (host.hcp, candidate["content_sha256"], candidate["device_type"])
                # Who is about to copy it holds this lock, or has said so in _in_use.
                async with self._locked(key):
                    row = await self._database.read(_find, *key)
                    if row is not None and self._may_go(row, keep, oldest):
                        await self._remove(host, zhcp, row)
                        gone.append(row["image"])
        return gone

    def _locked(self, key: tuple[str, str, str]) -> AbstractAsyncContextManager[None]:
        return self._database.locks.held([f"golden {' '.join(key)}"])

    def _may_go(self, row: Row, keep: Collection[str], oldest: float) -> bool:
        """Return whether a golden disk was left half made or half deleted, or not used since ``oldest``."""
        if row["state"] != "complete":
            return True
        wanted = row["content_sha256"] in keep or row["used"] > oldest
        return not (wanted or self._is_copied(row))

    def _is_copied(self, row: Row) -> bool:
        """Return whether somebody copies a golden disk; of another management node it is only assumed."""
        sheltered = self._database.shared and row["used"] > time.time() - SHELTER
        return sheltered or self._in_use[row["hcp"], row["vdev"]] > 0

    @asynccontextmanager
    async def _golden(
        self, host: Host, zhcp: ZhcpClient, image: Row, device_type: str, progress: Progress
    ) -> AsyncIterator[Row]:
        """Give a complete golden disk of ``image``, which stays meanwhile; make it if there is none."""
        key = (host.hcp, image["content_sha256"], device_type)
        async with self._locked(key):
            while (row := await self._database.read(_find, *key)) is None or row["state"] != "complete":
                if row is None:
                    try:
                        row = await self._make(host, zhcp, image, device_type, progress)
                        break
                    except _Taken:
                        continue
                await self._remove(host, zhcp, row)  # whoever began it would have the lock: it was killed
            self._in_use[host.hcp, row["vdev"]] += 1
        try:
            await self._database.write(_set, host.hcp, row["vdev"], {"used": time.time()})
            yield row
        finally:
            self._in_use[host.hcp, row["vdev"]] -= 1

    async def _make(
        self, host: Host, zhcp: ZhcpClient, image: Row, device_type: str, progress: Progress
    ) -> Row:
        """Create a golden disk and write the image to it."""
        progress.at("creating the golden disk", 5)
        await self._keep_within(host, zhcp)
        row = await self._create(host, zhcp, image, device_type)
        try:
            await zhcp.write_disk(
                host.options.golden_userid,
                row["vdev"],
                lambda: self._content(image, progress),
                length=image["bytes"],
                sha256=image["content_sha256"],
            )
            complete = {"state": "complete", "used": time.time()}
            await self._database.write(_set, host.hcp, row["vdev"], complete)
        except BaseException:
            with suppress(zhcp_errors.ZhcpError):  # the next import removes it
                await self._remove(host, zhcp, row)
            raise
        return {**row, **complete}

    @asynccontextmanager
    async def copy_of(self, host: Host, userid: str, vdev: str) -> AsyncIterator[tuple[str, str]]:
        """Give userid and device number of a scratch minidisk that is a copy of a guest's as of now.

        The scratch disk is removed at the end, or, after a kill, by :meth:`tidy`.
        """
        name = f"{_SCRATCH}{uuid.uuid4()}"
        async with self._database.locks.held([name]), host.zhcp() as zhcp:
            disk = await zhcp.disk(userid, vdev)
            image = {"name": f"copy of {userid} {vdev}", "bytes": disk.bytes}
            image["content_sha256"] = name
            row = await self._create(host, zhcp, image, "3390" if disk.type.startswith("3390") else "9336")
            try:
                owner = host.options.golden_userid
                await zhcp.clone_disk(owner, row["vdev"], userid, vdev)
                yield owner, row["vdev"]
            finally:
                # A task of its own: when the reader went away this one is cancelled at each wait.
                removal = asyncio.create_task(self._discard(host, row))
                self._removals.add(removal)
                removal.add_done_callback(self._removals.discard)
                await asyncio.shield(removal)

    async def tidy(self, host: Host) -> None:
        """Remove the scratch disks of a system that nobody uses: a kill left them, or a dead zHCP."""
        try:
            async with host.zhcp() as zhcp:
                for row in await self._database.read(_scratch, host.hcp):
                    if await self._database.locks.free(row["content_sha256"]):
                        LOG.warning("removing the scratch disk %s, left behind", row["vdev"])
                        await self._remove(host, zhcp, row)
        except zhcp_errors.ZhcpError as error:
            LOG.warning("scratch disks of %s stay until its zHCP comes again: %s", host.name, error)

    async def _discard(self, host: Host, row: Row) -> None:
        try:
            async with host.zhcp() as zhcp:
                await self._remove(host, zhcp, row)
        except zhcp_errors.ZhcpError as error:
            host.owe()
            LOG.warning("the scratch disk %s stays for the moment: %s", row["vdev"], error)

    async def _content(self, image: Row, progress: Progress) -> AsyncIterator[bytes]:
        progress.at("writing the golden disk", 10)
        progress.bytes = 0
        async for data in self._images.read(image["name"]):
            yield data
            progress.bytes += len(data)
            progress.percent = 10 + 75 * progress.bytes // image["bytes"]

    async def _create(self, host: Host, zhcp: ZhcpClient, image: Row, device_type: str) -> Row:
        """Write a golden disk down and create it, empty."""
        owner, pool = host.options.golden_userid, host.options.golden_pool
        if not pool:
            raise Refused(
                f"no pool is configured for the golden disks of {host.name}",
                next_step="set pools or golden_pool in its [zhcp:...] group",
            )
        unit, size = allocation(device_type, image["bytes"])
        row: Row = {
            "hcp": host.hcp,
            "image": image["name"],
            "content_sha256": image["content_sha256"],
            "device_type": device_type,
            "pool": pool,
            "state": "creating",
        }
        number = 0
        while True:
            row["used"] = time.time()
            row["vdev"], number = await self._reserve(row, number)
            disk = {
                "vdev": row["vdev"],
                "device_type": device_type,
                "allocation": "AUTOG",
                "area_or_volser": pool,
                "unit": unit,
                "size": size,
                "mode": "MR",
                "format": 1,
            }
            try:
                await zhcp.smapi("Image_Disk_Create_DM", owner, disk)
            except zhcp_errors.OutcomeUnknown:
                raise  # the row stays: the next import removes what it finds
            except zhcp_errors.ZhcpError as error:
                await self._database.write(_forget, host.hcp, row["vdev"])
                match error.rc, error.rs:
                    case 400, 4:
                        await self._create_owner(zhcp, owner)
                    case 408, 4:  # somebody's disk that we know nothing of
                        continue
                    case 408, 24:
                        units = "cylinders" if unit == 1 else "blocks of 512"
                        await self._make_room(host, zhcp, pool, f"{size} {units}", error)
                    case _:
                        raise
                number -= 1
                continue
            return row

    async def _reserve(self, row: Row, number: int) -> tuple[str, int]:
        """Write the row down under the first free device number above ``number``.

        :raises _Taken: another management node did so for the same content.
        """
        taken = set(await self._database.read(_vdevs, row["hcp"]))
        while True:
            number += 1
            vdev = f"{number:04X}"
            if number > 0xFFFF:
                raise Refused("all device numbers of the golden disks' owner are taken")
            if vdev in taken:
                continue
            try:
                await self._database.write(_insert, {**row, "vdev": vdev})
            except IntegrityError:  # another management node took the number, or makes this very disk
                if await self._database.read(_find, row["hcp"], row["content_sha256"], row["device_type"]):
                    raise _Taken from None
                continue
            return vdev, number

    async def _create_owner(self, zhcp: ZhcpClient, owner: str) -> None:
        entry = Entry(User(owner, "NOLOG", "32M", "32M", "G"))
        try:
            await zhcp.smapi("Image_Create_DM", owner, {"image_record_array": entry.records()})
        except zhcp_errors.Refused as error:
            if (error.rc, error.rs) != (400, 8):  # another import made it meanwhile
                raise

    async def _keep_within(self, host: Host, zhcp: ZhcpClient) -> None:
        """Remove golden disks until one more is within ``golden_limit``, or none can go."""
        limit = host.options.golden_limit
        while limit and len(known := await self._database.read(_of_images, host.hcp)) >= limit:
            if not await self._remove_oldest(host, zhcp, known):
                LOG.info("%s: all golden minidisks are in use; one more than golden_limit is made", host.name)
                return

    async def _make_room(
        self, host: Host, zhcp: ZhcpClient, pool: str, wanted: str, error: zhcp_errors.ZhcpError
    ) -> None:
        """Remove the golden disk of ``pool`` that was not used for the longest time.

        :raises Refused: none can go.
        """
        known = await self._database.read(_of_images, host.hcp, pool)
        if await self._remove_oldest(host, zhcp, known):
            return
        raise Refused(
            f"the pool {pool} of {host.name} has no room for the golden disk of an image ({wanted}); the"
            f" {len(known)} golden disks in it are in use",
            next_step="add space to the pool, delete guests, or use a larger golden_pool",
        ) from error

    async def _remove_oldest(self, host: Host, zhcp: ZhcpClient, known: list[Row]) -> bool:
        """Remove the first golden disk of ``known`` that can go; return False where none can."""
        for row in known:
            if row["state"] == "complete" and not self._is_copied(row):
                LOG.info("pool %s: the golden disk of %s makes room", row["pool"], row["image"])
                await self._remove(host, zhcp, row)
                return True
        return False

    async def _remove(self, host: Host, zhcp: ZhcpClient, row: Row) -> None:
        """Delete a golden disk and then its row."""
        # Nobody finds it complete any more, even if the deletion is interrupted.
        await self._database.write(_set, host.hcp, row["vdev"], {"state": "deleting", "used": 0.0})
        how = host.options.data_security_erase
        erase = {"image_disk_number": row["vdev"], "data_security_erase": how}
        try:
            await zhcp.smapi("Image_Disk_Delete_DM", host.options.golden_userid, erase)
        except zhcp_errors.Refused as error:
            if error.rc not in (400, 404, 408) or (error.rc, error.rs) in ((400, 12), (408, 12)):
                raise  # locked; all others say that there is no such disk
        await self._database.write(_forget, host.hcp, row["vdev"])


async def _exists(zhcp: ZhcpClient, owner: str, vdev: str) -> bool:
    try:
        await zhcp.disk(owner, vdev)
    except (zhcp_errors.Refused, zhcp_errors.NotFound):
        return False
    return True


def _find(connection: Connection, hcp: str, content_sha256: str, device_type: str) -> Row | None:
    query = select(goldens).where(
        goldens.c.hcp == hcp,
        goldens.c.content_sha256 == content_sha256,
        goldens.c.device_type == device_type,
    )
    row = connection.execute(query).mappings().first()
    return None if row is None else dict(row)


def _scratch(connection: Connection, hcp: str) -> list[Row]:
    query = select(goldens).where(goldens.c.hcp == hcp, goldens.c.content_sha256.startswith(_SCRATCH))
    return [dict(row) for row in connection.execute(query).mappings()]


def _of_images(connection: Connection, hcp: str, pool: str = "") -> list[Row]:
    """Return the golden disks of images, those first that were not used for the longest time."""
    query = select(goldens).where(goldens.c.hcp == hcp, ~goldens.c.content_sha256.startswith(_SCRATCH))
    if pool:
        query = query.where(goldens.c.pool == pool)
    return [dict(row) for row in connection.execute(query.order_by(goldens.c.used)).mappings()]


def _contents(connection: Connection) -> list[str]:
    return list(connection.execute(select(goldens.c.content_sha256)).scalars())


def _vdevs(connection: Connection, hcp: str) -> list[str]:
    return list(connection.execute(select(goldens.c.vdev).where(goldens.c.hcp == hcp)).scalars())


def _insert(connection: Connection, row: Row) -> None:
    connection.execute(insert(goldens).values(**row))


def _set(connection: Connection, hcp: str, vdev: str, values: Row) -> None:
    found = (goldens.c.hcp == hcp, goldens.c.vdev == vdev)
    connection.execute(update(goldens).where(*found).values(**values))


def _forget(connection: Connection, hcp: str, vdev: str) -> None:
    connection.execute(delete(goldens).where(goldens.c.hcp == hcp, goldens.c.vdev == vdev))
