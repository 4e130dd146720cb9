# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import io

import pytest

from tests.unit.manager.images import xcat_writer
from zvm.manager.errors import Invalid
from zvm.manager.images import ckd
from zvm.manager.images.sparse import SparseWriter

#: The first tracks of a disk in compatible layout: IPL records and label with keys, then labels.
TRACK_0 = [
    (b"IPL1", bytes(24)),
    (b"IPL2", bytes(144)),
    (b"VOL1", b"VOL1LNX001".ljust(80, b"\x40")),
    *[(b"", bytes([number]) * 4096) for number in range(9)],
]
TRACK_1 = [(b"K" * 44, b"D" * 96)] * 12
TRACK_2 = [(b"", bytes([65 + number]) * 4096) for number in range(12)]


def converted(image: bytes) -> bytes:
    out = io.BytesIO()
    writer = SparseWriter(out)
    ckd.convert(io.BytesIO(image), writer)
    writer.finish()
    return out.getvalue().ljust(writer.bytes, b"\0")


@pytest.mark.parametrize("level", [0, 6, 9, None])
def test_blocks_as_linux_sees_them(level: int | None) -> None:
    content = converted(xcat_writer.ckd([TRACK_0, TRACK_1, TRACK_2, []], level))
    assert len(content) == 15 * 49152
    assert content[:4096] == b"IPL1" + bytes(24) + b"\xe5" * 4068
    assert content[4096:8192] == b"IPL2" + bytes(144) + b"\xe5" * 3948
    assert content[8192:8206] == b"VOL1VOL1LNX001"
    assert content[12288 + 4096 : 12288 + 8192] == b"\1" * 4096
    assert content[49152 : 49152 + 4096] == b"K" * 44 + b"D" * 96 + b"\xe5" * 3956
    assert content[2 * 49152 :][:49152] == b"".join(data for _, data in TRACK_2)
    assert content[3 * 49152 :].strip(b"\0") == b""


def test_several_cylinders() -> None:
    assert len(converted(xcat_writer.ckd([TRACK_0] + [TRACK_2] * 30))) == 3 * 737280


@pytest.mark.parametrize(
    ("tracks", "reason"),
    [
        ([TRACK_0, TRACK_1, [(b"", bytes(512))] * 12], "512 octets"),
        ([[(b"", bytes(512))] * 49], "49 records"),
        ([[(b"", bytes(5000))]], "5000 octets"),
    ],
)
def test_other_disks_are_refused(tracks: list[list[xcat_writer.Record]], reason: str) -> None:
    with pytest.raises(Invalid, match=reason):
        converted(xcat_writer.ckd(tracks))


def test_broken_images_are_refused() -> None:
    good = xcat_writer.ckd([TRACK_0, TRACK_1, TRACK_2], 0)
    with pytest.raises(Invalid, match="ends in track"):
        converted(good[:-1])
    with pytest.raises(Invalid, match="do not fit"):
        converted(good[:513] + b"\0" + good[514:])
    with pytest.raises(Invalid, match="broken"):
        converted(xcat_writer.ckd([TRACK_0])[:-40])
    with pytest.raises(Invalid, match="broken"):
        converted(xcat_writer.header("xCAT CKD Disk Image:", 1, "CYL", 6) + b"no gzip")
