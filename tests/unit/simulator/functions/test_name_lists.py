# SPDX-License-Identifier: Apache-2.0
"""Name lists as targets, and the authorization list as what the server goes by."""

from __future__ import annotations

from pathlib import Path

from tests.unit.simulator.worlds import World, config
from zvm.simulator.smapi_dispatch import Dispatcher, Peer
from zvm.simulator.system import System
from zvm.smapi.frames import Request, decode_reply, encode_request


def test_a_list_lives_from_its_first_member_to_its_last(world: World) -> None:
    assert world.codes("Name_List_Query", "WEB") == (200, 24)
    assert world.codes("Name_List_Add", "", name="WEB1") == (24, 14)
    assert world.codes("Name_List_Add", "WEB", name="WEB1") == (0, 12)
    assert world.codes("Name_List_Add", "WEB", name="WEB2") == (0, 0)
    assert world.codes("Name_List_Add", "WEB", name="WEB2") == (0, 36)
    world.restart()
    assert world.values("Name_List_Query", "WEB")["nameList"] == ["WEB1", "WEB2"]
    assert world.values("Name_List_Query", "*")["nameList"] == ["WEB"]
    assert world.codes("Name_List_Remove", "WEB", name="WEB3") == (0, 32)
    assert world.codes("Name_List_Remove", "WEB", name="WEB1") == (0, 0)
    assert world.codes("Name_List_Remove", "WEB", name="WEB2") == (0, 16)
    assert world.codes("Name_List_Destroy", "WEB") == (200, 24)


def test_power_of_a_list_tells_who_failed(world: World) -> None:
    for userid in ("WEB1", "WEB2"):
        world.define(userid)
        world.codes("Name_List_Add", "WEB", name=userid)
    values = world.values("Image_Activate", "WEB")
    assert (values["activated"], values["notActivated"]) == (2, 0)
    assert world.codes("Image_Status_Query", "WEB2") == (0, 0)
    world.codes("Name_List_Add", "WEB", name="NOBODY")
    reply = world.call("Image_Deactivate", "WEB", force_time="IMMED")
    assert (reply.rc, reply.rs) == (200, 32)
    assert reply.values["failing_structure_array"] == [
        {"imageName": "NOBODY", "returnCode": 200, "reasonCode": 12}
    ]
    assert world.codes("Image_Status_Query", "WEB2") == (0, 12)


def test_performance_of_a_list(world: World) -> None:
    world.codes("Name_List_Add", "SERVERS", name="TCPIP")
    found = world.values("System_Image_Performance_Query", "SERVERS")["performanceList"]
    assert [item["guestName"].strip() for item in found] == ["TCPIP"]
    assert world.codes("System_Image_Performance_Query", "NOLIST") == (4, 4)


async def _ask(system: System, function: str, target: str, **parameters: object) -> tuple[int, int]:
    frame = encode_request(Request(function, target, parameters=parameters))
    answer = await Dispatcher(system).answer(1, frame[4:], Peer("TCPIP"))
    reply = decode_reply(function, answer[4:])
    return reply.rc, reply.rs


async def test_the_authorization_list_is_enforced(tmp_path: Path) -> None:
    world = World(tmp_path)
    try:
        assert await _ask(world.system, "Image_Query_DM", "MAINT") == (100, 16)
        world.codes("Authorization_List_Add", "TCPIP", for_id="FRIENDS", function_id="IMAGE_QUERY_DM")
        assert await _ask(world.system, "Image_Query_DM", "MAINT") == (100, 16)
        world.codes("Name_List_Add", "FRIENDS", name="MAINT")
        assert await _ask(world.system, "Image_Query_DM", "MAINT") == (0, 0)
        assert await _ask(world.system, "Image_Query_DM", "OPERATOR") == (100, 16)
        assert await _ask(world.system, "Image_Delete_DM", "MAINT", data_security_erase=0) == (100, 16)
        record = world.values("Authorization_List_Query", "TCPIP", for_id="*", function_id="*")
        (only,) = record["authorizationRecordList"]
        assert (only["forUserid"], only["forListIndicator"]) == ("FRIENDS", 1)
        world.codes("Authorization_List_Remove", "TCPIP", for_id="FRIENDS", function_id="IMAGE_QUERY_DM")
        assert await _ask(world.system, "Image_Query_DM", "MAINT") == (100, 16)
    finally:
        world.close()


def test_a_caller_is_authorized_by_the_configuration_until_lists_say_otherwise(tmp_path: Path) -> None:
    system = System(config(tmp_path), tmp_path / "state")
    assert system.smapi_files.authorised("ZHCP", "ANYBODY", "Image_Delete_DM")
    system.close()
