# SPDX-License-Identifier: Apache-2.0
"""Reads qcow2 images, versions 2 and 3, as plain blocks.

Images are uploaded by users, so nothing in one is believed: each offset must lie within the file, and an
image that refers to another file (backing file, external data) is refused. Source: QEMU,
docs/interop/qcow2.rst.
"""

from __future__ import annotations

import importlib
import os
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO

from zvm.manager.errors import Invalid, NotSupported
from zvm.manager.images.sparse import SparseWriter

MAGIC = b"QFI\xfb"

_HEADER = struct.Struct(">4sIQIIQIIQQIIQ")  # version 2; version 3 goes on with:
_HEADER_3 = struct.Struct(">QQQII")
_OFFSET = 0x00FF_FFFF_FFFF_FE00
_COMPRESSED = 1 << 62
_ALL_ZERO = 1
_DIRTY, _CORRUPT, _EXTERNAL_DATA, _COMPRESSION, _EXTENDED_L2 = (1 << bit for bit in range(5))
_LARGEST_TABLE = 32 << 20  # octets of a level 1 table, as in QEMU
_FIRST_PART = 72  # octets of a version 2 header


@dataclass(frozen=True, slots=True)
class Header:
    """What the header says: sizes in octets."""

    size: int
    cluster_bits: int
    l1_offset: int
    l1_entries: int
    zstd: bool

    @property
    def cluster(self) -> int:
        """Octets of a cluster."""
        return 1 << self.cluster_bits


def read_header(file: BinaryIO) -> Header:
    """Return the header of the image.

    :raises Invalid: it is broken, or refers to another file.
    :raises NotSupported: it has a feature that this reader lacks.
    """
    file.seek(0)
    raw = file.read(105)
    if len(raw) < _FIRST_PART or raw[:4] != MAGIC:
        raise Invalid("not a qcow2 image")
    fields = _HEADER.unpack(raw[:_FIRST_PART])
    _, version, backing, _, cluster_bits, size, crypt, l1_entries, l1_offset, *_ = fields
    if version not in (2, 3):
        raise NotSupported(f"qcow2 version {version} is not supported")
    if backing:
        raise Invalid(
            "the qcow2 image needs a backing file",
            next_step="make it stand alone: qemu-img convert -O qcow2 IMAGE NEW",
        )
    if crypt:
        raise NotSupported("encrypted qcow2 images are not supported")
    if not 9 <= cluster_bits <= 21:
        raise Invalid(f"qcow2: clusters of 2**{cluster_bits} octets")
    zstd = False
    if version == 3:
        if len(raw) < _FIRST_PART + _HEADER_3.size:
            raise Invalid("qcow2: the header is cut off")
        incompatible, _, _, _, header_length = _HEADER_3.unpack(raw[72:104])
        if incompatible & _EXTERNAL_DATA:
            raise Invalid("the qcow2 image keeps its data in another file")
        if incompatible & _CORRUPT:
            raise Invalid("the qcow2 image is marked as corrupt", next_step="qemu-img check -r all IMAGE")
        if incompatible & ~(_DIRTY | _COMPRESSION):
            raise NotSupported(
                "the qcow2 image has features that are not supported (extended L2 entries or newer)",
                next_step="convert it: qemu-img convert -O raw IMAGE NEW",
            )
        zstd = bool(incompatible & _COMPRESSION) and header_length > 104 and raw[104:105] == b"\x01"
    clusters = -(-size // (1 << cluster_bits))
    needed = -(-clusters // (1 << (cluster_bits - 3)))
    if needed > l1_entries or l1_entries * 8 > _LARGEST_TABLE:
        raise Invalid("qcow2: the level 1 table does not fit the size")
    return Header(size, cluster_bits, l1_offset, needed, zstd)


def convert(file: BinaryIO, writer: SparseWriter) -> None:
    """Write the content of the image ``file`` to ``writer``.

    :raises Invalid: the image is broken.
    :raises NotSupported: it has a feature that this reader lacks.
    """
    header = read_header(file)
    length = file.seek(0, os.SEEK_END)
    decompress = _zstd() if header.zstd else _inflate
    entries = header.cluster // 8
    for l1_entry in _table(file, length, header.l1_offset, header.l1_entries):
        left = min(header.size - writer.bytes, entries * header.cluster)
        l2_offset = l1_entry & _OFFSET
        if not l2_offset:
            writer.zeros(left)
            continue
        for entry in _table(file, length, l2_offset, -(-left // header.cluster)):
            wanted = min(header.size - writer.bytes, header.cluster)
            if entry & _COMPRESSED:
                packed = _packed(file, length, header, entry)
                writer.write(decompress(packed, header.cluster)[:wanted])
            elif entry & _ALL_ZERO or not entry & _OFFSET:
                writer.zeros(wanted)
            else:
                writer.write(_read(file, length, entry & _OFFSET, header.cluster, wanted))


def _table(file: BinaryIO, length: int, offset: int, entries: int) -> tuple[int, ...]:
    size = entries * 8
    if offset % 512 or offset + size > length:
        raise Invalid("qcow2: a table lies outside of the file")
    file.seek(offset)
    return struct.unpack(f">{entries}Q", file.read(size))


def _read(file: BinaryIO, length: int, offset: int, cluster: int, wanted: int) -> bytes:
    # The last cluster of a file may be cut off behind what is used of it.
    if offset % cluster or offset + wanted > length:
        raise Invalid("qcow2: a cluster lies outside of the file")
    file.seek(offset)
    return file.read(wanted)


def _packed(file: BinaryIO, length: int, header: Header, entry: int) -> bytes:
    split = 62 - (header.cluster_bits - 8)
    offset = entry & ((1 << split) - 1)
    sectors = ((entry & (_COMPRESSED - 1)) >> split) + 1
    size = sectors * 512 - offset % 512
    if offset >= length or size > 2 * header.cluster + 512:
        raise Invalid("qcow2: a compressed cluster lies outside of the file")
    file.seek(offset)
    return file.read(size)


Decompress = Callable[[bytes, int], bytes]


def _inflate(packed: bytes, cluster: int) -> bytes:
    try:
        data = zlib.decompressobj(-12).decompress(packed, cluster)
    except zlib.error as problem:
        raise Invalid(f"qcow2: a compressed cluster is broken: {problem}") from problem
    if len(data) != cluster:
        raise Invalid("qcow2: a compressed cluster is too short")
    return data


def _zstd() -> Decompress:
    """Return what unpacks zstd: Python has it since 3.14, before that a package of the same interface."""
    for name in ("compression.zstd", "backports.zstd"):
        try:
            module: Any = importlib.import_module(name)
        except ImportError:
            continue

        def decompress(packed: bytes, cluster: int, module: Any = module) -> bytes:
            try:
                data: bytes = module.ZstdDecompressor().decompress(packed, cluster)
            except module.ZstdError as problem:
                raise Invalid(f"qcow2: a compressed cluster is broken: {problem}") from problem
            if len(data) != cluster:
                raise Invalid("qcow2: a compressed cluster is too short")
            return data

        return decompress
    raise NotSupported(
        "qcow2 images compressed with zstd need Python 3.14 or the package backports.zstd",
        next_step="install it, or convert the image: qemu-img convert -O raw IMAGE NEW",
    )
