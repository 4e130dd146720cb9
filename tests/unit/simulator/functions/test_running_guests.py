# SPDX-License-Identifier: Apache-2.0
"""CPUs, shared disks, channel connections of running guests; interfaces, LAN access, dumps, shutdown."""

from __future__ import annotations

import pytest

from tests.unit.simulator.worlds import World


@pytest.fixture
def pair(world: World) -> World:
    """Two guests that are logged on."""
    for userid in ("LINUX01", "LINUX02"):
        world.define(userid)
        assert world.add_disk(userid) == (0, 0)
        world.values("Image_Activate", userid)
    return world


def virtual(world: World, userid: str, what: str) -> str:
    """Return what CP answers a guest's QUERY VIRTUAL."""
    machine = world.system.guests.get(userid)
    assert machine is not None
    return world.system.cp.run(machine, f"QUERY VIRTUAL {what}").text


def test_cp_sees_a_cpu_that_was_defined(pair: World) -> None:
    assert pair.codes("Image_CPU_Query", "NOBODY") == (216, 12)
    pair.values("Image_CPU_Define", "LINUX01", cpu_address="1", cpu_type=0)
    assert pair.codes("Image_CPU_Define", "LINUX01", cpu_address="01", cpu_type=0) == (216, 24)
    assert [line[:6] for line in virtual(pair, "LINUX01", "CPUS").splitlines()] == ["CPU 00", "CPU 01"]
    cpus = pair.values("Image_CPU_Query", "LINUX01")
    assert (cpus["numberOfCpus"], [cpu["cpuBase"] for cpu in cpus["cpuList"]]) == (2, [1, 0])
    pair.values("Image_CPU_Delete", "LINUX01", cpu_address="1")
    assert pair.codes("Image_CPU_Delete", "LINUX01", cpu_address="1") == (216, 4)
    assert pair.codes("Image_CPU_Delete", "LINUX01", cpu_address="0") == (216, 2)


def test_a_disk_is_shared_and_no_longer(pair: World) -> None:
    share = {"target_image_name": "LINUX01", "target_image_disk_number": "0100", "image_disk_number": "0200"}
    pair.values("Image_Disk_Share", "LINUX02", read_write_mode="RR", **share)
    assert "DASD 0200" in virtual(pair, "LINUX02", "0200")
    assert pair.codes("Image_Disk_Share", "LINUX02", read_write_mode="RR", **share) == (208, 4)
    links = pair.values("Image_MDISK_Link_Query", "LINUX01", vdev="0100")["mdiskLinkList"]
    assert any("LINUX02" in line for line in links)
    pair.values("Image_Disk_Unshare", "LINUX02", image_disk_number="0200")
    assert pair.codes("Image_Disk_Unshare", "LINUX02", image_disk_number="0200") == (208, 8)
    share["target_image_disk_number"] = "0101"
    assert pair.codes("Image_Disk_Share", "LINUX02", **share) == (208, 8)
    assert pair.codes("Image_Device_Reset", "LINUX02", image_device_number="0200") == (204, 8)
    assert pair.codes("Image_Device_Reset", "LINUX02", image_device_number="0100") == (0, 0)


def test_a_channel_connection_has_two_ends(pair: World) -> None:
    to = {"coupled_image_name": "LINUX02", "coupled_image_device_number": "0F02"}
    pair.values("Virtual_Channel_Connection_Create", "LINUX01", image_device_number="0F01", **to)
    pair.restart()
    assert "LINUX01 0F01" in virtual(pair, "LINUX02", "0F02")
    again = pair.codes("Virtual_Channel_Connection_Create", "LINUX01", image_device_number="0F01", **to)
    assert again == (204, 12)
    pair.values("Virtual_Channel_Connection_Delete", "LINUX01", image_device_number="0F01")
    assert "NOT COUPLED" in virtual(pair, "LINUX02", "0F02")


def test_a_channel_connection_of_the_directory(world: World) -> None:
    world.define("LINUX01")
    device = {"image_device_number": "0F01"}
    world.values("Virtual_Channel_Connection_Create_DM", "LINUX01", coupled_image_name="TCPIP", **device)
    records = [line.strip() for line in world.values("Image_Query_DM", "LINUX01")["image_record_array"]]
    assert "SPECIAL 0F01 CTCA TCPIP" in records
    world.values("Virtual_Channel_Connection_Delete_DM", "LINUX01", **device)
    assert world.codes("Virtual_Channel_Connection_Delete_DM", "LINUX01", **device) == (404, 8)


