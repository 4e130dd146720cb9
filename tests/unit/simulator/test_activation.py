# SPDX-License-Identifier: Apache-2.0
"""Starting, stopping and looking at guests through SMAPI."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from tests.unit.simulator.worlds import World
from zvm.simulator.functions.activation import _force_time
from zvm.simulator.refused import Refused


def test_power_codes(world: World) -> None:
    assert world.codes("Image_Activate", "NOSUCH") == (200, 4)
    assert world.codes("Image_Deactivate", "NOSUCH", force_time="IMMED") == (200, 12)
    world.define("LINUX01")
    assert world.codes("Image_Status_Query", "LINUX01") == (0, 12)
    assert world.codes("Image_Pause", "LINUX01", action="PAUSE") == (0, 12)
    assert world.codes("Image_Activate", "linux01") == (0, 0)
    assert world.codes("Image_Activate", "LINUX01") == (200, 8)
    assert world.values("Image_Status_Query", "LINUX01")["imageNameList"] == ["LINUX01"]
    assert "LINUX01" in world.values("Image_Status_Query", "*")["imageNameList"]
    assert world.codes("Image_Deactivate", "LINUX01", force_time="SOON") == (24, 118)
    assert world.codes("Image_Deactivate", "LINUX01", force_time="IMMED") == (0, 0)
    assert world.codes("Image_Status_Query", "LINUX01") == (0, 12)
    assert world.codes("Image_Deactivate", "LINUX01") == (200, 12)


def test_a_guest_that_is_being_logged_off_is_neither_started_nor_stopped(world: World) -> None:
    guests, config = world.system.guests, world.system.config
    guests.later = lambda seconds, action: None  # the logoff does not come to an end
    world.system.config = replace(config, timing=replace(config.timing, logoff=60.0))
    world.define("LINUX01")
    world.values("Image_Activate", "LINUX01")
    assert world.codes("Image_Deactivate", "LINUX01", force_time="IMMED") == (0, 0)
    assert world.codes("Image_Activate", "LINUX01") == (200, 16)
    assert world.codes("Image_Deactivate", "LINUX01", force_time="IMMED") == (200, 16)


def test_pausing_stops_the_cpus_and_begin_lets_them_run(world: World) -> None:
    world.values("Image_Pause", "MAINT", action="PAUSE")
    machine = world.system.guests.get("MAINT")
    assert machine is not None
    assert machine.state.value == "stopped"
    world.restart()
    machine = world.system.guests.get("MAINT")
    assert machine is not None
    assert machine.state.value == "stopped"
    world.values("Image_Pause", "MAINT", action="BEGIN")
    assert machine.state.value == "running"


NOW = datetime(2026, 1, 2, 10, 0)


@pytest.mark.parametrize(
    ("text", "seconds"), [("", None), ("IMMED", 0.0), ("WITHIN 30", 30.0), ("WITHIN 0", 0.0)]
)
def test_how_long_a_guest_has(text: str, seconds: float | None) -> None:
    assert _force_time(text, NOW) == seconds


def test_until_a_time_of_day() -> None:
    assert _force_time("BY 12:00", NOW) == 2 * 3600
    assert _force_time("BY 9:59:30", NOW) == 24 * 3600 - 30
    for wrong in ("BY 24:00", "BY 12:60", "BY 12", "WITHIN", "WITHIN -1", "NOW"):
        with pytest.raises(Refused):
            _force_time(wrong, NOW)


def test_a_force_time_is_looked_at_before_the_guest(world: World) -> None:
    world.define("LINUX01")
    assert world.codes("Image_Deactivate", "LINUX01", force_time="SOON") == (24, 118)
    assert world.codes("Image_Deactivate", "LINUX01", force_time="WITHIN 65536") == (200, 36)
    assert world.codes("Image_Deactivate", "LINUX01", force_time="WITHIN 65535") == (200, 12)


def test_nolog_means_that_nobody_logs_on(world: World) -> None:
    world.values("Image_Create_DM", "GOLD", image_record_array=["USER GOLD NOLOG 32M"])
    assert world.codes("Image_Activate", "GOLD") == (200, 4)


def test_functions_that_tell_undefined_guests_from_inactive_ones(world: World) -> None:
    device = {"vdev": "5000", "rdev": "1FA0", "readonly": 0}
    assert world.codes("Image_Device_Dedicate", "NOBODY", **device) == (200, 4)
    assert world.codes("Image_Disk_Query", "NOBODY", vdasd_id="ALL") == (200, 12)


def test_the_configuration_of_a_running_guest(world: World) -> None:
    world.define("LINUX01", "CPU 01", "SHARE ABSOLUTE 10%")
    assert world.codes("Image_Active_Configuration_Query", "LINUX01") == (200, 12)
    world.values("Image_Activate", "LINUX01")
    values = world.values("Image_Active_Configuration_Query", "LINUX01")
    assert (values["memorySize"], values["memoryUnit"]) == (512, 2)
    assert (values["shareType"], values["shareValue"]) == (2, "10%")
    assert [cpu["cpuStatus"] for cpu in values["cpuInfoList"]] == [1, 4]
    assert {"deviceType": 1, "deviceAddress": "0009"} in values["deviceList"]
    assert {"deviceType": 5, "deviceAddress": "0190"} in values["deviceList"]


def test_performance_of_those_that_run(world: World) -> None:
    found = world.values("Image_Performance_Query", userids=["ZHCP", "NOSUCH", "MAINT"])
    assert [item["guestName"] for item in found["performanceList"]] == ["ZHCP", "MAINT"]
    assert found["performanceList"][0]["maxMemory"] == 2 << 20


def test_the_console_goes_to_the_callers_reader_as_class_t(world: World) -> None:
    world.define("LINUX01")
    assert world.codes("Image_Console_Get", "LINUX01") == (8, 8)
    world.values("Image_Activate", "LINUX01")
    assert world.codes("Image_Console_Get", "LINUX01") == (0, 0)
    (file,) = world.system.spool.files("ZHCP")
    assert (file.origin, file.cls, file.device) == ("LINUX01", "T", "CON")
    assert b"HCPVDI040E Device 0100 does not exist" in world.system.spool.data(file)
    assert world.codes("Image_Console_Get", "LINUX01") == (8, 8)
