# SPDX-License-Identifier: Apache-2.0
"""Another size for a guest: processors, memory, disks, shares; kept reversible until it is confirmed.

:func:`prepare` makes the new disks, which the guest may run through; :func:`apply` copies what is to be kept
and exchanges old for new in one change of the directory entry; :func:`confirm` removes the former disks, or
:func:`revert` brings them back. Each may be repeated, and repeated by another management node after a kill:
the entry itself says how far it came (:mod:`zvm.directory.resize`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from zvm.directory import Entry, Include, Mdisk
from zvm.directory import resize as entries
from zvm.directory.extras import Extras
from zvm.directory.maxima import Maxima, octets
from zvm.manager import clusters, entry_lock, guest_size, guests
from zvm.manager.errors import Refused
from zvm.manager.hosts import Host
from zvm.manager.images.golden import allocation
from zvm.manager.service import GuestNode, ManagementNode
from zvm.zhcp import errors as zhcp_errors
from zvm.zhcp.client import ZhcpClient

LOG = logging.getLogger(__name__)

#: Image_Disk_Delete_DM: the entry has no such disk.
_NO_DISK = (408, 8)
#: Profile_Query_DM: there is none of the name.
_NO_PROFILE = (400, 4)


@dataclass(frozen=True, slots=True)
class Disk:
    """A disk that there is to be after the resize.

    :ivar octets: its size; None: it stays as it is.
    :ivar device_type: 3390 or 9336, of the volumes of ``pool``; what is copied keeps its type.
    :ivar copy: take over what the disk of this number holds.
    """

    vdev: str
    octets: int | None = None
    pool: str = ""
    device_type: str = "3390"
    copy: bool = False


@dataclass(frozen=True, slots=True)
class Size:
    """The size that a guest is to have: ``memory_mb`` in MiB, ``disks`` all that there are to be.

    :ivar maxima: what it can have as it runs; None: as its entry says.
    :ivar extras: what else its entry is to say.
    """

    cpus: int
    memory_mb: int
    disks: tuple[Disk, ...]
    maxima: Maxima | None = None
    extras: Extras = field(default_factory=Extras)

    @property
    def storage(self) -> str:
        """The memory as the directory has it."""
        return f"{self.memory_mb}M"

    @property
    def vdevs(self) -> list[str]:
        """The device numbers of the disks."""
        return [disk.vdev for disk in self.disks]


async def prepare(mn: ManagementNode, guest: GuestNode, size: Size, destination: Host | None = None) -> bool:
    """Make the disks that are new or of another size, and park them; the guest may run.

    :param destination: the system that the guest is to move to, checked to be of the same cluster.
    :return: whether the entry has this size already.
    :raises Refused: the guest is not ours, a disk would shrink, the directory lacks the profile, or the
        systems share no cluster.
    :raises zvm.zhcp.errors.Unreachable: the zHCP of this system or of ``destination`` is down.
    :raises zvm.zhcp.errors.Refused: z/VM refused, as with 408/24 where the pool is full; what was made before
        is removed.
    """
    if destination is not None and destination is not guest.host:
        await clusters.check_siblings(mn, guest.host, destination)
        async with destination.zhcp():
            pass  # it answers
    async with mn.locked([guest.node]), guest.host.zhcp() as zhcp:
        entry = await guests.own_entry(zhcp, guest)
        if entries.former(entry) is not None:
            if _has(entry, size):
                return True
            LOG.warning("an earlier resize of %s was never confirmed; it is now", guest.userid)
            entry = await settle(mn, zhcp, guest, entry)
        missing = _missing(entry, size)
        await _check_profile(zhcp, guest, size)
        await _remove(zhcp, guest, _superfluous(entry, missing))
        try:
            for disk in missing:
                await _make(zhcp, guest, entry, disk)
        except zhcp_errors.Refused:
            with suppress(zhcp_errors.ZhcpError):  # a revert does it, or the guest's end
                await _remove(zhcp, guest, [entries.parked(disk.vdev) for disk in missing])
            raise
        return False


async def apply(mn: ManagementNode, guest: GuestNode, size: Size) -> None:
    """Copy to the new disks and exchange them for the old, with processors and memory; the guest must be off.

    :raises Refused: the guest is on, or was not prepared for this size.
    """
    async with mn.locked([guest.node]), guest.host.zhcp() as zhcp:
        entry = await guests.own_entry(zhcp, guest)
        if entries.former(entry) is not None and _has(entry, size):
            return
        await _must_be_off(zhcp, guest)
        missing = _missing(entry, size)
        if {entries.parked(disk.vdev) for disk in missing} != set(entries.parking(entry)) or any(
            not _fits(entry.minidisk(entries.parked(disk.vdev)), disk) for disk in missing
        ):
            raise Refused(f"{guest.userid} is not prepared for this size", next_step="prepare it first")
        for disk in missing:
            if disk.copy and entry.minidisk(disk.vdev):
                await zhcp.clone_disk(guest.userid, entries.parked(disk.vdev), guest.userid, disk.vdev)
        await change(
            mn,
            zhcp,
            guest,
            lambda now: entries.resized(now, size.vdevs, size.cpus, size.storage, size.maxima, size.extras),
        )


async def confirm(mn: ManagementNode, guest: GuestNode) -> None:
    """Remove the disks that the guest had before, erased; the guest may run."""
    async with mn.locked([guest.node]), guest.host.zhcp() as zhcp:
        await settle(mn, zhcp, guest, await guests.own_entry(zhcp, guest))


async def revert(mn: ManagementNode, guest: GuestNode) -> None:
    """Bring back processors, memory and disks as they were, and remove the new disks.

    A guest that took its size as it ran gives it back as it runs.

    :raises Refused: the guest is on although its entry was resized while it was off.
    :raises zvm.zhcp.errors.Refused: its Linux does not give back what it has; off, it can be reverted.
    """
    async with mn.locked([guest.node]), guest.host.zhcp() as zhcp:
        entry = await guests.own_entry(zhcp, guest)
        if (was := entries.former(entry)) is not None:
            if not was.live:
                await _must_be_off(zhcp, guest)
            elif await guests.is_on(zhcp, guest):
                await guest_size.take(zhcp, guest.userid, was.cpus, octets(was.storage) >> 20)
            entry = await change(mn, zhcp, guest, entries.reverted)
        await _remove(zhcp, guest, entries.parking(entry))


def _has(entry: Entry, size: Size) -> bool:
    """Return whether the entry has this size."""
    return (
        entries.has_size(entry, size.cpus, size.storage)
        and size.extras.is_in(entry)
        and all((disk.vdev in size.vdevs) == bool(entry.minidisk(disk.vdev)) for disk in _all(size))
        and all(disk.octets is None or _fits(entry.minidisk(disk.vdev), disk) for disk in size.disks)
    )


def _all(size: Size) -> Iterable[Disk]:
    wanted = {disk.vdev: disk for disk in size.disks}
    return (wanted.get(vdev, Disk(vdev)) for vdev in entries.DISKS)


def _fits(found: Mdisk | None, disk: Disk) -> bool:
    """Return whether a minidisk is as large as wanted."""
    return (
        found is not None
        and disk.octets is not None
        and found.size == allocation(found.device_type, disk.octets)[1]
    )


def _missing(entry: Entry, size: Size) -> list[Disk]:
    """Return the disks that are to be made.

    :raises Refused: one would lose what it holds.
    """
    found = []
    for disk in size.disks:
        has = entry.minidisk(disk.vdev)
        if disk.octets is None and has is None:
            raise Refused(f"{entry.userid} has no disk {disk.vdev}, and no size is told for one")
        if disk.octets is None or _fits(has, disk):
            continue
        if has is not None and disk.copy:
            _, units = allocation(has.device_type, disk.octets)
            if has.size is None or units < has.size:
                raise Refused(
                    f"disk {disk.vdev} of {entry.userid} cannot shrink from {has.size} to {units} {has.unit}",
                    next_step="choose a size that is not smaller",
                )
            if disk.device_type != has.device_type:
                raise Refused(
                    f"disk {disk.vdev} of {entry.userid} is a {has.device_type};"
                    f" the volumes of pool {disk.pool} are {disk.device_type}",
                    next_step=f"choose a pool of {has.device_type} volumes",
                )
        found.append(disk)
    return found


def _superfluous(entry: Entry, missing: Iterable[Disk]) -> list[str]:
    """Return the parking numbers whose disks an earlier attempt left and nobody can use."""
    usable = {
        place for disk in missing if _is_usable(entry.minidisk(place := entries.parked(disk.vdev)), disk)
    }
    return [place for place in entries.parking(entry) if place not in usable]


def _is_usable(found: Mdisk | None, disk: Disk) -> bool:
    """Return whether a parked minidisk is what is wanted."""
    return found is not None and found.device_type == disk.device_type and _fits(found, disk)


async def _check_profile(zhcp: ZhcpClient, guest: GuestNode, size: Size) -> None:
    """Check that the directory has the profile that the guest's entry is to include."""
    include = size.extras.statements.get(Include.keyword)
    if not isinstance(include, Include):
        return
    try:
        await zhcp.smapi("Profile_Query_DM", include.profile)
    except zhcp_errors.Refused as error:
        if (error.rc, error.rs) != _NO_PROFILE:
            raise
        raise Refused(
            f"the profile {include.profile} does not exist",
            next_step=f"create the profile {include.profile} on {guest.host.name}, or use another one",
        ) from error


