# SPDX-License-Identifier: Apache-2.0
"""Placement's numbers while guests come and go."""

from __future__ import annotations

from typing import Any

from nova import context

from tests.support.member_servers import HOSTS, MemberServers
from tests.support.nova_chain import HOST
from tests.support.volume_servers import VolumeServers
from zvm.nova.fcp_inventory import RESOURCE_CLASS


class TestOneSystem(VolumeServers):
    """Disk and FCP devices of one system."""

    def record(self, name: str) -> dict[str, Any]:
        """Return an inventory record as it is after the periodic update."""
        self.compute.driver._host._pools.expire()
        self.compute.driver._host._fcp.expire()
        self.compute.manager.update_available_resource(context.get_admin_context())
        return self._get_provider_inventory(self._get_provider_uuid_by_name(HOST))[name]

    def test_only_what_is_not_nova_s_is_reserved(self) -> None:
        self.delete(self.boot())  # the image has its golden minidisk
        before = self.record("DISK_GB")
        server = self.boot()
        assert self.record("DISK_GB") == before
        assert self.guests_bytes() > 0
        self.delete(server)
        assert self.record("DISK_GB") == before
        assert self.guests_bytes() == 0

    def test_what_somebody_else_takes_is_reserved(self) -> None:
        before = self.record("DISK_GB")
        with self.foreign_guest("OTHER1"):
            self.give_disk("OTHER1", 3000)
            reserved = self.record("DISK_GB")["reserved"]
            assert reserved - before["reserved"] in (2, 3)  # 2.06 GiB
        assert self.record("DISK_GB") == before

    def guests_bytes(self) -> int:
        """Return what the management node counts as the disks of Nova's guests in the driver's pool."""
        session = self.compute.driver._session
        return next(pool.guests_bytes for pool in session.pools() if pool.name == session.pool)

    def give_disk(self, userid: str, cylinders: int) -> None:
        """Give a userid a minidisk of the driver's pool."""
        where = {"allocation": "AUTOG", "area_or_volser": self.compute.driver._session.pool}
        size = {"device_type": "3390", "unit": 1, "size": cylinders}
        rest = {"mode": "MR", "format": 0, "label": "", "read_pw": "", "write_pw": "", "multi_pw": ""}
        self.chain.simulator.smapi.call("Image_Disk_Create_DM", userid, vdev="0191", **where, **size, **rest)

    def test_fcp_devices(self) -> None:
        assert (self.record(RESOURCE_CLASS)["total"], self.record(RESOURCE_CLASS)["reserved"]) == (16, 0)
        plain = self.boot()
        first = self.san.volume()
        self.attach(plain, first)
        assert self.record(RESOURCE_CLASS)["reserved"] == 2
        extra = {"extra_spec": {f"resources:{RESOURCE_CLASS}": "2"}}
        flavor = self._create_flavor(memory_mb=512, vcpu=1, disk=1, ephemeral=0, **extra)
        asking = self.boot(flavor_id=flavor)
        self.attach(asking, self.san.volume())
        assert self.record(RESOURCE_CLASS)["reserved"] == 2
        assert self._get_allocations_by_server_uuid(asking["id"])[self._get_provider_uuid_by_name(HOST)][
            "resources"
        ] == {"VCPU": 1, "MEMORY_MB": 512, "DISK_GB": 1, RESOURCE_CLASS: 2}
        self.detach(plain, first)
        assert self.record(RESOURCE_CLASS)["reserved"] == 0
        self.delete(plain)
        self.delete(asking)
        assert self.record(RESOURCE_CLASS)["reserved"] == 0


class TestMembers(MemberServers):
    """One pool that the members of a cluster share."""

    def record(self, name: str) -> dict[str, Any]:
        """Return the disk of a compute service's z/VM system as it is after the periodic update."""
        compute = self.computes[name]
        compute.driver._host._pools.expire()
        compute.manager.update_available_resource(context.get_admin_context())
        return self._get_provider_inventory(self._get_provider_uuid_by_name(HOSTS[name]))["DISK_GB"]

    def test_each_member_leaves_the_others_disks_alone(self) -> None:
        for name in HOSTS:  # golden minidisks
            self.delete(self.boot_on(name))
        before = {name: self.record(name)["reserved"] for name in HOSTS}
        assert len({self.record(name)["total"] for name in HOSTS}) == 1
        server = self.boot_on("compute1")
        assert self.record("compute1")["reserved"] == before["compute1"]
        assert self.record("compute2")["reserved"] == before["compute2"] + 1
        self.delete(server)
        assert {name: self.record(name)["reserved"] for name in HOSTS} == before
