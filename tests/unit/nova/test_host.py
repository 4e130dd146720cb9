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
    tree.update_traits("z", ["CUSTOM_ZVM_7_3", "CUSTOM_Z_ARCH15", "CUSTOM_MINE"])
    host.update_provider_tree(tree, "z", driver.ComputeDriver(None))
    assert tree.data("z").traits == {
        "HW_ARCH_S390X",
        "COMPUTE_ARCH_S390X",
        "CUSTOM_ZVM_7_4",
        "CUSTOM_Z_MACHINE_3931",
        *(f"CUSTOM_Z_ARCH{level}" for level in (11, 12, 13, 14)),
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


@pytest.mark.parametrize(
    ("used", "of_guests", "configured", "reserved"),
    [
        (0, 0, 0, 0),
        (30, 30, 0, 0),
        (30.5, 10, 0, 21),  # a part of a GiB is none to give away
        (30, 10, 25, 25),
        (100, 0, 0, 100),
        (30, None, 5, 5),  # a node that cannot tell
    ],
)
def test_what_others_use_of_a_pool_is_reserved(
    host: Host,
    node: Node,
    tree: ProviderTree,
    monkeypatch: pytest.MonkeyPatch,
    used: float,
    of_guests: int | None,
    configured: int,
    reserved: int,
) -> None:
    told = {**pool("POOL1", 100), "used_bytes": int(used * (1 << 30))}
    if of_guests is not None:
        told["guests_bytes"] = of_guests << 30
    node.extension("GET", "/pools", {"pools": [told]})
    compute = driver.ComputeDriver(None)
    monkeypatch.setattr(compute, "_get_reserved_host_disk_gb_from_config", lambda: configured)
    host.update_provider_tree(tree, "z", compute)
    assert tree.data("z").inventory[orc.DISK_GB]["reserved"] == reserved


def test_ratios_of_the_configuration_hold_for_every_pool(
    host: Host, node: Node, tree: ProviderTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    node.extension("GET", "/pools", {"pools": [pool("POOL1", 100), pool("POOL2", 50)]})
    compute = driver.ComputeDriver(None)
    ratios = {orc.VCPU: 8.0, orc.MEMORY_MB: 1.5, orc.DISK_GB: 0.9}
    monkeypatch.setattr(compute, "_get_allocation_ratios", lambda inventory: ratios)
    host.update_provider_tree(tree, "z", compute)
    found = {name: item["allocation_ratio"] for name, item in tree.data("z").inventory.items()}
    assert found == ratios
    assert tree.data("z_pool_POOL2").inventory[orc.DISK_GB]["allocation_ratio"] == 0.9


def fcp(rdev: str, **facts: str) -> dict[str, str]:
    return {"rdev": rdev, "wwpn": "C05076E0F400" + rdev, "status": "free", **facts}


@pytest.fixture
def host_with_fcp(session: Session, conf: cfg.ConfigOpts, node: Node) -> Host:
    conf.set_override("fcp_devices", "1FA0-1FA3", group="zvm_xcat")
    return Host(session, conf)


def test_fcp_devices_that_others_hold_are_reserved(
    host_with_fcp: Host, node: Node, tree: ProviderTree
) -> None:
    listed = [
        fcp("1FA0", status="active", owner="TCPIP"),
        fcp("1FA1", reserved="OTHER"),
        fcp("1FA2", status="offline"),
        fcp("1FA3"),
        fcp("1FA4"),
    ]
    node.extension("GET", "/fcp", {"devices": listed})
    host_with_fcp.update_provider_tree(tree, "z", driver.ComputeDriver(None))
    found = tree.data("z").inventory["CUSTOM_ZVM_FCP"]
    assert (found["total"], found["reserved"], found["max_unit"]) == (4, 3, 4)


def test_fcp_devices_that_cannot_be_asked_for_stay_as_known(
    host_with_fcp: Host, node: Node, tree: ProviderTree
) -> None:
    node.extension("GET", "/fcp", {"devices": [fcp("1FA0")]})
    host_with_fcp.update_provider_tree(tree, "z", driver.ComputeDriver(None))
    before = tree.data("z").inventory
    node.answer("GET", "/zvm/v1/fcp", status_code=503, text="Connection failure")
    host_with_fcp._fcp.expire()
    host_with_fcp.update_provider_tree(tree, "z", driver.ComputeDriver(None))
    assert tree.data("z").inventory == before
    assert before["CUSTOM_ZVM_FCP"]["total"] == 1


def test_without_fcp_devices_nobody_is_asked(host: Host, node: Node, tree: ProviderTree) -> None:
    host.update_provider_tree(tree, "z", driver.ComputeDriver(None))
    assert "CUSTOM_ZVM_FCP" not in tree.data("z").inventory
    assert "/zvm/v1/fcp" not in [call.path for call in node.mock.request_history]


def test_uptime(host: Host) -> None:
    assert INVENTORY
    assert " up " in host.uptime()
    assert host.uptime().endswith("load average: 0.00, 0.00, 0.00")
