# SPDX-License-Identifier: Apache-2.0
"""Replies read by a decoder of this file's own, by the layouts of the SMAPI reference and of real captures.

``i1 i4 i8`` integers, ``s`` length and text, ``b`` length and strings that end with NUL, ``z`` such a string,
``Z`` such strings to the end; ``[...]`` an array of structures with lengths, ``(...)`` one without,
``#(...)`` a number of structures with lengths.
"""

from __future__ import annotations

from typing import Any

import pytest

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
CLOSING = {"[": "]", "(": ")"}


def _words(layout: str) -> list[str]:
    for mark in "[]()#":
        layout = layout.replace(mark, f" {mark} ")
    return layout.split()


class Reader:
    """Takes octets apart; ends exactly where they end."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def take(self, length: int) -> bytes:
        assert 0 <= length <= len(self.data), f"{length} octets wanted, {len(self.data)} left"
        taken, self.data = self.data[:length], self.data[length:]
        return taken

    def number(self, size: int = 4) -> int:
        return int.from_bytes(self.take(size), "big", signed=True)

    def read(self, words: list[str]) -> list[Any]:
        found: list[Any] = []
        at = 0
        while at < len(words):
            word = words[at]
            counted = word == "#"
            at += counted
            if words[at] in CLOSING:
                depth, end = 1, at
                while depth:
                    end += 1
                    depth += words[end] in CLOSING
                    depth -= words[end] in CLOSING.values()
                found.append(self._array(words[at + 1 : end], words[at] == "[" or counted, counted))
                at = end
            else:
                found.append(self._field(word))
            at += 1
        return found

    def _array(self, words: list[str], structured: bool, counted: bool) -> list[Any]:
        if counted:
            return [Reader(self.take(self.number())).whole(words) for _ in range(self.number())]
        block = Reader(self.take(self.number()))
        found = []
        while block.data:
            part = Reader(block.take(block.number())) if structured else block
            found.append(part.whole(words) if structured else part.read(words))
        return found

    def whole(self, words: list[str]) -> list[Any]:
        found = self.read(words)
        assert not self.data, f"{len(self.data)} octets too many"
        return found

    def _field(self, word: str) -> Any:
        if word[0] == "i":
            return self.number(int(word[1]))
        if word == "s":
            return self.take(self.number()).decode("latin-1")
        if word == "z":
            text, _, self.data = self.data.partition(b"\0")
            return text.decode()
        block = self.take(self.number() if word == "b" else len(self.data))
        assert not block or block.endswith(b"\0")
        return block.decode().split("\0")[:-1]


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
    found = reader.whole(_words(layout))
    assert any(found), "nothing was read"
