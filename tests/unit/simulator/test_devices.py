# SPDX-License-Identifier: Apache-2.0
"""Dedicated devices, IPL and LOADDEV statements, minidisks of running guests."""

from __future__ import annotations

from typing import Any

from tests.unit.simulator.worlds import World


def records(world: World) -> list[str]:
    return list(world.values("Image_Query_DM", "LINUX01")["image_record_array"])


def test_dedicating_in_the_directory(world: World) -> None:
    world.define("LINUX01")
    device = {"vdev": "1FA0", "rdev": "1FA0", "readonly": 0}
    assert world.codes("Image_Device_Dedicate_DM", "LINUX01", **device) == (0, 0)
    assert world.codes("Image_Device_Dedicate_DM", "LINUX01", **device) == (404, 4)
    assert records(world)[-1] == "DEDICATE 1FA0 1FA0"
    undedicate = {"image_device_number": "1FA0"}
    assert world.codes("Image_Device_Undedicate_DM", "LINUX01", **undedicate) == (0, 0)
    assert world.codes("Image_Device_Undedicate_DM", "LINUX01", **undedicate) == (404, 8)


def test_a_real_device_belongs_to_one_running_guest_at_a_time(world: World) -> None:
    device = {"vdev": "5000", "rdev": "1FA0", "readonly": 0}
    world.define("LINUX01")
    assert world.codes("Image_Device_Dedicate", "LINUX01", **device) == (200, 12)
    world.values("Image_Activate", "LINUX01")
    assert world.codes("Image_Device_Dedicate", "LINUX01", **{**device, "rdev": "9999"}) == (204, 8)
    assert world.codes("Image_Device_Dedicate", "LINUX01", **device) == (0, 0)
    assert world.codes("Image_Device_Dedicate", "LINUX01", **device) == (204, 4)
    assert world.codes("Image_Device_Dedicate", "ZHCP", **device) == (204, 16)
    lines = world.values("System_WWPN_Query", owner="YES")["wwpnArray"]
    assert lines[0] == "1FA0 C05076E0F3001FA0 50 C05076E0F3000001 1 LINUX01"
    assert lines[1].endswith(" 2 NONE")
    assert world.codes("Image_Device_Undedicate", "LINUX01", image_device_number="5000") == (0, 0)
    assert world.codes("Image_Device_Undedicate", "LINUX01", image_device_number="5000") == (204, 8)
    assert world.codes("Image_Device_Dedicate", "ZHCP", **device) == (0, 0)


def test_no_guest_gets_a_volume_of_the_system_or_a_number_of_its_network_card(world: World) -> None:
    world.define("LINUX01", "NICDEF 0600 TYPE QDIO")
    world.values("Image_Activate", "LINUX01")
    device = {"vdev": "5000", "rdev": "2001", "readonly": 0}
    assert world.codes("Image_Device_Dedicate", "LINUX01", **device) == (204, 16)
    device = {"vdev": "0602", "rdev": "1FA0", "readonly": 0}
    assert world.codes("Image_Device_Dedicate", "LINUX01", **device) == (204, 4)
    assert world.codes("Image_Device_Dedicate", "LINUX01", **device | {"vdev": "0603"}) == (0, 0)


def test_the_ipl_statement(world: World) -> None:
    world.values("Image_Create_DM", "LINUX01", image_record_array=["USER LINUX01 LBYONLY"])
    assert world.codes("Image_IPL_Query_DM", "LINUX01") == (0, 28)
    assert world.codes("Image_IPL_Delete_DM", "LINUX01") == (460, 4)
    ipl = {"saved_system": "0100", "load_parameter": "2", "parameter_string": "root=/dev/dasda1"}
    assert world.codes("Image_IPL_Set_DM", "LINUX01", **ipl) == (0, 0)
    assert records(world)[-1] == "IPL 0100 LOADPARM 2 PARM root=/dev/dasda1"
    assert world.values("Image_IPL_Query_DM", "LINUX01") == {
        "savedSystem": "0100",
        "loadParameter": "2",
        "parameters": "root=/dev/dasda1",
    }
    assert world.codes("Image_IPL_Set_DM", "LINUX01", saved_system="CMS") == (0, 0)
    assert records(world)[1:] == ["IPL CMS"]
    assert world.codes("Image_IPL_Delete_DM", "LINUX01") == (0, 0)