def test_interfaces_of_a_stack(world: World) -> None:
    eth = {"tcpip_stack": "TCPIP", "interface_id": "ETH99"}
    world.values("Network_IP_Interface_Create", primary_ipv4="192.0.2.9/24", mtu="1500", **eth)
    assert world.call("Network_IP_Interface_Create", **eth).rc == 8
    assert world.values("IPaddr_Get")["ipList"] == ["192.0.2.9"]
    world.values("Network_IP_Interface_Modify", change_mtu="9000", **eth)
    (line,) = world.values("Network_IP_Interface_Query", **eth)["interfaceConfigArray"]
    assert "MTU=9000" in line.split()
    world.values("Network_IP_Interface_Remove", **eth)
    reply = world.call("Network_IP_Interface_Modify", change_mtu="1500", **eth)
    assert (reply.rc, reply.rs, reply.values["error"]) == (8, 12, "DTCIFC2612E Unknown interface: ETH99")


def test_who_may_use_a_lan(world: World) -> None:
    lan = {"lan_name": "LAN1", "lan_owner": "SYSTEM"}
    assert world.codes("Virtual_Network_LAN_Access_Query", **lan) == (8, 2783)
    world.values("Virtual_Network_LAN_Create", lan_type=2, transport_type=1, **lan)
    world.values("Virtual_Network_LAN_Access", access_op="GRANT", access_user="TCPIP", **lan)
    users = world.values("Virtual_Network_LAN_Access_Query", **lan)["lanAccessList"]
    assert [line.split()[0] for line in users] == ["TCPIP"]
    world.values("Virtual_Network_LAN_Access", access_op="REVOKE", access_user="TCPIP", **lan)
    assert world.codes("Virtual_Network_LAN_Access_Query", **lan) == (4, 5)
    assert any(line.startswith("LAN1 ") for line in world.values("Virtual_Network_Query_LAN")["lanList"])


def test_a_dump_is_found_processed_and_deleted(world: World) -> None:
    assert world.codes("Query_ABEND_Dump", location="ALL") == (0, 28)
    world.system.spool.create("OPERATNS", b"dump", origin="SYSTEM", cls="D")
    (dump,) = world.values("Query_ABEND_Dump", location="ALL")["abendDumpStructure"]
    world.values("Process_ABEND_Dump", id=dump["abend_dump_id"])
    (dump,) = world.values("Query_ABEND_Dump", location="ALL")["abendDumpStructure"]
    assert dump["abend_dump_loc"] == 2
    world.values("Delete_ABEND_Dump", id=dump["abend_dump_id"])
    assert world.codes("Delete_ABEND_Dump", id="0001") == (200, 12)


def test_spool_space_and_a_status_file(world: World) -> None:
    used = int(world.values("System_Spool_Utilization_Query")["spoolInformation"][0].split()[1])
    world.values("SMAPI_Status_Capture")
    assert [file.name for file in world.system.spool.files("ZHCP")] == ["SMAPI"]
    after = int(world.values("System_Spool_Utilization_Query")["spoolInformation"][0].split()[1])
    assert after == used + 1


def test_real_disks_are_there_or_not(world: World) -> None:
    assert world.codes("System_Disk_Accessibility", dev_num="2001") == (0, 0)
    assert world.codes("System_Disk_Accessibility", dev_num="9999") == (8, 8)
    assert "VOL001" in world.values("System_Disk_Add", dev_num="2001")["diskInfo"][0]


def test_a_shutdown_ends_every_guest_and_a_reipl_starts_the_system(pair: World) -> None:
    pair.values("System_Shutdown", Immediate="YES", Reipl="YES")
    assert pair.codes("Image_Status_Query", "LINUX01") == (0, 12)
    assert pair.codes("Image_Status_Query", "TCPIP") == (0, 0)
    assert pair.call("System_Shutdown", Within="60").rc == 8
    pair.values("System_Shutdown", Immediate="YES")
    assert pair.codes("Image_Status_Query", "TCPIP") == (0, 12)
