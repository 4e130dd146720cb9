# SPDX-License-Identifier: Apache-2.0
"""Start-up checks, resources and providers."""

from __future__ import annotations

from typing import Any

import os_resource_classes as orc
import pytest
from nova import exception
from nova.compute.provider_tree import ProviderTree
from nova.virt import driver
from oslo_config import cfg

from tests.unit.nova.conftest import INVENTORY, Node, guest, pool
from zvm.nova.host import Host
from zvm.nova.session import Session

NO_SUCH_NODE = "Invalid nodes and/or groups in noderange: z"
ROOT = "0f1e2d3c-0000-4000-8000-000000000001"


@pytest.fixture
def host(session: Session, conf: cfg.ConfigOpts) -> Host:
    return Host(session, conf)


@pytest.fixture
def tree() -> ProviderTree:
    tree = ProviderTree()
    tree.new_root("z", ROOT)
    return tree


def test_a_node_as_it_should_be(host: Host) -> None:
    host.check()
    assert host.zhcp() == "zhcp.example.com"


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"info_key": "data", "info": "Version 2.8.3.15", "path": "/xcatws/version"}, "2.8.3.15"),
        ({"path": "/zvm/v1", "json": {"extensions": ["nics"]}}, "cannot do guests, images"),
        ({"path": "/zvm/v1", "status_code": 404, "text": "no"}, "Set snapshots_directory in .* by ssh as"),
        ({"path": "/zvm/v1/pools", "json": {"pools": [pool("OTHER", 1)]}}, "no disk pool POOL1, only: OTHER"),
        ({"path": "/xcatws/nodes/z/inventory", "info": "z: z/VM Host: Z"}, "names no zHCP for z"),
        (
            {"path": "/xcatws/nodes/z/inventory", "json": {"data": [{"error": [NO_SUCH_NODE]}]}},
            r"names no zHCP for z; check option host in \[zvm_xcat\]",
        ),
        (
            {"path": r"/xcatws/nodes/z/inventory\?.*names.*", "info": "z: OTHER"},
            "no directory profile LNXDFLT",
        ),
        ({"path": "/xcatws/version", "status_code": 401, "text": "Authentication failure"}, "check username"),
        ({"path": "/xcatws/version", "status_code": 503, "text": "Connection failure"}, "Connection failure"),
    ],
)
def test_what_is_missing_is_told(host: Host, node: Node, wrong: dict[str, Any], text: str) -> None:
    node.answer("GET", **wrong)
    with pytest.raises(exception.NovaException, match=text):
        host.check()


@pytest.mark.parametrize("missing", ["server", "password", "host", "diskpool"])
def test_options_that_must_be_set(node: Node, conf: cfg.ConfigOpts, missing: str) -> None:
    conf.clear_override(missing, group="zvm_xcat")
    with pytest.raises(exception.InvalidConfiguration, match=missing):
        Session(conf)


@pytest.mark.parametrize(
    ("option", "value"),
    [("server", "http://example.com"), ("diskpool", "much too long"), ("server", "ftp://x")],
)
def test_options_that_cannot_be(node: Node, conf: cfg.ConfigOpts, option: str, value: str) -> None:
    conf.set_override(option, value, group="zvm_xcat")
    with pytest.raises(exception.InvalidConfiguration, match="zvm_xcat"):
        Session(conf)


def test_resources(host: Host, node: Node) -> None:
    node.guests = [guest(), guest("b", state="off"), guest("c", uuid="")]
    found = host.resources()
    assert found["hypervisor_version"] == 7004000
    assert found["supported_instances"] == [("s390x", "zvm", "hvm")]
    assert (found["vcpus"], found["memory_mb"], found["local_gb"]) == (8, 65536, 100)
    assert "  1 user," in found["stats"]["uptime"]


def test_one_question_serves_resources_and_providers(host: Host, node: Node, tree: ProviderTree) -> None:
    host.resources()
    host.update_provider_tree(tree, "z", driver.ComputeDriver(None))
    asked = [call.path for call in node.mock.request_history]
    assert asked.count("/xcatws/nodes/z/inventory") == asked.count("/zvm/v1/pools") == 1


def test_each_further_pool_is_a_provider_of_its_own(host: Host, node: Node, tree: ProviderTree) -> None:
    node.extension(
        "GET", "/pools", {"pools": [pool("POOL1", 100), pool("POOL2", 50, "9336"), pool("TINY", 0)]}
    )
    host.update_provider_tree(tree, "z", driver.ComputeDriver(None))
    assert set(tree.data("z").inventory) == {orc.VCPU, orc.MEMORY_MB, orc.DISK_GB}
    assert tree.data("z").inventory[orc.DISK_GB]["total"] == 100
    child = tree.data("z_pool_POOL2")
    assert child.inventory[orc.DISK_GB]["total"] == 50
    assert host.pool_for({child.uuid: {"resources": {orc.DISK_GB: 10}}}) == "POOL2"
    assert host.pool_for({ROOT: {"resources": {orc.DISK_GB: 10}}}) == "POOL1"
    assert host.pool_for(None) == "POOL1"
    assert (host.device_type("POOL1"), host.device_type("POOL2")) == ("3390", "9336")
    assert not tree.exists("z_pool_TINY")


def test_a_pool_that_is_gone_goes_and_others_providers_stay(
    session: Session, conf: cfg.ConfigOpts, node: Node, tree: ProviderTree
) -> None:
    tree.new_child("z_pool_OLD", ROOT)
    tree.new_child("z_0000:00:00.0", ROOT)
    Host(session, conf).update_provider_tree(tree, "z", driver.ComputeDriver(None))
    assert not tree.exists("z_pool_OLD")
    assert tree.exists("z_0000:00:00.0")


def test_traits_follow_the_level_and_spare_the_operators(host: Host, node: Node, tree: ProviderTree) -> None:
    tree.update_traits("z", ["CUSTOM_ZVM_7_3", "CUSTOM_MINE"])
    host.update_provider_tree(tree, "z", driver.ComputeDriver(None))
    assert tree.data("z").traits == {
        "HW_ARCH_S390X",
        "COMPUTE_ARCH_S390X",
        "CUSTOM_ZVM_7_4",
        "CUSTOM_Z_MACHINE_3931",
        "CUSTOM_MINE",
    }


def test_ratios_set_in_placement_are_kept(host: Host, node: Node, tree: ProviderTree) -> None:
    compute = driver.ComputeDriver(None)
    host.update_provider_tree(tree, "z", compute)
    inventory = {name: dict(item) for name, item in tree.data("z").inventory.items()}
    inventory[orc.VCPU]["allocation_ratio"] = 7.0
    tree.update_inventory("z", inventory)
    host.update_provider_tree(tree, "z", compute)
    assert tree.data("z").inventory[orc.VCPU]["allocation_ratio"] == 7.0


def test_uptime(host: Host) -> None:
    assert INVENTORY
    assert " up " in host.uptime()
    assert host.uptime().endswith("load average: 0.00, 0.00, 0.00")
