# SPDX-License-Identifier: Apache-2.0
"""Minidisks on a platform that refuses or breaks; what works is shown by test_behaviour_disks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.zhcp.fake_platform import FakePlatform
from zvm.zhcp import errors
from zvm.zhcp.disks import Disks
from zvm.zhcp.links import Links
from zvm.zhcp.metrics import Metrics
from zvm.zhcp.results import CpResult


@pytest.fixture
def platform() -> FakePlatform:
    platform = FakePlatform()
    platform.disks["GOLDEN 0100"] = bytearray(b"golden".ljust(1024, b"."))
    platform.disks["LINUX01 0100"] = bytearray(2048)
    return platform


@pytest.fixture
def disks(platform: FakePlatform, tmp_path: Path) -> Disks:
    return Disks(platform, Links(platform, tmp_path / "links", ["F000", "F001"]), Metrics())


async def test_where_flashcopy_is_refused_the_data_is_copied(disks: Disks, platform: FakePlatform) -> None:
    platform.answers["FLASHCOPY"] = CpResult(rc=2963, text="HCPCMM2963E no FlashCopy feature\n")
    cloned = await disks.clone(("GOLDEN", "0100"), ("LINUX01", "0100"))
    assert cloned.method == "copy"
    assert platform.disks["LINUX01 0100"] == platform.disks["GOLDEN 0100"] + bytes(1024)
    assert platform.linked == {}


async def test_a_larger_target_is_named_by_its_last_block(disks: Disks, platform: FakePlatform) -> None:
    assert (await disks.clone(("GOLDEN", "0100"), ("LINUX01", "0100"))).method == "flashcopy"
    assert "FLASHCOPY F000 0 END TO F001 0 1 SYNCHRONOUS" in platform.commands


async def test_an_equal_target_is_copied_to_its_end(disks: Disks, platform: FakePlatform) -> None:
    platform.disks["LINUX01 0100"] = bytearray(1024)
    await disks.clone(("GOLDEN", "0100"), ("LINUX01", "0100"))
    assert "FLASHCOPY F000 0 END TO F001 0 END SYNCHRONOUS" in platform.commands


async def test_both_are_detached_when_the_second_link_is_refused(
    disks: Disks, platform: FakePlatform
) -> None:
    refusal = CpResult(rc=104, text="HCPLNM104E LINUX01 0100 not linked; R/W by LINUX01\n")
    platform.answers["LINK LINUX01"] = refusal
    with pytest.raises(errors.Refused, match="HCPLNM104E"):
        await disks.clone(("GOLDEN", "0100"), ("LINUX01", "0100"))
    assert platform.linked == {}


async def test_a_stream_that_breaks_off(disks: Disks, platform: FakePlatform) -> None:
    async def breaks() -> AsyncIterator[bytes]:
        yield b"half"
        raise ConnectionResetError("gone")

    with pytest.raises(errors.ZhcpError) as caught:
        await disks.write("LINUX01", "0100", breaks())
    assert isinstance(caught.value, errors.Invalid)
    assert "4 octets" in caught.value.message
    assert platform.linked == {}


async def test_fewer_octets_than_told(disks: Disks) -> None:
    async def short() -> AsyncIterator[bytes]:
        yield b"half"

    with pytest.raises(errors.Invalid, match="8 were sent"):
        await disks.write("LINUX01", "0100", short(), length=8)
