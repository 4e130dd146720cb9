# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.support.polling import turns
from tests.unit.zhcp.fake_platform import FakePlatform
from zvm.zhcp import errors
from zvm.zhcp.links import READ, WRITE, Links, parse_range
from zvm.zhcp.results import CpResult


@pytest.fixture
def platform() -> FakePlatform:
    platform = FakePlatform()
    platform.disks["LINUX01 0100"] = bytearray(1024)
    return platform


@pytest.fixture
def links(platform: FakePlatform, tmp_path: Path) -> Links:
    return Links(platform, tmp_path / "links", parse_range("F000-F001"))


async def test_a_link_is_detached_at_the_end(links: Links, platform: FakePlatform, tmp_path: Path) -> None:
    async with links.link("linux01", "100", WRITE) as device:
        assert device.bytes == 1024
        assert platform.linked == {"F000": "LINUX01 0100"}
        assert (tmp_path / "links" / "F000").read_text() == "LINUX01 0100 W"
    assert platform.linked == {}
    assert list((tmp_path / "links").iterdir()) == []


async def test_a_link_is_detached_after_a_failure(links: Links, platform: FakePlatform) -> None:
    with pytest.raises(ZeroDivisionError):
        async with links.link("LINUX01", "0100", READ):
            raise ZeroDivisionError
    assert platform.linked == {}


async def test_a_link_is_detached_when_the_device_does_not_come_online(
    links: Links, platform: FakePlatform
) -> None:
    del platform.disks["LINUX01 0100"]
    with pytest.raises(KeyError):
        async with links.link("LINUX01", "0100", READ):
            pass
    assert platform.linked == {}


async def test_a_link_is_detached_when_the_work_is_cancelled(links: Links, platform: FakePlatform) -> None:
    linked = asyncio.Event()

    async def work() -> None:
        async with links.link("LINUX01", "0100", READ):
            linked.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await linked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await links.finish()
    assert platform.linked == {}


async def test_what_a_killed_predecessor_left_is_detached(
    links: Links, platform: FakePlatform, tmp_path: Path
) -> None:
    (tmp_path / "links" / "F000").write_text("LINUX01 0100 W")
    (tmp_path / "links" / "F001").write_text("LINUX02 0100 W")  # recorded, but not linked yet
    platform.linked["F000"] = "LINUX01 0100"
    await links.clean()
    assert platform.linked == {}
    assert list((tmp_path / "links").iterdir()) == []


async def test_a_device_of_somebody_else_is_left_alone(links: Links, platform: FakePlatform) -> None:
    platform.linked["F000"] = "MAINT 0190"
    async with links.link("LINUX01", "0100", READ) as device:
        assert device.vdev == "F001"
    assert platform.linked == {"F000": "MAINT 0190"}


async def test_work_on_one_disk_waits_for_its_turn(links: Links, platform: FakePlatform) -> None:
    order = []

    async def work(name: str, mode: str) -> None:
        async with links.link("LINUX01", "0100", mode):
            order.append(name)
            await turns(10)
            order.append(name)

    await asyncio.gather(work("first", WRITE), work("second", WRITE), work("third", READ))
    assert order == ["first", "first", "second", "second", "third", "third"]


async def test_work_that_never_ends_makes_the_disk_busy(platform: FakePlatform, tmp_path: Path) -> None:
    links = Links(platform, tmp_path / "links", ["F000", "F001"], patience=0.01)
    async with links.link("LINUX01", "0100", WRITE):
        with pytest.raises(errors.Busy, match="LINUX01 0100"):
            await links.link("LINUX01", "0100", WRITE).__aenter__()
    async with links.link("LINUX01", "0100", WRITE):
        pass


async def test_links_wait_for_a_free_number(links: Links, platform: FakePlatform) -> None:
    async with links.link("LINUX01", "0100", READ):
        async with links.link("LINUX01", "0100", READ):
            third = asyncio.create_task(links.link("LINUX01", "0100", READ).__aenter__())
            await turns(10)
            assert not third.done()
        assert (await third).vdev == "F001"


async def test_all_numbers_taken_by_others_is_busy(links: Links, platform: FakePlatform) -> None:
    platform.linked.update({"F000": "MAINT 0190", "F001": "MAINT 0191"})
    with pytest.raises(errors.Busy) as caught:
        await links.link("LINUX01", "0100", READ).__aenter__()
    assert "link_vdevs" in caught.value.next_step


@pytest.mark.parametrize(
    ("rc", "text", "kind"),
    [
        (53, "HCPLNM053E NOSUCH not in CP directory", errors.NotFound),
        (107, "HCPLNM107E LINUX01 0999 not linked; not in CP directory", errors.NotFound),
        (104, "HCPLNM104E LINUX01 0100 not linked; R/W by LINUX01", errors.Refused),
    ],
)
async def test_a_refused_link_says_what_cp_said(
    links: Links, platform: FakePlatform, tmp_path: Path, rc: int, text: str, kind: type[errors.ZhcpError]
) -> None:
    platform.answers["LINK"] = CpResult(rc=rc, text=text + "\n")
    with pytest.raises(kind) as caught:
        async with links.link("LINUX01", "0100", WRITE):
            pass
    assert (caught.value.rc, caught.value.explanation) == (rc, text)
    assert caught.value.function == "CP LINK"
    assert text.split()[0] in caught.value.next_step
    assert list((tmp_path / "links").iterdir()) == []


@pytest.mark.parametrize(
    "answer", [CpResult(rc=1, text="HCP... no"), errors.OutcomeUnknown("the device failed")]
)
async def test_a_failed_detach_is_remembered_for_the_next_start(
    links: Links, platform: FakePlatform, tmp_path: Path, answer: CpResult | errors.ZhcpError
) -> None:
    platform.answers["DETACH"] = answer
    async with links.link("LINUX01", "0100", READ):
        pass
    assert [path.name for path in (tmp_path / "links").iterdir()] == ["F000"]
    del platform.answers["DETACH"]
    await links.clean()
    assert platform.linked == {}


async def test_names_are_checked_before_anything_is_done(links: Links, platform: FakePlatform) -> None:
    with pytest.raises(errors.Invalid):
        async with links.link("LINUX01 0100 AS 0190 W\n", "0100", READ):
            pass
    assert platform.commands == []


def test_a_range_of_device_numbers() -> None:
    assert parse_range("f000-f002") == ["F000", "F001", "F002"]
    assert parse_range("F000") == ["F000"]
    for wrong in ("F001-F000", "X", "", "0-10000"):
        with pytest.raises(errors.Invalid):
            parse_range(wrong)
