# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from tests.support.chain import Chain
from tests.unit.manager.commands.test_mkvm import NIC, absent
from tests.unit.manager.worlds import World
from zvm.directory import mark
from zvm.xcat import XcatNotFound, XcatRefused


def test_everything_goes(chain: Chain, world: World) -> None:
    image = world.upload("rmvm")
    world.define()
    world.create(NIC.format(3, 3, 3))
    world.add_disk()
    transport = chain.zvm.put_transport(world.node, b"drive")
    world.deploy(image, f"transport={transport}")
    world.power("on")
    chain.forget_calls()
    world.remove()
    assert chain.smapi_calls() == ["Image_Query_DM", "Image_Deactivate", "Image_Delete_DM"]
    assert absent(world)
    for table in ("zvm", "nodelist", "mac", "switch", "hosts", "nodetype", "noderes"):
        assert world.rows(table) == []
    assert chain.simulator.cp(f"QUERY USER {world.userid}")[0] != 0
    inventory = chain.simulator.control("GET", "/inventory")
    assert world.userid not in str({key: value for key, value in inventory.items() if key != "counters"})


def test_again_does_no_harm(chain: Chain, world: World) -> None:
    world.define()
    world.create()
    text = f"{world.node}: Deleting {world.userid} from the directory... Done\n"
    assert world.remove().info == [text]
    with pytest.raises(XcatNotFound):  # the node went with its guest, as in xCAT
        world.remove()
    world.define()  # a guest that is not there
    assert world.remove().info == [text]


def test_somebody_elses_guest_is_left_alone(chain: Chain, world: World) -> None:
    chain.simulator.smapi.call(
        "Image_Create_DM", world.userid, image_record_array=[f"USER {world.userid} NOLOG 32M 32M G"]
    )
    world.define()
    with pytest.raises(XcatRefused, match="no mark"):
        world.remove()
    other = "11111111-2222-3333-4444-555555555555"
    chain.simulator.smapi.call("Image_Lock_DM", world.userid)
    records = [f"USER {world.userid} NOLOG 32M 32M G", *mark(other).records()]
    chain.simulator.smapi.call("Image_Replace_DM", world.userid, image_record_array=records)
    chain.simulator.smapi.call("Image_Unlock_DM", world.userid)
    with pytest.raises(XcatRefused, match=other):
        world.remove()
    assert not absent(world)


def test_a_refusal_leaves_the_rows(chain: Chain, world: World) -> None:
    world.define()
    world.create(NIC.format(4, 4, 4))
    chain.fault("Image_Delete_DM", target=world.userid, rc=400, rs=16)
    with pytest.raises(XcatRefused) as caught:
        world.remove()
    assert caught.value.has_codes(400, 16)
    assert caught.value.function == "Image_Delete_DM"
    assert "Failed\n  Return Code: 400\n  Reason Code: 16\n  Description: " in caught.value.errors[0]
    assert world.uuid in world.rows("zvm")[0]
    world.remove()
    assert absent(world)


def test_a_protected_userid_is_never_removed(chain: Chain, world: World) -> None:
    world.userid = "MAINT"
    world.define()
    chain.forget_calls()
    with pytest.raises(XcatRefused, match="protected"):
        world.remove(uuid="")
    with pytest.raises(XcatRefused, match="protected"):
        world.power("off")
    with pytest.raises(XcatRefused, match="protected"):
        world.change("--removedisk 0191")
    assert chain.calls() == []
