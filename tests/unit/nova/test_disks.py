# SPDX-License-Identifier: Apache-2.0
"""Which minidisks a guest is to have, and what block devices are called."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from nova import exception
from oslo_config import cfg

from tests.unit.nova.conftest import Node
from zvm.nova import disks, exceptions
from zvm.nova.disks import Disks, DiskSpec
from zvm.nova.host import Host
from zvm.nova.session import Session
from zvm.nova.verbs.disks import DiskVerbs
from zvm.xcat.records import Image


class Bdm(SimpleNamespace):
    """A block device mapping; counts how often it was saved."""

    def __init__(self, device_name: str | None = None, **facts: Any) -> None:
        super().__init__(device_name=device_name, saved=0, **facts)

    def save(self) -> None:
        self.saved += 1


@pytest.mark.parametrize(
    ("vdev", "name"), [("0100", "dasda"), ("0101", "dasdb"), ("0110", "dasdq"), ("011A", "dasdaa")]
)
def test_a_name_follows_from_the_device_number(vdev: str, name: str) -> None:
    assert disks.device_name(vdev) == f"/dev/{name}"


def test_names_of_a_new_instance() -> None:
    image, given, swap = Bdm("/dev/dasda"), Bdm("/dev/dasdx"), Bdm()
    ephemerals, volumes = [Bdm(), given, Bdm()], [Bdm(), Bdm("/dev/sda"), Bdm()]
    disks.name_devices("/dev/dasda", [image], ephemerals, [swap], volumes)
    assert [bdm.device_name for bdm in ephemerals] == ["/dev/dasdb", "/dev/dasdx", "/dev/dasdd"]
    assert swap.device_name == "/dev/dasdq"
    assert [bdm.device_name for bdm in volumes] == ["/dev/sdb", "/dev/sda", "/dev/sdc"]
    assert (swap.saved, given.saved, image.saved) == (1, 0, 0)


def test_the_name_of_a_volume_that_is_attached() -> None:
    names = DiskVerbs().get_device_name_for_instance
    others = [Bdm("/dev/dasda"), Bdm("/dev/sda"), Bdm()]
    assert names(None, others, Bdm()) == "/dev/sdb"
    assert names(None, others, Bdm("sdx")) == "/dev/sdx"
    with pytest.raises(exception.DevicePathInUse):
        names(None, others, Bdm("/dev/sda"))


def test_the_name_of_the_root_device() -> None:
    names = DiskVerbs().default_root_device_name
    assert names(None, None, Bdm(is_volume=False)) == "/dev/dasda"
    assert names(None, None, Bdm(is_volume=True)) == "/dev/sda"


@pytest.mark.parametrize(("root_gb", "size"), [(10, "10G"), (0, "3M")])
def test_a_root_disk_of_no_size_is_as_large_as_its_image(root_gb: int, size: str) -> None:
    image = Image("disk", bytes=(2 << 20) + 1)
    assert disks.root(image, SimpleNamespace(root_gb=root_gb)).size == size


def test_swap_of_no_size_is_none() -> None:
    assert disks.further({"swap": {"device_name": "/dev/dasdq", "swap_size": 0}}) == []


def test_a_full_pool_says_how_full(session: Session, conf: cfg.ConfigOpts, node: Node, instance: Any) -> None:
    node.refuse("PUT", "/xcatws/vms/.*", 408, 24)
    with pytest.raises(exceptions.NoSpace, match=r"no room for 7G in pool POOL1: 100\.0G free"):
        Disks(session, Host(session, conf)).add(instance, [DiskSpec("0101", 7168)], "POOL1")


def test_removal(session: Session, conf: cfg.ConfigOpts, node: Node, instance: Any) -> None:
    """What is gone already does no harm; the root disk and other people's devices stay."""
    has = [{"vdev": vdev} for vdev in ("0100", "0101", "0110", "0200")]
    node.extension("GET", "/guests/.*", {"node": "ibm0001", "userid": "IBM0001", "minidisks": has})
    node.refuse("PUT", "/xcatws/vms/.*", 408, 8)
    Disks(session, Host(session, conf)).remove_further(instance)
    assert node.bodies("PUT /xcatws/vms/ibm0001") == [["--removedisk 0101"], ["--removedisk 0110"]]
    node.refuse("PUT", "/xcatws/vms/.*", 400, 12)
    with pytest.raises(exceptions.Refused, match="rs 12"):
        Disks(session, Host(session, conf)).remove(instance, ["0101"])
