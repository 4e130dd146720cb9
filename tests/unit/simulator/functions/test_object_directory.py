# SPDX-License-Identifier: Apache-2.0
"""Changes of the directory that CP hears of later, and results that come as events."""

from __future__ import annotations

import asyncio

from tests.unit.simulator.worlds import World
from zvm.simulator.smapi_dispatch import Dispatcher, Peer
from zvm.smapi.events import StreamEvent, decode
from zvm.smapi.frames import Reply, Request, decode_reply, encode_request


def ask(world: World, function: str, target: str, **parameters: object) -> Reply:
    """Call as a client of the UNIX socket does."""
    frame = encode_request(Request(function, target, parameters=parameters))
    answer = asyncio.run(Dispatcher(world.system).answer(1, frame[4:], Peer("ZHCP")))
    return decode_reply(function, answer[4:])


def test_changes_held_back_are_in_the_source_only(world: World) -> None:
    world.define("LINUX01")
    assert world.add_disk("LINUX01") == (0, 0)
    assert world.codes("Static_Image_Changes_Deactivate_DM") == (0, 0)
    reply = ask(world, "Image_Disk_Delete_DM", "LINUX01", image_disk_number="0100", data_security_erase=1)
    assert (reply.rc, reply.rs) == (0, 8)
    records = ["USER LINUX02 LBYONLY 64M 64M G"]
    assert ask(world, "Image_Create_DM", "LINUX02", image_record_array=records).rs == 8
    world.restart()
    assert world.codes("Image_Activate", "LINUX02") == (200, 4)  # CP does not know it
    assert world.codes("Image_Activate", "LINUX01") == (0, 0)
    machine = world.system.guests.get("LINUX01")
    assert machine is not None
    assert "0100" in machine.devices
    assert world.codes("Static_Image_Changes_Immediate_DM") == (0, 0)
    assert world.codes("Image_Activate", "LINUX02") == (0, 0)
    assert ask(world, "Image_Lock_DM", "LINUX02").rs == 8  # what comes now is held back still
    assert world.codes("Static_Image_Changes_Activate_DM") == (0, 0)
    assert ask(world, "Image_Unlock_DM", "LINUX02").rs == 0


def test_the_result_of_a_definition_comes_as_an_event(world: World) -> None:
    world.define("LINUX01")
    subscriber = world.system.events.subscribe("")
    change = {"definitions": ["STORAGE_INITIAL=256M"]}
    assert world.codes("Image_Definition_Update_DM", "LINUX01", **change) == (0, 0)
    assert world.codes("Image_Definition_Async_Updates", enabled="YES") == (0, 0)
    reply = world.call("Image_Definition_Update_DM", "LINUX01", **change)
    assert (reply.rc, reply.rs) == (592, 4)
    (number,) = reply.values["asynchIds"]
    told = [
        decode(event[4:])
        for event in (subscriber.queue.get_nowait() for _ in range(subscriber.queue.qsize()))
        if event
    ]
    results = [one for events in told for one in events if isinstance(one, StreamEvent) and one.kind == 500]
    assert [result.data[:12] for result in results] == [int(number).to_bytes(4, "big") + bytes(8)]
    polled = [
        world.codes("Query_Asynchronous_Operation_DM", "LINUX01", operation_id=int(number)) for _ in range(2)
    ]
    assert polled == [(0, 104), (0, 100)]
