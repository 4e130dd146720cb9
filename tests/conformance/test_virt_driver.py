# SPDX-License-Identifier: Apache-2.0
"""Nova's own behaviour tests for virt drivers, on the real chain down to the simulator.

Nova's decorator turns NotImplementedError into a pass; here it is taken off, so that a pass means that the
verb was carried out, or that it stands on the list of what z/VM cannot do and says so.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

import pytest
from nova import objects, test
from nova.network import model
from nova.tests import fixtures
from nova.tests.unit import utils
from nova.tests.unit.virt import test_virt_drivers

from tests.support.images import image_service
from tests.support.nova_chain import NovaChain
from tests.support.nova_compute import configure, remove_guests
from tests.support.storage_server import TARGETS
from zvm.nova import os_vif_plugin

os_vif_plugin.join_nova()

#: Verbs that z/VM has nothing for, and why.
IMPOSSIBLE = {
    "get_mks_console": "a console of VMware",
    "get_spice_console": "a guest of z/VM has no graphics device",
    "host_power_action": "SHUTDOWN ends z/VM with everybody's guests, and from here nobody could start it",
}
#: Nova's tests whose verb this driver does not have, with that verb.
NOT_IMPLEMENTED = {
    "test_get_mks_console": "get_mks_console",
    "test_get_spice_console": "get_spice_console",
    "test_host_power_action_reboot": "host_power_action",
    "test_host_power_action_shutdown": "host_power_action",
    "test_host_power_action_startup": "host_power_action",
}


def uncaught(name: str, wrapped: Callable[..., None]) -> Callable[..., None]:
    """Return Nova's test without the decorator that swallows NotImplementedError.

    It fails when a verb is not implemented and not on the list, or on the list and implemented.
    """
    inner = wrapped.__wrapped__ if wrapped.__code__.co_name == "wrapped_func" else wrapped
    missing = NOT_IMPLEMENTED.get(name)

    @functools.wraps(inner)
    def run(self: Any) -> None:
        try:
            inner(self)
        except NotImplementedError as problem:
            traceback = problem.__traceback__
            while traceback.tb_next:
                traceback = traceback.tb_next
            verb = traceback.tb_frame.f_code.co_name
            assert verb == missing, f"{verb} is not implemented"
        else:
            assert missing is None, f"{missing} is implemented: take it off the list"

    del run.__wrapped__  # pytest would take the patched arguments of what is inside for fixtures
    return run


NOVAS_TESTS = {
    name: getattr(test_virt_drivers._VirtDriverTestCase, name)
    for name in dir(test_virt_drivers._VirtDriverTestCase)
    if name.startswith("test_")
}


def small_flavor(*args: Any, make: Callable[..., Any] = utils.get_test_flavor) -> objects.Flavor:
    """Return Nova's test flavor with a disk that a simulated volume can hold."""
    return make(*args, options={"root_gb": 1})


def whole_instance(*args: Any, make: Callable[..., Any] = utils.get_test_instance, **kwargs: Any) -> Any:
    """Return Nova's test instance as the compute manager hands it out: named, its metadata loaded."""
    instance = make(*args, **kwargs)
    if isinstance(instance, objects.Instance):
        assert instance.metadata == {}
        instance.hostname = "test"
    return instance


def whole_network(
    *args: Any, make: Callable[..., model.NetworkInfo] = utils.get_test_network_info
) -> model.NetworkInfo:
    """Return Nova's test network as Neutron's is for z/VM: MAC addresses it can have, floating ones known."""
    network_info = make(*args)
    for vif in network_info:
        vif["address"] = "02:00:06" + vif["address"][8:]
        for subnet in vif["network"]["subnets"]:
            subnet["ips"] = [model.FixedIP(address=ip["address"]) for ip in subnet["ips"]]
    return network_info


def with_whole_instances(connector: Callable[..., Any]) -> Callable[..., Any]:
    """Return ``connector`` for Nova's tests, which hand in an instance with nothing but an id."""
    facts = {"id": 4242, "vm_state": "building", "task_state": "spawning", "hostname": "test"}
    whole = objects.Instance(uuid="6f70656e-7374-6163-6b20-6f6e207a2f56", **facts)
    return lambda instance: connector(whole if instance == {"id": "fake"} else instance)


