# SPDX-License-Identifier: Apache-2.0
"""Reading an ISO 9660 image: its label and its files, with Joliet names where there are some (ECMA-119)."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import NamedTuple

SECTOR = 2048
_FIRST_DESCRIPTOR = 16
_PRIMARY, _SUPPLEMENTARY, _END = 1, 2, 255
_DIRECTORY = 0x02
_DEEPEST = 16

Reader = Callable[[int, int], bytes]


class _Record(NamedTuple):
    name: bytes
    sector: int
    size: int
    directory: bool


def label(read: Reader) -> str | None:
    """Return the volume label of the image, or None when it is no ISO 9660 image.

    :param read: returns bytes given their offset and how many.
    """
    for kind, descriptor in _descriptors(read):
        if kind == _PRIMARY:
            return descriptor[40:72].decode("ascii", "replace").strip()
    return None


def files(read: Reader) -> Iterator[tuple[str, bytes]]:
    """Yield path and contents of every file of the image."""
    found = dict(_descriptors(read))
    joliet = found.get(_SUPPLEMENTARY)
    descriptor = joliet or found[_PRIMARY]
    encoding = "utf-16-be" if joliet else "ascii"
    yield from _walk(read, _record(descriptor[156:190]), "", encoding, 0)


def _descriptors(read: Reader) -> Iterator[tuple[int, bytes]]:
    for sector in range(_FIRST_DESCRIPTOR, _FIRST_DESCRIPTOR + 16):
        descriptor = read(sector * SECTOR, SECTOR)
        if len(descriptor) < SECTOR or descriptor[1:6] != b"CD001" or descriptor[0] == _END:
            return
        yield descriptor[0], descriptor


def _record(raw: bytes) -> _Record:
    sector, size = struct.unpack_from("<I4xI", raw, 2)
    return _Record(raw[33 : 33 + raw[32]], sector, size, bool(raw[25] & _DIRECTORY))


def _walk(read: Reader, folder: _Record, path: str, encoding: str, depth: int) -> Iterator[tuple[str, bytes]]:
    data = read(folder.sector * SECTOR, folder.size)
    offset = 0
    while offset < len(data) and depth < _DEEPEST:
        length = data[offset]
        if not length:  # records do not cross sectors
            offset = (offset // SECTOR + 1) * SECTOR
            continue
        record = _record(data[offset : offset + length])
        offset += length
        if record.name in (b"\0", b"\1"):
            continue
        name = record.name.decode(encoding, "replace").partition(";")[0]
        if encoding == "ascii":
            name = name.rstrip(".").lower()
        if record.directory:
            yield from _walk(read, record, f"{path}{name}/", encoding, depth + 1)
        else:
            yield path + name, read(record.sector * SECTOR, record.size)
