# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest

from tests.support.chain import HOST, POOL, Chain
from zvm.xcat.volumes import Volumes

MIB = 1 << 20


class VolumeWorld:
    """Volumes on the chain, and what z/VM itself says of them."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.volumes = Volumes(chain.client, HOST, patience=0.0)
        self.made: list[str] = []

    def id(self) -> str:
        """Return the id of a volume that goes at the end of the test."""
        self.made.append(str(uuid4()))
        return self.made[-1]

    def create(self, octets: int = 3 * MIB, **how: Any) -> str:
        """Make a volume and return its id."""
        uuid = self.id()
        self.volumes.create(uuid, pool=POOL, bytes=octets, **how)
        return uuid

    def content(self, uuid: str, length: int | None = None) -> bytes:
        """Return what is on a volume."""
        return b"".join(self.volumes.read(uuid, length))

    def inventory(self) -> dict[str, Any]:
        """Return directory, pools and links of the z/VM system."""
        found = self.chain.simulator.control("GET", "/inventory")
        del found["counters"]
        return dict(found)

    def userids(self) -> list[str]:
        """Return the userids in the directory, as SMAPI tells them."""
        reply = self.chain.simulator.smapi.call("Image_Name_Query_DM", "MAINT")
        return [str(name) for name in reply.values["nameList"]]


@pytest.fixture
def vols(chain: Chain) -> Iterator[VolumeWorld]:
    """Volumes that are gone after the test, newest first, as snapshots have to."""
    world = VolumeWorld(chain)
    yield world
    chain.simulator.control("DELETE", "/faults")
    for uuid in reversed(world.made):
        world.volumes.delete(uuid)


@pytest.fixture
def nothing_left(vols: VolumeWorld) -> Callable[[], None]:
    """Return a check that z/VM is as it was."""
    before = vols.inventory()

    def check() -> None:
        assert vols.inventory() == before

    return check
