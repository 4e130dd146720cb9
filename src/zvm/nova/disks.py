# SPDX-License-Identifier: Apache-2.0
"""The minidisks of a guest: which there are to be, and making them.

Device numbers say what a disk is for: 0100 the root disk, 0101 to 010F the ephemeral disks in Nova's order,
0110 the swap disk. Their names follow from the numbers, so that they are the same after every start.
"""

from __future__ import annotations

import string
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from nova import exception, objects
from nova.i18n import _
from nova.virt import driver
from oslo_utils import units

from zvm.nova import exceptions, naming
from zvm.nova.host import Host
from zvm.nova.session import Session
from zvm.xcat.records import Image

#: Device numbers of the root disk and of the swap disk.
ROOT, SWAP = "0100", "0110"
#: Device number of the disk that a rescue system is booted from.
RESCUE = "01F0"
#: Device numbers of the ephemeral disks.
EPHEMERALS = tuple(f"{number:04X}" for number in range(0x101, 0x110))
#: Device numbers whose disks a resize may replace.
LOCAL = (ROOT, *EPHEMERALS, SWAP)


@dataclass(frozen=True, slots=True)
class DiskSpec:
    """A minidisk to be: its device number and its size in MiB."""

    vdev: str
    megabytes: int

    @property
    def size(self) -> str:
        """The size as ``chvm`` takes it: ``10G`` or ``512M``."""
        gigabytes, rest = divmod(self.megabytes, 1024)
        return f"{self.megabytes}M" if rest else f"{gigabytes}G"


def device_name(vdev: str) -> str:
    """Return the name of the minidisk ``vdev`` in Linux: 0100 is /dev/dasda, 0101 /dev/dasdb."""
    number = int(vdev, 16) - int(ROOT, 16)
    name = ""
    while number >= 0:
        number, letter = divmod(number, 26)
        name = string.ascii_lowercase[letter] + name
        number -= 1
    return f"/dev/dasd{name}"


def root(image: Image, flavor: objects.Flavor) -> DiskSpec:
    """Return the root disk of a guest of ``flavor``; 0 GB means as large as the image."""
    return DiskSpec(ROOT, flavor.root_gb * 1024 or -(-image.bytes // units.Mi))


def further(block_device_info: dict[str, Any] | None) -> list[DiskSpec]:
    """Return the ephemeral disks and the swap disk that Nova wants.

    :raises InvalidBDM: there are more ephemeral disks than device numbers for them.
    """
    ephemerals = driver.block_device_info_get_ephemerals(block_device_info)
    if len(ephemerals) > len(EPHEMERALS):
        raise exception.InvalidBDM(
            _("A guest can have %(most)d ephemeral disks, not %(wanted)d")
            % {"most": len(EPHEMERALS), "wanted": len(ephemerals)}
        )
    found = [DiskSpec(vdev, disk["size"] * 1024) for vdev, disk in zip(EPHEMERALS, ephemerals, strict=False)]
    swap = driver.block_device_info_get_swap(block_device_info)
    if driver.swap_is_usable(swap):
        found.append(DiskSpec(SWAP, swap["swap_size"]))
    return found


def name_devices(root_name: str, *block_device_lists: Iterable[Any]) -> None:
    """Give the block devices of a new instance that have none the names of their device numbers.

    :param block_device_lists: Nova's: the image, ephemeral disks, swap disks and volumes.
    """
    images, ephemerals, swaps, volumes = (*map(list, block_device_lists), [], [], [], [])[:4]
    names = [(bdm, root_name) for bdm in images]
    names += [(bdm, device_name(vdev)) for bdm, vdev in zip(ephemerals, EPHEMERALS, strict=False)]
    names += [(bdm, device_name(SWAP)) for bdm in swaps]
    for bdm, name in names:
        _name(bdm, name)
    used = {bdm.device_name for bdm in (*images, *ephemerals, *swaps, *volumes)} | {root_name}
    for bdm in volumes:
        if not bdm.device_name:
            _name(bdm, next_volume_name(used))
            used.add(bdm.device_name)


def _name(bdm: Any, name: str) -> None:
    if not bdm.device_name:
        bdm.device_name = name
        bdm.save()


def next_volume_name(used: Iterable[str | None]) -> str:
    """Return the first name of a SCSI disk that is not in ``used``: volumes are named so."""
    taken = set(used)
    number = 0
    while (name := device_name(f"{0x100 + number:04X}").replace("dasd", "sd")) in taken:
        number += 1
    return name


class Disks:
    """The minidisks of the guests behind ``session``. Thread-safe."""

    def __init__(self, session: Session, host: Host) -> None:
        self._session = session
        self._host = host

    def add(self, instance: objects.Instance, disks: Iterable[DiskSpec], pool: str) -> None:
        """Make minidisks for the guest, empty.

        :raises NoSpace: the pool has no room; its text says how much there is.
        """
        option = "--add9336" if "9336" in self._host.device_type(pool) else "--add3390"
        for disk in disks:
            command = f"{option} {pool} {disk.vdev} {disk.size}"
            try:
                self._session.change_guest(naming.node_name(instance), command)
            except exceptions.NoSpace as full:
                raise self.no_room(full, disk, pool) from full

    def no_room(self, full: exceptions.NoSpace, disk: DiskSpec, pool: str) -> exceptions.NoSpace:
        """Return the refusal ``full`` with the size that was wanted and the room that there is."""
        reason = _("no room for %(size)s in %(room)s") % {
            "size": disk.size,
            "room": self._host.room_in(pool),
        }
        return exceptions.NoSpace(full.function, reason, full.rc, full.rs, full.next_step)

    def remove(self, instance: objects.Instance, vdevs: Iterable[str]) -> None:
        """Remove minidisks of the guest; those that it does not have do no harm."""
        node = naming.node_name(instance)
        for vdev in vdevs:
            try:
                self._session.change_guest(node, f"--removedisk {vdev}")
            except exceptions.Refused as problem:
                if (problem.rc, problem.rs) != _NO_DISK:
                    raise

    def remove_further(self, instance: objects.Instance) -> None:
        """Remove the ephemeral disks and the swap disk that the guest has."""
        has = {disk.vdev for disk in self._session.detail(naming.node_name(instance)).minidisks}
        self.remove(instance, [vdev for vdev in (*EPHEMERALS, SWAP) if vdev in has])


#: Image_Disk_Delete_DM: the entry has no such disk.
_NO_DISK = (408, 8)
