# SPDX-License-Identifier: Apache-2.0
"""The directory manager as its clients see it: codes, locks, erasing, what stays of a deleted guest."""

from __future__ import annotations

import pytest

from tests.unit.simulator.worlds import MINIMAL, World
from zvm.directory import parse_entry

RECORDS = [MINIMAL[0].format("LINUX01"), *MINIMAL[1:]]


def create(world: World, *records: str, userid: str = "LINUX01") -> tuple[int, int]:
    return world.codes("Image_Create_DM", userid, image_record_array=list(records))


def test_an_entry_comes_back_as_it_was_given_with_comments_and_unknown_statements(world: World) -> None:
    records = [*RECORDS, "* a remark", "STDEVOPT LIBRARY NOCTL", "*NOVA uuid=1"]
    assert create(world, *records) == (0, 0)
    assert world.values("Image_Query_DM", "linux01")["image_record_array"] == records


@pytest.mark.parametrize(
    ("records", "codes"),
    [
        (["USER LINUX01 PW", "USER LINUX02 PW"], (400, 40)),
        (["USER LINUX01 PW", "INCLUDE NOSUCH"], (436, 4)),
        (["USER LINUX01 PW", "INCLUDE LNXDFLT", "INCLUDE IBMDFLT"], (436, 40)),
        (["USER LINUX02 PW"], (24, 423)),
        (["MACHINE ESA"], (24, 418)),
        (["USER LINUX01 PW", "MDISK 0100 3390 AUTOG 100 POOL1 MR"], (408, 24)),
        (["USER LINUX01 PW", "MDISK 0100 3390 AUTOG 10 NOPOOL MR"], (420, 8)),
        (["USER LINUX01 PW", "MDISK 0100 3390 1 5 M01RES MR"], (408, 24)),
        (["USER LINUX01 PW", "MDISK 0100 3390 1 5 VOL001 MR", "MDISK 100 3390 7 5 VOL001 MR"], (408, 4)),
    ],
)
def test_entries_that_are_refused_leave_nothing_behind(
    world: World, records: list[str], codes: tuple[int, int]
) -> None:
    free = world.values("Image_Volume_Space_Query_DM", query_type=2, entry_type=3, entry_names="*")
    assert create(world, *records) == codes
    assert world.codes("Image_Query_DM", "LINUX01") == (400, 4)
    after = world.values("Image_Volume_Space_Query_DM", query_type=2, entry_type=3, entry_names="*")
    assert after == free


def test_disks_that_are_left_to_dirmaint_get_their_place_at_once(world: World) -> None:
    disks = ["MDISK 0100 3390 AUTOG 40 POOL1 MR", "MDISK 0101 3390 AUTOG 30 POOL1 MR R W M"]
    assert create(world, *RECORDS, *disks) == (0, 0)
    records = world.values("Image_Query_DM", "LINUX01")["image_record_array"]
    assert records[-2:] == ["MDISK 0100 3390 1 40 VOL001 MR", "MDISK 0101 3390 1 30 VOL002 MR R W M"]


def test_defining_twice_and_deleting_twice(world: World) -> None:
    assert create(world, *RECORDS) == (0, 0)
    assert create(world, *RECORDS) == (400, 8)
    assert world.values("Image_Delete_DM", "LINUX01")["operation_id"] == -1
    assert world.codes("Image_Delete_DM", "LINUX01") == (400, 4)


def test_a_password_and_an_account_may_come_with_the_request(world: World) -> None:
    world.values(
        "Image_Create_DM",
        "LINUX01",
        image_record_array=RECORDS,
        initial_password="s3cret",
        initial_account="ACCT1",
    )
    records = world.values("Image_Query_DM", "LINUX01")["image_record_array"]
    assert records[0] == "USER LINUX01 S3CRET 512M 1G G"
    assert "ACCOUNT ACCT1" in records
    assert world.system.directory.password_matches("LINUX01", "s3cret")
    assert not world.system.directory.password_matches("LINUX01", "other")
    assert not world.system.directory.password_matches("ZHCP", "AUTOONLY")


