# SPDX-License-Identifier: Apache-2.0
"""The block device of a DASD that is online on this Linux: its size, reading, writing.

ECKD disks are used in raw-track mode (:mod:`zvm.zhcp.eckd_track`), which works whether they are formatted or
not; FBA disks as they are. Not yet run on hardware.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from zvm.zhcp import eckd_track, errors
from zvm.zhcp.ccw import Ccw
from zvm.zhcp.eckd_track import HEADS, RAW_TRACK, TRACK
from zvm.zhcp.platform import CHUNK, Device

_ECKD: Final = ("3390", "3380")
_SECTOR: Final = 512
#: Tracks per request: as many as make a piece of the stream.
_TRACKS: Final = CHUNK // TRACK


class DasdDevice:
    """One DASD. All methods block.

    :param devfs: ``/dev``.
    :param direct: open with O_DIRECT, which raw-track mode demands.
    """

    def __init__(self, ccw: Ccw, devfs: Path, vdev: str, *, direct: bool = True) -> None:
        self._ccw = ccw
        self._devfs = devfs
        self._vdev = vdev
        self._direct = direct
        self._compatible = False

    @property
    def _eckd(self) -> bool:
        return self._ccw.attribute(self._vdev, "devtype").startswith(_ECKD)

    def online(self) -> None:
        """Bring the disk online, an ECKD one in raw-track mode."""
        self._ccw.find(self._vdev)
        if self._eckd and self._ccw.attribute(self._vdev, "raw_track_access") != "1":
            self._ccw.offline(self._vdev)
            self._ccw.set(self._vdev, "raw_track_access", "1")
        self._ccw.online(self._vdev)

    def offline(self) -> None:
        """Take the disk offline."""
        self._ccw.offline(self._vdev)

    def describe(self) -> Device:
        """Return type and size.

        :raises errors.NotFound: it has no block device.
        """
        block = self._block()
        size = int((block / "size").read_text()) * _SECTOR
        writable = (block / "ro").read_text().strip() == "0" if (block / "ro").exists() else True
        devtype = self._ccw.attribute(self._vdev, "devtype").partition("/")[0]
        if self._eckd:
            tracks = size // RAW_TRACK
            return Device(
                vdev=self._vdev,
                type=devtype,
                bytes=tracks * TRACK,
                writable=writable,
                cylinders=tracks // HEADS,
            )
        return Device(vdev=self._vdev, type=devtype, bytes=size, writable=writable, blocks=size // _SECTOR)

    def read(self, offset: int, length: int) -> Iterator[bytes]:
        """Yield ``length`` octets from ``offset`` on."""
        fd = self._open(os.O_RDONLY)
        try:
            yield from self._read_tracks(fd, offset, length) if self._eckd else _read(fd, offset, length)
        finally:
            os.close(fd)

    def write(self, offset: int, chunks: Iterable[bytes]) -> int:
        """Write from ``offset`` on and return how many octets, once they are on the disk.

        :raises errors.Invalid: ``offset`` is inside a track of an ECKD disk.
        """
        fd = self._open(os.O_RDWR)
        try:
            if self._eckd:
                written = self._write_tracks(fd, offset, chunks)
            else:
                written = 0
                for chunk in chunks:
                    _write_all(fd, chunk, offset + written)
                    written += len(chunk)
            os.fsync(fd)
            return written
        finally:
            os.close(fd)

    def _block(self) -> Path:
        found = sorted((self._ccw.folder(self._vdev) / "block").glob("dasd*"))
        if not found:
            raise errors.NotFound(f"device {self._vdev} has no block device")
        return found[0]

    def _open(self, flags: int) -> int:
        if self._eckd and self._direct:
            flags |= os.O_DIRECT
        return os.open(self._devfs / self._block().name, flags | os.O_CLOEXEC)

    def _read_tracks(self, fd: int, offset: int, length: int) -> Iterator[bytes]:
        skip, end = offset % TRACK, offset + length
        for track in range(offset // TRACK, -(-end // TRACK), _TRACKS):
            count = min(_TRACKS, -(-end // TRACK) - track)
            with mmap.mmap(-1, count * RAW_TRACK) as buffer:
                os.preadv(fd, [buffer], track * RAW_TRACK)
                raw = buffer[:]
            try:
                data = b"".join(
                    eckd_track.decode(raw[at : at + RAW_TRACK]) for at in range(0, len(raw), RAW_TRACK)
                )
            except eckd_track.TrackError as error:
                raise errors.Refused(f"disk {self._vdev} cannot be read: {error}") from error
            yield data[skip : end - track * TRACK]
            skip = 0

    def _write_tracks(self, fd: int, offset: int, chunks: Iterable[bytes]) -> int:
        if offset % TRACK:
            raise errors.Invalid(f"an ECKD disk is written by whole tracks of {TRACK} octets")
        written, buffered = 0, bytearray()
        for chunk in chunks:
            buffered += chunk
            while len(buffered) >= CHUNK:
                self._put(fd, (offset + written) // TRACK, bytes(buffered[:CHUNK]))
                written += CHUNK
                del buffered[:CHUNK]
        if buffered:
            self._put(fd, (offset + written) // TRACK, bytes(buffered))
        return written + len(buffered)

    def _put(self, fd: int, track: int, data: bytes) -> None:
        if track == 0:
            self._compatible = eckd_track.is_compatible_layout(data)
        count = -(-len(data) // TRACK)
        with mmap.mmap(-1, count * RAW_TRACK) as buffer:
            for number in range(count):
                part = data[number * TRACK : (number + 1) * TRACK]
                buffer.write(eckd_track.encode(track + number, part, compatible=self._compatible))
            os.pwritev(fd, [buffer], track * RAW_TRACK)


def _read(fd: int, offset: int, length: int) -> Iterator[bytes]:
    while length > 0:
        data = os.pread(fd, min(CHUNK, length), offset)
        if not data:
            return
        yield data
        offset += len(data)
        length -= len(data)


def _write_all(fd: int, data: bytes, offset: int) -> None:
    view = memoryview(data)
    while view:
        count = os.pwrite(fd, view, offset)
        view, offset = view[count:], offset + count