class TestVirtDriver(test_virt_drivers._VirtDriverTestCase, test.TestCase):
    """Nova's tests, our driver."""

    driver_module = "nova.virt.zvm_xcat.ZVMDriver"
    _check_available_resource_fields = (
        test_virt_drivers._VirtDriverTestCase._check_available_resource_fields.__wrapped__
    )

    @pytest.fixture(autouse=True)
    def _use_chain(self, nova_chain: NovaChain) -> None:
        self.chain = nova_chain

    def _clear_attrs(self) -> None:
        """Nova deletes every attribute, pytest's own too."""

    def setUp(self) -> None:
        configure(self, self.chain, fcp_devices="1FA0-1FBF")
        super().setUp()
        self.image_service = image_service(self)
        self.useFixture(fixtures.NeutronFixture(self))
        self.stub_out("nova.tests.unit.utils.get_test_flavor", small_flavor)
        self.stub_out("nova.tests.unit.utils.get_test_instance", whole_instance)
        self.stub_out("nova.tests.unit.utils.get_test_network_info", whole_network)
        self.connection.init_host("myhostname")
        self.connection.get_volume_connector = with_whole_instances(self.connection.get_volume_connector)
        self._use_luns()
        self.addCleanup(self.connection.cleanup_host, "myhostname")
        self.connection.active_migrations = {}  # one of the tests writes into it
        self.addCleanup(remove_guests, self.connection)

    def _lun(self, number: str) -> dict[str, Any]:
        """Return a LUN that the simulator has for this test."""
        control = self.chain.simulator.control
        lun: dict[str, Any] = control(
            "POST", "/array/luns", {"lun": number, "blocks": 4096, "targets": TARGETS}
        )
        self.addCleanup(control, "DELETE", f"/array/luns/{lun['uuid']}")
        return lun

    def _use_luns(self) -> None:
        """Let the volumes of Nova's tests, which are of the type "fake", be LUNs of the simulator's."""
        luns = [self._lun("3eee"), self._lun("3eef")]

        def real(connection_info: dict[str, Any], which: int = 0) -> None:
            lun = luns[which]
            data = {"target_wwn": TARGETS, "target_lun": int(lun["lun"][:4], 16)}
            connection_info.update(driver_volume_type="fibre_channel", serial=lun["uuid"], data=data)

        def attach(context: Any, connection_info: Any, *args: Any, do: Any = self.connection.attach_volume):
            real(connection_info)
            return do(context, connection_info, *args)

        power_on = self.connection.power_on

        def powered_on(context: Any, instance: Any, vifs: Any, disks: Any) -> Any:
            for volume in (disks or {}).get("block_device_mapping", ()):
                real(volume["connection_info"])
            return power_on(context, instance, vifs, disks)

        def swap(context: Any, old: Any, new: Any, *args: Any, do: Any = self.connection.swap_volume):
            real(old)
            real(new, 1)
            return do(context, old, new, *args)

        self.connection.swap_volume = swap
        stats = self.connection.block_stats
        self.connection.block_stats = lambda instance, disk: stats(instance, "dasda")
        self.connection.attach_volume = attach
        self.connection.power_on = powered_on


for _name, _test in NOVAS_TESTS.items():
    setattr(TestVirtDriver, _name, uncaught(_name, _test))


def test_the_count(capsys: pytest.CaptureFixture[str]) -> None:
    """59 of Nova's 64 tests are carried out; every other one is on the list, and z/VM has nothing for it."""
    executed = set(NOVAS_TESTS) - set(NOT_IMPLEMENTED)
    width = max(map(len, NOVAS_TESTS))
    with capsys.disabled():
        sys.stdout.write(f"\n{'Nova test':{width}} result\n")
        for name in sorted(NOVAS_TESTS):
            verb = NOT_IMPLEMENTED.get(name)
            what = f"{verb}: impossible: {IMPOSSIBLE[verb]}" if verb else "executed"
            sys.stdout.write(f"{name:{width}} {what}\n")
        sys.stdout.write(f"executed: {len(executed)} of {len(NOVAS_TESTS)}\n")
    assert set(NOT_IMPLEMENTED.values()) == set(IMPOSSIBLE)
    assert (len(executed), len(NOVAS_TESTS)) == (59, 64)
