# SPDX-License-Identifier: Apache-2.0
"""Statements: what each form means, and that a form we do not know is left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zvm import directory as d
from zvm.directory.statements import read_statements


@pytest.mark.parametrize(
    ("text", "statement"),
    [
        ("mdisk 100 3390 1 3338 ZVM001 mr", d.Mdisk("0100", "3390", 1, 3338, "ZVM001", "MR")),
        ("MDISK 122 3390 000 END M01S01 MR", d.Mdisk("0122", "3390", 0, None, "M01S01", "MR")),
        (
            "MDISK 300 FB-512 V-DISK 262144 MWV",
            d.Mdisk("0300", "FB-512", None, 262144, "", "MWV", allocation="V-DISK"),
        ),
        (
            "MDISK 123 3390 DEVNO 1000 MR",
            d.Mdisk("0123", "3390", None, None, "1000", "MR", allocation="DEVNO"),
        ),
        ("LINK MAINT 190", d.Link("MAINT", "0190", "0190")),
        ("IPL 100 PARM root=/dev/dasda1", d.Ipl("100", "", "root=/dev/dasda1")),
        ("IPL CMS LOADPARM 2 PARM AUTOCR", d.Ipl("CMS", "2", "AUTOCR")),
        ("CPU 00 BASE", d.Cpu("00", ("BASE",))),
        ("DEDICATE 1fa0 1FA1 R/O", d.Dedicate("1FA0", "1FA1", ("R/O",))),
        (
            "NICDEF 600 TYPE QDIO LAN SYSTEM VSW1 VLAN 10 20-30 PORTTYPE TRUNK",
            d.NicDef(
                "0600",
                "QDIO",
                lan_owner="SYSTEM",
                lan_name="VSW1",
                vlan=("10", "20-30"),
                port_type="TRUNK",
            ),
        ),
        ("COMMAND SET VCONFIG MODE LINUX", d.Command("SET VCONFIG MODE LINUX")),
    ],
)
def test_forms(text: str, statement: d.Statement) -> None:
    assert read_statements([text]) == [statement]
    assert read_statements(statement.records()) == [statement]


@pytest.mark.parametrize(
    "text",
    [
        "MDISK 100 3390 1 0 ZVM001 MR",
        "MDISK 100 3390 X 5 ZVM001 MR",
        "MDISK 100",
        "NICDEF 0600 LAN SYSTEM",
        "NICDEF 0600 VLAN 4095",
        "NICDEF 0600 TYPE QDIO TYPE QDIO",
        "MACHINE VAX",
        "IPL 100 SOMEHOW",
        "USER TOOLONGNAME PW",
        "GLOBALOPTS MACHINE XA",
    ],
)
def test_what_does_not_follow_the_grammar_is_kept_as_it_stands(text: str) -> None:
    assert read_statements([text]) == [d.Unknown((text,))]


@given(st.lists(st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=90), max_size=6))
def test_any_text_is_read_and_reading_twice_changes_nothing(lines: list[str]) -> None:
    once = read_statements(lines)
    records = [record for statement in once for record in statement.records()]
    assert read_statements(records) == once


def test_an_extent_belongs_to_disks_with_a_place_only() -> None:
    assert d.Mdisk("100", "3390", 1, 5, "VOL1").extent == d.Extent("VOL1", 1, 5)
    assert d.Mdisk("100", "3390", 1, None, "VOL1").extent is None
    with pytest.raises(d.InvalidStatement):
        d.Mdisk("100", "3390", None, 5, "VOL1")


def test_a_console_may_have_an_observer() -> None:
    [console] = read_statements(["CONSOLE 0009 3215 T OPERATOR OBSERVER"])
    assert isinstance(console, d.Console)
    assert console.more == ("T", "OPERATOR", "OBSERVER")


@pytest.mark.parametrize(
    ("text", "unit", "octets"),
    [
        ("MDISK 100 3390 1 10 ZVM001 MR", "cylinders", 7372800),
        ("MDISK 100 9336 16 10 FBA001 MR", "blocks", 5120),
        ("MDISK 300 FB-512 V-DISK 262144 MWV", "blocks", 134217728),
        ("MDISK 122 3390 000 END M01S01 MR", "cylinders", None),
    ],
)
def test_what_a_minidisk_holds(text: str, unit: str, octets: int | None) -> None:
    [disk] = read_statements([text])
    assert isinstance(disk, d.Mdisk)
    assert (disk.unit, disk.octets) == (unit, octets)