async def _make(zhcp: ZhcpClient, guest: GuestNode, entry: Entry, disk: Disk) -> None:
    place = entries.parked(disk.vdev)
    if _is_usable(entry.minidisk(place), disk):
        return  # of an earlier attempt
    unit, size = allocation(disk.device_type, disk.octets or 0)
    wanted = {
        "vdev": place,
        "device_type": disk.device_type,
        "allocation": "AUTOG",
        "area_or_volser": disk.pool,
        "unit": unit,
        "size": size,
        "mode": "MR",
        "format": 1,
    }
    await zhcp.smapi("Image_Disk_Create_DM", guest.userid, wanted)


async def _remove(zhcp: ZhcpClient, guest: GuestNode, vdevs: Iterable[str]) -> None:
    """Remove disks; those that are not there do no harm."""
    for vdev in vdevs:
        erase = {"image_disk_number": vdev, "data_security_erase": guest.host.options.data_security_erase}
        with zhcp_errors.accepted(_NO_DISK):
            await zhcp.smapi("Image_Disk_Delete_DM", guest.userid, erase)


async def settle(mn: ManagementNode, zhcp: ZhcpClient, guest: GuestNode, entry: Entry) -> Entry:
    """Remove what is parked, then the records of it."""
    await _remove(zhcp, guest, entries.parking(entry))
    if entries.settled(entry) == entry:
        return await guests.own_entry(zhcp, guest) if entries.parking(entry) else entry
    return await change(mn, zhcp, guest, entries.settled)


async def _must_be_off(zhcp: ZhcpClient, guest: GuestNode) -> None:
    if await guests.is_on(zhcp, guest):
        raise Refused(f"{guest.userid} is logged on", next_step="log it off first")


async def change(
    mn: ManagementNode, zhcp: ZhcpClient, guest: GuestNode, how: Callable[[Entry], Entry]
) -> Entry:
    """Replace the entry by what ``how`` makes of it, and return that."""
    async with entry_lock.held(mn, zhcp, guest):
        entry = how(await guests.own_entry(zhcp, guest))
        await zhcp.smapi("Image_Replace_DM", guest.userid, {"image_record_array": entry.records()})
    return entry
