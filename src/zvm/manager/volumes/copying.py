# SPDX-License-Identifier: Apache-2.0
"""Making volumes: blank ones, and copies of others, which are snapshots and clones alike.

An entry is made and its minidisk allocated by one call, so there is never one without the other. Asked again
for the same id nothing is done twice: what is complete is answered, a copy that did not finish is made anew.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass

from zvm.directory import Link
from zvm.directory.names import poolname
from zvm.directory.volume_mark import VolumeMark
from zvm.manager import guests, pools
from zvm.manager.errors import Invalid, ManagerError, NotFound, Refused
from zvm.manager.hosts import Host
from zvm.manager.images.golden import allocation
from zvm.manager.service import ManagementNode
from zvm.manager.volumes import catalog
from zvm.manager.volumes.volume import SOURCE, Volume, records, userid_of
from zvm.zhcp import errors as zhcp_errors
from zvm.zhcp.client import ZhcpClient

LOG = logging.getLogger(__name__)

_ERASE = 2
_EXISTS, _NO_SPACE, _NO_LINK = (400, 8), (408, 24), (408, 8)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be made.

    :ivar pool: "" for that of ``source``.
    :ivar bytes: 0 for as many as ``source`` has.
    :ivar source: id of the volume or snapshot whose content it gets, or "".
    :ivar snapshot: whether it is a snapshot of ``source``.
    """

    uuid: str
    pool: str = ""
    bytes: int = 0
    source: str = ""
    snapshot: bool = False


async def create(mn: ManagementNode, host: Host, wanted: Wanted) -> Volume:
    """Make a volume, or return it when it is there already.

    :raises Refused: the pool has no room, the source is being written by a copy, or what is there differs.
    :raises NotFound: there is no such source or pool.
    :raises zvm.zhcp.errors.ZhcpError: z/VM refused; nothing is left behind.
    """
    async with mn.locked([f"volume {wanted.uuid}"]), host.zhcp() as zhcp:
        source = await catalog.get(zhcp, wanted.source) if wanted.source else None
        if source is not None and source.source is not None:
            raise Refused(
                f"{source.uuid} is itself a copy that is not complete",
                next_step="wait until it is, or delete it when nobody makes it",
            )
        volume, fresh = await _define(host, zhcp, wanted, source)
        if source is None or volume.source is None:
            return volume
        try:
            await _fill(zhcp, volume, source, volume.source)
        except BaseException as problem:
            if fresh and not isinstance(problem, zhcp_errors.OutcomeUnknown):
                await asyncio.shield(_undo(zhcp, volume))
            raise
        return await catalog.get(zhcp, wanted.uuid)


async def _define(host: Host, zhcp: ZhcpClient, wanted: Wanted, source: Volume | None) -> tuple[Volume, bool]:
    """Return the volume, made now or found, and whether it was made now."""
    pool = poolname(wanted.pool) if wanted.pool else source.mark.pool if source else ""
    octets = wanted.bytes or (source.bytes if source else 0)
    if not pool or octets <= 0:
        raise Invalid("a volume needs a pool and a size, or a source that has both")
    kind = source.device_type if source and pool == source.mark.pool else await _type_of(host, pool)
    if source is not None and kind != source.device_type:
        raise Refused(
            f"{source.uuid} lies on {source.device_type}, pool {pool} is of {kind}: no copy is possible",
            next_step=f"choose a pool of {source.device_type}, such as {source.mark.pool}",
        )
    size = allocation(kind, octets)[1]
    if source is not None and size < (source.disk.size or 0):
        raise Invalid(f"{octets} bytes cannot hold the {source.bytes} of {source.uuid}")
    mark = VolumeMark(wanted.uuid, pool, wanted.source if wanted.snapshot else "")
    link = Link(source.userid, source.vdev, SOURCE, "RR") if source else None
    entry = records(mark, kind, size, link)
    try:
        await zhcp.smapi("Image_Create_DM", userid_of(wanted.uuid), {"image_record_array": entry})
        fresh = True
    except zhcp_errors.Refused as error:
        if (error.rc, error.rs) == _NO_SPACE:
            raise await _no_space(host, pool, octets, error) from error
        if (error.rc, error.rs) != _EXISTS:
            raise
        fresh = False
    except zhcp_errors.OutcomeUnknown:
        fresh = True  # what follows tells
    try:
        volume = await catalog.get(zhcp, wanted.uuid)
    except NotFound as problem:
        raise zhcp_errors.Unreachable(f"{wanted.uuid} was not made: z/VM's answer was lost") from problem
    if volume.bytes < octets or volume.mark.of != mark.of:
        raise Refused(f"{wanted.uuid} exists already with {volume.bytes} bytes, {octets} were asked for")
    return volume, fresh


async def _fill(zhcp: ZhcpClient, volume: Volume, source: Volume, mark: Link) -> None:
    """Copy the source; ``mark``, the LINK that says so, goes last."""
    await zhcp.clone_disk(volume.userid, volume.vdev, source.userid, source.vdev)
    link = {
        "image_disk_number": SOURCE,
        "target_image_name": mark.userid,
        "target_image_disk_number": mark.source,
    }
    with zhcp_errors.accepted(_NO_LINK):
        await zhcp.smapi("Image_Disk_Unshare_DM", volume.userid, link)