def test_a_locked_entry_is_left_alone_until_it_is_unlocked(world: World) -> None:
    world.define("LINUX01")
    assert world.codes("Image_Lock_Query_DM", "LINUX01") == (0, 24)
    assert world.codes("Image_Unlock_DM", "LINUX01") == (400, 24)
    assert world.codes("Image_Lock_DM", "LINUX01") == (0, 0)
    assert world.codes("Image_Lock_DM", "LINUX01") == (400, 12)
    locked = world.call("Image_Lock_Query_DM", "LINUX01")
    assert (locked.rs, locked.values["lockedTypeImageLockedBy"]) == (12, "IMAGE ZHCP")
    assert world.codes("Image_Delete_DM", "LINUX01") == (400, 12)
    assert world.add_disk("LINUX01") == (400, 12)
    assert world.codes("Image_IPL_Set_DM", "LINUX01", saved_system="0100") == (400, 12)
    update = {"definitions": ["STORAGE_MAXIMUM=2G"]}
    assert world.codes("Image_Definition_Update_DM", "LINUX01", **update) == (400, 12)
    world.restart()
    assert world.codes("Image_Delete_DM", "LINUX01") == (400, 12)
    assert world.codes("Image_Unlock_DM", "LINUX01") == (0, 0)
    assert world.codes("Image_Delete_DM", "LINUX01") == (0, 0)


def test_a_locked_disk_stops_work_on_it_and_the_deletion_of_its_owner(world: World) -> None:
    world.define("LINUX01")
    assert world.add_disk("LINUX01") == (0, 0)
    assert world.codes("Image_Lock_DM", "LINUX01", device_address="0200") == (404, 8)
    assert world.codes("Image_Lock_DM", "LINUX01", device_address="100") == (0, 0)
    assert world.codes("Image_Lock_DM", "LINUX01", device_address="100") == (404, 12)
    assert world.call("Image_Lock_Query_DM", "LINUX01").values["lockedDevList"] == ["0100 ZHCP"]
    assert world.codes("Image_Disk_Delete_DM", "LINUX01", image_disk_number="100") == (408, 12)
    assert world.codes("Image_Delete_DM", "LINUX01") == (408, 12)
    assert world.add_disk("LINUX01", "0101") == (0, 0)
    assert world.codes("Image_Unlock_DM", "LINUX01", device_address="0101") == (404, 24)
    assert world.codes("Image_Unlock_DM", "LINUX01", device_address="0100") == (0, 0)
    assert world.codes("Image_Delete_DM", "LINUX01") == (0, 0)


def test_replacing_needs_the_callers_own_lock(world: World) -> None:
    world.define("LINUX01")
    assert world.add_disk("LINUX01") == (0, 0)
    disk = world.system.directory.get("LINUX01").minidisks()[0]
    world.system.dasd.write(disk.extent, 0, b"kept")
    new = [*RECORDS, disk.text(), "* replaced"]
    assert world.codes("Image_Replace_DM", "LINUX01", image_record_array=new) == (400, 24)
    world.values("Image_Lock_DM", "LINUX01", caller="MAINT")
    assert world.codes("Image_Replace_DM", "LINUX01", image_record_array=new) == (400, 12)
    world.values("Image_Unlock_DM", "LINUX01")
    world.values("Image_Lock_DM", "LINUX01")
    assert world.codes("Image_Replace_DM", "LINUX01", image_record_array=new) == (0, 0)
    assert world.values("Image_Query_DM", "LINUX01")["image_record_array"] == new
    assert world.system.dasd.read(disk.extent, 0, 4) == b"kept"


