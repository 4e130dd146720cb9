# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the zHCP's tests: a guest to work on."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from tests.support.zhcp import POOL, PREFIX, PROFILE, simulator, zhcp, zhcp_process
from zvm.zhcp import errors
from zvm.zhcp.client import ZhcpClient

__all__ = ["simulator", "zhcp", "zhcp_process"]

CYLINDER = 737280
_numbers = itertools.count(1)

#: Makes a guest with disks of so many cylinders and returns its userid.
MakeGuest = Callable[..., Awaitable[str]]


def image(length: int = CYLINDER, seed: bytes = b"zvm") -> bytes:
    """Return a disk image that begins as one that zipl has made bootable: a PSW, then a channel program."""
    head = bytes.fromhex("000a0000 00000000 02000018 60000060")
    filler = b"".join(hashlib.sha256(seed + bytes([n])).digest() for n in range(128))
    return (head + filler * (length // len(filler) + 1))[:length]


def next_userid() -> str:
    """Return a userid that no other test uses."""
    return f"{PREFIX}{next(_numbers):06}"


@pytest.fixture
async def make_guest(zhcp: ZhcpClient) -> AsyncIterator[MakeGuest]:
    """Make guests in the directory; they are deleted at the end."""
    made = []

    async def make(*cylinders: int) -> str:
        userid = next_userid()
        records = [
            f"USER {userid} LBYONLY 512M 1G G",
            f"INCLUDE {PROFILE}",
            "COMMAND SPOOL CONSOLE START",
            "IPL 0100",
        ]
        await zhcp.smapi("Image_Create_DM", userid, {"image_record_array": records})
        made.append(userid)
        for number, size in enumerate(cylinders):
            disk = {
                "vdev": f"01{number:02}",
                "device_type": "3390",
                "allocation": "AUTOG",
                "area_or_volser": POOL,
                "unit": 1,
                "size": size,
                "mode": "MR",
                "format": 1,
            }
            await zhcp.smapi("Image_Disk_Create_DM", userid, disk)
        return userid

    yield make
    for userid in made:
        for function in ("Image_Deactivate", "Image_Delete_DM"):
            parameters = {"force_time": "IMMED"} if function == "Image_Deactivate" else {}
            with contextlib.suppress(errors.Refused):
                await zhcp.smapi(function, userid, parameters)
