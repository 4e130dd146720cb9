# SPDX-License-Identifier: Apache-2.0
"""Entries by keyword: what is made of each definition, what is refused, how it is told."""

from __future__ import annotations

import pytest

from tests.unit.simulator.worlds import World

#: What a genuine 7.1 system accepted, but for its disk pool.
GENUINE = [
    "CONSOLE=VDEV=0009 DEVTYPE=3215 CLASS=T",
    "CPU=CPUADDR=00 BASE=YES",
    "CPU_MAXIMUM=COUNT=1 TYPE=ESA",
    "IPL=VDEV=CMS",
    "LINK=USERID=MAINT VDEV1=190 VDEV2=0190 MODE=RR",
    "MDISK=VDEV=777 DEVTYPE=XXXX DISKTYPE=AUTOG COUNT=10 NAME=POOL1 READPASSWORD=READ WRITEPASSWORD=WRITE",
    "PASSWORD=@sm8pi@",
    "PRIVILEGE_CLASSES=ABCDEFG",
    "SPOOL=VDEV=000C DEVTYPE=2540_READER CLASS=*",
    "SPOOL=VDEV=000E DEVTYPE=1403 CLASS=A",
    "STORAGE_INITIAL=1G",
    "STORAGE_MAXIMUM=2G",
]


def update(world: World, *definitions: str) -> tuple[int, int]:
    return world.codes("Image_Definition_Update_DM", "LINUX01", definitions=list(definitions))


def query(world: World, *keywords: str) -> list[str]:
    return list(
        world.values("Image_Definition_Query_DM", "LINUX01", definitions=list(keywords))["definitions"]
    )


def test_an_entry_made_of_definitions(world: World) -> None:
    world.values("Image_Definition_Create_DM", "LINUX01", definitions=GENUINE)
    records = world.values("Image_Query_DM", "LINUX01")["image_record_array"]
    assert records == [
        "USER LINUX01 @SM8PI@ 1G 2G ABCDEFG",
        "CPU 00 BASE",
        "MACHINE ESA 1",
        "IPL CMS",
        "CONSOLE 0009 3215 T",
        "LINK MAINT 0190 0190 RR",
        "MDISK 0777 3390 1 10 VOL001 MR READ WRITE",
        "SPOOL 000C 2540 READER *",
        "SPOOL 000E 1403 A",
    ]


def test_of_everything_what_there_is_comes_first(world: World) -> None:
    world.values(
        "Image_Create_DM", "LINUX01", image_record_array=["USER LINUX01 PW 1G", "SHARE RELATIVE 200"]
    )
    assert query(world, "*")[:3] == ["SHARE=RELATIVE=200 LIMIT=NOLIMIT", "STORAGE_INITIAL=1G", "ACCOUNT="]
    assert query(world, "*")[-2:] == ["VMRELOCATE=", "PW"]
    assert query(world, "nicdef", "storage_initial") == ["NICDEF=", "STORAGE_INITIAL=1G"]


@pytest.mark.parametrize(
    ("definition", "record"),
    [
        ("COMMAND_DEFINE_CPU=CPUADDR=01 TYPE=IFL", "COMMAND DEFINE CPU 01 TYPE IFL"),
        ("COMMAND_SET_VCONFIG=MODE=LINUX", "COMMAND SET VCONFIG MODE LINUX"),
        ("COMMAND_SET_CPUAFFINITY=ON", "COMMAND SET CPUAFFINITY ON"),
        ("SHARE=RELATIVE=200 LIMIT=LIMITHARD", "SHARE RELATIVE 200 LIMITHARD"),
        ("MDISK=VDEV=0200 DEVTYPE=FB-512 DISKTYPE=V-DISK COUNT=1000", "MDISK 0200 FB-512 V-DISK 1000 MR"),
        ("CPU_MAXIMUM=COUNT=4 TYPE=ESA", "MACHINE ESA 4"),
    ],
)
def test_a_definition_comes_and_goes(world: World, definition: str, record: str) -> None:
    world.values("Image_Create_DM", "LINUX01", image_record_array=["USER LINUX01 PW 1G"])
    assert update(world, definition) == (0, 0)
    assert world.values("Image_Query_DM", "LINUX01")["image_record_array"][1:] == [record]
    keyword = definition.partition("=")[0]
    if keyword != "MDISK":
        assert query(world, keyword) == [definition]
    gone = {"MDISK": "MDISK=VDEV=0200"}.get(keyword, f"{keyword}=")
    assert world.codes("Image_Definition_Delete_DM", "LINUX01", definitions=[gone]) == (0, 0)
    assert world.values("Image_Query_DM", "LINUX01")["image_record_array"] == ["USER LINUX01 PW 1G"]


@pytest.mark.parametrize(
    ("definition", "codes"),
    [
        ("STORAGE_INITIAL=MUCH", (8, 3003)),
        ("STORAGE_MAXIMUM=", (8, 3004)),
        ("PRIVILEGE_CLASSES=A!", (8, 3003)),
        ("PASSWORD=NINECHARS", (444, 0)),
        ("CPU=CPUADDR=40", (520, 28)),
        ("CPU_MAXIMUM=COUNT=65", (8, 3003)),
        ("NICDEF=VDEV=0600 TYPE=ETHERNET", (8, 3003)),
        ("NICDEF=VDEV=0600 DEVICES=-3", (8, 3003)),
        ("SPOOL=VDEV=0009 DEVTYPE=1403", (404, 4)),
        ("INCLUDE=NOSUCH", (436, 4)),
    ],
)
def test_definitions_that_are_refused_change_nothing(
    world: World, definition: str, codes: tuple[int, int]
) -> None:
    records = ["USER LINUX01 PW 1G", "CONSOLE 0009 3215 T"]
    world.values("Image_Create_DM", "LINUX01", image_record_array=records)
    assert update(world, "STORAGE_MAXIMUM=2G", definition) == codes
    assert world.values("Image_Query_DM", "LINUX01")["image_record_array"] == records
