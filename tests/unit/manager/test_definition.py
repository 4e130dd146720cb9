# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from zvm.directory import parse_entry
from zvm.directory.errors import DirectoryError
from zvm.manager.definition import Nic, build, marked_as
from zvm.manager.errors import Invalid

UUID = "11111111-2222-3333-4444-555555555555"


def test_an_entry_with_everything() -> None:
    wanted = {
        "profile": "lnxdflt",
        "cpu": "2",
        "memory": "2048m",
        "privilege": "g",
        "password": "secret",
        "logonby": "maint operator",
        "ipl": "0100",
        "imagename": "ignored",
    }
    nics = [
        Nic.parse("1000,vswitch=vsw1,mac=02:00:06:12:34:ab,vlan=10,port=p,ip=10.0.0.5"),
        Nic.parse("1003,vswitch=VSW2"),
    ]
    entry = build("LINUX01", wanted, nics, UUID)
    assert entry.records() == [
        "USER LINUX01 SECRET 2048M 2048M G",
        "INCLUDE LNXDFLT",
        "CPU 00 BASE",
        "CPU 01",
        "IPL 0100",
        "LOGONBY MAINT OPERATOR",
        "NICDEF 1000 TYPE QDIO LAN SYSTEM VSW1 MACID 1234AB VLAN 10",
        "NICDEF 1003 TYPE QDIO LAN SYSTEM VSW2",
        f"*NOVA uuid={UUID}",
    ]
    assert parse_entry(entry.records()) == entry


def test_an_entry_with_next_to_nothing() -> None:
    assert build("A", {"memory": "1G"}, [], "uuid-1").records() == ["USER A AUTOONLY 1G 1G G", "CPU 00 BASE"]


def test_maxima() -> None:
    records = build("A", {"memory": "1G", "maxcpu": "4", "maxmemory": "2048m"}, [], "").records()
    assert records == [
        "USER A AUTOONLY 1G 2048M G",
        "CPU 00 BASE",
        "MACHINE ESA 4",
        "COMMAND DEFINE STORAGE INITIAL STANDBY REMAINDER",
    ]


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ({}, "memory"),
        ({"memory": "2048"}, "memory"),
        ({"memory": "0M"}, "memory"),
        ({"memory": "1G", "cpu": "0"}, "cpu"),
        ({"memory": "1G", "cpu": "65"}, "cpu"),
        ({"memory": "1G", "cpu": "²"}, "cpu"),
        ({"memory": "1G", "cpu": "4", "maxcpu": "3"}, "maxcpu is a number from 4"),
        ({"memory": "1G", "maxcpu": "65"}, "maxcpu"),
        ({"memory": "1G", "maxmemory": "1023m"}, "at least memory, 1G"),
        ({"memory": "1G", "maxmemory": "much"}, "maxmemory"),
        ({"memory": "1G", "password": "x y"}, "password"),
        ({"memory": "1G", "privilege": "G H"}, "privilege"),
        ({"memory": "1G", "profile": "x\nUSER EVIL"}, "userid"),
        ({"memory": "1G", "ipl": "0100\nLINK MAINT 190 190 MW"}, "IPL"),
        ({"memory": "1G", "logonby": "toolonguserid"}, "userid"),
    ],
)
def test_rules_are_named(wanted: dict[str, str], reason: str) -> None:
    with pytest.raises((Invalid, DirectoryError), match=reason):
        build("A", wanted, [], "")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1000", "vswitch is missing"),
        ("1000,vswitch=V,colour=red", "colour"),
        ("1000,vswitch=V,mac=02-00-06-12-34-56", "MAC"),
        ("1000,vswitch=V,vlan=4095", "VLAN"),
        ("1000,vswitch=V,vlan=x", "VLAN"),
        ("zzzz,vswitch=V", "device number"),
        ("1000,vswitch=TOOLONGNAME", "virtual switch"),
    ],
)
def test_rules_of_cards(text: str, reason: str) -> None:
    with pytest.raises((Invalid, DirectoryError), match=reason):
        Nic.parse(text)


def test_two_cards_at_one_place() -> None:
    with pytest.raises(Invalid, match="1000"):
        build("A", {"memory": "1G"}, [Nic.parse("1000,vswitch=V"), Nic.parse("1000,vswitch=W")], "")


def test_marks() -> None:
    assert marked_as(UUID.upper()) == UUID
    assert marked_as("uuid-1") is None
    assert marked_as("") is None


def test_share_and_dedicated_processors() -> None:
    wanted = {"memory": "1g", "cpu": "2", "dedicate": "yes", "share": "relative 100 relative 200 limithard"}
    wanted["iopriority"] = "absolute 10 255"
    records = build("LINUX01", wanted, [], "").records()
    assert records[1:] == [
        "CPU 00 BASE DEDICATE",
        "CPU 01 DEDICATE",
        "SHARE RELATIVE 100 RELATIVE 200 LIMITHARD",
        "IOPRIORITY ABSOLUTE 10 255",
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"share": "ALL"},
        {"share": "RELATIVE 1 OPTION X"},
        {"dedicate": "maybe"},
        {"iopriority": "RELATIVE"},
        {"iopriority": "RELATIVE 20 10"},
        {"iopriority": "ABSOLUTE 0 256"},
        {"iopriority": "RELATIVE 1 2 OPTION X"},
    ],
)
def test_shares_that_are_none(wrong: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        build("LINUX01", {"memory": "1g", **wrong}, [], "")
