# SPDX-License-Identifier: Apache-2.0
"""DASD volumes as sparse files, and what is done to extents of them: read, write, erase, FlashCopy.

A 3390 cylinder is 15 tracks of 49152 data bytes (twelve 4 KiB records, as Linux formats them); a 9336
block is 512 bytes. Count and key areas are not kept.
"""

from __future__ import annotations

import ctypes
import errno
import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from zvm.simulator.flashcopy import GRAIN, Relation, Relations

if TYPE_CHECKING:
    from zvm.directory.extents import Extent

_KEEP_SIZE_PUNCH_HOLE = 0x01 | 0x02  # linux/falloc.h
_ZEROS = bytes(GRAIN)
#: Bytes moved at once.
_STEP = 64 * GRAIN
_libc = ctypes.CDLL(None, use_errno=True)


class DasdError(Exception):
    """The request does not fit the volumes (no such volume, beyond an end, extents that cannot be copied)."""


@dataclass(frozen=True)
class Volume:
    """A real DASD volume. ``size`` counts cylinders (3390) or 512-byte blocks (9336).

    ``file`` is where its data is when that is not its own file: a LUN's.
    """

    volser: str
    devtype: str
    size: int
    rdev: str
    file: str = ""

    @property
    def unit_bytes(self) -> int:
        """Bytes in one allocation unit, a cylinder or a block."""
        return Dasd.CYLINDER_BYTES if self.devtype == "3390" else Dasd.BLOCK_BYTES


