# SPDX-License-Identifier: Apache-2.0
"""The exchanges of a real z/VM, made with the simulator by frames and read by a decoder of our own."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.unit.simulator.clusters import Cluster
from tests.unit.simulator.functions.exchanges import (
    CLUSTERED,
    EXCHANGES,
    PASSWORD,
    SCSI,
    USERID,
    Exchange,
    s,
)
from tests.unit.simulator.functions.layouts import Reader, words_of
from tests.unit.simulator.worlds import SMALL, World
from zvm.simulator.smapi_dispatch import Dispatcher, Peer, Subscribed
from zvm.simulator.system import System

_TABLES = """
[eqid]
"0600" = "OUTSIDE"
"0601" = "OUTSIDE"

[[volume]]
volser = "PAG001"
devtype = "3390"
cylinders = 100
rdev = "4000"
use = "FREE"

[[region]]
name = "RGN001"
volume = "VOL002"
start = 1
size = 10
"""

_UNMOVABLE = ("DEDICATE 1FA5 1FA5",)

Ask = Callable[[Exchange], bytes]


def asker(system: System) -> Ask:
    """Return what sends a request as TCP would bring it, and returns the reply behind its length."""
    dispatcher = Dispatcher(system)

    def ask(exchange: Exchange) -> bytes:
        frame = s(exchange.function, USERID, PASSWORD, exchange.target) + exchange.parameters
        try:
            answer = asyncio.run(dispatcher.answer(4711, frame, Peer()))
        except Subscribed:
            return frame[:0]
        assert int.from_bytes(answer[:4], "big") == len(answer) - 4
        return answer[4:]

    return ask


def pool(world: World, group: str) -> None:
    """Make a group with the region in it."""
    rest = {"volid": "", "start": -1, "size": -1, "device_type": 0}
    world.values("Image_Volume_Space_Define_DM", function_type=5, region="RGN001", group=group, **rest)


def furnish(world: World) -> None:
    """Bring about what the exchanges ask for."""
    passwords = {"read_pw": "READ", "write_pw": "WRITE", "multi_pw": "MULTIPLE"}
    world.values("Image_Create_DM", "PMAINT", image_record_array=["USER PMAINT NOLOG 32M 32M G"])
    assert world.add_disk("PMAINT", "0CF0", 1, **passwords) == (0, 0)
    world.call("Image_Lock_DM", "PMAINT", caller="MAINT")
    for userid in ("LNX@ONE", "LNX@TWO"):
        world.define(userid, "CPU 01", "MACHINE ESA 4", "CONSOLE 0009 3215 T", "IPL CMS")
    assert world.add_disk("LNX@TWO", "0777", 3, **passwords) == (0, 0)
    for userid in ("LNX@ONE", "LNX@TWO"):
        world.values("Image_Activate", userid)
    share = {"target_image_name": "LNX@TWO", "target_image_disk_number": "0777"}
    world.values("Image_Disk_Share", "LNX@ONE", image_disk_number="0557", read_write_mode="RR", **share)
    world.values(
        "Image_IPL_Set_DM", "LNX@ONE", saved_system="0888", load_parameter="LOAD", parameter_string="PARM"
    )
    for group in ("GRP001", "GRP002", "GRP003"):
        pool(world, group)
    for switch in ("LNX@SW1", "LNX@SW2"):
        world.values(
            "Virtual_Network_Vswitch_Create_Extended", switch_name=switch, real_device_address="0601"
        )
    world.values("Name_List_Add", "USERLIST", name="SOMEONE")
    world.values("Name_List_Add", "USERLIST", name="OTHER")
    world.values("Authorization_List_Add", "LNX@TWO", for_id="ALL", function_id="ALL")
    world.values("Directory_Manager_Local_Tag_Define_DM", tag_name="TAG7", tag_ordinal=1, define_action=1)
    world.system.spool.create("OPERATNS", b"dump", origin="SYSTEM", cls="D")
    for rdev in ("6000", "6001"):
        lun = f"40104{rdev[-1].rjust(3, '0')}00000000"
        world.values(
            "System_SCSI_Disk_Add", dev_num=rdev, dev_path_array=f"1FA7 500507630B10C1E0 {lun}", persist="NO"
        )
    world.values("Page_or_Spool_Volume_Add", vol_addr="4000", volume_label="PAG001", volume_use="PAGE")
    world.values(
        "Shared_Memory_Create",
        memory_segment_name="SHAREMEM",
        begin_page=1,
        end_page=2,
        page_access_descriptor=1,
        memory_attributes=2,
    )
    world.values(
        "VMRM_Configuration_Update",
        configuration_file_name="VMRM",
        configuration_file_type="CONFIG",
        configuration_dir_name="VMSYS:VMRMSVM.",
        update_file=[
            "* comment",
            "GOAL G1 VELOCITY CPU 10",
            "WORKLOAD WORK1 USER LNX@ONE",
            "MANAGE WORK1 GOAL G1 IMPORTANCE 5",
        ],
    )


def prepare(world: World, exchange: Exchange) -> None:
    """Put in order what the exchanges before have changed."""
    match exchange.function:
        case "Image_Unlock_DM":
            world.values("Image_Lock_DM", "LNX@TWO", device_address="0777")
        case "Image_Replace_DM":
            world.call("Image_Lock_DM", "LNX@ONE", caller="MAINT")
        case "Image_Volume_Space_Remove_DM" if exchange.case == 3:
            world.values(
                "Image_Volume_Space_Define_DM",
                volid="",
                start=-1,
                size=-1,
                device_type=0,
                function_type=5,
                region="RGN001",
                group="GRP002",
            )
            world.values(
                "Image_Volume_Space_Define_DM",
                volid="",
                start=-1,
                size=-1,
                device_type=0,
                function_type=5,
                region="RGN001",
                group="GRP003",
            )


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[Exchange, bytes]]:
    """The replies of one system to all exchanges in their order."""
    world = World(tmp_path_factory.mktemp("exchanges"), SMALL + _TABLES)
    furnish(world)
    ask, found = asker(world.system), {}
    for exchange in [SCSI, *EXCHANGES]:
        prepare(world, exchange)
        found[exchange] = ask(exchange)
    yield found
    world.close()


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[Exchange, bytes]]:
    """The replies of a member of a cluster."""
    cluster = Cluster(tmp_path_factory.mktemp("cluster"), memory_pass=1.0)
    for userid, more in (("LINUX01", ()), ("LINUX02", ()), ("LNX@BIG", _UNMOVABLE)):
        cluster.define(userid, *more)
        assert cluster.codes("ZVM1", "Image_Activate", userid) == (0, 0)
    yield {exchange: asker(cluster.ssi.members[0])(exchange) for exchange in CLUSTERED}
    cluster.ssi.close()


def named(exchange: Exchange) -> str:
    return f"{exchange.function}/{exchange.case}"


def check(exchange: Exchange, answer: bytes) -> Reader:
    """Check id and codes; return a reader of the output."""
    reader = Reader(answer)
    assert (reader.number(), reader.number(), reader.number()) == (4711, exchange.rc, exchange.rs)
    return reader


def strings(found: Any) -> list[str]:
    """Return all strings in what was read."""
    if isinstance(found, list):
        return [text for part in found for text in strings(part)]
    return [found] if isinstance(found, str) else []


def read(exchange: Exchange, answer: bytes) -> None:
    found = check(exchange, answer).whole(words_of(exchange.layout))
    assert not exchange.layout or any(item or item == 0 for item in found), "nothing was read"
    for text in strings(found):
        assert re.fullmatch(exchange.line, text, re.DOTALL), text


@pytest.mark.parametrize("exchange", EXCHANGES, ids=named)
def test_an_exchange_is_laid_out_as_on_a_real_system(
    answers: dict[Exchange, bytes], exchange: Exchange
) -> None:
    answer = answers[exchange]
    if exchange.function == "Event_Subscribe":
        assert answer == b""  # the id alone, then events
        return
    read(exchange, answer)


@pytest.mark.parametrize("exchange", CLUSTERED, ids=named)
def test_an_exchange_with_a_member_of_a_cluster_is_laid_out_as_on_a_real_one(
    moved: dict[Exchange, bytes], exchange: Exchange
) -> None:
    read(exchange, moved[exchange])


def test_the_last_scsi_disk_has_no_nul(answers: dict[Exchange, bytes]) -> None:
    said = check(SCSI, answers[SCSI]).data
    assert not said.endswith(b"\0")
    first = said.decode().split("\0")[0]
    assert re.fullmatch(SCSI.line, first)
