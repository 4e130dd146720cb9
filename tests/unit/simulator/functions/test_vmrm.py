# SPDX-License-Identifier: Apache-2.0
"""The resource manager's configuration, and the counters of virtual switches."""

from __future__ import annotations

from tests.unit.simulator.worlds import World

FILE = {
    "configuration_file_name": "VMRM",
    "configuration_file_type": "CONFIG",
    "configuration_dir_name": "VMSYS:VMRMSVM.",
}
LINES = [
    "/* web servers first */",
    "GOAL FAST VELOCITY CPU 90",
    "WORKLOAD WEB USER LINUX01",
    "WORKLOAD BATCH USER NOBODY",
    "MANAGE WEB GOAL FAST IMPORTANCE 9",
    "MANAGE BATCH GOAL FAST IMPORTANCE 1",
]


def test_a_configuration_is_kept_and_measured(world: World) -> None:
    world.define("LINUX01")
    world.values("Image_Activate", "LINUX01")
    assert world.codes("VMRM_Configuration_Query", **FILE) == (800, 28)
    assert world.codes("VMRM_Measurement_Query") == (800, 8)
    world.values("VMRM_Configuration_Update", update_file=LINES, **FILE)
    world.restart()
    assert world.values("VMRM_Configuration_Query", **FILE)["configurationFile"] == LINES
    told = world.values("VMRM_Measurement_Query")
    assert told["fileName"] == "VMRM CONFIG A1"
    assert [record.split() for record in told["workloadInfoList"]] == [
        ["WEB", "CPU", "100", "DASD", "null"],
        ["BATCH", "CPU", "null", "DASD", "null"],
    ]


def test_a_wrong_configuration_changes_nothing(world: World) -> None:
    world.values("VMRM_Configuration_Update", update_file=LINES, **FILE)
    reply = world.call("VMRM_Configuration_Update", update_file=["GOAL X", "LUNCH 12"], **FILE)
    assert (reply.rc, reply.rs, len(reply.values["logRecordInfoList"])) == (800, 12, 2)
    assert world.values("VMRM_Configuration_Query", **FILE)["configurationFile"] == LINES


def test_counters_are_told_by_switch_and_by_card(world: World) -> None:
    world.define("LINUX01", "NICDEF 0600 TYPE QDIO LAN SYSTEM XCATVSW1 VLAN 7 DEVICES 3 MACID 00AA01")
    world.values("Image_Activate", "LINUX01")
    (switch,) = world.values("Virtual_Network_Vswitch_Query_Stats", switch_name="XCATVSW1")["vswitchList"]
    assert switch["vswitchName"] == "XCATVSW1"
    assert all(len(segment.split()) == 12 and len(segment) <= 111 for segment in switch["segmentArray"])
    assert world.codes("Virtual_Network_Vswitch_Query_Stats", switch_name="NOSUCH") == (212, 40)
    (card,) = world.values("Virtual_Network_VLAN_Query_Stats", userid="LINUX01", vlan_id="7")["portNicList"]
    assert card["portNicValues"].split()[1:] == ["LINUX01", "0600"]
    assert [segment.split()[0] for segment in card["segmentArray"]] == ["0007"]
    assert world.codes("Virtual_Network_VLAN_Query_Stats", userid="LINUX01", vlan_id="8") == (212, 48)
    assert world.codes("Virtual_Network_VLAN_Query_Stats", userid="NOBODY") == (8, 8)
