# SPDX-License-Identifier: Apache-2.0
"""LUNs over iSCSI in a running guest on the chain: several of one target, and what is no order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support import config_drives
from tests.support.chain import Chain
from tests.unit.manager.worlds import World
from zvm.xcat import XcatRefused
from zvm.xcat.storage import Storage

IQN, OTHER, PORTAL = "iqn.2013-08.com.example:several", "iqn.2013-08.com.example:other", "10.9.0.1:3260"
LOGIN = {"initiator": "iqn.2013-08.com.example:guest"}


def lun(number: int, iqn: str = IQN) -> dict[str, Any]:
    return {"portal": PORTAL, "iqn": iqn, "lun": number}


@pytest.fixture
def storage(chain: Chain) -> Iterator[Storage]:
    """A target with two LUNs and one with one, without a password."""
    luns = []
    for iqn, numbers in ((IQN, ("0001", "0200")), (OTHER, ("0001",))):
        chain.simulator.control("POST", "/array/targets", {"iqn": iqn, "portal": PORTAL})
        wanted = {"blocks": 2048, "targets": [iqn], "initiators": [LOGIN["initiator"]]}
        luns += [chain.simulator.control("POST", "/array/luns", {**wanted, "lun": n}) for n in numbers]
    yield Storage(chain.client)
    for item in luns:
        chain.simulator.control("DELETE", f"/array/luns/{item['uuid']}")
    for iqn in (IQN, OTHER):
        chain.simulator.control("DELETE", f"/array/targets/{iqn}")


@pytest.fixture
def guest(chain: Chain, world: World) -> Iterator[World]:
    """A guest with an address, that is off."""
    world.define()
    world.create("nic=1000,vswitch=XCATVSW1,mac=02:00:06:00:AA:01")
    world.add_disk()
    drive = config_drives.tgz(config_drives.files(uuid=world.uuid))
    world.deploy(world.upload("iscsi"), f"transport={chain.zvm.put_transport(world.node, drive)}")
    yield world
    world.power("off")


def test_two_luns_of_one_target(chain: Chain, storage: Storage, guest: World) -> None:
    node = guest.node
    assert storage.connect_iscsi(node, lun(1), LOGIN) == ""  # it is off
    assert storage.extend_iscsi(node, lun(1)) is None
    storage.disconnect_iscsi(node, lun(1))
    guest.power("on")
    link = f"/dev/disk/by-path/ip-{PORTAL}-iscsi-{IQN}-lun-"
    for _again in range(2):
        assert storage.connect_iscsi(node, lun(1), LOGIN) == f"{link}1"
        assert storage.connect_iscsi(node, lun(512), LOGIN) == f"{link}0x0200000000000000"
    assert storage.extend_iscsi(node, lun(1)) == 2048 * 512
    for _again in range(2):
        storage.disconnect_iscsi(node, lun(1))
    with pytest.raises(XcatRefused, match="does not see LUN 1"):
        storage.extend_iscsi(node, lun(1))
    assert storage.connect_iscsi(node, lun(1), LOGIN) == f"{link}1"  # by the session that is there
    with pytest.raises(XcatRefused, match="sees no LUN 7"):
        storage.connect_iscsi(node, lun(7), LOGIN)
    assert storage.extend_iscsi(node, lun(512)) == 2048 * 512
    for number in (1, 512):
        storage.disconnect_iscsi(node, lun(number))
    assert left(chain, guest) == ([], [])


def left(chain: Chain, guest: World) -> tuple[list[str], list[str]]:
    """Return the targets of the guest's sessions, and those of its records."""
    linux = chain.simulator.control("GET", "/inventory")["guests"][guest.userid]["linux"]
    records = [path.split("/")[4] for path in linux["files"] if path.startswith("/etc/iscsi/nodes")]
    return sorted(item["iqn"] for item in linux["storage"].get("iscsi", ())), sorted(records)


def test_what_was_left_behind_goes(chain: Chain, storage: Storage, guest: World) -> None:
    guest.power("on")
    storage.connect_iscsi(guest.node, lun(1), LOGIN)
    storage.connect_iscsi(guest.node, lun(1, OTHER), LOGIN, [lun(1)])
    assert left(chain, guest) == ([OTHER, IQN], [OTHER, IQN])
    storage.disconnect_iscsi(guest.node, lun(1, OTHER))
    storage.connect_iscsi(guest.node, lun(1, OTHER), LOGIN, [])
    assert left(chain, guest) == ([OTHER], [OTHER])
    storage.disconnect_iscsi(guest.node, lun(1, OTHER))


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ({"portal": "storage:3260"}, "IPv4"),
        ({"portal": "10.0.0.1:0"}, "port of a portal"),
        ({"iqn": "iqn.x --login"}, "name of a target"),
        ({"lun": 1 << 14}, "a LUN is"),
        ({"lun": True}, "lun is a whole number"),
        ({"initiator": "me"}, "name of an initiator"),
        ({"user": "cinder", "password": "two words"}, "CHAP"),
        ({"user": 5}, "user is a text"),
        ({"keep": 5}, "list of targets"),
        ({"keep": [{}]}, "lun is a whole number"),
    ],
)
def test_what_is_no_order(chain: Chain, world: World, wanted: dict[str, object], reason: str) -> None:
    world.define()
    with pytest.raises(XcatRefused, match=reason) as refused:
        chain.client.extension("POST", f"/guests/{world.node}/iscsi", json={**lun(1), **LOGIN, **wanted})
    assert "two words" not in str(refused.value)