async def _undo(zhcp: ZhcpClient, volume: Volume) -> None:
    """Remove a volume that could not be filled. Never raises: why it could not is what matters."""
    try:
        await zhcp.smapi("Image_Delete_DM", volume.userid, {"data_security_erase": _ERASE})
    except zhcp_errors.ZhcpError as error:
        if (error.rc, error.rs) != guests.NO_ENTRY:
            LOG.error(
                "%s stays, incomplete, until volume %s is deleted: %s", volume.userid, volume.uuid, error
            )


async def extend(mn: ManagementNode, host: Host, uuid: str, octets: int) -> Volume:
    """Give a volume ``octets`` bytes; one that has as many stays as it is.

    A minidisk does not grow: a larger one is made beside it, filled by FLASHCOPY, and takes its place.

    :raises Refused: it is attached or being copied, or the pool has no room.
    """
    async with mn.locked([f"volume {uuid}"]), host.zhcp() as zhcp:
        volume = await catalog.get(zhcp, uuid)
        for disk in volume.surplus:
            await _delete_disk(zhcp, volume, disk.vdev)
        if volume.bytes >= octets:
            return volume
        await refuse_in_use(zhcp, volume, "grow")
        unit, size = allocation(volume.device_type, octets)
        larger = "0101" if volume.vdev == "0100" else "0100"
        disk_ = {
            "vdev": larger,
            "device_type": volume.device_type,
            "allocation": "AUTOG",
            "area_or_volser": volume.mark.pool,
            "unit": unit,
            "size": size,
            "mode": "MR",
            "format": 1,
        }
        try:
            await zhcp.smapi("Image_Disk_Create_DM", volume.userid, disk_)
        except zhcp_errors.Refused as error:
            if (error.rc, error.rs) == _NO_SPACE:
                raise await _no_space(host, volume.mark.pool, octets, error) from error
            raise
        try:
            await zhcp.clone_disk(volume.userid, larger, volume.userid, volume.vdev)
        except BaseException:
            await asyncio.shield(_drop(zhcp, volume, larger))
            raise
        await _delete_disk(zhcp, volume, volume.vdev)
        return await catalog.get(zhcp, uuid)


async def _drop(zhcp: ZhcpClient, volume: Volume, vdev: str) -> None:
    try:
        await _delete_disk(zhcp, volume, vdev)
    except zhcp_errors.ZhcpError as error:
        LOG.error(
            "%s %s stays until volume %s is extended or deleted: %s", volume.userid, vdev, volume.uuid, error
        )


async def _delete_disk(zhcp: ZhcpClient, volume: Volume, vdev: str) -> None:
    erase = {"image_disk_number": vdev, "data_security_erase": _ERASE}
    await zhcp.smapi("Image_Disk_Delete_DM", volume.userid, erase)


async def delete(mn: ManagementNode, host: Host, uuid: str, *, erase: bool) -> None:
    """Delete a volume; one that is not there does no harm.

    :param erase: overwrite it, so that the next owner of the space cannot read it.
    :raises Refused: a guest has it, or it is being copied.
    """
    async with mn.locked([f"volume {uuid}"]), host.zhcp() as zhcp:
        try:
            volume = await catalog.get(zhcp, uuid)
        except NotFound:
            return
        await refuse_in_use(zhcp, volume, "be deleted")
        how = {"data_security_erase": _ERASE if erase else 1}
        with zhcp_errors.accepted(guests.NO_ENTRY):
            await zhcp.smapi("Image_Delete_DM", volume.userid, how)


async def refuse_in_use(zhcp: ZhcpClient, volume: Volume, what: str) -> None:
    """Do nothing when nobody's entry links to the volume.

    :raises Refused: somebody's does.
    """
    found = await catalog.holders(zhcp, volume)
    if volume.source is not None and what == "grow":
        raise Refused(f"{volume.uuid} cannot grow: it is a copy that is not complete")
    if found:
        who = ", ".join(f"{userid} as {link.vdev}" for userid, link in found)
        raise Refused(
            f"{volume.uuid} cannot {what}: it is linked by {who}",
            next_step="detach it first, or wait for the copy that is made of it",
        )


async def _type_of(host: Host, pool: str) -> str:
    try:
        [found] = await pools.of(host, [pool])
    except zhcp_errors.NotFound as error:
        raise NotFound(f"{host.name} has no disk pool {pool}") from error
    return "3390" if found.device_type == "3390" else "9336"


async def _no_space(host: Host, pool: str, octets: int, error: zhcp_errors.Refused) -> zhcp_errors.Refused:
    """Return the refusal with the numbers of the pool."""
    room = "its room could not be asked for"
    try:
        [found] = await pools.of(host, [pool])
        room = f"{found.free_bytes} are free, {found.largest_free_bytes} of them in one piece"
    except (zhcp_errors.ZhcpError, ManagerError):
        LOG.warning("the room in pool %s of %s could not be asked for", pool, host.name)
    return error.retold(
        f"no room for {octets} bytes in pool {pool} of {host.name}: {room}",
        f"add space to the pool {pool}, delete volumes, or use another pool",
    )
