# SPDX-License-Identifier: Apache-2.0
"""The block devices of a light guest under their names in /dev, with their data.

Minidisks are ``/dev/dasda`` and on, SCSI disks ``/dev/sda``, multipath maps ``/dev/mapper/WWID``; the links
below ``/dev/disk`` are those that udev makes. An encrypted volume that is open is ``/dev/mapper/NAME``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from zvm.simulator import luks
from zvm.simulator.installed import place_key
from zvm.simulator.iscsi_disks import IscsiDisks
from zvm.simulator.scsi_disks import DeviceError, ScsiDisk, ScsiDisks
from zvm.simulator.storage_array import Lun
from zvm.simulator.virtual_devices import Disk

if TYPE_CHECKING:
    from zvm.simulator.light_guest import Linux
    from zvm.simulator.system import System
    from zvm.simulator.virtual_machine import VirtualMachine


@dataclass(frozen=True)
class BlockDevice:
    """A block device: ``name`` is the kernel's (sda, dm-0, dasda), ``links`` what else leads to it.

    ``place`` is a minidisk, a LUN, or the device below an opened encryption with the key.
    """

    name: str
    size: int
    place: Disk | Lun | tuple[BlockDevice, str]
    links: tuple[str, ...] = field(default=())

    @property
    def identity(self) -> str:
        """A name that stays the device's own when others come and go."""
        return self.links[-1] if self.links else self.name


