# SPDX-License-Identifier: Apache-2.0
"""Spooling commands, as a zHCP uses them to reach a guest's reader, and as consoles are spooled."""

from __future__ import annotations

import pytest

from tests.unit.simulator.cp.conftest import Issue
from tests.unit.simulator.guests import machine
from tests.unit.simulator.worlds import World


@pytest.fixture
def guest(world: World) -> World:
    """A world with LINUX01 in its directory and a file in ZHCP's reader."""
    world.define("LINUX01")
    world.system.spool.create("ZHCP", b"data", origin="ZHCP", name="cfgdrive", type="tgz")
    return world


def test_a_file_is_changed_transferred_and_listed_with_twelve_words(guest: World, cp: Issue) -> None:
    assert cp("change rdr 0001 class x") == (0, "0000001 FILE CHANGED\n")
    code, text = cp("transfer * rdr 1 to linux01 rdr")
    assert code == 0
    assert text == "RDR FILE 0001 SENT TO   LINUX01  RDR AS  0001 RECS 00000001 CPY  001 X NOHOLD NOKEEP\n"
    head, line = cp("query rdr linux01 all")[1].splitlines()
    assert head.startswith("ORIGINID FILE CLASS RECORDS  CPY HOLD DATE")
    words = line.split()
    assert len(words) == 12
    assert words[:7] == ["ZHCP", "0001", "X", "PUN", "00000001", "001", "NONE"]
    assert words[9:] == ["cfgdrive", "tgz", "ZHCP"]
    assert cp("query rdr userid linux01") == cp("query rdr linux01 all")
    assert cp("q rdr *") == cp("query rdr userid *") == (0, "NO RDR FILES\n")


def test_names_keep_their_case_and_hold_can_be_set(guest: World, cp: Issue) -> None:
    cp("CHANGE RDR 1 CLASS X NAME other tar HOLD")
    [file] = guest.system.spool.files("ZHCP")
    assert (file.cls, file.name, file.type, file.hold) == ("X", "other", "tar", "USER")
    cp("CHANGE READER ALL NAME single CLASS B NOHOLD")
    assert (file.cls, file.name, file.type, file.hold) == ("B", "single", "", "NONE")


def test_files_are_purged_one_by_class_or_all(guest: World, cp: Issue) -> None:
    for cls in "XXY":
        guest.system.spool.create("LINUX01", b"x", origin="ZHCP", cls=cls)
    assert cp("PURGE LINUX01 RDR CLASS X") == (0, "0000002 FILES PURGED\n")
    assert cp("PURGE LINUX01 RDR ALL") == (0, "0000001 FILE PURGED\n")
    assert cp("PURGE LINUX01 RDR ALL") == (0, "NO FILES PURGED\n")
    assert cp("purge reader 0") == (0, "NO FILES PURGED\n")
    assert cp("purge rdr 1") == (0, "0000001 FILE PURGED\n")


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("PURGE RDR 7", 42),
        ("CHANGE RDR 7 CLASS X", 42),
        ("TRANSFER RDR 1 TO NOSUCH RDR", 53),
        ("TRANSFER RDR 1", 26),
        ("PURGE RDR", 26),
        ("PURGE RDR SOME", 6),
        ("CHANGE RDR 1 COLOUR RED", 3),
        ("PURGE LINUX01 DISK ALL", 3),
        ("QUERY RDR 7", 42),
        ("SPOOL 0999 CLASS A", 40),
    ],
)
def test_what_is_refused(guest: World, cp: Issue, command: str, code: int) -> None:
    assert cp(command)[0] == code
    assert len(guest.system.spool.files("ZHCP")) == 1


def test_others_files_are_for_class_d_only(guest: World, cp: Issue) -> None:
    guest.system.guests.logon("LINUX01")
    assert cp("PURGE ZHCP RDR ALL", "LINUX01") == (3, "HCPCSP003E Invalid option - ZHCP\n")


def test_a_console_is_spooled_closed_and_stopped(guest: World, cp: Issue) -> None:
    assert cp("SPOOL CONSOLE START TO LINUX01 CLASS T", "MAINT") == (0, "")
    cp("MSG MAINT hello there")
    code, text = cp("CLOSE CONSOLE", "MAINT")
    assert code == 0
    assert text.startswith("CON FILE 0001 SENT TO   LINUX01  RDR AS  0001")
    [file] = guest.system.spool.files("LINUX01")
    assert (file.device, file.cls, file.origin) == ("CON", "T", "MAINT")
    assert guest.system.spool.data(file) == b"* MSG FROM ZHCP    : hello there\n"
    cp("SPOOL C STOP", "MAINT")
    cp("MSG MAINT again")
    assert cp("CLOSE C", "MAINT") == (0, "")


def test_unit_record_devices(guest: World, cp: Issue) -> None:
    assert cp("SPOOL READER CLASS * HOLD") == (0, "")
    assert cp("SPOOL PUNCH TO LINUX01 CLASS B") == (0, "")
    zhcp = machine(guest, "ZHCP")
    reader, punch = zhcp.unit_record("RDR"), zhcp.unit_record("PUN")
    assert reader is not None
    assert punch is not None
    assert (reader.cls, reader.hold, punch.to, punch.cls) == ("*", True, "LINUX01", "B")


def test_tags(guest: World, cp: Issue) -> None:
    assert cp("TAG FILE 1 Some Text") == (0, "")
    assert cp("TAG QUERY FILE 1") == (0, "Some Text\n")
    assert cp("TAG FILE 9 x")[0] == 42
