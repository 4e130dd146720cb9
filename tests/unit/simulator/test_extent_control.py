# SPDX-License-Identifier: Apache-2.0
"""Disk pools: where minidisks go, and the lines DirMaint's clients read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.simulator.worlds import SMALL, World
from zvm.simulator.refused import Refused


def lines(world: World, query: int, entry: int, names: str = "*") -> list[str]:
    values = world.values(
        "Image_Volume_Space_Query_DM", query_type=query, entry_type=entry, entry_names=names
    )
    return list(values["recordList"])


def place(world: World, userid: str, vdev: str) -> tuple[str, int, int]:
    disk = world.system.directory.get(userid).minidisk(vdev)
    assert disk is not None
    assert disk.extent is not None
    return disk.extent.volume, disk.extent.start, disk.extent.size


@pytest.fixture
def rotating(tmp_path: Path) -> Iterator[World]:
    text = SMALL.replace('name = "POOL1"', 'name = "POOL1"\nmethod = "ROTATING"')
    world = World(tmp_path, text)
    yield world
    world.close()


def test_linear_pools_are_filled_region_by_region_at_the_lowest_hole(world: World) -> None:
    world.define("LINUX01")
    sizes = {"0100": 20, "0101": 20, "0102": 30, "0103": 20}
    assert [world.add_disk("LINUX01", vdev, size) for vdev, size in sizes.items()] == [(0, 0)] * 4
    assert [place(world, "LINUX01", vdev) for vdev in sizes] == [
        ("VOL001", 1, 20),
        ("VOL001", 21, 20),
        ("VOL002", 1, 30),
        ("VOL001", 41, 20),
    ]
    assert world.add_disk("LINUX01", "0104", 20) == (408, 24)
    assert world.codes("Image_Disk_Delete_DM", "LINUX01", image_disk_number="0101") == (0, 0)
    assert world.add_disk("LINUX01", "0104", 5) == (0, 0)
    assert place(world, "LINUX01", "0104") == ("VOL001", 21, 5)


def test_rotating_pools_take_the_next_region_each_time_also_after_a_restart(rotating: World) -> None:
    rotating.define("LINUX01")
    assert rotating.add_disk("LINUX01", "0100", 5) == (0, 0)
    rotating.restart()
    assert rotating.add_disk("LINUX01", "0101", 5) == (0, 0)
    assert rotating.add_disk("LINUX01", "0102", 5) == (0, 0)
    volumes = [place(rotating, "LINUX01", vdev)[0] for vdev in ("0100", "0101", "0102")]
    assert volumes == ["VOL001", "VOL002", "VOL001"]


@pytest.mark.parametrize(
    ("parameters", "codes"),
    [
        ({"allocation": "AUTOR", "area_or_volser": "VOL002", "size": 40}, (0, 0)),
        ({"allocation": "AUTOV", "area_or_volser": "VOL002", "size": 41}, (408, 24)),
        ({"allocation": "0", "area_or_volser": "VOL001", "size": 5}, (408, 24)),
        ({"allocation": "1", "area_or_volser": "VOL001", "size": 60}, (0, 0)),
        ({"allocation": "2", "area_or_volser": "VOL001", "size": 60}, (408, 24)),
        ({"allocation": "1", "area_or_volser": "M01RES", "size": 5}, (408, 24)),
        ({"allocation": "AUTOG", "area_or_volser": "NOPOOL"}, (420, 8)),
        ({"allocation": "AUTOV", "area_or_volser": "NOVOL"}, (420, 8)),
        ({"allocation": "AUTOX"}, (24, 318)),
        ({"area_or_volser": "FBAPOOL"}, (408, 24)),
        ({"device_type": "FB-512", "area_or_volser": "FBAPOOL"}, (24, 523)),
        ({"device_type": "FB-512", "area_or_volser": "FBAPOOL", "unit": 2, "size": 4080}, (0, 0)),
        ({"device_type": "9336", "area_or_volser": "FBAPOOL", "unit": 2, "size": 4081}, (408, 24)),
        ({"device_type": "9336", "area_or_volser": "FBAPOOL", "unit": 5, "size": 510}, (0, 0)),
        ({"unit": 5, "size": 181}, (0, 0)),
        ({"device_type": "FB-512", "allocation": "V-DISK", "unit": 2, "size": 1000}, (0, 0)),
        ({"device_type": "3390", "allocation": "V-DISK"}, (24, 223)),
        ({"allocation": "T-DISK"}, (0, 0)),
        ({"allocation": "DEVNO", "area_or_volser": "2001"}, (0, 0)),
    ],
)
def test_ways_to_ask_for_a_place(world: World, parameters: dict[str, Any], codes: tuple[int, int]) -> None:
    world.define("LINUX01")
    assert world.add_disk("LINUX01", **parameters) == codes
    assert bool(world.system.directory.get("LINUX01").minidisks()) is (codes == (0, 0))


def test_blocks_are_counted_in_cylinders_or_in_512_bytes(world: World) -> None:
    world.define("LINUX01")
    assert world.add_disk("LINUX01", "0100", 181, unit=5) == (0, 0)
    fba = {"device_type": "9336", "area_or_volser": "FBAPOOL"}
    assert world.add_disk("LINUX01", "0101", 100, unit=5, **fba) == (0, 0)
    assert place(world, "LINUX01", "0100") == ("VOL001", 1, 2)
    assert place(world, "LINUX01", "0101") == ("FBA001", 16, 800)


def test_a_device_number_is_given_once_also_when_a_profile_has_it(world: World) -> None:
    world.define("LINUX01")
    assert world.add_disk("LINUX01", "0100") == (0, 0)
    assert world.add_disk("LINUX01", "100") == (408, 4)
    assert world.add_disk("LINUX01", "0190") == (408, 4)
    assert world.add_disk("NOSUCH", "0100") == (400, 4)


def test_the_lines_of_free_used_and_defined_space(world: World) -> None:
    world.define("LINUX01")
    assert world.add_disk("LINUX01", "0100", 20) == (0, 0)
    assert lines(world, 1, 3) == ["POOL1 VOL001 VOL002", "FBAPOOL FBA001"]
    assert lines(world, 1, 1, "VOL001") == ["VOL001 3390-01 61"]
    assert lines(world, 1, 2, "VOL002") == ["VOL002 VOL002 1 40 3390-01"]
    assert lines(world, 2, 3, "POOL1") == [
        "VOL001 3390-01 21 40 POOL1 VOL001",
        "VOL002 3390-01 1 40 POOL1 VOL002",
    ]
    assert lines(world, 2, 2, "VOL001 VOL002") == [
        "VOL001 3390-01 21 40 VOL001",
        "VOL002 3390-01 1 40 VOL002",
    ]
    assert lines(world, 3, 3, "POOL1") == ["VOL001 3390 1 20 LINUX01 0100 * POOL1 VOL001"]
    assert lines(world, 2, 3, "FBAPOOL") == ["FBA001 9336 16 4080 FBAPOOL FBA001"]
    extended = world.values(
        "Image_Volume_Space_Query_Extended_DM", query_type="3", entry_type="3", entry_names="POOL1"
    )
    assert extended["volumeSpaceList"] == ["VOL001 3390 1 20 LINUX01 0100 * VOL001 POOL1"]
    query = {"query_type": 2, "entry_type": 3, "entry_names": "NOPOOL"}
    assert world.codes("Image_Volume_Space_Query_DM", **query) == (420, 8)


def test_pools_are_defined_and_removed(world: World) -> None:
    def define(kind: int, **parameters: Any) -> tuple[int, int]:
        return world.codes("Image_Volume_Space_Define_DM", function_type=kind, **parameters)

    def remove(kind: int, **parameters: Any) -> tuple[int, int]:
        return world.codes("Image_Volume_Space_Remove_DM", function_type=kind, **parameters)

    assert define(2, region="R1", volid="M01RES", start=1190, size=10, group="NEW") == (0, 0)
    assert define(1, region="R1", volid="M01RES", start=1190, size=10) == (420, 4)
    assert define(1, region="R2", volid="M01RES", start=0, size=10) == (420, 36)
    assert define(1, region="R2", volid="M01RES", start=1195, size=10) == (420, 36)
    assert define(1, region="R2", volid="NOVOL", start=1, size=10) == (420, 8)
    assert define(5, region="VOL002", group="NEW") == (0, 0)
    assert lines(world, 1, 3, "NEW") == ["NEW R1 VOL002"]
    world.define("LINUX01")
    assert world.add_disk("LINUX01", "0100", 8, area_or_volser="NEW") == (0, 0)
    assert place(world, "LINUX01", "0100") == ("M01RES", 1190, 8)
    assert remove(2, region="VOL001", group="NEW") == (420, 12)
    assert remove(2, region="VOL002", group="NEW") == (0, 0)
    assert remove(1, region="R1") == (0, 0)
    assert world.add_disk("LINUX01", "0101", 1, area_or_volser="NEW") == (408, 24)
    assert remove(7, group="NEW") == (0, 0)
    assert remove(7, group="NEW") == (420, 8)


def test_excluded_minidisks_do_not_take_room(tmp_path: Path) -> None:
    text = SMALL + '[[exclude]]\nuserid = "MAINT"\nvdev = "012*"\n'
    world = World(tmp_path, text)
    try:
        entry = world.system.directory.get("MAINT")
        records = [*entry.records(), "MDISK 0123 3390 0 END VOL001 MR"]
        world.values("Image_Lock_DM", "MAINT")
        assert world.codes("Image_Replace_DM", "MAINT", image_record_array=records) == (0, 0)
        world.define("LINUX01")
        assert world.add_disk("LINUX01", "0100", 5) == (0, 0)
        assert place(world, "LINUX01", "0100") == ("VOL001", 1, 5)
    finally:
        world.close()


def test_a_full_pack_minidisk_takes_all_of_its_volume(world: World) -> None:
    world.define("FULL", "MDISK 0123 3390 0 END VOL001 MR")
    world.define("LINUX01")
    assert world.add_disk("LINUX01", "0100", 5) == (0, 0)
    assert place(world, "LINUX01", "0100") == ("VOL002", 1, 5)


def test_room_beside_what_the_directory_tells_can_be_reserved(world: World) -> None:
    first = world.system.extents.allocate("AUTOG", "POOL1", "3390", 50)
    second = world.system.extents.allocate("AUTOG", "POOL1", "3390", 30, [first])
    assert not first.overlaps(second)
    with pytest.raises(Refused):
        world.system.extents.allocate("AUTOG", "POOL1", "3390", 30, [first, second])


def test_modes_and_passwords_are_checked(world: World) -> None:
    world.define("LINUX01")
    assert world.add_disk("LINUX01", "0100", mode="MWV") == (0, 0)
    assert world.add_disk("LINUX01", "0101", mode="XX") == (24, 718)
    assert world.add_disk("LINUX01", "0101", write_pw="W") == (24, 1024)
    assert world.add_disk("LINUX01", "0101", read_pw="R", write_pw="W") == (0, 0)
