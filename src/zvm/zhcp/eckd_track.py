# SPDX-License-Identifier: Apache-2.0
"""Tracks of an ECKD volume as Linux's raw-track mode reads and writes them, and the 4 KiB blocks they carry.

A raw track is 64 KiB: per record a count field (cylinder, head, record number, key length, data length), the
key and the data, record 0 first; eight octets FF end the track. Writing tracks whole also formats them, so
that a new minidisk needs no formatting run before.

A disk image holds twelve blocks of 4096 octets per track. On a disk in the *compatible disk layout* the first
three records of track 0 (IPL1, IPL2, VOL1) and those of track 1 (VTOC labels) are shorter and have keys;
Linux shows each of them in a block of its own, the key first, the rest filled up with E5.

Source: Linux, ``drivers/s390/block/dasd_eckd.c``; s390-tools, dasdfmt. Not yet run on hardware.
"""

from __future__ import annotations

import struct
from typing import Final

RAW_TRACK: Final = 65536
BLOCK: Final = 4096
BLOCKS: Final = 12
TRACK: Final = BLOCKS * BLOCK
HEADS: Final = 15
_COUNT: Final = struct.Struct(">HHBBH")
_END: Final = b"\xff" * 8
_FILL: Final = b"\xe5"
#: "VOL1" in EBCDIC: key and first word of the label of a disk in compatible disk layout.
_VOL1: Final = b"\xe5\xd6\xd3\xf1"
#: Key and data length of the special records, by track: all others have no key and 4096 octets of data.
_SPECIAL: Final = {0: ((4, 24), (4, 144), (4, 80)), 1: ((44, 96),) * BLOCKS}


class TrackError(ValueError):
    """A raw track has a layout that 4 KiB blocks cannot show."""


def is_compatible_layout(first_track: bytes) -> bool:
    """Tell by the blocks of track 0 whether an image is of a disk in compatible disk layout."""
    return first_track[2 * BLOCK : 2 * BLOCK + 8] == 2 * _VOL1


def encode(track: int, data: bytes, *, compatible: bool) -> bytes:
    """Return the raw track that carries ``data``, filled up with zeros to twelve blocks.

    :param track: its number on the volume, from 0.
    :param compatible: the disk is in compatible disk layout.
    """
    cylinder, head = divmod(track, HEADS)
    # Beyond cylinder 65535 the upper bits stand in the head field.
    address = (cylinder & 0xFFFF, (cylinder >> 16) << 4 | head)
    special = _SPECIAL.get(track, ()) if compatible else ()
    data = data.ljust(TRACK, b"\0")
    raw = bytearray(_COUNT.pack(*address, 0, 0, 8) + bytes(8))
    for number in range(BLOCKS):
        block = data[number * BLOCK : (number + 1) * BLOCK]
        key, length = special[number] if number < len(special) else (0, BLOCK)
        raw += _COUNT.pack(*address, number + 1, key, length) + block[: key + length]
    raw += _END
    return bytes(raw.ljust(RAW_TRACK, b"\0"))


def decode(raw: bytes) -> bytes:
    """Return the twelve blocks that a raw track carries; an empty track carries zeros.

    :raises TrackError: records are longer than a block, or there are more than twelve.
    """
    at, data = 0, bytearray()
    while len(raw) - at >= _COUNT.size and raw[at : at + len(_END)] != _END:
        _, _, number, key, length = _COUNT.unpack_from(raw, at)
        at += _COUNT.size
        record = raw[at : at + key + length]
        at += key + length
        if number == 0:
            continue
        if len(record) > BLOCK or len(data) >= TRACK:
            raise TrackError(f"record {number} has {len(record)} octets: this is no disk of 4 KiB blocks")
        fill = b"\0" if length == BLOCK else _FILL
        data += record.ljust(BLOCK, fill)
    return bytes(data.ljust(TRACK, b"\0"))
