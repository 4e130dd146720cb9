# SPDX-License-Identifier: Apache-2.0
"""Prototypes, metadata, local tags, definitions, notifications and the whole directory at once."""

from __future__ import annotations

import socket
import threading

from tests.unit.simulator.worlds import World

PROTOTYPE = ["USER PROTO NOLOG 256M 1G G", "INCLUDE LNXDFLT", "CPU 00 BASE"]


def test_an_entry_is_made_from_a_prototype(world: World) -> None:
    assert world.codes("Prototype_Query_DM", "LINUX") == (416, 4)
    world.values("Prototype_Create_DM", "LINUX", prototype_record_array=PROTOTYPE)
    assert world.codes("Prototype_Create_DM", "LINUX", prototype_record_array=PROTOTYPE) == (416, 8)
    world.values("Image_Create_DM", "NEW1", prototype_name="LINUX", initial_password="SECRET")
    records = world.values("Image_Query_DM", "NEW1")["image_record_array"]
    assert records[0].split() == ["USER", "NEW1", "SECRET", "256M", "1G", "G"]
    assert world.codes("Image_Create_DM", "NEW2", prototype_name="NONE") == (400, 20)
    assert world.values("Prototype_Name_Query_DM")["nameList"] == ["LINUX"]
    world.values("Prototype_Delete_DM", "LINUX")
    assert world.codes("Image_Create_DM", "NEW2", prototype_name="LINUX") == (400, 20)


def test_an_entry_is_made_from_definitions_or_not_at_all(world: World) -> None:
    good = ["STORAGE_INITIAL=1G", "CPU=CPUADDR=00 BASE=YES"]
    world.values("Image_Definition_Create_DM", "NEW1", definitions=good)
    assert world.values("Image_Query_DM", "NEW1")["image_record_array"][0].split()[:4] == [
        "USER",
        "NEW1",
        "NOLOG",
        "1G",
    ]
    assert world.codes("Image_Definition_Create_DM", "NEW1", definitions=good) == (400, 8)
    assert world.call("Image_Definition_Create_DM", "NEW2", definitions=["INCLUDE=NONE*"]).rc != 0
    assert world.codes("Image_Query_DM", "NEW2") == (400, 4)


def test_metadata_is_kept_by_name(world: World) -> None:
    pairs = [
        {"metadata_entry_name": "role", "metadata": "web"},
        {"metadata_entry_name": "rack", "metadata": ""},
    ]
    world.values("Metadata_Set", "MAINT", metadata=pairs)
    world.restart()
    found = world.values("Metadata_Get", "MAINT", metadata_entry_names="role other")["metadataEntryList"]
    assert [(item["metadataEntryName"], item["metadata"]) for item in found] == [
        ("role", "web"),
        ("other", ""),
    ]
    assert world.values("Metadata_Space_Query", "MAINT", searchkey="r*")["metadataEntryList"] == [
        "3 role",
        "0 rack",
    ]
    world.values("Metadata_Delete", "MAINT", metadata_entry_names="role rack")
    assert world.codes("Metadata_Space_Query", "MAINT", searchkey="*") == (4, 4)


def test_a_tag_in_use_cannot_be_deleted(world: World) -> None:
    world.define("LINUX01")
    define = {"tag_name": "OWNER", "tag_ordinal": 7, "define_action": 1}
    value = {"tag_name": "OWNER", "tag_value": "Anna"}
    assert world.codes("Directory_Manager_Local_Tag_Set_DM", "LINUX01", **value) == (432, 8)
    world.values("Directory_Manager_Local_Tag_Define_DM", **define)
    assert world.codes("Directory_Manager_Local_Tag_Define_DM", **define) == (432, 4)
    world.values("Directory_Manager_Local_Tag_Set_DM", "LINUX01", **value)
    assert world.values("Directory_Manager_Local_Tag_Query_DM", "LINUX01", tag_name="OWNER") == {
        "tagValue": "Anna"
    }
    assert world.codes("Directory_Manager_Local_Tag_Delete_DM", tag_name="OWNER") == (432, 16)
    world.values("Image_Delete_DM", "LINUX01", data_security_erase=1)
    world.values("Directory_Manager_Local_Tag_Delete_DM", tag_name="OWNER")