def test_profiles_are_included_and_the_guests_own_statements_win(world: World) -> None:
    world.define("LINUX01", "CONSOLE 0009 3270", "MACHINE XA 2")
    entry = world.system.directory.resolved("LINUX01")
    texts = [statement.text() for statement in entry.statements]
    assert "CONSOLE 0009 3270" in texts
    assert "CONSOLE 0009 3215 T" not in texts
    assert "MACHINE XA 2" in texts
    assert "MACHINE ESA 64" not in texts
    assert "SPOOL 000C 2540 READER *" in texts
    assert world.codes("Profile_Delete_DM", "LNXDFLT") == (400, 16)
    profile = world.values("Profile_Query_DM", "LNXDFLT")["profile_record_array"]
    assert profile[0] == "PROFILE LNXDFLT"
    assert world.codes("Profile_Create_DM", "LNXDFLT", profile_record_array=profile) == (400, 8)
    assert world.codes("Profile_Create_DM", "NEW", profile_record_array=["PROFILE NEW"]) == (0, 0)
    assert world.codes("Profile_Delete_DM", "NEW") == (0, 0)
    assert world.codes("Profile_Query_DM", "NEW") == (400, 4)


def test_a_deleted_guest_runs_on_and_keeps_its_disks_from_others_until_it_logs_off(world: World) -> None:
    world.define("LINUX01")
    assert world.add_disk("LINUX01", size=60) == (0, 0)
    assert world.codes("Image_Activate", "LINUX01") == (0, 0)
    assert world.codes("Image_Delete_DM", "LINUX01") == (0, 0)
    assert world.values("Image_Status_Query", "LINUX01")["imageNameList"] == ["LINUX01"]
    world.define("LINUX02")
    assert world.add_disk("LINUX02", size=60) == (408, 24)
    assert world.codes("Image_Deactivate", "LINUX01", force_time="IMMED") == (0, 0)
    assert world.add_disk("LINUX02", size=60) == (0, 0)
    assert world.codes("Image_Activate", "LINUX01") == (200, 4)


@pytest.mark.parametrize("erase", [0, 1, 2])
def test_nobody_reads_what_an_earlier_owner_wrote(world: World, erase: int) -> None:
    world.define("LINUX01")
    assert world.add_disk("LINUX01", size=60) == (0, 0)
    extent = world.system.directory.get("LINUX01").minidisks()[0].extent
    assert extent is not None
    world.system.dasd.write(extent, 737280, b"secret")
    assert world.codes("Image_Delete_DM", "LINUX01", data_security_erase=erase) == (0, 0)
    left = world.system.dasd.read(extent, 737280, 6)
    assert left == (b"secret" if erase == 1 else bytes(6))
    world.define("LINUX02")
    assert world.add_disk("LINUX02", size=60) == (0, 0)
    assert world.system.dasd.read(extent, 737280, 6) == bytes(6)


