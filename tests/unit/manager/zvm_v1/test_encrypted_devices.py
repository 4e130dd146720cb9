# SPDX-License-Identifier: Apache-2.0
"""Encrypted devices of a running guest: opened with the passphrase, formatted only when new, closed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.chain import POOL, Chain
from tests.unit.manager.worlds import World
from zvm.xcat import XcatRefused
from zvm.xcat.storage import Storage

DEVICE = "/dev/disk/by-path/ccw-0.0.0101"
LAYOUT = {"type": "luks2", "cipher": "aes-xts-plain64", "key_size": 256}
SECRET = "correct horse"


@pytest.fixture
def storage(chain: Chain) -> Storage:
    return Storage(chain.client)


@pytest.fixture
def guest(world: World) -> Iterator[World]:
    """A guest that runs, with a data disk."""
    world.define()
    world.create()
    world.add_disk()
    world.change(f"--add3390 {POOL} 0101 40m")
    world.deploy(world.upload("encrypted"))
    world.power("on")
    yield world
    world.power("off")


def kept(chain: Chain, guest: World) -> dict[str, object]:
    """Return what the guest's Linux has made of its disks."""
    machine = chain.simulator.control("GET", "/inventory")["guests"][guest.userid]
    return dict(machine["linux"]["storage"])


def test_opened_and_closed(chain: Chain, storage: Storage, guest: World) -> None:
    for _again in range(2):
        assert storage.unlock(guest.node, DEVICE, "data", SECRET, LAYOUT) == "/dev/mapper/data"
    for _again in range(2):
        storage.lock(guest.node, "data")
    assert kept(chain, guest) == {}
    with pytest.raises(XcatRefused, match="No key available") as refused:
        storage.unlock(guest.node, DEVICE, "data", "battery staple", LAYOUT)
    assert "staple" not in str(refused.value)
    assert kept(chain, guest) == {}
    with pytest.raises(XcatRefused, match="not active"):
        storage.grow(guest.node, "data", SECRET)
    storage.unlock(guest.node, DEVICE, "other", SECRET, LAYOUT)
    with pytest.raises(XcatRefused, match="No key available"):
        storage.grow(guest.node, "other", "battery staple")
    assert storage.grow(guest.node, "other", SECRET) > 0
    log = chain.manager.log.read_text() + chain.zhcp.log.read_text()
    assert SECRET not in log


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ({"device": "/dev/sda"}, "link below"),
        ({"name": "../etc"}, "the name of an open device"),
        ({"passphrase": ""}, "a passphrase has"),
        ({"passphrase": 5}, "passphrase is a text"),
        ({"layout": {"type": "plain"}}, "luks1, luks2"),
        ({"layout": {"cipher": "--help"}}, "a cipher"),
        ({"layout": {"key_size": 100}}, "128 to 1024"),
        ({"layout": {"key_size": True}}, "key_size is a whole number"),
        ({"layout": []}, "an object"),
    ],
)
def test_what_is_no_order(chain: Chain, world: World, wanted: dict[str, object], reason: str) -> None:
    world.define()
    body = {"device": DEVICE, "name": "data", "passphrase": SECRET, **wanted}
    with pytest.raises(XcatRefused, match=reason):
        chain.client.extension("POST", f"/guests/{world.node}/devices/unlock", json=body)
