# SPDX-License-Identifier: Apache-2.0
"""The driver as Nova sees it: signatures, flags, what it does not have, what it says of itself."""

from __future__ import annotations

import inspect
import logging
import sys
from types import SimpleNamespace
from typing import Any

import pytest
from nova import exception, objects
from nova.compute import power_state
from nova.conf import CONF
from nova.virt import driver
from oslo_config import cfg

from tests.unit.nova.conftest import UUID, Node, guest
from zvm.nova.driver import ZVMDriver

objects.register_all()


@pytest.fixture
def ours(node: Node, conf: cfg.ConfigOpts, monkeypatch: pytest.MonkeyPatch) -> ZVMDriver:
    monkeypatch.setattr("zvm.nova.driver.CONF", conf)
    return ZVMDriver(None)


def overridden() -> list[str]:
    return [
        name
        for part in ZVMDriver.__mro__
        if part.__module__.startswith("zvm.")
        for name, value in vars(part).items()
        if not name.startswith("_") and inspect.isfunction(value)
    ]


@pytest.mark.parametrize("name", overridden())
def test_signatures_are_novas(name: str) -> None:
    assert inspect.getfullargspec(getattr(ZVMDriver, name)) == inspect.getfullargspec(
        getattr(driver.ComputeDriver, name)
    )


def test_every_flag_is_one_of_novas() -> None:
    assert set(ZVMDriver.capabilities) == set(driver.ComputeDriver.capabilities)


def test_no_flag_promises_a_verb_that_is_not_there() -> None:
    verbs = {
        "has_imagecache": "manage_image_cache",
        "supports_evacuate": "instance_on_disk",
        "supports_attach_interface": "attach_interface",
        "supports_tagged_attach_interface": "attach_interface",
        "supports_tagged_attach_volume": "attach_volume",
        "supports_multiattach": "attach_volume",
        "supports_extend_volume": "extend_volume",
        "supports_bfv_rescue": "rescue",
    }
    for flag, verb in verbs.items():
        assert not ZVMDriver.capabilities[flag] or verb in overridden()
    assert {flag for flag, value in ZVMDriver.capabilities.items() if value} == {
        "has_imagecache",
        "supports_evacuate",
        "supports_attach_interface",
        "supports_device_tagging",
        "supports_tagged_attach_interface",
        "supports_tagged_attach_volume",
        "supports_extend_volume",
        "supports_multiattach",
        "supports_bfv_rescue",
        "supports_image_type_qcow2",
        "supports_image_type_raw",
        "supports_trusted_certs",
    }


def test_an_outage_takes_no_node_away(ours: ZVMDriver, node: Node) -> None:
    assert ours.get_available_nodes(refresh=True) == ["z"]
    ours._host._facts.expire()
    node.answer("ANY", ".*", status_code=503, text="Connection failure")
    # Nova leaves its periodic update out; an empty list would delete the compute node.
    with pytest.raises(exception.VirtDriverNotReady):
        ours.get_available_nodes()
    assert ours.node_is_available("z")
    assert not ours.node_is_available("y")


def test_the_question_for_nodes_costs_no_call_of_its_own(ours: ZVMDriver, node: Node) -> None:
    ours.get_available_nodes()
    asked = node.mock.call_count
    ours.get_available_resource("z")
    assert node.mock.call_count == asked


def test_a_dead_node_is_one_line_and_later_not_ready(
    ours: ZVMDriver, node: Node, caplog: pytest.LogCaptureFixture
) -> None:
    handled: list[object] = []

    def look(record: logging.LogRecord) -> bool:
        handled.append(sys.exc_info()[0])
        return True

    node.answer("ANY", ".*", status_code=503, text="Connection failure")
    with pytest.raises(exception.VirtDriverNotReady), caplog.filtering(look):  # type: ignore[arg-type]
        ours.init_host("host")
    assert len([record for record in caplog.records if record.levelname == "ERROR"]) == 1
    # oslo.log adds an exception that is being handled to the line, which has it already.
    assert set(handled) == {None}
    for question in (ours.get_num_instances, ours.list_instance_uuids, ours.get_host_uptime):
        with pytest.raises(exception.VirtDriverNotReady):
            question()


