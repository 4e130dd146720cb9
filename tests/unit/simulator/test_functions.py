# SPDX-License-Identifier: Apache-2.0
"""Which functions are served, and those about SMAPI and the system itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.simulator.worlds import World
from zvm.directory import Extent
from zvm.simulator.config import ConfigError, load_config
from zvm.simulator.functions import missing, served
from zvm.smapi import functions

#: What the driver's path calls (SMAPI reference, table of functions, column P).
NEEDED = [
    "Image_Query_DM",
    "Image_Create_DM",
    "Image_Delete_DM",
    "Image_Replace_DM",
    "Image_Unlock_DM",
    "Image_Lock_Query_DM",
    "Image_Definition_Query_DM",
    "Image_Definition_Update_DM",
    "Image_Activate",
    "Image_Deactivate",
    "Image_Pause",
    "Image_Status_Query",
    "Image_Performance_Query",
    "Image_Console_Get",
    "Image_Disk_Create_DM",
    "Image_Disk_Delete_DM",
    "Image_Disk_Create",
    "Image_Device_Dedicate_DM",
    "Image_Device_Dedicate",
    "Image_Device_Undedicate_DM",
    "Image_Device_Undedicate",
    "Image_IPL_Set_DM",
    "Image_SCSI_Characteristics_Define_DM",
    "Image_Volume_Space_Query_DM",
    "Static_Image_Changes_Immediate_DM",
    "Query_API_Functional_Level",
    "Query_Asynchronous_Operation_DM",
    "Response_Recovery",
    "SSI_Query",
    "VMRELOCATE",
    "VMRELOCATE_Status",
    "System_Info_Query",
    "System_Performance_Info_Query",
    "System_WWPN_Query",
    "Virtual_Network_Adapter_Create_DM",
    "Virtual_Network_Adapter_Delete_DM",
    "Virtual_Network_Adapter_Connect_Vswitch_DM",
    "Virtual_Network_Adapter_Connect_Vswitch",
    "Virtual_Network_Adapter_Disconnect_DM",
    "Virtual_Network_Adapter_Disconnect",
    "Virtual_Network_LAN_Query",
    "Virtual_Network_Vswitch_Create",
    "Virtual_Network_Vswitch_Set_Extended",
    "Virtual_Network_Vswitch_Query",
    "Virtual_Network_Vswitch_Query_Extended",
    "Virtual_Network_Vswitch_Query_IUO_Stats",
    "xCAT_Commands_IUO",
]


def test_the_whole_path_of_the_driver_is_served() -> None:
    assert len(NEEDED) == 47
    assert set(NEEDED) <= set(served())


def test_what_is_not_served_says_so(world: World) -> None:
    assert set(served()) | set(missing()) == set(functions.names())
    assert not set(served()) & set(missing())
    assert "System_Disk_IO_Query" in missing()
    assert world.codes("System_Disk_IO_Query", rdev="2001") == (8, 3017)  # the monitor is not on


def test_the_level_and_the_time_of_the_system(world: World) -> None:
    assert world.codes("Query_API_Functional_Level") == (0, 740)
    values = world.values("System_Info_Query")
    assert values["vmVersion"].startswith("z/VM Version 7 Release 4.0")
    assert values["cpIplTime"].startswith("IPL at ")
    assert values["realStorageSize"].startswith("256G CONFIGURED = 256G INC = 1M")
    load = world.values("System_Performance_Info_Query", monrate="QUERY")
    assert load["cpuCount"] == "0008"
    assert load["totalPages"] == str(256 * 1024 * 256)
    assert load["details"][:2] == ["2.00 SECONDS", f"PROC 0000-{int(load['averageUse']):03}% IFL  VM"]
    assert world.values("System_Processor_Query")["processorList"][0] == "0000 MASTER-PP IFL 0000"
    assert "2001 3390-01 SYSTEM VOL001" in world.values("System_Disk_Query", dev_num="ALL")["diskInfoArray"]
    assert world.codes("System_Disk_Query", dev_num="9999") == (8, 8)


def test_a_system_alone_is_no_cluster(world: World) -> None:
    assert world.codes("SSI_Query", "ALL") == (4, 3008)
    assert world.codes("VMRELOCATE", "LINUX01", action="MOVE", destination="VM2") == (4, 3000)
    assert world.codes("VMRELOCATE_Status", "LINUX01") == (4, 3001)


def test_unknown_operations_and_replies(world: World) -> None:
    assert world.codes("Query_Asynchronous_Operation_DM", operation_id=99) == (452, 4)
    assert world.codes("Response_Recovery", failed_request_id=99) == (4, 4)


def test_xcat_s_three_commands(world: World) -> None:
    def run(command: str) -> tuple[int, int]:
        return world.codes("xCAT_Commands_IUO", "ZHCP", command=command)

    assert run("") == (8, 3002)  # how xCAT asks whether the function is there
    assert run("CMD=SHUTDOWN") == (8, 3003)
    world.define("LINUX01")
    assert world.add_disk("LINUX01", "0100", 3) == (0, 0)
    assert world.add_disk("LINUX01", "0101", 3) == (0, 0)
    world.system.dasd.write(Extent("VOL001", 1, 3), 0, b"golden")
    assert run("CMD=FLASHCOPY LINUX01 0100 0 END TO LINUX01 0101 0 END SYNC") == (0, 0)
    assert world.system.dasd.read(Extent("VOL001", 4, 3), 0, 6) == b"golden"
    assert run("CMD=FLASHCOPY LINUX01 0100 0 END TO LINUX01 0102 0 END SYNC") == (396, 40)
    world.system.spool.create("LINUX01", b"x", origin="ZHCP")
    values = world.values("xCAT_Commands_IUO", "ZHCP", command="CMD=PURGE LINUX01 RDR ALL")
    assert values["response"] == ["0000001 FILE PURGED"]
    assert world.system.spool.files("LINUX01") == []
    assert run("CMD=SEND CP LINUX01 BEGIN") == (396, 45)
    world.values("Image_Activate", "LINUX01")
    assert run("CMD=SEND CP LINUX01 SPOOL CONSOLE START") == (0, 0)


def test_a_configuration_says_what_is_wrong_with_it(tmp_path: Path) -> None:
    path = tmp_path / "simulator.toml"
    for text, wrong in (
        ("[nosuch]\n", "nosuch"),
        ("[timing]\nlunch = 1\n", "lunch"),
        ("[[volume]]\ndevtype = '3390'\n", "volser"),
        ("= 1", "simulator.toml"),
    ):
        path.write_text(text)
        with pytest.raises(ConfigError, match=wrong):
            load_config(path)


def test_a_configuration_may_be_yaml(tmp_path: Path) -> None:
    path = tmp_path / "simulator.yaml"
    path.write_text(
        "system: {name: OTHER}\n"
        "volume:\n  - {volser: M01RES, devtype: '3390', cylinders: 1200, rdev: '1000'}\n"
        "pool:\n  - {name: P, regions: [M01RES]}\n"
        "directory:\n  text: |\n    USER MAINT SECRET 32M 32M G\n"
    )
    config = load_config(path)
    assert (config.system.name, config.system.level, config.pools[0].name) == ("OTHER", 740, "P")
    assert config.directory == "USER MAINT SECRET 32M 32M G\n"
    for text, wrong in (("a: [", "simulator.yaml"), ("- 1", "mapping"), ("nosuch: {}", "nosuch")):
        path.write_text(text)
        with pytest.raises(ConfigError, match=wrong):
            load_config(path)


def test_a_configuration_changes_only_what_it_names(tmp_path: Path) -> None:
    path = tmp_path / "simulator.toml"
    path.write_text('[system]\nname = "OTHER"\n[timing]\nboot = 9.0\n')
    config = load_config(path)
    assert (config.system.name, config.system.level) == ("OTHER", 740)
    assert (config.timing.boot, config.timing.logoff) == (9.0, 0.3)
    assert config.instant().timing.boot == 0
    assert "MAINTPW" not in repr(config)