def test_where_a_scsi_disk_is_ipled_from(world: World) -> None:
    world.define("LINUX01")
    assert world.codes("Image_SCSI_Characteristics_Query_DM", "LINUX01") == (0, 28)
    where: dict[str, Any] = {
        "boot_program": "1",
        "br_lba": "0123456789abcdef",
        "lun": "5241000000000000",
        "port_name": "5005076300c20b8e",
        "scp_data_type": 2,
        "scp_data": "\xf0\xf1\x82\x83",
    }
    assert world.codes("Image_SCSI_Characteristics_Define_DM", "LINUX01", **where) == (0, 0)
    assert "LOADDEV PORTNAME 5005076300C20B8E" in records(world)
    assert "LOADDEV SCPDATA '01bc'" in records(world)
    assert world.values("Image_SCSI_Characteristics_Query_DM", "LINUX01") == {
        "bootProgramNumber": "1",
        "br_LBA": "0123456789ABCDEF",
        "lun": "5241000000000000",
        "port": "5005076300C20B8E",
        "scpDataType": 2,
        "scpData": "\xf0\xf1\x82\x83",
    }
    gone = {"boot_program": "DELETE", "br_lba": "DELETE", "scp_data_type": 1}
    assert world.codes("Image_SCSI_Characteristics_Define_DM", "LINUX01", **gone) == (0, 0)
    assert world.codes("Image_SCSI_Characteristics_Define_DM", "LINUX01", **gone) == (456, 4)
    left = [record for record in records(world) if record.startswith("LOADDEV")]
    assert left == ["LOADDEV LUN 5241000000000000", "LOADDEV PORTNAME 5005076300C20B8E"]


def test_a_disk_added_to_a_running_guest(world: World) -> None:
    disk = {"image_disk_number": "0100", "image_disk_mode": "MR"}
    assert world.codes("Image_Disk_Create", "NOSUCH", **disk) == (200, 4)
    world.define("LINUX01")
    assert world.codes("Image_Disk_Create", "LINUX01", **disk) == (200, 12)
    world.values("Image_Activate", "LINUX01")
    assert world.codes("Image_Disk_Create", "LINUX01", **disk) == (208, 8)
    assert world.add_disk("LINUX01", "0100", 7) == (0, 0)
    assert world.codes("Image_Disk_Create", "LINUX01", **disk) == (0, 0)
    assert world.codes("Image_Disk_Create", "LINUX01", **disk) == (208, 4)
    (found,) = world.values("Image_Disk_Query", "LINUX01", vdasd_id="100")["dasdList"]
    assert found == {
        "vdev": "0100",
        "rdev": "2001",
        "accessType": 2,
        "devtype": "3390",
        "size": 7,
        "unit": 1,
        "volid": "VOL001",
    }
    links = world.values("Image_MDISK_Link_Query", "LINUX01", vdev="0100")["mdiskLinkList"]
    assert links == ["ZVMSIM1  LINUX01 0100 WRITE"]
    assert world.codes("Image_Disk_Delete", "LINUX01", image_disk_number="0100") == (0, 0)
    assert world.codes("Image_Disk_Delete", "LINUX01", image_disk_number="0100") == (204, 8)
    assert world.codes("Image_Disk_Query", "LINUX01", vdasd_id="0100") == (8, 8)