def test_a_wrong_password_is_told_without_it(
    ours: ZVMDriver, node: Node, caplog: pytest.LogCaptureFixture
) -> None:
    node.answer("ANY", ".*", status_code=401, text="<p>Authentication failure</p>")
    with pytest.raises(exception.NovaException, match="check username and password"):
        ours.init_host("host")
    assert "secret" not in caplog.text


def test_the_password_is_in_no_url(ours: ZVMDriver, node: Node) -> None:
    ours.init_host("host")
    for request in node.mock.request_history:
        assert "secret" not in request.url
        assert request.headers["password"] in ("secret", b"secret")


def test_only_marked_guests_are_listed(ours: ZVMDriver, node: Node) -> None:
    node.guests = [guest(), guest("foreign", uuid="")]
    assert ours.list_instances() == ["ibm0001"]
    assert ours.list_instance_uuids() == [UUID]
    assert ours.get_num_instances() == 1


def test_diagnostics(ours: ZVMDriver, node: Node, instance: Any) -> None:
    node.guests = [guest(state="paused")]
    disk = {"vdev": "0100", "volume": "ZVM001", "start": 1, "size": 100, "unit": "cylinders"}
    nic = {"vdev": "1000", "mac": "02:00:06:00:00:01", "vswitch": "VSW1", "vlan": 5, "coupled": True}
    node.extension("GET", "/guests/[^/]*", guest(state="paused", minidisks=[disk], nics=[nic]))
    counters = {"vdev": "1000", "rx_octets": 7, "tx_octets": 9, "rx_errors": 1}
    used = {"cpus": 2, "cpu_microseconds": 4_000_000, "elapsed_microseconds": 60_000_000}
    used |= {"memory_kilobytes": 1 << 20, "used_memory_kilobytes": 1 << 18, "io_requests": 12}
    node.extension("GET", "/guests/.*/performance", {**used, "nics": [counters]})
    facts = ours.get_diagnostics(instance)
    assert facts["disk_0100"] == "ZVM001 1 100 cylinders"
    assert facts["nic_1000"] == "02:00:06:00:00:01 VSW1 VLAN 5 coupled"
    assert (facts["nic_1000_rx"], facts["nic_1000_tx"], facts["io_requests"]) == (7, 9, 12)
    assert (facts["cpu_time_us"], facts["memory_used_kb"]) == (4_000_000, 1 << 18)
    found = ours.get_instance_diagnostics(instance)
    assert (found.state, found.num_cpus, found.num_nics, found.num_disks) == ("paused", 2, 1, 1)
    assert found.hypervisor_os == "z/VM 7.4.0"
    assert [cpu.time for cpu in found.cpu_details] == [2_000_000_000] * 2
    assert (found.uptime, found.memory_details.maximum, found.memory_details.used) == (60, 1024, 256)
    assert (found.nic_details[0].rx_octets, found.nic_details[0].rx_errors) == (7, 1)
    assert power_state.STATE_MAP[power_state.PAUSED] == found.state


def test_power_on_again_after_an_ipl_of_the_host(ours: ZVMDriver, node: Node, instance: Any) -> None:
    node.refuse("PUT", "/xcatws/nodes/.*/power", 200, 8)
    node.guests = [guest()]
    ours.resume_state_on_host_boot(None, instance, [], [])


def test_the_rest(
    ours: ZVMDriver, conf: cfg.ConfigOpts, instance: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zvm.nova.driver.CONF", SimpleNamespace(my_ip="192.0.2.1"))
    assert ours.get_host_ip_addr() == "192.0.2.1"
    assert ours.set_host_enabled(True) == "enabled"
    assert ours.get_instance_disk_info(instance) == "[]"
    assert ours.poll_rebooting_instances(10, [instance]) is None
    assert ours.capabilities_as_traits()["COMPUTE_IMAGE_TYPE_RAW"] is True
    assert CONF.zvm_xcat


def test_cleanup(ours: ZVMDriver, node: Node, instance: Any) -> None:
    ours.cleanup(None, instance, [], destroy_disks=False, destroy_vifs=False)
    assert node.calls() == []
    ours.cleanup(None, instance, [])
    assert node.calls() == ["DELETE /xcatws/vms/ibm0001", "DELETE /xcatws/nodes/ibm0001"]
