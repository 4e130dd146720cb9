# SPDX-License-Identifier: Apache-2.0
"""Ephemeral disks and swap: made, in use in the guest, gone with it."""

from __future__ import annotations

from typing import Any

import pytest
from nova import context, objects

from tests.support.servers import Servers


class TestDisks(Servers):
    """Servers of a flavor with more than a root disk."""

    def flavor(self, **how: Any) -> str:
        """Return the id of a new flavor."""
        return self._create_flavor(**{"memory_mb": 512, "vcpu": 1, "disk": 1, "ephemeral": 0, **how})

    def disks(self, server: dict[str, Any]) -> dict[str, int]:
        """Return device number -> size in cylinders of the server's minidisks."""
        detail = self.compute.driver._session.detail(server["OS-EXT-SRV-ATTR:instance_name"])
        return {disk.vdev: disk.size for disk in detail.minidisks}

    def test_ephemeral_disks_and_swap(self) -> None:
        self.delete(self.boot())
        before = self.inventory()
        server = self.boot(flavor_id=self.flavor(ephemeral=2, swap=512))
        assert self.disks(server) == {"0100": 1457, "0101": 2913, "0110": 729}
        assert self.state(server)["linux"]["mounts"] == {"0101": "ephemeral0 on /mnt", "0110": "swap"}
        with context.target_cell(context.get_admin_context(), self.cell_mappings["cell1"]) as cell:
            bdms = objects.BlockDeviceMappingList.get_by_instance_uuid(cell, server["id"])
        assert {bdm.device_name for bdm in bdms} == {"/dev/dasda", "/dev/dasdb", "/dev/dasdq"}
        self.delete(server)
        assert self.inventory() == before

    def test_several_ephemeral_disks(self) -> None:
        blank = {"source_type": "blank", "destination_type": "local", "boot_index": -1, "volume_size": 1}
        image = {
            "uuid": self.image,
            "source_type": "image",
            "destination_type": "local",
            "boot_index": 0,
            "delete_on_termination": True,
        }
        body = self._build_server(image_uuid=self.image, networks="none", flavor_id=self.flavor(ephemeral=2))
        body["block_device_mapping_v2"] = [image, blank, blank]
        server = self.api.post_server({"server": body})
        server = self.until(lambda: self.seen(server, "ACTIVE"))
        assert self.disks(server) == {"0100": 1457, "0101": 1457, "0102": 1457}
        assert self.state(server)["linux"]["mounts"]["0102"] == "ephemeral1 on /mnt/ephemeral1"
        self.delete(server)

    def test_a_pool_without_room_for_the_last_disk(self) -> None:
        self.delete(self.boot())
        before = self.inventory()
        server = self.boot(expected="ERROR", flavor_id=self.flavor(ephemeral=8))
        assert "no room for 8G in pool POOL1" in server["fault"]["message"]
        assert self.inventory() == before
        self.delete(server)

    @pytest.mark.faults
    def test_a_lost_reply_leaves_nothing(self) -> None:
        self.delete(self.boot())
        before = self.inventory()
        self.fault("Image_Disk_Create_DM", drop="after_commit")
        server = self.boot_any(self.flavor(ephemeral=1))
        if server["status"] == "ACTIVE":
            assert self.disks(server) == {"0100": 1457, "0101": 1457}
        self.delete(server)
        assert self.inventory() == before

    def boot_any(self, flavor: str) -> dict[str, Any]:
        """Create a server and return it once it is built or has failed."""
        server = self.post(flavor_id=flavor)
        return self.until(lambda: self.settled(server))

    def settled(self, server: dict[str, Any]) -> dict[str, Any] | None:
        """Return the server when Nova has done with it."""
        found = self.api.get_server(server["id"])
        return found if found["OS-EXT-STS:task_state"] is None and found["status"] != "BUILD" else None
