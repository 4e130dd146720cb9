# SPDX-License-Identifier: Apache-2.0
"""Spawn and destroy call by call: the order, the rollback after each step, the verdict."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from nova import exception, objects
from oslo_config import cfg

from tests.unit.nova.conftest import UUID, Node, guest
from zvm.nova import configdrive, device_metadata
from zvm.nova.adoption import Adoption
from zvm.nova.host import Host
from zvm.nova.power import Power
from zvm.nova.session import Session
from zvm.nova.vmops import VMOps
from zvm.nova.volumes.attachments import Attachments

objects.register_all()
IMAGE = objects.ImageMeta.from_dict({"id": "155d900f-4e14-4e4c-a73d-069cbf4541e6", "disk_format": "raw"})
REMOVED = ["DELETE /xcatws/vms/ibm0001", "DELETE /xcatws/nodes/ibm0001"]


class Api:
    @contextlib.contextmanager
    def wait_for_instance_event(self, *_: Any, **__: Any) -> Iterator[None]:
        yield


class Context:
    def elevated(self) -> Context:
        return self


@pytest.fixture
def other_hosts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    hosts: list[str] = []
    services = lambda *_: [SimpleNamespace(host=host) for host in hosts]  # noqa: E731
    monkeypatch.setattr(objects.ServiceList, "get_by_binary", services)
    return hosts


@pytest.fixture
def vmops(
    session: Session, conf: cfg.ConfigOpts, other_hosts: list[str], monkeypatch: pytest.MonkeyPatch
) -> VMOps:
    monkeypatch.setattr(configdrive, "archive", lambda *_: b"drive")
    monkeypatch.setattr(device_metadata, "update", lambda *_: None)
    host, power = Host(session, conf), Power(session)
    adoption = Adoption(session, host, power, lambda uuid: None)
    return VMOps(session, host, power, Attachments(session), adoption, Api())


def spawn(vmops: VMOps, instance: Any, **how: Any) -> None:
    how = {"block_device_info": None, "power_on": True, **how}
    disks, power_on = how["block_device_info"], how["power_on"]
    vmops.spawn(Context(), instance, IMAGE, [], "pw", {}, [], disks, power_on=power_on)


def test_a_spawn_is_eight_calls(vmops: VMOps, node: Node, instance: Any) -> None:
    spawn(vmops, instance)
    assert node.calls() == [
        f"GET /zvm/v1/images/{IMAGE.id}",
        "POST /xcatws/nodes/ibm0001",
        "POST /xcatws/vms/ibm0001",
        "PUT /xcatws/vms/ibm0001",
        "PUT /zvm/v1/transports/ibm0001",
        "PUT /xcatws/nodes/ibm0001/bootstate",
        "PUT /xcatws/nodes/ibm0001/power",
        "GET /zvm/v1/guests/ibm0001",
    ]
    [[*operands]] = node.bodies("POST /xcatws/vms/ibm0001")
    for operand in ("profile=LNXDFLT", "cpu=2", "memory=1024m", "privilege=G", "ipl=0100"):
        assert operand in operands
    assert node.bodies("PUT /xcatws/vms/ibm0001") == [["--add3390 POOL1 0100 10G"]]
    [definition] = node.bodies("POST /xcatws/nodes/ibm0001")
    assert definition == ["userid=IBM0001", "hcp=zhcp.example.com", "mgt=zvm", "groups=all"]


def test_nobody_can_log_on_with_the_directory_password(vmops: VMOps, node: Node, instance: Any) -> None:
    spawn(vmops, instance)
    [operands] = node.bodies("POST /xcatws/vms/ibm0001")
    assert "password=AUTOONLY" in operands


def test_a_guest_that_is_not_to_run_is_not_started(vmops: VMOps, node: Node, instance: Any) -> None:
    spawn(vmops, instance, power_on=False)
    assert node.calls()[-1] == "PUT /xcatws/nodes/ibm0001/bootstate"


def test_without_a_size_the_disk_is_as_large_as_the_image(vmops: VMOps, node: Node, instance: Any) -> None:
    instance.flavor.root_gb = 0
    spawn(vmops, instance)
    assert node.bodies("PUT /xcatws/vms/ibm0001") == [["--add3390 POOL1 0100 1M"]]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/xcatws/vms/.*"),
        ("PUT", "/xcatws/nodes/.*/bootstate"),
        ("PUT", "/xcatws/nodes/.*/power"),
    ],
)
def test_each_failed_step_is_rolled_back_and_told(
    vmops: VMOps, node: Node, instance: Any, method: str, path: str
) -> None:
    node.refuse(method, path, 436, 4, explanation="profile not found", next_step="make it")
    with pytest.raises(exception.BuildAbortException) as caught:
        spawn(vmops, instance)
    assert node.calls()[-2:] == REMOVED
    for part in ("rc 436 rs 4", "profile not found", "make it"):
        assert part in str(caught.value)


@pytest.mark.parametrize(("kind", "removed"), [("refused", 1), ("unreachable", 1), ("unknown", 2)])
def test_an_entry_that_was_not_made_is_not_removed(
    vmops: VMOps, node: Node, instance: Any, kind: str, removed: int
) -> None:
    node.refuse("POST", "/xcatws/vms/.*", kind=kind)
    with pytest.raises(exception.BuildAbortException):
        spawn(vmops, instance)
    assert node.calls()[-removed:] == REMOVED[-removed:]
    assert node.calls()[-removed - 1] == "POST /xcatws/vms/ibm0001"


def test_a_node_that_was_not_made_is_not_removed(vmops: VMOps, node: Node, instance: Any) -> None:
    node.refuse("POST", "/xcatws/nodes/.*")
    with pytest.raises(exception.BuildAbortException, match="Defining node ibm0001"):
        spawn(vmops, instance)
    assert not set(REMOVED) & set(node.calls())


def test_a_bad_image_costs_no_call(vmops: VMOps, node: Node, instance: Any) -> None:
    instance.flavor.root_gb = 1
    node.extension("GET", "/images/.*", {"name": "x", "bytes": 2 << 30, "state": "complete"})
    with pytest.raises(exception.BuildAbortException, match="too small"):
        spawn(vmops, instance)
    assert not [call for call in node.calls() if not call.startswith("GET")]


def test_a_crashed_guest_is_removed_and_its_console_told(vmops: VMOps, node: Node, instance: Any) -> None:
    tail = "HCPGIR450W CP entered; disabled wait PSW 00020001"
    node.extension("GET", "/guests/.*", guest(state="crashed", reachable=False, console_tail=tail))
    with pytest.raises(exception.BuildAbortException, match="HCPGIR450W"):
        spawn(vmops, instance)
    assert node.calls()[-2:] == REMOVED


def test_a_silent_guest_is_waited_for_as_long_as_said(
    vmops: VMOps, node: Node, instance: Any, conf: cfg.ConfigOpts
) -> None:
    conf.set_override("reachable_timeout", 1, group="zvm_xcat")
    node.extension("GET", "/guests/.*", guest(reachable=False))
    with pytest.raises(exception.BuildAbortException, match="within 1 s"):
        spawn(vmops, instance)


def test_no_wait_where_none_is_wanted(vmops: VMOps, node: Node, instance: Any, conf: cfg.ConfigOpts) -> None:
    conf.set_override("reachable_timeout", 0, group="zvm_xcat")
    spawn(vmops, instance)
    assert node.calls()[-1] == "PUT /xcatws/nodes/ibm0001/power"


def test_a_full_pool_is_tried_elsewhere_where_there_is_an_elsewhere(
    vmops: VMOps, node: Node, instance: Any, other_hosts: list[str]
) -> None:
    node.refuse("PUT", "/xcatws/vms/.*", 408, 24)
    with pytest.raises(exception.BuildAbortException, match="rs 24"):
        spawn(vmops, instance)
    other_hosts.append("another")
    with pytest.raises(exception.ComputeResourcesUnavailable, match="rs 24"):
        spawn(vmops, instance)


def test_a_failed_rollback_does_not_hide_why(vmops: VMOps, node: Node, instance: Any) -> None:
    node.refuse("PUT", "/xcatws/nodes/.*/power", 200, 4)
    node.refuse("DELETE", "/xcatws/vms/.*", kind="unreachable")
    with pytest.raises(exception.BuildAbortException, match="rc 200 rs 4"):
        spawn(vmops, instance)


def test_ephemeral_disks_and_swap_come_after_the_root_disk(vmops: VMOps, node: Node, instance: Any) -> None:
    disks = {
        "ephemerals": [{"size": 2}, {"size": 1}],
        "swap": {"device_name": "/dev/dasdq", "swap_size": 512},
    }
    spawn(vmops, instance, block_device_info=disks)
    assert [body for body in node.bodies("PUT /xcatws/vms/ibm0001") if "--add" in body[0]] == [
        ["--add3390 POOL1 0100 10G"],
        ["--add3390 POOL1 0101 2G"],
        ["--add3390 POOL1 0102 1G"],
        ["--add3390 POOL1 0110 512M"],
    ]


def test_more_ephemeral_disks_than_numbers_are_refused(vmops: VMOps, node: Node, instance: Any) -> None:
    with pytest.raises(exception.BuildAbortException, match="15 ephemeral disks, not 16"):
        spawn(vmops, instance, block_device_info={"ephemerals": [{"size": 1}] * 16})
    assert node.calls() == []


def test_destroy_is_two_calls(vmops: VMOps, node: Node, instance: Any) -> None:
    vmops.destroy(instance)
    assert node.calls() == REMOVED
    assert node.mock.request_history[0].qs["objectid"] == [UUID]


def test_destroy_of_what_is_gone(vmops: VMOps, node: Node, instance: Any) -> None:
    node.answer(
        "DELETE",
        "/xcatws/vms/.*",
        status_code=403,
        text="<p>Invalid nodes and/or groups in noderange: ibm0001</p>",
    )
    node.refuse("DELETE", "/xcatws/nodes/.*", kind="not_found")
    vmops.destroy(instance)


def test_destroy_of_a_node_whose_entry_is_gone(vmops: VMOps, node: Node, instance: Any) -> None:
    node.refuse("DELETE", "/xcatws/vms/.*", 400, 4)
    vmops.destroy(instance)
    assert node.calls() == REMOVED


def test_destroy_leaves_somebody_elses_guest_alone(vmops: VMOps, node: Node, instance: Any) -> None:
    node.guests = [guest(uuid="")]
    node.refuse("DELETE", "/xcatws/vms/.*")
    vmops.destroy(instance)
    assert REMOVED[1] not in node.calls()


def test_destroy_that_fails_fails(vmops: VMOps, node: Node, instance: Any) -> None:
    node.guests = [guest()]
    node.refuse("DELETE", "/xcatws/vms/.*", 400, 12)
    with pytest.raises(exception.NovaException, match="rs 12"):
        vmops.destroy(instance)


def test_destroy_without_disks_only_switches_off(vmops: VMOps, node: Node, instance: Any) -> None:
    vmops.destroy(instance, destroy_disks=False)
    assert node.calls() == ["PUT /xcatws/nodes/ibm0001/power"]


def test_exists(vmops: VMOps, node: Node, instance: Any) -> None:
    assert vmops.exists(instance) is False
    node.guests = [guest()]
    assert vmops.exists(instance) is True


@pytest.mark.parametrize("other", [guest(uuid=""), guest("other", userid="IBM0001", uuid="another")])
def test_a_name_that_is_taken_is_told(vmops: VMOps, node: Node, instance: Any, other: Any) -> None:
    node.guests = [other]
    with pytest.raises(exception.NovaException, match="belongs to"):
        vmops.exists(instance)
