# SPDX-License-Identifier: Apache-2.0
"""The declarations against octets of a z/VM 7.1 system, and round trips over all of them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.smapi import values
from zvm.smapi import functions
from zvm.smapi.declaration import Frame
from zvm.smapi.errors import UnknownFunction
from zvm.smapi.frames import Reply, Request, decode_reply, decode_request, encode_reply, encode_request

#: What the Nova driver's path needs.
_ON_THE_PATH = """
Image_Query_DM Image_Create_DM Image_Delete_DM Image_Replace_DM Image_Unlock_DM Image_Lock_Query_DM
Image_Definition_Query_DM Image_Definition_Update_DM Image_Activate Image_Deactivate Image_Pause
Image_Status_Query Image_Performance_Query Image_Console_Get Image_Disk_Create_DM
Image_Disk_Delete_DM Image_Disk_Create Image_Device_Dedicate_DM Image_Device_Dedicate
Image_Device_Undedicate_DM Image_Device_Undedicate Image_IPL_Set_DM
Image_SCSI_Characteristics_Define_DM Image_Volume_Space_Query_DM Static_Image_Changes_Immediate_DM
Query_API_Functional_Level Query_Asynchronous_Operation_DM Response_Recovery SSI_Query VMRELOCATE
VMRELOCATE_Status System_Info_Query System_Performance_Info_Query System_WWPN_Query
Virtual_Network_Adapter_Create_DM Virtual_Network_Adapter_Delete_DM
Virtual_Network_Adapter_Connect_Vswitch_DM Virtual_Network_Adapter_Connect_Vswitch
Virtual_Network_Adapter_Disconnect_DM Virtual_Network_Adapter_Disconnect Virtual_Network_LAN_Query
Virtual_Network_Vswitch_Create Virtual_Network_Vswitch_Set_Extended Virtual_Network_Vswitch_Query
Virtual_Network_Vswitch_Query_Extended Virtual_Network_Vswitch_Query_IUO_Stats xCAT_Commands_IUO
"""
ON_THE_PATH = _ON_THE_PATH.split()


def text(value: str) -> bytes:
    return len(value).to_bytes(4, "big") + value.encode()


def test_the_path_is_declared() -> None:
    assert len(ON_THE_PATH) == 47
    assert [functions.get(name).name for name in ON_THE_PATH] == ON_THE_PATH


def test_names_are_unique_and_in_bounds() -> None:
    sent = [functions.get(name).sent_name for name in functions.names()]
    assert len(set(sent)) == len(sent)
    assert all(len(name) <= 64 for name in sent)


def test_no_parameter_is_named_like_an_argument_of_the_clients() -> None:
    names = {field.name for name in functions.names() for field in functions.get(name).parameters}
    assert not names & {"self", "function", "target", "timeout", "poll"}


def test_unknown_names() -> None:
    with pytest.raises(UnknownFunction, match="Image_Explode_DM"):
        functions.get("Image_Explode_DM")
    assert functions.by_sent_name("Image_Explode_DM") is None


@pytest.mark.parametrize(
    ("function", "parameters", "wire"),
    [
        ("Image_Delete_DM", {"data_security_erase": 1}, b"\1"),
        ("Image_Deactivate", {"force_time": "IMMED"}, text("IMMED")),
        ("Image_CPU_Set_Maximum_DM", {"max_cpu": 4}, b"\0\0\0\4"),
        (
            "Image_CPU_Define_DM",
            {"cpu_address": "00", "base_cpu": 1, "cpuid": "123456", "dedicate": 1},
            text("00") + b"\1" + text("123456") + b"\1\0",
        ),
        (
            "Image_Device_Dedicate",
            {"vdev": "3000", "rdev": "4000", "readonly": 1},
            text("3000") + text("4000") + b"\1",
        ),
        ("Image_Disk_Delete_DM", {"image_disk_number": "999", "data_security_erase": 1}, text("999") + b"\1"),
        (
            "Image_SCSI_Characteristics_Define_DM",
            {"boot_program": "1", "scp_data_type": 3, "scp_data": "\xf0\xf1"},
            text("1") + bytes(12) + b"\3\0\0\0\2\xf0\xf1",
        ),
        (
            "Image_Volume_Space_Remove_DM",
            {"function_type": 7, "group": "GRP001"},
            b"\7" + bytes(8) + text("GRP001"),
        ),
        ("Image_Volume_Space_Define_DM", {"function_type": 1}, b"\1" + bytes(8) + b"\xff" * 8 + bytes(5)),
        (
            "Image_Volume_Space_Query_Extended_DM",
            {"query_type": 3, "entry_type": 2, "entry_names": "*"},
            b"\0\0\0\x28query_type=3\0entry_type=2\0entry_names=*\0",
        ),
        ("Image_Disk_Query", {"vdasd_id": "ALL"}, b"vdasd_id=ALL\0"),
        ("Query_All_DM", {"format": "no"}, b"\0\0\0\x09format=no"),
        ("Metadata_Get", {"metadata_entry_names": "one two"}, b"one two\0"),
        (
            "Metadata_Set",
            {"metadata": [{"metadata_entry_name": "key1", "metadata": "val1"}]},
            b"\0\0\0\x14\0\0\0\x10" + text("key1") + text("val1"),
        ),
        ("Image_Performance_Query", {"userids": ["LINUX01", "LINUX02"]}, b"LINUX01\0LINUX02\0"),
        ("System_Performance_Info_Query", {}, b""),
        ("System_Performance_Info_Query", {"monrate": "query"}, b"monrate=query\0"),
        ("System_Information_Query", {}, b""),
        (
            "Virtual_Network_Adapter_Create_DM",
            {"vdev": "9000", "type": 2, "devices": 3, "chpid": "31"},
            text("9000") + b"\2\0\0\0\3" + text("31") + bytes(4),
        ),
        (
            "Virtual_Network_Adapter_Create_Extended_DM",
            {"image_device_number": "9100", "adapter_type": "qdio", "devices": 3},
            b"\0\0\0\x35image_device_number=9100\0adapter_type=qdio\0devices=3\0",
        ),
        ("Virtual_Network_Vswitch_Query", {"switch_name": "*"}, text("*")),
        (
            "Virtual_Network_Vswitch_Set",
            {"switch": "gt@vsw1", "grant_userid": "gt@pong"},
            text("gt@vsw1") + text("gt@pong") + bytes(21) + b"\xff" * 4 + bytes(3 + 10 * 4 + 1 + 4),
        ),
        (
            "VMRELOCATE",
            {"destination": "vm2", "action": "test", "force": "domain storage"},
            b"destination=vm2\0action=test\0force=domain storage\0",
        ),
        ("Response_Recovery", {"failed_request_id": 1234}, b"\0\0\4\xd2"),
    ],
)
def test_parameters_as_a_real_system_took_them(
    function: str, parameters: dict[str, Any], wire: bytes
) -> None:
    frame = encode_request(Request(function, "MAINT", parameters=parameters))
    assert frame.endswith(text("MAINT") + wire)
    assert encode_request(decode_request(frame[4:])) == frame


@pytest.mark.parametrize(
    ("function", "output", "expected"),
    [
        (
            "Image_CPU_Query",
            b"\0\0\0\1\0\0\0\x1f\0\0\0\x1b\0\0\0\0" + text("FF01917729640000") + b"\1\3\2",
            {
                "numberOfCpus": 1,
                "cpuList": [
                    {"cpuNumber": 0, "cpuId": "FF01917729640000", "cpuBase": 1, "cpuStatus": 3, "cpuType": 2}
                ],
            },
        ),
        (
            "Image_Disk_Query",
            b"01202000\x013390\0\0\0\0\0\0\0\x1e\1VM2000\0",
            {
                "dasdList": [
                    {
                        "vdev": "0120",
                        "rdev": "2000",
                        "accessType": 1,
                        "devtype": "3390",
                        "size": 30,
                        "unit": 1,
                        "volid": "VM2000",
                    }
                ]
            },
        ),
        (
            "Image_Lock_Query_DM",
            text("IMAGE MAINT") + bytes(4),
            {"lockedTypeImageLockedBy": "IMAGE MAINT", "lockedDevList": []},
        ),
        (
            "Directory_Manager_Search_DM",
            b"\0\0\0\x13" + text("SYS") + text("USER SYS"),
            {"statementList": [{"targetId": "SYS", "statement": "USER SYS"}]},
        ),
        (
            "Image_MDISK_Link_Query",
            b"\0\0\0\x13VM1 TCPIP 0592 READ",
            {"mdiskLinkList": ["VM1 TCPIP 0592 READ"]},
        ),
        (
            "System_Performance_Info_Query",
            b"0004\x0040\x0061\x001048576\x00464777\0PROC 0000-046% IFL  VM\0",
            {
                "cpuCount": "0004",
                "averageUse": "40",
                "pagingRate": "61",
                "totalPages": "1048576",
                "usedPages": "464777",
                "details": ["PROC 0000-046% IFL  VM"],
            },
        ),
        (
            "System_Page_Utilization_Query",
            b"\0\0\0\x0a5758K 0 0\0",
            {"pageInformation": ["5758K 0 0"]},
        ),
        (
            "System_SCSI_Disk_Query",
            b"6000 FBA SCSI 0\x006001 FBA SCSI 0",
            {"scsiInfoArray": ["6000 FBA SCSI 0", "6001 FBA SCSI 0"]},
        ),
        (
            "Virtual_Network_LAN_Query",
            b"\0\0\0\x21\0\0\0\x1d" + text("GT@VSW1 ") + text("SYSTEM  ") + b"\2" + bytes(4),
            {
                "lanList": [
                    {"lanName": "GT@VSW1", "lanOwner": "SYSTEM", "lanType": 2, "connectedAdapterList": []}
                ]
            },
        ),
        (
            "Query_ABEND_Dump",
            b"\x010119    2019-04-14SNP001  ",
            {
                "abendDumpStructure": [
                    {
                        "abend_dump_loc": 1,
                        "abend_dump_id": "0119",
                        "abend_dump_date": "2019-04-14",
                        "abend_dump_dist": "SNP001",
                    }
                ]
            },
        ),
    ],
)
def test_output_as_a_real_system_gave_it(function: str, output: bytes, expected: dict[str, Any]) -> None:
    assert decode_reply(function, bytes(12) + output).values == expected


def test_virtual_switch_as_a_real_system_described_it() -> None:
    switch = (
        text("EXTERN")
        + bytes.fromhex("02 00 00000008 01 00000000 00000000 0000020001000001 02 02 08")
        + b"\0\0\0\x22\0\0\0\x1e\0\0\5\0"
        + text("DTCVSW2 ")
        + text(" " * 8)
        + b"\1\0"
        + b"\0\0\0\x14\0\0\0\x10"
        + text("TCPIP   ")
        + bytes(4)
        + b"\0\0\0\x18\0\0\0\x14"
        + text("TCPIP   ")
        + text("F000")
    )
    output = (len(switch) + 4).to_bytes(4, "big") + len(switch).to_bytes(4, "big") + switch
    reply = decode_reply("Virtual_Network_Vswitch_Query", bytes(12) + output)
    (found,) = reply.values["vswitchList"]
    assert found["vswitchName"] == "EXTERN"
    assert found["macId"] == 0x020001000001
    assert found["switchStatus"] == 8
    assert found["realDeviceList"] == [
        {
            "realDeviceAddress": 0x500,
            "controllerName": "DTCVSW2",
            "portName": "",
            "deviceStatus": 1,
            "deviceErrorStatus": 0,
        }
    ]
    assert found["authorizedUserList"] == [{"grantUserid": "TCPIP", "vlanList": []}]
    assert found["connectedAdapterList"] == [{"adapterOwner": "TCPIP", "imageDeviceNumber": "F000"}]
    assert encode_reply("Virtual_Network_Vswitch_Query", 0, reply)[16:] == output


@pytest.mark.parametrize("name", functions.names())
@settings(max_examples=8, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(data=st.data())
def test_round_trips(name: str, data: st.DataObject) -> None:
    declaration = functions.get(name)
    short = declaration.frame is Frame.SHORT
    parameters = data.draw(values.parameters(declaration))
    target = "LINUX01" if declaration.short_argument == "target" or not short else ""
    request = Request(name, target, "" if short else "MAINT", "" if short else "x", parameters, short=short)
    assert decode_request(encode_request(request)[4:]) == request
    results = data.draw(values.record(declaration.reply))
    reply = decode_reply(name, encode_reply(name, 7, Reply(0, 0, results))[4:])
    assert reply.values == results
