# SPDX-License-Identifier: Apache-2.0
"""Writes small xCAT disk image files, for the tests of the readers."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Sequence
from itertools import groupby

Record = tuple[bytes, bytes]
BLANK: Sequence[Record] = [(b"", bytes(4096))] * 12


def header(tag: str, size: int, unit: str, level: int | None) -> bytes:
    """Return the header; ``level`` None: the 36 octets of old files, whose body has level 6."""
    start = f"{tag}{size:>11} {unit} "
    if level is None:
        return start[:36].encode()
    return f"{start[:36]} HLen: 0055 GZIP: {level}".ljust(512).encode()


def packed(body: bytes, level: int | None) -> bytes:
    """Return ``body`` as it stands in a file of this level."""
    return body if level == 0 else gzip.compress(body, 6)


def blocks(tag: str, content: bytes, level: int | None = 6) -> bytes:
    """Return an FBA or FCP image of ``content``."""
    return header(tag, len(content) // 512, "BLK", level) + packed(content, level)


def track(records: Sequence[Record]) -> bytes:
    """Return a track as ``ckdencode`` writes it."""
    stream = bytes([len(records)])
    for form, part in ((">BB", 0), (">BH", 1)):
        for length, run in groupby(len(record[part]) for record in records):
            stream += struct.pack(form, len(list(run)), length)
    return stream + b"".join(key + data for key, data in records)


def ckd(tracks: Sequence[Sequence[Record]], level: int | None = 6) -> bytes:
    """Return a CKD image; the last cylinder is filled up with formatted tracks."""
    full = [*tracks, *[BLANK] * (-len(tracks) % 15)]
    body = b"".join(map(track, full))
    return header("xCAT CKD Disk Image:", len(full) // 15, "CYL", level) + packed(body, level)
