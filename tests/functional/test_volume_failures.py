# SPDX-License-Identifier: Apache-2.0
"""What goes wrong with volumes is told with its numbers and leaves no FCP device, LUN or statement behind."""

from __future__ import annotations

from typing import Any

import pytest
from nova import context, objects

from tests.support.volume_servers import VolumeServers
from zvm.nova import exceptions


@pytest.mark.faults
class TestVolumeFailures(VolumeServers):
    """One thing fails in the middle of an attachment."""

    def instance(self, server: dict[str, Any]) -> objects.Instance:
        """Return Nova's object."""
        return objects.Instance.get_by_uuid(context.get_admin_context(), server["id"])

    def test_z_vm_refuses(self) -> None:
        server = self.boot()
        before = self.inventory()
        for function in ("Image_Device_Dedicate_DM", "Image_Device_Dedicate", "System_WWPN_Query"):
            self.fault(function, rc=396, rs=1)
            self.refused(server, self.san.volume())
            self.until(lambda: self.inventory() == before)
        self.delete(server)

    def test_a_rate_that_z_vm_cannot_limit(self) -> None:
        server = self.boot()
        before = self.inventory()
        self.san.qos = {"read_iops_sec": "100"}
        self.refused(server, self.san.volume())
        self.until(lambda: self.inventory() == before)
        self.delete(server)

    def test_no_device_is_free(self) -> None:
        self.flags(group="zvm_xcat", fcp_devices="1FA0;1FB0-1FB1")
        first, second = self.boot(), self.boot()
        self.attach(first, self.san.volume())
        before = self.inventory()
        with pytest.raises(exceptions.Refused) as refused:
            self.compute.driver.get_volume_connector(self.instance(second))
        for text in ("2 paths wanted", "CHPID 50: 1 devices, 1 in use", "CHPID 51: 2 devices, 1 in use"):
            assert text in str(refused.value)
        self.refused(second, self.san.volume())
        assert self.inventory() == before
        self.delete(first)
        self.attach(second, self.san.volume())
        self.delete(second)

    def test_devices_held_in_vain_are_given_to_who_needs_them(self) -> None:
        self.flags(group="zvm_xcat", fcp_devices="1FA0;1FB0")
        first, second = self.boot(), self.boot()
        instance = self.instance(first)
        connector = self.compute.driver.get_volume_connector(instance)
        assert self.compute.driver.get_volume_connector(instance) == connector
        assert len(self.reserved(first)) == 2
        self.attach(second, self.san.volume())
        assert (len(self.reserved(first)), len(self.reserved(second))) == (0, 2)
        for server in (first, second):
            self.delete(server)

    def test_a_lost_reply(self) -> None:
        server = self.boot()
        before = self.inventory()
        for function in ("Image_Device_Dedicate_DM", "Image_Device_Dedicate"):
            self.fault(function, drop="after_commit")
            volume = self.san.volume()
            self.attach(server, volume)
            assert len(self.reserved(server)) == len(self.given(server)) == 2
            self.detach(server, volume)
            self.until(lambda: self.inventory() == before)
        self.delete(server)

    def test_the_guest_uses_it(self) -> None:
        server = self.boot()
        before = self.inventory()
        volume = self.san.volume()
        self.attach(server, volume)
        assert self.program(server, "mount", self.device(volume), "/data")[0] == 0
        self.api.delete_server_volume(server["id"], volume)
        self.until(lambda: self.san.volumes[volume]["status"] == "in-use" and self.seen(server, "ACTIVE"))
        assert volume in self.volumes_of(server)
        assert len(self.paths(server, volume)) == 4
        self.program(server, "umount", "/data")
        self.detach(server, volume)
        self.until(lambda: self.inventory() == before)
        self.delete(server)

    def test_a_zhcp_that_dies_at_work(self) -> None:
        """The reservation cannot be given back then; the service does it when it starts."""
        server = self.boot()
        before = self.inventory()
        self.fault("Image_Device_Dedicate", delay=3)
        volume = self.san.volume()
        self.zhcp_dies_while_attaching(server, volume)
        assert volume not in self.volumes_of(server)
        assert self.reserved(server)
        self.restart_compute_service(self.compute)
        self.until(lambda: self.inventory()["directory"] == before["directory"])
        self.delete(server)