def test_definition_keywords_change_the_entry_as_a_whole_or_not_at_all(world: World) -> None:
    world.define("LINUX01")
    changes = [
        "STORAGE_INITIAL=2G",
        "STORAGE_MAXIMUM=4G",
        "CPU=CPUADDR=01",
        "CPU_MAXIMUM=COUNT=4 TYPE=ESA",
        "NICDEF=VDEV=1000 TYPE=QDIO LAN=SYSTEM SWITCHNAME=XCATVSW1 MACID=0000AA",
        "NICDEF=VDEV=1000 VLAN=100",
        "MDISK=VDEV=0200 DEVTYPE=3390 DISKTYPE=AUTOG COUNT=5 NAME=POOL1 MODE=MR",
        "IPL=VDEV=0200",
        "SHARE=RELATIVE=200",
    ]
    before = world.values("Image_Query_DM", "LINUX01")
    bad = [*changes, "MDISK=VDEV=0201 DEVTYPE=3390 DISKTYPE=AUTOG COUNT=500 NAME=POOL1"]
    assert world.codes("Image_Definition_Update_DM", "LINUX01", definitions=bad) == (408, 24)
    assert world.values("Image_Query_DM", "LINUX01") == before
    assert world.codes("Image_Definition_Update_DM", "LINUX01", definitions=changes) == (0, 0)
    entry = parse_entry(world.values("Image_Query_DM", "LINUX01")["image_record_array"])
    assert entry.records()[0] == "USER LINUX01 LBYONLY 2G 4G G"
    assert "MACHINE ESA 4" in entry.records()
    assert entry.nics()[0].text() == ("NICDEF 1000 TYPE QDIO LAN SYSTEM XCATVSW1 MACID 0000AA VLAN 100")
    assert "IPL 0200" in entry.records()
    assert "IPL 0100" not in entry.records()
    asked = ["STORAGE_MAXIMUM", "CPU", "NICDEF", "DEDICATE"]
    shown = world.values("Image_Definition_Query_DM", "LINUX01", definitions=asked)["definitions"]
    assert shown == [
        "STORAGE_MAXIMUM=4G",
        "CPU=CPUADDR=00 BASE=YES",
        "CPU=CPUADDR=01",
        "NICDEF=VDEV=1000 TYPE=QDIO LAN=SYSTEM SWITCHNAME=XCATVSW1 MACID=0000AA VLAN=100",
        "DEDICATE=",
    ]
    everything = world.values("Image_Definition_Query_DM", "LINUX01", definitions=["*"])["definitions"]
    assert "MDISK=VDEV=0200 DEVTYPE=3390 DISKTYPE=PERM START=1 COUNT=5 VOLID=VOL001 MODE=MR" in everything
    gone = ["MDISK=VDEV=0200", "NICDEF=VDEV=1000", "CPU=CPUADDR=01"]
    assert world.codes("Image_Definition_Delete_DM", "LINUX01", definitions=gone) == (0, 0)
    assert world.codes("Image_Definition_Delete_DM", "LINUX01", definitions=gone) == (408, 8)
    assert world.codes("Image_Definition_Update_DM", "LINUX01", definitions=["CPU=BASE=YES"]) == (8, 3004)


def test_statements_are_found_by_pattern(world: World) -> None:
    world.define("LINUX01", "* NOVA remark")
    found = world.values("Directory_Manager_Search_DM", search_pattern="user  lin*")["statementList"]
    assert found == [{"targetId": "LINUX01", "statement": "USER LINUX01 LBYONLY 512M 1G G"}]
    assert world.codes("Directory_Manager_Search_DM", search_pattern="NOSUCH") == (0, 28)


def test_a_password_has_eight_characters(world: World) -> None:
    records = ["USER LINUX01 LBYONLY 1G"]
    for password in ("NINECHARS", "TWO ARE"):
        new = {"image_record_array": records, "initial_password": password}
        assert world.codes("Image_Create_DM", "LINUX01", **new) == (500, 20)
        assert world.codes("Image_Password_Set_DM", "NOBODY", image_password=password) == (500, 20)


def test_an_account_stands_before_devices_that_dirmaint_finds_room_for(world: World) -> None:
    records = ["USER LINUX01 LBYONLY 1G", "MDISK 0100 3390 AUTOG 10 POOL1 MR"]
    world.values("Image_Create_DM", "LINUX01", image_record_array=records, initial_account="ACCT1")
    assert world.values("Image_Query_DM", "LINUX01")["image_record_array"][1] == "ACCOUNT ACCT1"


def test_processors_that_cannot_be(world: World) -> None:
    def define(address: str, base: int = 0) -> tuple[int, int]:
        return world.codes("Image_CPU_Define_DM", "LINUX01", cpu_address=address, base_cpu=base)

    records = ["USER LINUX01 LBYONLY 1G", "MACHINE ESA 2", "CPU 00 BASE"]
    world.values("Image_Create_DM", "LINUX01", image_record_array=records)
    assert define("40") == (520, 28)
    assert define("01", base=1) == (520, 24)
    assert define("01") == define("00", base=1) == define("01") == (0, 0)
    assert define("02") == (520, 32)
    assert world.codes("Image_CPU_Delete_DM", "LINUX01", cpu_address="40") == (520, 28)
