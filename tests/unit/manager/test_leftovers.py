# SPDX-License-Identifier: Apache-2.0
"""What belongs to nobody is found, and what belongs to somebody is not."""

from __future__ import annotations

import uuid

from tests.support.chain import Chain
from tests.unit.manager.worlds import World
from zvm.xcat.records import Leftover


def about(chain: Chain, *names: str) -> dict[str, Leftover]:
    """Return kind → what is left over of these names."""
    return {one.kind: one for one in chain.zvm.leftovers() if one.name in names}


def test_a_whole_guest_is_none(chain: Chain, world: World) -> None:
    world.define()
    world.create("nic=1000,vswitch=XCATVSW1,mac=02:00:06:00:0D:00,port=lport-0")
    world.add_disk()
    world.deploy(world.upload("leftovers"))
    assert about(chain, world.node, world.userid) == {}
    assert not [one for one in chain.zvm.leftovers() if one.kind == "minidisk"]
    world.remove()
    assert about(chain, world.node, world.userid) == {}


def test_an_entry_with_our_mark_and_no_node(chain: Chain, world: World) -> None:
    records = [f"USER {world.userid} NOLOG 64M 64M G", "INCLUDE LNXDFLT", f"*NOVA uuid={world.uuid}"]
    smapi = chain.simulator.smapi
    smapi.call("Image_Create_DM", world.userid, image_record_array=records)
    found = about(chain, world.userid)
    assert set(found) == {"userid"}
    assert found["userid"].uuid == world.uuid
    assert f"DIRM FOR {world.userid} PURGE" in found["userid"].next_step
    smapi.call("Image_Delete_DM", world.userid, data_security_erase=1)
    assert about(chain, world.userid) == {}


def test_an_entry_of_another_instance_than_the_nodes(chain: Chain, world: World) -> None:
    world.define()
    world.create()
    other = str(uuid.uuid4())
    smapi = chain.simulator.smapi
    smapi.call("Image_Delete_DM", world.userid, data_security_erase=1)
    found = about(chain, world.node, world.userid)
    assert set(found) == {"node"}
    assert found["node"].uuid == world.uuid
    records = [f"USER {world.userid} NOLOG 64M 64M G", "INCLUDE LNXDFLT", f"*NOVA uuid={other}"]
    smapi.call("Image_Create_DM", world.userid, image_record_array=records)
    found = about(chain, world.node, world.userid)
    assert set(found) == {"userid"}
    assert found["userid"].uuid == other
    smapi.call("Image_Delete_DM", world.userid, data_security_erase=1)


def test_a_grant_to_nobody(chain: Chain, world: World) -> None:
    smapi = chain.simulator.smapi
    smapi.call(
        "Virtual_Network_Vswitch_Set_Extended", "SYSTEM", switch_name="XCATVSW1", grant_userid=world.userid
    )
    found = about(chain, world.userid)
    assert set(found) == {"grant"}
    assert found["grant"].next_step == f"SET VSWITCH XCATVSW1 REVOKE {world.userid}"
    smapi.call(
        "Virtual_Network_Vswitch_Set_Extended", "SYSTEM", switch_name="XCATVSW1", revoke_userid=world.userid
    )


def test_a_minidisk_of_the_golden_userid_that_no_table_has(chain: Chain) -> None:
    smapi = chain.simulator.smapi
    disk = {"device_type": "3390", "allocation": "AUTOG", "area_or_volser": "POOL1", "unit": 1, "mode": "MR"}
    smapi.call("Image_Disk_Create_DM", "ZVMGOLD", vdev="0FFE", size=2, format=1, **disk)
    found = about(chain, "ZVMGOLD 0FFE")
    assert set(found) == {"minidisk"}
    smapi.call("Image_Disk_Delete_DM", "ZVMGOLD", image_disk_number="0FFE", data_security_erase=1)
    assert about(chain, "ZVMGOLD 0FFE") == {}
