# SPDX-License-Identifier: Apache-2.0
"""FCP devices reserved in the directory, and LUNs in running guests, on the chain."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.chain import HOST, Chain
from tests.support.storage_server import TARGETS
from tests.unit.manager.worlds import World
from zvm.directory import Dedicate, marked_uuid
from zvm.xcat import XcatNotFound, XcatRefused
from zvm.xcat.records import Lun
from zvm.xcat.storage import Storage


@pytest.fixture
def storage(chain: Chain) -> Storage:
    return Storage(chain.client)


@pytest.fixture
def guest(world: World, storage: Storage) -> Iterator[World]:
    """A guest that is off."""
    world.define()
    world.create()
    yield world
    storage.release(world.node, world.uuid, force=True)


def dedicated(world: World) -> list[tuple[str, str]]:
    return [(item.vdev, item.rdev) for item in world.entry().find(Dedicate)]


def test_a_reservation_is_a_statement_and_stays_the_same(storage: Storage, guest: World) -> None:
    before = guest.entry()
    devices = storage.reserve(guest.node, guest.uuid, 2)
    assert [item.vdev for item in devices] == ["0400", "0401"]
    assert {item.chpid for item in devices} == {"50", "51"}
    assert all(item.wwpn != item.wwnn and len(item.wwnn) == 16 for item in devices)
    assert dedicated(guest) == [(item.vdev, item.rdev) for item in devices]
    assert storage.reserve(guest.node, guest.uuid, 2) == devices
    assert storage.reserve(guest.node, guest.uuid, 8) == devices  # there are two channel paths
    assert storage.reserved(guest.node) == devices
    held = [item for item in storage.fcp_devices(HOST) if item.reserved == guest.userid]
    assert sorted(item.rdev for item in held) == sorted(item.rdev for item in devices)
    for _again in range(2):
        storage.release(guest.node, guest.uuid)
        assert guest.entry() == before


def test_two_guests_never_have_the_same(chain: Chain, storage: Storage, guest: World) -> None:
    other = World(chain)
    first = storage.reserve(guest.node, guest.uuid, 2)
    second = storage.reserve(other.node, other.uuid, 2, userid=other.userid, host=HOST)
    assert not {item.wwpn for item in first} & {item.wwpn for item in second}
    storage.release(other.node, other.uuid)


def test_a_guest_that_does_not_exist_yet_gets_the_devices_reserved_for_it(
    chain: Chain, storage: Storage, world: World
) -> None:
    devices = storage.reserve(world.node, world.uuid, 2, userid=world.userid, host=HOST)
    held = world.entry()
    assert marked_uuid(held) == world.uuid
    assert held.records()[0] == f"USER {world.userid} NOLOG 32M 32M G"
    with pytest.raises(XcatRefused):
        world.create(uuid="6f70656e-7374-6163-6b20-6f6e207a2f56")
    assert world.entry() == held
    world.create()
    assert world.entry().records()[0].startswith(f"USER {world.userid} AUTOONLY")
    assert storage.reserved(world.node) == devices
    world.remove()
    with pytest.raises(XcatNotFound):
        storage.reserved(world.node)
    storage.reserve(world.node, world.uuid, 1, userid=world.userid, host=HOST)
    storage.release(world.node, world.uuid)
    with pytest.raises(Exception, match="400"):
        world.entry()


def test_a_guest_of_somebody_else(storage: Storage, guest: World) -> None:
    other = "6f70656e-7374-6163-6b20-6f6e207a2f56"
    for refused in (
        lambda: storage.reserve(guest.node, other, 1),
        lambda: storage.release(guest.node, other),
    ):
        with pytest.raises(XcatRefused, match="left alone"):
            refused()
    assert dedicated(guest) == []
    with pytest.raises(XcatNotFound):
        storage.reserve("nosuch", guest.uuid, 1)


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ({"paths": 0}, "1 to 8"),
        ({"paths": True}, "1 to 8"),
        ({"devices": 5}, "texts"),
        ({"devices": "1FA0-XYZ"}, "range of device numbers"),
        ({"uuid": "me"}, "instance"),
        ({"devices": "9990-9999"}, "no free FCP device"),
    ],
)
def test_what_is_no_reservation(chain: Chain, guest: World, wanted: dict[str, object], reason: str) -> None:
    body = {"uuid": guest.uuid, **wanted}
    with pytest.raises(XcatRefused, match=reason):
        chain.client.extension("POST", f"/guests/{guest.node}/fcp", json=body)
    assert dedicated(guest) == []


@pytest.mark.parametrize("paths", [[], [{"vdev": "0400", "wwpn": "5", "lun": "1"}], ["x"], None])
def test_what_is_no_path(chain: Chain, guest: World, paths: object) -> None:
    with pytest.raises(XcatRefused):
        chain.client.extension("POST", f"/guests/{guest.node}/luns", json={"paths": paths})


def test_nothing_is_left_when_one_of_two_devices_is_refused(
    chain: Chain, storage: Storage, guest: World
) -> None:
    before = guest.entry()
    chain.fault("Image_Device_Dedicate_DM", rc=396, rs=1, target=guest.userid)
    with pytest.raises(XcatRefused):
        storage.reserve(guest.node, guest.uuid, 2)
    assert guest.entry() == before


def test_a_lun_in_a_running_guest(chain: Chain, storage: Storage, guest: World) -> None:
    image = guest.upload("luns")
    guest.add_disk()
    guest.deploy(image)
    devices = storage.reserve(guest.node, guest.uuid, 2)
    wanted = {"lun": "3fff", "blocks": 8192, "targets": TARGETS, "initiators": [devices[0].wwpn]}
    lun = chain.simulator.control("POST", "/array/luns", wanted)
    paths = [{"vdev": item.vdev, "wwpn": target, "lun": lun["lun"]} for item in devices for target in TARGETS]
    assert storage.connect(guest.node, paths) == Lun()  # it is off
    guest.power("on")
    try:
        found = storage.connect(guest.node, paths)
        assert (found.wwid, found.bytes, found.paths) == (f"3{lun['uuid'].lower()}", 8192 * 512, 2)
        assert storage.connect(guest.node, paths) == found
        chain.simulator.control("PUT", f"/array/luns/{lun['uuid']}", {"blocks": 16384})
        assert storage.extend(guest.node, paths).bytes == 16384 * 512
        for _again in range(2):
            storage.disconnect(guest.node, paths)
        with pytest.raises(XcatRefused, match="sees none of the 4 paths"):
            storage.extend(guest.node, paths)
        elsewhere = [{**path, "vdev": "047F"} for path in paths]
        with pytest.raises(XcatRefused, match="has no FCP device 047F"):
            storage.connect(guest.node, elsewhere)
        chain.simulator.control("PUT", f"/array/luns/{lun['uuid']}", {"initiators": []})
        with pytest.raises(XcatRefused, match="exit code 15"):
            storage.connect(guest.node, paths)
        storage.release(guest.node, guest.uuid)
        machine = chain.simulator.control("GET", "/inventory")["guests"][guest.userid]
        assert machine["linux"]["storage"] == {}
        assert not [item for item in machine["devices"].values() if item["kind"] == "DEV"]
    finally:
        guest.power("off")
        chain.simulator.control("DELETE", f"/array/luns/{lun['uuid']}")
