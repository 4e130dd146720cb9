# SPDX-License-Identifier: Apache-2.0
"""What a light guest makes of its ephemeral disks and its swap disk when it starts.

A light guest runs no scripts. Of the boot commands that cloud-init is told it does what this one does: a disk
from 0101 to 010F gets an ext4 file system, 0110 swap space; what holds one already is kept.
"""

from __future__ import annotations

from collections.abc import Iterable

from zvm.simulator.dasd import Dasd
from zvm.simulator.virtual_devices import Disk

#: The boot command's name.
BOOT_COMMAND = "zvm-prepare-disks"
#: Device numbers of the ephemeral disks and of the swap disk.
_EPHEMERALS, _SWAP = [f"{number:04X}" for number in range(0x101, 0x110)], "0110"
#: Where the first partition of a 3390 begins: at track 2. An FBA disk without a table is one from its start.
_PARTITION = 2 * Dasd.TRACK_BYTES
#: Offsets in a file system (ext4: superblock at 1024, magic at 56, label at 120) and in swap space.
_EXT4_MAGIC, _EXT4_LABEL, _EXT4 = 1024 + 56, 1024 + 120, b"\x53\xef"
_SWAP_MAGIC, _SWAPSPACE = 4096 - 10, b"SWAPSPACE2"


def prepare(dasd: Dasd, userid: str, disks: Iterable[Disk]) -> dict[str, str]:
    """Format the guest's data disks where they are blank and take them into use.

    :return: device number → what it is used as: ``ephemeral0 on /mnt`` or ``swap``.
    """
    used = {}
    for disk in sorted(disks, key=lambda item: item.vdev):
        if disk.owner != userid or not disk.write:
            continue
        start = _PARTITION if disk.devtype == "3390" else 0
        if disk.vdev in _EPHEMERALS:
            used[disk.vdev] = _ephemeral(dasd, disk, start, _EPHEMERALS.index(disk.vdev))
        elif disk.vdev == _SWAP:
            if dasd.read(disk.extent, start + _SWAP_MAGIC, len(_SWAPSPACE)) != _SWAPSPACE:
                dasd.write(disk.extent, start + _SWAP_MAGIC, _SWAPSPACE)
            used[disk.vdev] = "swap"
    return used


def _ephemeral(dasd: Dasd, disk: Disk, start: int, number: int) -> str:
    if dasd.read(disk.extent, start + _EXT4_MAGIC, 2) != _EXT4:
        dasd.write(disk.extent, start + _EXT4_MAGIC, _EXT4)
        dasd.write(disk.extent, start + _EXT4_LABEL, f"ephemeral{number}".encode().ljust(16, b"\0"))
    label = dasd.read(disk.extent, start + _EXT4_LABEL, 16).partition(b"\0")[0].decode("ascii", "replace")
    return f"{label} on /mnt" + (f"/{label}" if number else "")
