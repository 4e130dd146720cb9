# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from zvm.zhcp.host import size, storage, sysinfo_fields


@pytest.mark.parametrize(
    ("text", "octets"),
    [("256G", 256 << 30), ("796M", 796 << 20), ("0", 0), ("1.5T", 3 << 39), ("512", 512), ("x", 0), ("", 0)],
)
def test_sizes_as_cp_writes_them(text: str, octets: int) -> None:
    assert size(text) == octets


def test_the_storage_line() -> None:
    found = storage("4G CONFIGURED = 6G INC = 1M STANDBY = 2G  RESERVED = 0")
    assert found == {
        "total": 4 << 30,
        "configured": 6 << 30,
        "inc": 1 << 20,
        "standby": 2 << 30,
        "reserved": 0,
    }


def test_sysinfo_fields() -> None:
    fields = sysinfo_fields("Manufacturer:         IBM\n\nVM00 Control Program: z/VM    6.4.0\nnonsense\n")
    assert fields == {"Manufacturer": "IBM", "VM00 Control Program": "z/VM    6.4.0"}
