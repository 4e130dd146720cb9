# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.zhcp.fake_platform import FakePlatform
from zvm.zhcp import errors
from zvm.zhcp.results import CpResult
from zvm.zhcp.spool import Spool, parse_query

QUERY = """\
ORIGINID FILE CLASS RECORDS  CPY HOLD DATE  TIME     NAME      TYPE     DIST
ZHCP     0012 X PUN 00000042  001 NONE 05/22 16:36:55 cfgdrive  tgz      ZHCP
LINUX01  0013 T CON 00000007  001 NONE 05/22 16:37:01                    LINUX01
MAINT    0014 A RDR 00000001  002 USER 05/22 16:38:00 PROFILE   EXEC     SYSPROG
"""


def test_a_query_is_read_word_by_word() -> None:
    drive, console, profile = parse_query(QUERY)
    assert (drive.origin, drive.spoolid, drive.spool_class, drive.device) == ("ZHCP", "0012", "X", "PUN")
    assert (drive.records, drive.copies, drive.hold) == (42, 1, "NONE")
    assert (drive.date, drive.time) == ("05/22", "16:36:55")
    assert (drive.name, drive.type, drive.distribution) == ("cfgdrive", "tgz", "ZHCP")
    assert (console.name, console.type, console.distribution) == ("", "", "LINUX01")
    assert (profile.hold, profile.copies, profile.name) == ("USER", 2, "PROFILE")


def test_no_files_are_no_files() -> None:
    assert parse_query("HCPCSQ003E NO RDR FILES\n") == []
    assert parse_query("") == []


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    parse_query(text)


@pytest.fixture
def platform() -> FakePlatform:
    return FakePlatform()


@pytest.fixture
def spool(platform: FakePlatform, tmp_path: Path) -> Spool:
    return Spool(platform, tmp_path / "punched")


async def test_a_file_is_named_before_it_is_transferred(spool: Spool, platform: FakePlatform) -> None:
    text = "RDR FILE 0001 SENT TO   LINUX01  RDR AS  0033 RECS 0020 CPY  001 X NOHOLD NOKEEP\n"
    platform.answers["TRANSFER"] = CpResult(rc=0, text=text)
    spoolid = await spool.punch("linux01", b"tgz", name="cfgdrive", type="tgz", spool_class="x")
    assert spoolid == "0033"
    assert platform.commands == [
        "CHANGE RDR 0001 CLASS X NAME cfgdrive tgz",
        "TRANSFER RDR 0001 TO LINUX01 RDR",
    ]


async def test_nothing_stays_in_the_own_reader_when_the_guest_does_not_exist(
    spool: Spool, platform: FakePlatform
) -> None:
    platform.answers["TRANSFER"] = CpResult(rc=53, text="HCPCST053E NOSUCH not in CP directory\n")
    with pytest.raises(errors.Refused, match="HCPCST053E") as caught:
        await spool.punch("NOSUCH", b"tgz", name="cfgdrive", type="tgz", spool_class="X")
    assert caught.value.rc == 53
    assert platform.files == {}


async def test_leftovers_of_a_killed_predecessor_are_purged(
    spool: Spool, platform: FakePlatform, tmp_path: Path
) -> None:
    platform.add_file("0001", b"", origin="ZHCP", spool_class="A", type="ZHCPTMP")  # killed before CHANGE
    platform.add_file("0002", b"", origin="ZHCP", spool_class="X", type="tgz")  # killed before TRANSFER
    platform.add_file("0003", b"", origin="MAINT", spool_class="A", type="EXEC")  # somebody else's
    (tmp_path / "punched" / "0002").touch()
    await spool.clean()
    assert list(platform.files) == ["0003"]
    assert list((tmp_path / "punched").iterdir()) == []


@pytest.mark.parametrize("bad", [{"name": "a b"}, {"type": "x*"}, {"spool_class": "XX"}, {"name": ""}])
async def test_words_are_checked_first(spool: Spool, platform: FakePlatform, bad: dict[str, str]) -> None:
    told = {"name": "cfgdrive", "type": "tgz", "spool_class": "X", **bad}
    with pytest.raises(errors.Invalid):
        await spool.punch("LINUX01", b"x", **told)
    assert platform.files == {}
    assert platform.commands == []


async def test_a_guests_reader_is_purged(spool: Spool, platform: FakePlatform) -> None:
    await spool.purge("linux01")
    assert platform.commands == ["PURGE LINUX01 RDR ALL"]
    with pytest.raises(errors.Invalid):
        await spool.purge("READER")
