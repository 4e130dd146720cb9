# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.chain import Chain
from tests.unit.manager.worlds import World
from zvm.directory import marked_uuid
from zvm.smapi.errors import SmapiError
from zvm.xcat import XcatOutcomeUnknown, XcatRefused

NIC = "nic=1000,vswitch=XCATVSW1,mac=02:00:06:00:0A:{:02X},vlan=10,port=port-{},ip=10.0.0.{}"


def test_a_guest_with_a_card(chain: Chain, world: World) -> None:
    world.define()
    chain.forget_calls()
    answer = world.create(NIC.format(1, 1, 1), "cpu=2")
    assert answer.info == [f"{world.node}: Defining {world.userid} in the directory... Done\n\n"]
    assert chain.smapi_calls() == ["Image_Create_DM"]
    entry = world.entry()
    assert marked_uuid(entry) == world.uuid
    (nic,) = entry.nics()
    assert (nic.vdev, nic.lan_name, nic.macid, nic.vlan) == ("1000", "XCATVSW1", "000A01", ("10",))
    assert world.rows("mac") == [f'"{world.node}","1000","02:00:06:00:0A:01",,']
    assert world.rows("switch") == [f'"{world.node}","XCATVSW1","port-1","10","1000",,']
    assert world.rows("hosts") == [f'"{world.node}","10.0.0.1","{world.node}",,,']
    (guest,) = (item for item in chain.zvm.guests("zvmsim1") if item.node == world.node)
    assert (guest.userid, guest.uuid, guest.state) == (world.userid, world.uuid, "off")


def absent(world: World) -> bool:
    try:
        world.entry()
    except SmapiError as error:
        return (error.rc, error.rs) == (400, 4)
    return False


def test_an_unknown_profile_is_named(world: World) -> None:
    world.define()
    with pytest.raises(XcatRefused, match="NOSUCH") as caught:
        world.create("profile=nosuch", NIC.format(2, 2, 2))
    assert caught.value.has_codes(436, 4)
    assert caught.value.function == "Image_Create_DM"
    assert "NOSUCH" in caught.value.next_step
    assert absent(world)
    assert world.rows("mac") == world.rows("switch") == []
    assert world.uuid not in world.rows("zvm")[0]


def test_a_userid_is_given_once(make_world: Callable[..., World]) -> None:
    first = make_world()
    second = make_world(userid=first.userid)
    first.define()
    first.create()
    second.define()
    with pytest.raises(XcatRefused, match=first.userid) as caught:
        second.create()
    assert caught.value.has_codes(400, 8)
    with pytest.raises(XcatRefused) as caught:
        first.create()
    assert caught.value.has_codes(400, 8)
    assert first.uuid in first.rows("zvm")[0]
    with pytest.raises(XcatRefused, match="another instance"):
        first.create(uuid="11111111-2222-3333-4444-555555555555")
    assert marked_uuid(first.entry()) == first.uuid


@pytest.mark.parametrize(
    ("userid", "reason"),
    [
        ("TOOLONGUSER", "1-8 characters"),
        ("A B", "1-8 characters"),
        ("$(ID)", "1-8 characters"),
        ("MAINT", "protected"),
        ("MAINT710", "protected"),
        ("VSMWORK1", "protected"),
        ("ZVMGOLD", "protected"),
        ("zhcp", "protected"),
    ],
)
def test_userids_that_no_guest_may_have(
    chain: Chain, make_world: Callable[..., World], userid: str, reason: str
) -> None:
    world = make_world(userid=userid)
    chain.forget_calls()
    with pytest.raises(XcatRefused, match=reason):  # noqa: PT012 - either of the two refuses
        world.define()
        world.create()
    assert chain.calls() == []


@pytest.mark.parametrize("more", ["memory=lots", "cpu=0", "nic=1000", "nic=1000,vswitch=V;x", "profile=a b"])
def test_what_breaks_a_rule_reaches_no_zhcp(chain: Chain, world: World, more: str) -> None:
    world.define()
    chain.forget_calls()
    with pytest.raises(XcatRefused):
        world.create(more)
    assert chain.calls() == []


def test_without_an_instance_there_is_no_mark(world: World) -> None:
    world.define()
    world.create(uuid="")
    assert marked_uuid(world.entry()) is None
    assert world.remove(uuid="").info == [
        f"{world.node}: Deleting {world.userid} from the directory... Done\n"
    ]


def test_a_lost_answer_of_smapi_is_found_again(chain: Chain, world: World) -> None:
    world.define()
    chain.fault("Image_Create_DM", target=world.userid, drop="after_commit")
    try:
        world.create()
    except XcatOutcomeUnknown:
        assert world.uuid in world.rows("zvm")[0]
    assert marked_uuid(world.entry()) == world.uuid
    world.remove()
    assert absent(world)


def test_a_task_tells_what_became_of_it(chain: Chain, world: World) -> None:
    world.define()
    world.create()
    task = chain.zvm.task(f"req-{world.node}")
    assert task is not None
    assert (task.state, task.node, task.percent) == ("finished", world.node, 100)
    assert task.command.startswith("mkvm profile cpu memory")
    assert "AUTOONLY" not in task.command
