# SPDX-License-Identifier: Apache-2.0
"""Real DASD of guests, on the chain."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.chain import HOST, Chain
from tests.unit.manager.worlds import World
from zvm.directory import Dedicate
from zvm.xcat import XcatNotFound, XcatRefused
from zvm.xcat.records import Dasd
from zvm.xcat.storage import Storage

RDEV, OTHER = "E4A0", "E4A7"


@pytest.fixture
def storage(chain: Chain) -> Iterator[Storage]:
    chain.simulator.control("POST", "/array/dasd", {"rdev": RDEV, "cylinders": 3})
    yield Storage(chain.client)
    chain.simulator.control("DELETE", f"/array/dasd/{RDEV}")


@pytest.fixture
def guest(world: World) -> World:
    """A guest that is off."""
    world.define()
    world.create()
    return world


def test_the_statement_is_the_attachment(storage: Storage, guest: World) -> None:
    before = guest.entry()
    for _again in range(2):
        assert storage.attach_dasd(guest.node, RDEV.lower(), readonly=True) == "0300"
    assert guest.entry().find(Dedicate) == [Dedicate("0300", RDEV, ("R/O",))]
    assert storage.dasd_of(guest.node) == [Dasd("0300", RDEV)]
    assert storage.dasd(HOST) == [Dasd("0300", RDEV, guest.userid, HOST)]
    for _again in range(2):
        storage.detach_dasd(guest.node, RDEV)
        assert guest.entry() == before
    assert storage.dasd_of(guest.node) == storage.dasd(HOST) == []


@pytest.mark.parametrize(
    ("rdev", "reason"),
    [("E4A1", "no real DASD E4A1"), ("2001", "a volume of CP"), ("C4-05", "no real device number")],
)
def test_what_cannot_be_had(storage: Storage, guest: World, rdev: str, reason: str) -> None:
    before = guest.entry()
    with pytest.raises((XcatRefused, XcatNotFound), match=reason):
        storage.attach_dasd(guest.node, rdev)
    assert guest.entry() == before


def test_a_call_that_is_wrong(chain: Chain, storage: Storage, guest: World) -> None:
    with pytest.raises(XcatNotFound):
        storage.attach_dasd("nosuch", RDEV)
    body = {"rdev": RDEV, "readonly": "no"}
    with pytest.raises(XcatRefused, match="true or false"):
        chain.client.extension("POST", f"/guests/{guest.node}/dasd", json=body)


def test_a_guest_of_somebody_else(storage: Storage, world: World) -> None:
    world.define()
    world.create(uuid="")
    before = world.entry()
    for call in (storage.attach_dasd, storage.detach_dasd):
        with pytest.raises(XcatRefused, match="no mark"):
            call(world.node, RDEV)
    assert world.entry() == before


def test_another_device_of_the_running_guest_stays(chain: Chain, storage: Storage, guest: World) -> None:
    def device() -> Any:
        found = chain.simulator.control("GET", "/inventory")["guests"][guest.userid]["devices"]
        return found.get("0300")

    guest.add_disk()
    guest.deploy(guest.upload("dasd"))
    guest.power("on")
    chain.simulator.control("POST", "/array/dasd", {"rdev": OTHER, "cylinders": 3})
    chain.simulator.smapi.call("System_Disk_Add", "MAINT", dev_num=OTHER)
    chain.simulator.smapi.call("Image_Device_Dedicate", guest.userid, vdev="0300", rdev=OTHER, readonly=0)
    before, entry = device(), guest.entry()
    with pytest.raises(XcatRefused, match=f"{guest.userid} has another device 0300") as refusal:
        storage.attach_dasd(guest.node, RDEV)
    assert (refusal.value.rc, refusal.value.rs) == (204, 4)
    assert before is not None
    assert (device(), guest.entry()) == (before, entry)
    guest.power("off")
    chain.simulator.control("DELETE", f"/array/dasd/{OTHER}")
