# SPDX-License-Identifier: Apache-2.0
"""Entries: nothing is lost, nothing is reordered, nothing is guessed."""

from __future__ import annotations

import pytest
from hypothesis import given

from tests.unit.directory.strategies import entries, statements
from zvm import directory as d

#: As a real system gives it back: mixed columns, comments, and a statement nobody here knows.
REAL = """\
USER GT@PONG @SM8PI@  1G 1G ABCDEFG
IPL CMS
LOADDEV SCPDATA HEX '0123'
MACHINE ESA 4
*PW00= 7CE2D4F8D7C97C40
  CONSOLE   0009 3215
  SPOOL 00C 2540 READER *
  LINK MAINT 190 190 RR
STDEVOPT LIBRARY NOCTL
NICDEF 9000 TYPE QDIO DEVICES 3 LAN SYSTEM GT@VSW1
NICDEF 9000 MACID 00001A
MDISK 0888 3390 1457 10 LX3002 W READ WRITE MULTIPLE
"""


@given(entries)
def test_what_is_written_is_read_back(entry: d.Entry) -> None:
    again = d.parse_entry(entry.text())
    assert again == entry
    assert again.text() == entry.text()


@given(statements)
def test_no_record_is_longer_than_72_columns(statement: d.Statement) -> None:
    assert all(0 < len(record) <= 72 for record in statement.records())


def test_a_real_entry_is_understood_and_its_foreign_parts_kept() -> None:
    entry = d.parse_entry(REAL)
    assert entry.userid == "GT@PONG"
    assert entry.minidisk("888") == d.Mdisk(
        "0888", "3390", 1457, 10, "LX3002", "W", "READ", "WRITE", "MULTIPLE"
    )
    assert entry.nic("9000") == d.NicDef("9000", "QDIO", 3, "SYSTEM", "GT@VSW1", "00001A")
    records = entry.records()
    assert "*PW00= 7CE2D4F8D7C97C40" in records
    assert "STDEVOPT LIBRARY NOCTL" in records
    assert "SPOOL 000C 2540 READER *" in records
    assert [type(item).__name__ for item in entry.statements[:4]] == ["Ipl", "Loaddev", "Machine", "Comment"]


def test_passwords_do_not_show_in_a_repr() -> None:
    entry = d.parse_entry(
        "USER LINUX01 S3CRET 1G 1G G\nMDISK 100 3390 1 5 VOL1 MR RDPW WRPW\nLINK A 1 1 RR LNKPW"
    )
    shown = repr(entry)
    assert not any(secret in shown for secret in ("S3CRET", "RDPW", "WRPW", "LNKPW"))


def test_an_entry_needs_exactly_one_header() -> None:
    with pytest.raises(d.InvalidEntry):
        d.parse_entry("INCLUDE LNXDFLT")
    with pytest.raises(d.InvalidEntry):
        d.parse_entry("IPL CMS\nUSER A PW")
    with pytest.raises(d.SeveralHeaders):
        d.parse_entry("USER A PW\nUSER B PW")


def test_new_statements_stand_before_the_devices_and_devices_at_the_end() -> None:
    entry = d.parse_entry("USER A PW 1G 1G G\nCONSOLE 9 3215 T")
    entry = entry.with_statement(d.Include("LNXDFLT")).with_statement(d.Dedicate("1FA0", "1FA0"))
    assert entry.records()[1:] == ["INCLUDE LNXDFLT", "CONSOLE 0009 3215 T", "DEDICATE 1FA0 1FA0"]
    assert entry.without(d.Include("LNXDFLT")).records()[1:] == ["CONSOLE 0009 3215 T", "DEDICATE 1FA0 1FA0"]
    changed = entry.with_statement(d.Include("OTHER"), instead_of=d.Include("LNXDFLT"))
    assert changed.records()[1] == "INCLUDE OTHER"


def test_a_directory_is_split_into_entries_and_profiles() -> None:
    text = (
        "*first\nDIRECTORY 0123 3390 M01RES\nPROFILE LNXDFLT\nMACHINE ESA 4\nUSER A PW\nUSER B PW\n* last\n"
    )
    directory = d.parse_directory(text)
    assert [(entry.kind, entry.userid) for entry in directory.entries] == [
        ("PROFILE", "LNXDFLT"),
        ("USER", "A"),
        ("USER", "B"),
    ]
    assert isinstance(directory.entries[0], d.Profile)
    assert directory.records() == text.splitlines()
    assert d.parse_directory(directory.records()) == directory


def test_the_mark_names_the_instance() -> None:
    uuid = "6b1f6f63-6a3c-4c0e-9d2b-0a6a1c1f9e11"
    entry = d.parse_entry("USER A PW 1G 1G G")
    assert d.marked_uuid(entry) is None
    marked = d.parse_entry(entry.with_statement(d.mark(uuid)).text())
    assert d.marked_uuid(marked) == uuid
    # DirMaint puts entries into upper case.
    assert d.marked_uuid(d.parse_entry(marked.text().upper())) == uuid
    with pytest.raises(ValueError, match="uuid"):
        d.mark("not-a-uuid")
