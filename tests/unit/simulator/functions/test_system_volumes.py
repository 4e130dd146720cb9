# SPDX-License-Identifier: Apache-2.0
"""Volumes that come to the system and leave it, and what CP owns."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.simulator.worlds import SMALL, World

_FREE = """
[[volume]]
volser = "FREE01"
devtype = "3390"
cylinders = 100
rdev = "4000"
use = "FREE"
"""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A system with a volume nobody uses."""
    world = World(tmp_path, SMALL + _FREE)
    yield world
    world.close()


def cp(world: World, command: str) -> tuple[int, str]:
    machine = world.system.guests.get("MAINT")
    assert machine is not None
    return tuple(world.system.cp.run(machine, command))  # type: ignore[return-value]


def test_minidisks_are_there_only_while_their_volume_is(world: World) -> None:
    world.define("LINUX01", "MDISK 0100 3390 1 5 FREE01 MR ALL ALL ALL")
    assert cp(world, "LINK LINUX01 100 AS F100 RR") == (
        108,
        "HCPLNM108E LINUX01 0100 not linked; volid FREE01 not mounted\n",
    )
    assert world.codes("Image_Volume_Add", vdev="4000", volid="OTHER1") == (300, 10)
    assert world.codes("Image_Volume_Add", vdev="4000", volid="FREE01") == (0, 0)
    assert world.codes("Image_Volume_Add", vdev="4000", volid="FREE01") == (300, 20)
    assert cp(world, "LINK LINUX01 100 AS F100 RR") == (0, "")
    assert world.codes("Image_Volume_Delete", vdev="4000", volid="FREE01") == (300, 10)
    cp(world, "DETACH F100")
    world.restart()
    assert world.codes("Image_Volume_Delete", vdev="4000", volid="FREE01") == (0, 0)
    assert world.codes("Image_Volume_Delete", vdev="4000", volid="FREE01") == (300, 18)
    assert world.codes("Image_Volume_Add", vdev="9999", volid="FREE01") == (300, 8)


def test_a_volume_of_a_guest_is_not_the_system_s(world: World) -> None:
    assert cp(world, "ATTACH 4000 TO MAINT")[0] == 0
    assert world.codes("Image_Volume_Add", vdev="4000", volid="FREE01") == (300, 10)


def test_cp_pages_to_a_volume_it_was_given(world: World) -> None:
    page = {"vol_addr": "4000", "volume_label": "FREE01", "volume_use": "PAGE"}
    assert world.values("System_Page_Utilization_Query")["pageInformation"] == ["0 0 0"]
    assert world.codes("Page_or_Spool_Volume_Add", **page) == (0, 0)
    assert world.codes("Page_or_Spool_Volume_Add", **page) == (8, 20)
    world.restart()
    told = world.values("System_Page_Utilization_Query")["pageInformation"]
    assert told == ["17K 0 0 FREE01 4000 17K 0 0 NOTDRAINED"]
    assert "4000 3390-01 OWNED FREE01" in world.values("System_Disk_Query", dev_num="ALL")["diskInfoArray"]
    assert "SPOOL  TOTAL=00000000000" in cp(world, "QUERY ALLOC FREE01")[1]


def test_the_parm_disk_must_be_there(world: World) -> None:
    parm = {"parm_disk_owner": "PMAINT", "parm_disk_number": "CF0", "parm_disk_password": "MULTIPLE"}
    assert world.codes("System_Config_Syntax_Check", **parm) == (8, 24)
    world.values("Image_Create_DM", "PMAINT", image_record_array=["USER PMAINT NOLOG 32M 32M G"])
    assert world.add_disk("PMAINT", "0CF0", 1, read_pw="R", write_pw="W", multi_pw="MULTIPLE") == (0, 0)
    assert world.codes("System_Config_Syntax_Check", **parm) == (0, 0)
    assert world.codes("System_Config_Syntax_Check", **parm | {"parm_disk_password": "NO"}) == (8, 46)
    assert world.codes("System_Config_Syntax_Check", system_config_name="OTHER") == (8, 32)
    twice = parm | {f"alternate_{name}": value for name, value in parm.items()}
    assert world.codes("Image_Volume_Add", vdev="4000", volid="FREE01", **twice) == (300, 22)


def test_a_volume_is_shared_until_it_is_not(world: World) -> None:
    assert world.codes("Image_Volume_Share", img_vol_addr="2001", share_enable="ON") == (0, 0)
    world.restart()
    assert world.system.system_config.shared == {"2001"}
    assert world.codes("Image_Volume_Share", img_vol_addr="2001", share_enable="OFF") == (0, 0)
    assert world.system.system_config.shared == set()
    assert world.codes("Image_Volume_Share", img_vol_addr="9999", share_enable="ON") == (8, 8)