class Dasd:
    """The volumes of one system.

    :param directory: where the volume files and the FlashCopy relations are kept; made when absent.
    """

    CYLINDER_BYTES: ClassVar[int] = 737280
    TRACK_BYTES: ClassVar[int] = GRAIN
    BLOCK_BYTES: ClassVar[int] = 512

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self.volumes: dict[str, Volume] = {}
        #: Called with an extent after its contents changed.
        self.changed: Callable[[Extent], None] = lambda extent: None
        #: Called with source and target after a FlashCopy.
        self.copied: Callable[[Extent, Extent], None] = lambda source, target: None
        self._files: dict[str, int] = {}
        self.relations = Relations(directory / "flashcopy.sqlite")

    def add_volume(
        self,
        volser: str,
        devtype: str,
        *,
        cylinders: int = 0,
        blocks: int = 0,
        rdev: str = "",
        file: Path | None = None,
    ) -> Volume:
        """Bring a volume online; a file that is there already keeps its data.

        :param devtype: ``3390`` with ``cylinders``, or ``9336`` with ``blocks``.
        :param file: where the data is, if not in a file of the volume's own.
        :raises DasdError: for another type, or without a size.
        """
        size = {"3390": cylinders, "9336": blocks}.get(devtype, 0)
        if size <= 0:
            raise DasdError(f"volume {volser} needs cylinders (3390) or blocks (9336), not {devtype}")
        elsewhere = os.path.relpath(file, self._directory) if file else ""
        volume = Volume(volser, devtype, size, rdev, elsewhere)
        self.volumes[volser] = volume
        if volser not in self._files:
            self._files[volser] = os.open(self._path(volser), os.O_RDWR | os.O_CREAT, 0o600)
        os.ftruncate(self._files[volser], size * volume.unit_bytes)
        return volume

    def remove_volume(self, volser: str) -> None:
        """Delete a volume and its data; data in a file of somebody else's stays."""
        volume = self._volume(volser)
        size = volume.size * volume.unit_bytes
        self._free_copies(volser, 0, size)
        if volume.file:
            for relation, low, high in self.relations.onto_target(volser, 0, size):
                self._materialise(relation, low, high)
        self.relations.settle(self.relations.onto_target(volser, 0, size))
        os.close(self._files.pop(volser))
        if not volume.file:
            self._path(volser).unlink()
        del self.volumes[volser]

    def close(self) -> None:
        """Close the files of all volumes."""
        for descriptor in self._files.values():
            os.close(descriptor)
        self._files.clear()
        self.relations.close()

    def extent_bytes(self, extent: Extent) -> int:
        """Return the length of an extent in bytes."""
        return extent.size * self._volume(extent.volume).unit_bytes

    def read(self, extent: Extent, offset: int, length: int) -> bytes:
        """Return ``length`` bytes at ``offset`` of an extent, fewer at its end.

        :raises DasdError: when the extent is not on a volume of this system or ``offset`` lies behind it.
        """
        start, size = self._place(extent)
        if not 0 <= offset <= size:
            raise DasdError(f"offset {offset} is outside an extent of {size} bytes")
        return self._read(extent.volume, start + offset, start + min(offset + length, size))

    def write(self, extent: Extent, offset: int, data: bytes) -> None:
        """Write ``data`` at ``offset`` of an extent.

        :raises DasdError: when it does not fit into the extent.
        """
        start, size = self._place(extent)
        if offset < 0 or offset + len(data) > size:
            raise DasdError(f"{len(data)} bytes at {offset} do not fit an extent of {size} bytes")
        if not data:
            return
        low, high = start + offset, start + offset + len(data)
        self._free_copies(extent.volume, low, high)
        settled = self._complete_grains(extent.volume, low, high)
        self._raw_write(extent.volume, low, data)
        self.relations.settle(settled)
        self.changed(extent)

    def erase(self, extent: Extent) -> None:
        """Make an extent all zeros. Copies that still read from it get their data first."""
        start, size = self._place(extent)
        self._free_copies(extent.volume, start, start + size)
        settled = self._complete_grains(extent.volume, start, start + size)
        self._punch(extent.volume, start, size)
        self.relations.settle(settled)
        self.changed(extent)

    def flashcopy(self, source: Extent, target: Extent) -> None:
        """Make ``target`` show what ``source`` holds now; data moves only when either is written later.

        :raises DasdError: when they differ in size or device type, or overlap.
        """
        source_start, size = self._place(source)
        target_start, target_size = self._place(target)
        if self._volume(source.volume).devtype != self._volume(target.volume).devtype:
            raise DasdError("source and target are on different device types")
        if size != target_size:
            raise DasdError("source and target are of different size")
        if source.volume == target.volume and abs(source_start - target_start) < size:
            raise DasdError("source and target overlap")
        # First, because the source may itself be one of the copies that still read from the target.
        self._free_copies(target.volume, target_start, target_start + size)
        before = self._complete_grains(target.volume, target_start, target_start + size)
        self.relations.settle(before)
        self.relations.add(source.volume, source_start, target.volume, target_start, size)
        self.changed(target)
        self.copied(source, target)

    def sha256(self, volser: str, start: int, length: int) -> str:
        """Return the SHA-256 of ``length`` bytes at byte ``start`` of a volume."""
        digest = hashlib.sha256()
        stop = min(start + length, self._volume(volser).size * self._volume(volser).unit_bytes)
        while start < stop:
            step = min(stop, start + _STEP)
            digest.update(self._read(volser, start, step))
            start = step
        return digest.hexdigest()

    def dump(self) -> dict[str, Any]:
        """Return what the store keeps: the volumes. Relations keep themselves."""
        volumes = self.volumes.values()
        described = {v.volser: {"devtype": v.devtype, "size": v.size, "rdev": v.rdev} for v in volumes}
        for volume in volumes:
            if volume.file:
                described[volume.volser]["file"] = volume.file
        return {"volumes": described}

    def load(self, state: dict[str, Any]) -> None:
        """Take up what :meth:`dump` returned."""
        for volser, kept in state["volumes"].items():
            file = self._directory / kept["file"] if "file" in kept else None
            self.add_volume(
                volser,
                kept["devtype"],
                cylinders=kept["size"],
                blocks=kept["size"],
                rdev=kept["rdev"],
                file=file,
            )

    def _path(self, volser: str) -> Path:
        return self._directory / (self.volumes[volser].file or f"{volser}.dasd")

    def _volume(self, volser: str) -> Volume:
        try:
            return self.volumes[volser]
        except KeyError:
            raise DasdError(f"volume {volser} is not mounted") from None

    def _place(self, extent: Extent) -> tuple[int, int]:
        volume = self._volume(extent.volume)
        if extent.start < 0 or extent.size <= 0 or extent.start + extent.size > volume.size:
            raise DasdError(
                f"extent {extent.start}-{extent.start + extent.size - 1} is not on {volume.volser}"
            )
        return extent.start * volume.unit_bytes, extent.size * volume.unit_bytes

    def _read(self, volser: str, start: int, stop: int) -> bytes:
        data = bytearray()
        for relation, low, high in self._pending(volser, start, stop):
            data += self._raw_read(volser, start + len(data), relation.target_offset + low)
            data += self._read(relation.source, relation.source_offset + low, relation.source_offset + high)
        data += self._raw_read(volser, start + len(data), stop)
        return bytes(data)

    def _pending(self, volser: str, start: int, stop: int) -> Iterator[tuple[Relation, int, int]]:
        """Yield in order of the target the parts that are still to be read from their sources."""
        parts = [
            (relation, low, high)
            for relation, first, last in self.relations.onto_target(volser, start, stop)
            for low, high in relation.pending.within(first, last)
        ]
        yield from sorted(parts, key=lambda part: part[0].target_offset + part[1])

    def _free_copies(self, volser: str, start: int, stop: int) -> None:
        """Give every copy that reads from this range its own data, whole tracks at a time."""
        for relation, low, high in self.relations.from_source(volser, start, stop):
            low, high = relation.whole_grains(low, high)
            self._materialise(relation, low, high)
            self.relations.settle([(relation, low, high)])

    def _complete_grains(self, volser: str, start: int, stop: int) -> list[tuple[Relation, int, int]]:
        """Fill the rest of the tracks that a write touches in part; return what the write then settles."""
        settled = []
        for relation, low, high in self.relations.onto_target(volser, start, stop):
            first, last = relation.whole_grains(low, high)
            self._materialise(relation, first, low)
            self._materialise(relation, high, last)
            settled.append((relation, first, last))
        return settled

    def _materialise(self, relation: Relation, low: int, high: int) -> None:
        """Write what the target shows of its source to the target itself; what is empty takes no time."""
        shift = relation.target_offset - relation.source_offset
        for first, last in relation.pending.within(low, high):
            self._punch(relation.target, relation.target_offset + first, last - first)
            begin, end = relation.source_offset + first, relation.source_offset + last
            for start, stop in self._data(relation.source, begin, end):
                for at in range(start, stop, _STEP):
                    data = self._read(relation.source, at, min(stop, at + _STEP))
                    self._raw_write(relation.target, at + shift, data)

    def _data(self, volser: str, start: int, stop: int) -> Iterator[tuple[int, int]]:
        """Yield the ranges of a volume that may hold something but zeros, as its sources and file show."""
        for relation, low, high in self._pending(volser, start, stop):
            at = relation.target_offset + low
            yield from self._raw_data(volser, start, at)
            shift = relation.target_offset - relation.source_offset
            begin, end = relation.source_offset + low, relation.source_offset + high
            yield from ((a + shift, b + shift) for a, b in self._data(relation.source, begin, end))
            start = relation.target_offset + high
        yield from self._raw_data(volser, start, stop)

    def _raw_data(self, volser: str, start: int, stop: int) -> Iterator[tuple[int, int]]:
        file = self._files[volser]
        while start < stop:
            try:
                start = os.lseek(file, start, os.SEEK_DATA)
            except OSError as error:
                if error.errno == errno.ENXIO:  # nothing but a hole up to the end of the file
                    return
                raise
            if start >= stop:
                return
            hole = min(stop, os.lseek(file, start, os.SEEK_HOLE))
            yield start, hole
            start = hole

    def _raw_read(self, volser: str, start: int, stop: int) -> bytes:
        data = os.pread(self._files[volser], stop - start, start) if stop > start else b""
        return data + bytes(stop - start - len(data))

    def _raw_write(self, volser: str, start: int, data: bytes) -> None:
        for offset in range(0, len(data), GRAIN):
            piece = data[offset : offset + GRAIN]
            if piece == _ZEROS[: len(piece)]:
                self._punch(volser, start + offset, len(piece))
            else:
                os.pwrite(self._files[volser], piece, start + offset)

    def _punch(self, volser: str, start: int, length: int) -> None:
        done = _libc.fallocate(
            self._files[volser], _KEEP_SIZE_PUNCH_HOLE, ctypes.c_int64(start), ctypes.c_int64(length)
        )
        if done == 0:
            return
        for offset in range(start, start + length, GRAIN):  # a file system without holes
            os.pwrite(self._files[volser], _ZEROS[: min(GRAIN, start + length - offset)], offset)
