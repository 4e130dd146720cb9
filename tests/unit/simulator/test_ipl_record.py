# SPDX-License-Identifier: Apache-2.0
"""What counts as an IPL record."""

from __future__ import annotations

import pytest

from zvm.simulator.ipl_record import LENGTH, IplRecord, identify

CHANNEL = bytes.fromhex("0008000080002000 0600200060001000 0800200000000000")


@pytest.mark.parametrize(
    ("block", "kind"),
    [
        (CHANNEL, IplRecord.CHANNEL),
        (CHANNEL[:8] + b"\x02" + CHANNEL[9:], IplRecord.CHANNEL),
        (b"zIPL", IplRecord.ZIPL),
        (bytes(504) + b"zIPL", IplRecord.ZIPL),
        (b"IPL1", IplRecord.IPL1),
        (bytes.fromhex("C9D7D3F1"), IplRecord.IPL1),
        (b"", None),
        (CHANNEL[:8], None),
        (bytes(8) + CHANNEL[8:], None),
        (CHANNEL[:8] + b"\x00" + CHANNEL[9:], None),
        (b"QFI\xfb" + bytes(60), None),
        (b"\xeb\x63\x90" + bytes(507) + b"\x55\xaa", None),
    ],
)
def test_records(block: bytes, kind: IplRecord | None) -> None:
    assert identify(block.ljust(LENGTH, b"\0")) is kind
