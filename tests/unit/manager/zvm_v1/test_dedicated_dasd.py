# SPDX-License-Identifier: Apache-2.0
"""Real DASD of guests that are off, on the chain."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.chain import HOST, Chain
from tests.unit.manager.worlds import World
from zvm.directory import Dedicate
from zvm.xcat import XcatNotFound, XcatRefused
from zvm.xcat.records import Dasd
from zvm.xcat.storage import Storage

RDEV = "E4A0"


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


def test_a_guest_of_somebody_else(chain: Chain, storage: Storage, guest: World) -> None:
    with pytest.raises(XcatNotFound):
        storage.attach_dasd("nosuch", RDEV)
    body = {"rdev": RDEV, "readonly": "no"}
    with pytest.raises(XcatRefused, match="true or false"):
        chain.client.extension("POST", f"/guests/{guest.node}/dasd", json=body)
