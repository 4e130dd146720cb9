# SPDX-License-Identifier: Apache-2.0
"""The SCSI disks of a light guest: FCP devices that are online, the LUNs on them, and the multipath maps.

As in a Linux on z/VM, zfcp finds by itself every LUN that is masked to an FCP device with an NPIV port name
(``zfcp.allow_lun_scan=1``) when the device goes online; later ones are found when they are configured. What
``chzdev`` configures comes again at the next boot. The kernel goes by the size a disk had when it was found
until it is told to look again, and so does the map above it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from zvm.simulator.storage_array import Lun, SanError
from zvm.simulator.virtual_devices import Dedicated

if TYPE_CHECKING:
    from zvm.simulator.light_guest import Linux
    from zvm.simulator.system import System
    from zvm.simulator.virtual_machine import VirtualMachine


class DeviceError(Exception):
    """Linux refuses; the text is what the program that asked prints."""


@dataclass(frozen=True)
class ScsiDisk:
    """One path to a LUN: ``hctl`` is its SCSI address, ``name`` that of its block device, ``size`` in bytes.

    ``size`` is what the kernel knows, the LUN may have grown meanwhile.
    """

    vdev: str
    wwpn: str
    number: str
    hctl: str
    name: str
    size: int
    lun: Lun


class ScsiDisks:
    """The SCSI side of one running guest; what it changes is kept with the guest's Linux."""

    def __init__(self, system: System, machine: VirtualMachine, linux: Linux) -> None:
        self._system = system
        self._machine = machine
        self._linux = linux
        self._state: dict[str, Any] = linux.storage

    # the state: hosts and luns come again at boot; online, found and maps are of this boot

    def _list(self, name: str) -> list[Any]:
        found: list[Any] = self._state.get(name, [])
        return found

    @property
    def maps(self) -> dict[str, int]:
        """The multipath maps: name → size in bytes."""
        found: dict[str, int] = self._state.get("maps", {})
        return found

    # FCP devices

    def rdev(self, vdev: str) -> str:
        """Return the real number of an FCP device of the guest.

        :raises DeviceError: it has none of this number.
        """
        device = self._machine.devices.get(vdev)
        if not isinstance(device, Dedicated) or self._system.san.fcp(device.rdev) is None:
            raise DeviceError(f"zfcp-host 0.0.{vdev.lower()}: Device not found")
        return device.rdev

    def online(self, vdev: str, *, persistent: bool = True) -> None:
        """Set an FCP device online; with an NPIV port name all its LUNs are found."""
        rdev = self.rdev(vdev)
        if persistent and vdev not in self._list("hosts"):
            self._linux.keep("hosts", [*self._list("hosts"), vdev])
        if vdev not in self._list("online"):
            self._linux.keep("online", [*self._list("online"), vdev])
        fcp = self._system.san.fcp(rdev)
        if fcp is not None and fcp.npiv_wwpn:
            for route, lun in self._system.san.paths(rdev):
                self._found(vdev, route.wwpn, route.lun, lun)

    def offline(self, vdev: str) -> None:
        """Set an FCP device offline and forget it; its disks go."""
        if vdev not in self._list("online") and vdev not in self._list("hosts"):
            raise DeviceError(f"zfcp-host 0.0.{vdev.lower()}: Device not found")
        for name in ("hosts", "online"):
            self._linux.keep(name, [item for item in self._list(name) if item != vdev])
        for name in ("luns", "found"):
            self._linux.keep(name, [item for item in self._list(name) if item[0] != vdev])
        self._reap()

    # LUNs

    def add(self, vdev: str, wwpn: str, number: str) -> None:
        """Configure a LUN.

        :raises DeviceError: the device is not online, or the storage network shows no such LUN.
        """
        if vdev not in self._list("online"):
            raise DeviceError(f"zfcp-lun 0.0.{vdev.lower()}: FCP device is not online")
        try:
            lun = self._system.san.find(self.rdev(vdev), wwpn, number)
        except SanError as error:
            raise DeviceError(f"zfcp-lun 0.0.{vdev.lower()}:0x{wwpn}:0x{number}: {error}") from error
        if [vdev, wwpn, number] not in self._list("luns"):
            self._linux.keep("luns", [*self._list("luns"), [vdev, wwpn, number]])
        self._found(vdev, wwpn, number, lun)

    def remove(self, vdev: str, wwpn: str, number: str) -> None:
        """Take a LUN away.

        :raises DeviceError: it is not there.
        """
        wanted = [vdev, wwpn, number]
        known = [item[:3] for item in self._list("found")]
        if wanted not in known and wanted not in self._list("luns"):
            raise DeviceError(f"zfcp-lun 0.0.{vdev.lower()}:0x{wwpn}:0x{number}: Device not found")
        self._linux.keep("luns", [item for item in self._list("luns") if item != wanted])
        self._linux.keep("found", [item for item in self._list("found") if item[:3] != wanted])
        self._reap()

    def _found(self, vdev: str, wwpn: str, number: str, lun: Lun) -> None:
        if [vdev, wwpn, number] not in [item[:3] for item in self._list("found")]:
            self._linux.keep("found", [*self._list("found"), [vdev, wwpn, number, lun.size]])
        self._linux.keep("maps", {lun.wwid: lun.size, **self.maps})

    def _reap(self) -> None:
        """Remove maps that have lost their last path."""
        alive = {disk.lun.wwid for disk in self.disks()}
        self._linux.keep("maps", {name: size for name, size in self.maps.items() if name in alive})

    def disks(self) -> list[ScsiDisk]:
        """Return the disks whose path works, in the order of their names."""
        return list(self._disks())

    def _disks(self) -> Iterator[ScsiDisk]:
        hosts = sorted({item[0] for item in self._list("found")})
        ports: dict[str, list[str]] = {}
        for number, (vdev, wwpn, lun, size) in enumerate(self._list("found")):
            targets = ports.setdefault(vdev, [])
            if wwpn not in targets:
                targets.append(wwpn)
            try:
                found = self._system.san.find(self.rdev(vdev), wwpn, lun)
            except (DeviceError, SanError):
                continue
            hctl = f"{hosts.index(vdev)}:0:{targets.index(wwpn)}:{_scsi_lun(lun)}"
            yield ScsiDisk(vdev, wwpn, lun, hctl, f"sd{letters(number)}", size, found)

    def rescan(self, hctl: str) -> None:
        """Look at the size of a disk again."""
        disk = next((disk for disk in self.disks() if disk.hctl == hctl), None)
        if disk is None:
            raise DeviceError(f"{hctl}: No such device")
        for item in self._list("found"):
            if item[:3] == [disk.vdev, disk.wwpn, disk.number]:
                item[3] = disk.lun.size

    # maps

    def paths(self, wwid: str) -> list[ScsiDisk]:
        """Return the disks below a map."""
        return [disk for disk in self.disks() if disk.lun.wwid == wwid]

    def resize(self, wwid: str) -> None:
        """Let a map have the size of its paths.

        :raises DeviceError: there is no such map, or its paths differ.
        """
        sizes = {disk.size for disk in self.paths(wwid)}
        if wwid not in self.maps or len(sizes) != 1:
            raise DeviceError("fail")
        self._linux.keep("maps", {**self.maps, wwid: sizes.pop()})

    def flush(self, wwid: str) -> None:
        """Remove a map; what holds it is looked for by the caller."""
        self._linux.keep("maps", {name: size for name, size in self.maps.items() if name != wwid})

    # boot

    def boot(self, root: tuple[str, str, str] | None) -> None:
        """Begin anew: what was configured comes again, and the LUN that was IPLed.

        :param root: FCP device, port name and LUN of the disk that was IPLed.
        """
        for name in ("online", "found", "maps", "mounts", "crypt", "readonly"):
            self._state.pop(name, None)
        for vdev in self._list("hosts"):
            if vdev in self._machine.devices:
                self.online(vdev)
        if root is not None:
            self.online(root[0], persistent=False)
        for vdev, wwpn, number in [*self._list("luns"), *([root] if root else [])]:
            try:
                self._found(vdev, wwpn, number, self._system.san.find(self.rdev(vdev), wwpn, number))
            except (DeviceError, SanError):
                continue


def _scsi_lun(number: str) -> int:
    """Return a LUN as Linux counts it: its two-byte words, the first the lowest (scsilun_to_int)."""
    words = [int(number[at : at + 4], 16) for at in range(0, 16, 4)]
    return sum(word << (16 * place) for place, word in enumerate(words))


def letters(number: int) -> str:
    """Return the letters of the n-th disk: a to z, then aa."""
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("a") + rest) + letters
    return letters