def test_a_cancelled_task_has_failed(world: World) -> None:
    assert world.codes("Directory_Manager_Task_Cancel_DM", operation_id=1) == (452, 4)
    operation = world.system.operations.start("MAINT")
    world.values("Directory_Manager_Task_Cancel_DM", operation_id=operation)
    assert world.codes("Query_Asynchronous_Operation_DM", operation_id=operation) == (0, 108)


def test_a_subscriber_is_told_over_tcp_which_entry_changed(world: World) -> None:
    heard: list[bytes] = []

    def listen() -> None:
        connection, _ = server.accept()
        with connection:
            while part := connection.recv(1000):
                heard.append(part)

    world.define("LINUX01")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        listener = threading.Thread(target=listen)
        listener.start()
        address = {
            "entity_type": 1,
            "communication_type": 1,
            "port_number": server.getsockname()[1],
            "ip_address": "127.0.0.1",
            "encoding": 2,
            "subscriber_data": "me",
        }
        world.values("Asynchronous_Notification_Enable_DM", "LINUX01", subscription_type=1, **address)
        again = world.codes("Asynchronous_Notification_Enable_DM", "LINUX01", subscription_type=1, **address)
        assert again == (428, 4)
        world.values("Image_Delete_DM", "LINUX01", data_security_erase=1)
        listener.join(10)
    parts = [text.encode("cp037") for text in ("LINUX01", "PURGE", "me")]
    assert b"".join(heard) == b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def test_the_whole_directory_at_once(world: World) -> None:
    entries = world.values("Query_All_DM", format="NO")["directoryEntryArray"]
    by_name = {item["directoryEntryId"]: item for item in entries}
    assert by_name["LNXDFLT"]["directoryEntryType"] == 1
    data = by_name["MAINT"]["directoryEntryData"].encode("latin-1")
    length = int.from_bytes(data[:4], "big")
    assert data[4 : 4 + length].decode().split()[:2] == ["USER", "MAINT"]
    described = world.values("Query_All_DM", format="YES")["directoryEntryArray"]
    (maint,) = [item for item in described if item["directoryEntryId"] == "MAINT"]
    assert any(line.startswith("STORAGE_INITIAL=") for line in maint["directoryEntryData"].split("\0"))
    assert "Function Level" in world.values("Query_Directory_Manager_Level_DM")["directoryManagerLevel"]


def test_a_segment_and_who_may_use_it(world: World) -> None:
    segment = {"memory_segment_name": "SHARED1"}
    world.values(
        "Shared_Memory_Create",
        begin_page=16,
        end_page=31,
        page_access_descriptor=1,
        memory_attributes=1,
        **segment,
    )
    (found,) = world.values("Shared_Memory_Query", **segment)["memorySegmentInfoList"]
    assert found["pageRangeList"] == [{"beginPage": 16, "endPage": 31, "pageAccessDescriptor": 1}]
    assert world.codes("Shared_Memory_Access_Query_DM", **segment) == (0, 20)
    world.values("Shared_Memory_Access_Add_DM", **segment)
    names = world.values("Shared_Memory_Access_Query_DM", **segment)["memorySegmentNameList"]
    assert names == ["SHARED1"]
    assert world.codes("Shared_Memory_Access_Add_DM", **segment) == (424, 4)
    world.values("Shared_Memory_Delete", **segment)
    assert world.codes("Shared_Memory_Query", **segment) == (0, 28)


def test_a_group_is_filled_as_the_extended_definition_says(world: World) -> None:
    world.values(
        "Image_Volume_Space_Define_Extended_DM",
        function_type="4",
        image_vol_id="M01RES",
        group_name="BIG",
        alloc_method="2",
    )
    lines = world.values("Image_Volume_Space_Query_DM", query_type=1, entry_type=3, entry_names="BIG")
    assert lines["recordList"][0].split() == ["BIG", "M01RES"]
    assert world.system.extents.groups["BIG"].method == "ROTATING"