class BlockDevices:
    """What is below /dev of one running guest."""

    def __init__(self, system: System, machine: VirtualMachine, linux: Linux) -> None:
        self._system = system
        self._machine = machine
        self.scsi = ScsiDisks(system, machine, linux)
        self.iscsi = IscsiDisks(system, machine, linux)
        self._state: dict[str, Any] = linux.storage
        #: Name of a device → reads, bytes read, writes, bytes written, since the agent started.
        self.counted: dict[str, tuple[int, int, int, int]] = {}

    def all(self) -> list[BlockDevice]:
        """Return every block device."""
        plain = [*self._dasd(), *self._scsi(), *self._maps(), *self._iscsi()]
        return [*plain, *self._opened(plain)]

    def find(self, path: str) -> BlockDevice | None:
        """Return what a path below /dev leads to."""
        for device in self.all():
            if path == f"/dev/{device.name}" or path in device.links:
                return device
        return None

    def _dasd(self) -> Iterator[BlockDevice]:
        for number, disk in enumerate(self._machine.disks):
            if not disk.online:
                continue
            bus = f"ccw-0.0.{disk.vdev.lower()}"
            links = (f"/dev/disk/by-path/{bus}", f"/dev/disk/by-id/{bus}")
            size = self._system.dasd.extent_bytes(disk.extent)
            yield BlockDevice(f"dasd{chr(ord('a') + number % 26)}", size, disk, links)

    def _scsi(self) -> Iterator[BlockDevice]:
        for disk in self.scsi.disks():
            links = [_by_path(disk)]
            if disk.lun.wwid not in self.scsi.maps:
                links += _by_id(disk.lun.wwid)
            yield BlockDevice(disk.name, disk.size, disk.lun, tuple(links))

    def _maps(self) -> Iterator[BlockDevice]:
        for number, (wwid, size) in enumerate(self.scsi.maps.items()):
            if paths := self.scsi.paths(wwid):
                links = (f"/dev/mapper/{wwid}", f"/dev/disk/by-id/dm-uuid-mpath-{wwid}", *_by_id(wwid))
                yield BlockDevice(f"dm-{number}", size, paths[0].lun, links)

    def _iscsi(self) -> Iterator[BlockDevice]:
        for disk in self.iscsi.disks():
            links = (disk.by_path, *_by_id(disk.lun.wwid))
            yield BlockDevice(disk.name, disk.size, disk.lun, links)

    def _opened(self, plain: list[BlockDevice]) -> Iterator[BlockDevice]:
        crypt: dict[str, list[Any]] = self._state.get("crypt", {})
        for number, (name, (below, key, size)) in enumerate(crypt.items(), len(self.scsi.maps)):
            found = (item for item in plain if below in (f"/dev/{item.name}", *item.links))
            if device := next(found, None):
                size = min(size, device.size) - luks.HEADER
                yield BlockDevice(f"dm-{number}", size, (device, key), (f"/dev/mapper/{name}",))

    # use

    def switch_dasd(self, vdev: str, online: bool) -> None:
        """Set a DASD on- or offline.

        :raises DeviceError: there is none, or it is in use.
        """
        disk = next((disk for disk in self._machine.disks if disk.vdev == vdev), None)
        if disk is None:
            raise DeviceError(f"dasd 0.0.{vdev.lower()} not found")
        device = next((item for item in self._dasd() if item.place is disk), None)
        if device is not None and not online and (held := self.holders(device)):
            raise DeviceError(f"Device dasd 0.0.{vdev.lower()} is in use: {', '.join(held)}")
        disk.online = online

    def holders(self, device: BlockDevice) -> list[str]:
        """Return what keeps a device busy: mount points, opened encryption, the root file system."""
        paths = {f"/dev/{device.name}", *device.links}
        mounts: dict[str, str] = self._state.get("mounts", {})
        crypt: dict[str, list[Any]] = self._state.get("crypt", {})
        held = [point for point, path in mounts.items() if path in paths]
        held += [name for name, (below, *_) in crypt.items() if below in paths]
        root = self._machine.linux_key.partition(" ")[0]
        if isinstance(device.place, Lun) and root == device.place.place.volume:
            held.append("/")
        if isinstance(device.place, Disk) and self._machine.linux_key == place_key(device.place.extent):
            held.append("/")
        return held

    def set_read_only(self, device: BlockDevice, read_only: bool) -> None:
        """Let nobody write to a device until it goes, or until this is taken back."""
        others = [name for name in self._state.get("readonly", ()) if name != device.identity]
        self._state["readonly"] = [*others, device.identity] if read_only else others
        self.tidy()

    def tidy(self) -> None:
        """Forget what was set for devices that have gone."""
        if "readonly" in self._state:
            there = {device.identity for device in self.all()}
            kept = [name for name in self._state["readonly"] if name in there]
            if kept:
                self._state["readonly"] = kept
            else:
                del self._state["readonly"]

    # data

    def read(self, device: BlockDevice, offset: int, length: int) -> bytes:
        """Return bytes of a device, fewer at its end."""
        length = max(0, min(length, device.size - offset))
        self._count(device, length, 0)
        match device.place:
            case Disk():
                return self._system.dasd.read(device.place.extent, offset, length)
            case Lun():
                return self._system.san.read(device.place, offset, length)
            case (below, key):
                return luks.mask(self.read(below, luks.HEADER + offset, length), key, offset)

    def write(self, device: BlockDevice, offset: int, data: bytes) -> None:
        """Write bytes; what does not fit is cut off, as the kernel does."""
        if device.identity in self._state.get("readonly", ()):
            raise DeviceError(f"/dev/{device.name}: Operation not permitted")
        data = data[: max(0, device.size - offset)]
        self._count(device, 0, len(data))
        match device.place:
            case Disk():
                if not device.place.write:
                    raise DeviceError(f"/dev/{device.name}: Read-only file system")
                self._system.dasd.write(device.place.extent, offset, data)
            case Lun():
                self._system.san.write(device.place, offset, data)
            case (below, key):
                self.write(below, luks.HEADER + offset, luks.mask(data, key, offset))

    def _count(self, device: BlockDevice, read: int, written: int) -> None:
        reads, all_read, writes, all_written = self.counted.get(device.name, (0, 0, 0, 0))
        counts = (reads + bool(read), all_read + read, writes + bool(written), all_written + written)
        self.counted[device.name] = counts


def _by_path(disk: ScsiDisk) -> str:
    port, lun = disk.wwpn.lower(), disk.number.lower()
    return f"/dev/disk/by-path/ccw-0.0.{disk.vdev.lower()}-fc-0x{port}-lun-0x{lun}"


def _by_id(wwid: str) -> tuple[str, str]:
    return (f"/dev/disk/by-id/scsi-{wwid}", f"/dev/disk/by-id/wwn-0x{wwid[1:]}")
