# SPDX-License-Identifier: Apache-2.0
"""Replies to functions without a known exchange, by the layouts of the SMAPI reference."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.simulator.functions.layouts import Reader, words_of
from tests.unit.simulator.worlds import World
from zvm.simulator import functions
from zvm.simulator.functions.registry import Call
from zvm.smapi.frames import Request, decode_request, encode_reply, encode_request

LAYOUTS: list[tuple[str, dict[str, Any], str]] = [
    ("Image_Query_DM", {}, "(s)"),
    ("Image_Name_Query_DM", {}, "(s)"),
    ("Image_Status_Query", {}, "(s)"),
    ("Image_CPU_Query", {}, "i4 [i4 s i1 i1 i1]"),
    ("Image_Active_Configuration_Query", {}, "i4 i1 i1 s i4 [i4 s i1] [i1 s]"),
    ("Image_Query_Activate_Time", {"date_format_indicator": 1}, "s s s"),
    ("Query_All_DM", {"format": "NO"}, "[i4 s s]"),
    ("Query_Directory_Manager_Level_DM", {}, "s"),
    ("Authorization_List_Query", {"for_id": "*", "function_id": "*"}, "[s i1 s i1 s i1]"),
    ("Name_List_Query", {}, "(s)"),
    ("Metadata_Get", {"metadata_entry_names": "a b"}, "[s s]"),
    ("Directory_Manager_Search_DM", {"search_pattern": "USER"}, "(s s)"),
    ("Shared_Memory_Query", {"memory_segment_name": "*"}, "[s i1 [i8 i8 i1]]"),
    ("System_Spool_Utilization_Query", {}, "b"),
    ("System_Processor_Query", {}, "s (s)"),
    ("System_Info_Query", {}, "z z z z z z"),
    ("System_Disk_Query", {"dev_num": "ALL"}, "Z"),
    ("Virtual_Network_LAN_Query", {"lan_name": "*", "lan_owner": "*"}, "[s s i1 [s s]]"),
    ("Virtual_Network_Query_LAN", {}, "Z"),
    (
        "Virtual_Network_Vswitch_Query",
        {"switch_name": "*"},
        "[s i1 i1 i4 i1 i4 i4 i8 i1 i1 i1 [i4 s s i1 i1] [s [i4]] [s s]]",
    ),
    ("Virtual_Network_Vswitch_Query_Extended", {"switch_name": "*"}, "#(s b b b b b)"),
    ("Network_IP_Interface_Query", {"tcpip_stack": "TCPIP", "interface_all": "YES"}, "b"),
    ("Profile_Query_DM", {}, "(s)"),
    ("Prototype_Query_DM", {}, "(s)"),
]
TARGETS = {"Image_Status_Query": "*", "Profile_Query_DM": "LNXDFLT", "Name_List_Query": "LIST"}


@pytest.fixture
def furnished(world: World) -> World:
    """A system that has at least one of everything that is asked for."""
    world.values("Name_List_Add", "LIST", name="MAINT")
    world.values("Prototype_Create_DM", "MAINT", prototype_record_array=["USER P NOLOG 1G 1G G"])
    world.values("Network_IP_Interface_Create", tcpip_stack="TCPIP", interface_id="ETH0", mtu="1500")
    world.values(
        "Virtual_Network_LAN_Create", lan_name="LAN1", lan_owner="SYSTEM", lan_type=2, transport_type=1
    )
    world.values(
        "Shared_Memory_Create",
        memory_segment_name="SEG",
        begin_page=1,
        end_page=2,
        page_access_descriptor=1,
        memory_attributes=1,
    )
    return world


@pytest.mark.parametrize(("function", "parameters", "layout"), LAYOUTS, ids=[item[0] for item in LAYOUTS])
def test_a_reply_is_laid_out_as_documented(
    furnished: World, function: str, parameters: dict[str, Any], layout: str
) -> None:
    frame = encode_request(Request(function, TARGETS.get(function, "MAINT"), parameters=parameters))
    reply = functions.serve(Call(furnished.system, decode_request(frame[4:]), "ZHCP"))
    reader = Reader(encode_reply(function, 7, reply))
    assert reader.number() == len(reader.data)
    assert (reader.number(), reader.number()) == (7, 0)
    reader.number()
    found = reader.whole(words_of(layout))
    assert any(found), "nothing was read"