def test_a_disk_is_copied_to_another_guest(world: World) -> None:
    world.define("LINUX01")
    world.define("LINUX02")
    assert world.add_disk("LINUX01", "0100", 7) == (0, 0)
    source = world.system.directory.get("LINUX01").minidisks()[0].extent
    assert source is not None
    world.system.dasd.write(source, 0, b"system")
    copy = {
        "image_disk_number": "0200",
        "source_image_name": "LINUX01",
        "source_image_disk_number": "0100",
        "image_disk_allocation_type": "AUTOG",
        "allocation_area_name_or_volser": "POOL1",
        "image_disk_mode": "MR",
    }
    assert world.codes("Image_Disk_Copy_DM", "LINUX02", **copy) == (0, 0)
    assert world.codes("Image_Disk_Copy_DM", "LINUX02", **copy) == (408, 4)
    target = world.system.directory.get("LINUX02").minidisks()[0].extent
    assert target is not None
    assert target.size == 7
    assert world.system.dasd.read(target, 0, 6) == b"system"


def test_sharing_a_disk_in_the_directory(world: World) -> None:
    world.define("LINUX01")
    share = {"image_disk_number": "0190", "target_image_name": "MAINT", "target_image_disk_number": "0190"}
    assert world.codes("Image_Disk_Share_DM", "LINUX01", **share) == (408, 4)
    share["image_disk_number"] = "0191"
    assert world.codes("Image_Disk_Share_DM", "LINUX01", **share, read_write_mode="RR") == (0, 0)
    assert records(world)[-1] == "LINK MAINT 0190 0191 RR"
    assert world.codes("Image_Disk_Unshare_DM", "LINUX01", **share) == (0, 0)
    assert world.codes("Image_Disk_Unshare_DM", "LINUX01", **share) == (408, 8)
    share["target_image_disk_number"] = "9999"
    assert world.codes("Image_Disk_Share_DM", "LINUX01", **share) == (408, 8)


def test_an_ipl_statement_has_one_system_and_one_load_parameter(world: World) -> None:
    world.define("LINUX01")
    assert world.codes("Image_IPL_Set_DM", "LINUX01", saved_system="A B") == (24, 119)
    two = {"saved_system": "0100", "load_parameter": "A B"}
    assert world.codes("Image_IPL_Set_DM", "LINUX01", **two) == (24, 219)


def test_numbers_of_a_scsi_disk_are_numbers(world: World) -> None:
    define = "Image_SCSI_Characteristics_Define_DM"
    assert world.codes(define, "NOBODY", boot_program="X") == (24, 110)
    assert world.codes(define, "NOBODY", br_lba="X") == (24, 216)
    assert world.codes(define, "NOBODY", lun="40104000G") == (24, 316)
    assert world.codes(define, "NOBODY", port_name="NONE") == (24, 416)


def test_operands_of_a_new_disk_are_looked_at_before_the_target(world: World) -> None:
    for wrong, code in (
        ({"device_type": "2305"}, 218),
        ({"allocation": "SOMEWHERE"}, 318),
        ({"device_type": "9336"}, 523),
        ({"mode": "XX"}, 718),
    ):
        assert world.add_disk("NOBODY", **wrong) == (24, code)
    assert world.add_disk("NOBODY") == (400, 4)


def test_a_virtual_disk_cannot_be_formatted_but_given_to_a_running_guest(world: World) -> None:
    world.define("LINUX01")
    virtual = {"device_type": "FB-512", "allocation": "V-DISK", "area_or_volser": "NONE", "unit": 2}
    reply = world.call(
        "Image_Disk_Create_DM", "LINUX01", vdev="0200", size=2048, mode="MR", format=5, **virtual
    )
    assert (reply.rc, reply.rs, reply.values) == (596, 3543, {"operation_id": -1})
    assert world.add_disk("LINUX01", "0200", 2048, **virtual) == (0, 0)
    world.values("Image_Activate", "LINUX01")
    assert world.add_disk("LINUX01", "0201", 1024, **virtual) == (0, 0)
    assert world.codes("Image_Disk_Create", "LINUX01", image_disk_number="0201") == (0, 0)
    disks = world.values("Image_Disk_Query", "LINUX01", vdasd_id="0201")["dasdList"]
    assert (disks[0]["volid"], disks[0]["size"], disks[0]["accessType"]) == ("(VDSK)", 1024, 2)
    assert world.codes("Image_Disk_Create", "LINUX01", image_disk_number="0201", image_disk_mode="ZZ") == (
        24,
        218,
    )
