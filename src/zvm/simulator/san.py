# SPDX-License-Identifier: Apache-2.0
"""A small storage network: target ports, and LUNs behind them in sparse files, masked by port name.

An FCP device logs in with its NPIV port name (without NPIV with the channel's own) and sees the LUNs whose
mask names it. A LUN that CP uses as an EDEV is a volume too; both ways then lead to the same data.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from zvm.directory import Extent
from zvm.simulator.config import FcpSettings
from zvm.simulator.storage_array import BLOCK, PRODUCT, REVISION, VENDOR, Lun, SanError, StorageArray

if TYPE_CHECKING:
    from zvm.simulator.system import System

#: Octets that are copied at a time.
_COPIED = 4 << 20

__all__ = ["BLOCK", "PRODUCT", "REVISION", "VENDOR", "Lun", "Route", "San", "SanError"]


@dataclass(frozen=True)
class Route:
    """One way to a LUN: FCP device, port name of the target, LUN."""

    fcp: str
    wwpn: str
    lun: str

    def __str__(self) -> str:
        return f"{self.fcp} {self.wwpn} {self.lun}"


class San:
    """The LUNs as one system sees them.

    :param directory: where their files are; made when absent.
    """

    def __init__(self, system: System, directory: Path, array: StorageArray) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._system = system
        self._directory = directory
        self._files: dict[str, tuple[Lun, int]] = {}
        self.array = array

    @property
    def luns(self) -> list[Lun]:
        """Every LUN there is."""
        return self.array.luns

    def fcp(self, rdev: str) -> FcpSettings | None:
        """Return an FCP device by its number, or None."""
        return next((fcp for fcp in self._system.config.fcp_devices if fcp.rdev == rdev), None)

    def owner(self, rdev: str) -> str:
        """Return who uses an FCP device: a userid, ``SYSTEM`` for CP's own EDEVs, or ""."""
        if any(path.fcp == rdev for edev in self._system.edevs.all() for path in edev.paths):
            return "SYSTEM"
        return self._system.dedicated_to(rdev)

    def reaches(self, rdev: str) -> bool:
        """Tell whether an FCP device and its channel path are online."""
        fcp, offline = self.fcp(rdev), self._system.offline
        return fcp is not None and rdev not in offline.devices and fcp.chpid not in offline.chpids

    def paths(self, rdev: str) -> list[tuple[Route, Lun]]:
        """Return every LUN an FCP device sees, once for each target port."""
        fcp = self.fcp(rdev)
        if fcp is None or not self.reaches(rdev):
            return []
        initiator = (fcp.npiv_wwpn or fcp.wwpn).upper()
        return [
            (Route(rdev, target.upper(), lun.number), lun)
            for lun in self.luns
            if lun.shows_itself_to(initiator)
            for target in lun.settings.targets
            if not target.startswith("iqn.")
        ]

    def find(self, rdev: str, wwpn: str, lun: str) -> Lun:
        """Return the LUN at the end of a path.

        :raises SanError: there is none, or the mask hides it.
        """
        wanted = Route(rdev, wwpn.upper().removeprefix("0X"), lun.upper().removeprefix("0X").ljust(16, "0"))
        for path, found in self.paths(rdev):
            if path == wanted:
                return found
        raise SanError(f"no LUN {wanted.lun} behind {wanted.wwpn} for FCP device {rdev}")

    def read(self, lun: Lun, offset: int, length: int) -> bytes:
        """Return bytes of a LUN, fewer at its end."""
        length = max(0, min(length, lun.size - offset))
        if volser := self._volume(lun):
            whole = Extent(volser, 0, lun.settings.blocks)
            return self._system.dasd.read(whole, min(offset, lun.size), length)
        data = os.pread(self._file(lun), length, offset)
        return data + bytes(length - len(data))

    def write(self, lun: Lun, offset: int, data: bytes) -> None:
        """Write bytes to a LUN.

        :raises SanError: they do not fit it.
        """
        if offset < 0 or offset + len(data) > lun.size:
            raise SanError(f"{len(data)} bytes at {offset} do not fit a LUN of {lun.size} bytes")
        if volser := self._volume(lun):
            self._system.dasd.write(Extent(volser, 0, lun.settings.blocks), offset, data)
        else:
            os.pwrite(self._file(lun), data, offset)
        self._system.dasd.changed(lun.place)

    def copy(self, source: Lun, target: Lun) -> None:
        """Copy what is on a LUN to the start of another one, which is blank and no smaller."""
        for start, end in self._written(source):
            for at in range(start, end, _COPIED):
                self.write(target, at, self.read(source, at, min(_COPIED, end - at)))

    def _written(self, lun: Lun) -> Iterator[tuple[int, int]]:
        """Yield start and end of each part of a LUN that may be something else than zeros."""
        if self._volume(lun):
            yield 0, lun.size
            return
        descriptor, end = self._file(lun), 0
        while True:
            try:
                start = os.lseek(descriptor, end, os.SEEK_DATA)
            except OSError as problem:
                if problem.errno != errno.ENXIO:  # nothing but a hole is left
                    raise
                return
            end = os.lseek(descriptor, start, os.SEEK_HOLE)
            yield start, end

    def file(self, lun: Lun) -> Path:
        """Return where a LUN's data is."""
        return self._directory / f"{lun.uuid}.lun"

    def remove(self, lun: Lun) -> None:
        """Remove a LUN with its data.

        :raises SanError: it may not go.
        """
        self.array.remove(lun.uuid)
        self._forget(lun.uuid)
        self.file(lun).unlink(missing_ok=True)

    def close(self) -> None:
        """Close all files."""
        for uuid in list(self._files):
            self._forget(uuid)

    def _forget(self, uuid: str) -> None:
        if uuid in self._files:
            os.close(self._files.pop(uuid)[1])

    def _volume(self, lun: Lun) -> str:
        edev = next((edev for edev in self._system.edevs.all() if edev.uuid == lun.uuid), None)
        return edev.volser if edev else ""

    def _file(self, lun: Lun) -> int:
        known, descriptor = self._files.get(lun.uuid, (None, -1))
        if known is not lun:  # another member may have removed it, and made another one of this name
            self._forget(lun.uuid)
            descriptor = os.open(self.file(lun), os.O_RDWR | os.O_CREAT, 0o600)
            self._files[lun.uuid] = lun, descriptor
            if os.fstat(descriptor).st_size < lun.size:
                os.ftruncate(descriptor, lun.size)
        return descriptor
