# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import io

import pytest

from tests.unit.manager.images import xcat_writer
from zvm.manager.errors import Invalid
from zvm.manager.images import xcat_file
from zvm.manager.images.sparse import SparseWriter

CONTENT = b"block".ljust(512, b".") * 5000


def converted(image: bytes) -> bytes:
    out = io.BytesIO()
    writer = SparseWriter(out)
    xcat_file.convert_blocks(io.BytesIO(image), writer)
    writer.finish()
    return out.getvalue().ljust(writer.bytes, b"\0")


@pytest.mark.parametrize("tag", ["xCAT FBA Disk Image:", "xCAT FCP Disk Image:"])
@pytest.mark.parametrize("level", [0, 1, 6, None])
def test_whole_disks(tag: str, level: int | None) -> None:
    assert converted(xcat_writer.blocks(tag, CONTENT, level)) == CONTENT


def test_a_partition_gets_the_blocks_in_front_of_it() -> None:
    assert converted(xcat_writer.blocks("xCAT FBA Part Image:", CONTENT)) == bytes(1024) + CONTENT


def test_headers() -> None:
    new = xcat_file.read_header(io.BytesIO(xcat_writer.header("xCAT CKD Disk Image:", 3338, "CYL", 0)))
    assert new == xcat_file.Header("ckd", 3338, 512, 0)
    old = xcat_file.read_header(io.BytesIO(xcat_writer.header("xCAT CKD Disk Image:", 3338, "CYL", None)))
    assert old == xcat_file.Header("ckd", 3338, 36, 6)


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        (b"something else", "not an xCAT"),
        (xcat_writer.header("xCAT CKD Disk Image:", 0, "CYL", 6), "dummy"),
        (xcat_writer.header("xCAT CKD Disk Image:", 1, "BLK", 6), "BLK"),
        (xcat_writer.header("xCAT FBA Disk Image:", 1, "CYL", 6), "CYL"),
        (b"xCAT FBA Disk Image: many", "broken"),
        (xcat_writer.header("xCAT FBA Disk Image:", 2, "BLK", 0) + bytes(512), "ends early"),
        (xcat_writer.blocks("xCAT FBA Disk Image:", CONTENT)[:-30], "broken"),
    ],
)
def test_broken_images_are_refused(image: bytes, reason: str) -> None:
    with pytest.raises(Invalid, match=reason):
        converted(image)
