# SPDX-License-Identifier: Apache-2.0
"""Reads the tracks of an xCAT CKD disk image as the blocks that Linux sees on the disk.

Per track: the number of records behind record 0, runs of equal key lengths, runs of equal data lengths, then
key and data of each record. Linux formats a track as 12 records of 4096 octets. On the first two tracks of a
disk in compatible layout some records are shorter and have keys; Linux shows key and data of such a record as
one block, filled up with X'E5' (``dasd_eckd.c``).
"""

from __future__ import annotations

import struct
import zlib
from typing import BinaryIO

from zvm.manager.errors import Invalid
from zvm.manager.images import xcat_file
from zvm.manager.images.sparse import SparseWriter

TRACKS = 15  # per cylinder
RECORDS = 12  # per track
RECORD = 4096
TRACK = RECORDS * RECORD
FILLER = b"\xe5"
#: Tracks on which records may be shorter.
_LABEL_TRACKS = 2


def convert(file: BinaryIO, writer: SparseWriter) -> None:
    """Write the blocks of the CKD image ``file`` to ``writer``.

    :raises Invalid: the image is broken, or of a disk that Linux did not format with blocks of 4096.
    """
    header = xcat_file.read_header(file)
    body = xcat_file.open_body(file, header)
    try:
        for track in range(header.size * TRACKS):
            writer.write(_track(body, track))
    except (OSError, EOFError, zlib.error) as problem:
        raise Invalid(f"the xCAT disk image is broken: {problem}") from problem


def _track(body: BinaryIO, track: int) -> bytes:
    (count,) = _take(body, 1, track)
    if count > RECORDS:
        raise Invalid(f"track {track} has {count} records; only disks with blocks of {RECORD} can be read")
    keys = _lengths(body, count, ">BB", track)
    data = _lengths(body, count, ">BH", track)
    blocks = []
    for key, length in zip(keys, data, strict=True):
        record = _take(body, key + length, track)
        if len(record) > RECORD or (len(record) < RECORD and track >= _LABEL_TRACKS):
            raise Invalid(
                f"track {track} has a record of {len(record)} octets; only disks with blocks of {RECORD}"
                " can be read"
            )
        blocks.append(record.ljust(RECORD, FILLER))
    return b"".join(blocks).ljust(TRACK, b"\0")


def _lengths(body: BinaryIO, count: int, form: str, track: int) -> list[int]:
    """Return ``count`` lengths, stored as pairs of a run and the length."""
    pair = struct.Struct(form)
    lengths: list[int] = []
    while len(lengths) < count:
        run, length = pair.unpack(_take(body, pair.size, track))
        if not 0 < run <= count - len(lengths):
            raise Invalid(f"track {track}: the lengths do not fit the {count} records")
        lengths.extend([length] * run)
    return lengths


def _take(body: BinaryIO, size: int, track: int) -> bytes:
    data = body.read(size)
    if len(data) != size:
        raise Invalid(f"the xCAT disk image ends in track {track}")
    return data
