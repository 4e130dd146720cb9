# SPDX-License-Identifier: Apache-2.0
"""Reads the disk image files that xCAT for z/VM makes (``creatediskimage``), as plain blocks.

A header of ASCII text says what follows: tracks of an ECKD disk, record by record, or the blocks of an FBA or
FCP disk; either may be compressed by gzip. :mod:`zvm.manager.images.ckd` reads the tracks.
"""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass
from typing import BinaryIO, cast

from zvm.manager.errors import Invalid
from zvm.manager.images.sparse import SparseWriter

#: Tag → how the body is to be read.
TAGS = {
    b"xCAT CKD Disk Image:": "ckd",
    b"xCAT FBA Disk Image:": "fba",
    b"xCAT FBA Part Image:": "fba-part",
    b"xCAT FCP Disk Image:": "fcp",
}
TAG = 20  # octets
BLOCK = 512
_OLD_HEADER = 36
#: Where partition 1 of an FBA disk begins, in blocks.
_PARTITION = 2


@dataclass(frozen=True, slots=True)
class Header:
    """What the header says.

    :ivar kind: ckd, fba, fba-part or fcp.
    :ivar size: in cylinders for ckd, else in blocks of 512 octets.
    :ivar body: where the body begins, in octets.
    :ivar level: gzip's level; 0: the body is not compressed.
    """

    kind: str
    size: int
    body: int
    level: int


def read_header(file: BinaryIO) -> Header:
    """Return the header.

    :raises Invalid: it is broken, or of a dummy image.
    """
    file.seek(0)
    raw = file.read(BLOCK)
    kind = TAGS.get(raw[:TAG])
    if kind is None:
        raise Invalid("not an xCAT disk image file")
    try:
        number, unit = raw[TAG:_OLD_HEADER].decode("ascii").split()
        size = int(number)
        body, level = _OLD_HEADER, 6
        if raw[37:42] == b"HLen:":
            length = int(raw[43:47])
            body = (length // BLOCK + 1) * BLOCK
            if length >= 55:
                level = int(raw[54:55])
    except ValueError as problem:
        raise Invalid(f"the header of the xCAT disk image is broken: {raw[:60]!r}") from problem
    if unit != ("CYL" if kind == "ckd" else "BLK"):
        raise Invalid(f"the header of the xCAT disk image gives its size in {unit}")
    if size <= 0:
        raise Invalid("the xCAT disk image is a dummy: its size is 0")
    return Header(kind, size, body, level)


def open_body(file: BinaryIO, header: Header) -> BinaryIO:
    """Return the body as a stream, decompressed."""
    file.seek(header.body)
    return cast(BinaryIO, gzip.GzipFile(fileobj=file, mode="rb")) if header.level else file


def convert_blocks(file: BinaryIO, writer: SparseWriter) -> None:
    """Write the blocks of an FBA or FCP image to ``writer``.

    The image of a partition gets the two blocks in front of it that the disk has.

    :raises Invalid: the image is broken.
    """
    header = read_header(file)
    body = open_body(file, header)
    if header.kind == "fba-part":
        writer.zeros(_PARTITION * BLOCK)
    left = header.size * BLOCK
    while left:
        try:
            data = body.read(min(left, 1 << 20))
        except (OSError, EOFError, zlib.error) as problem:
            raise Invalid(f"the xCAT disk image is broken: {problem}") from problem
        if not data:
            if header.kind == "fba-part":  # some writers give the size of the whole disk
                return
            raise Invalid("the xCAT disk image ends early")
        writer.write(data)
        left -= len(data)
