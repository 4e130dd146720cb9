# SPDX-License-Identifier: Apache-2.0
"""Servers that boot from a volume over Fibre Channel: CP loads them from the LUN (LOADDEV)."""

from __future__ import annotations

from tests.support import images
from tests.support.volume_servers import VolumeServers


class TestBootFromVolume(VolumeServers):
    """The volume has the system; the guest has no minidisk."""

    def root(self, content: bytes | None = None) -> str:
        """Make a volume from an image."""
        return self.san.volume(content=content or images.bootable(), image=self.image)

    def test_life(self) -> None:
        before = self.inventory()
        volume, data = self.root(), self.san.volume()
        server = self.boot_from_volume(volume, "ACTIVE", data)
        records = self.inventory()["directory"][self.userid(server)]
        assert not [record for record in records if record.startswith("MDISK")]
        assert "IPL 0400" in records
        assert self.state(server)["linux"]["instance_id"] == server["id"]
        assert self.state(server)["ipl_device"] == "0400"
        self.write(server, self.device(data), b"beside the root")
        assert self.san.read(data, 0, 15) == b"beside the root"
        self.act(server, {"reboot": {"type": "HARD"}})
        self.act(server, {"os-stop": None}, "SHUTOFF")
        self.act(server, {"os-start": None})
        assert self.state(server)["linux"]["instance_id"] == server["id"]
        assert self.read(server, self.device(data), 15) == b"beside the root"
        node = server["OS-EXT-SRV-ATTR:instance_name"]
        wwid = f"3{self.san.luns[volume]['uuid'].lower()}"
        assert self.program(server, "multipath", "-f", wwid)[0] == 1, f"the root of {node} is in use"
        self.delete(server)
        assert self.inventory() == before
        assert self.san.seen_by(volume) == self.san.seen_by(data) == []

    def test_a_volume_without_a_system(self) -> None:
        before = self.inventory()
        volume = self.root(images.blank())
        server = self.boot_from_volume(volume, "ERROR")
        assert "HCPGIR450W" in server["fault"]["message"]
        self.until(lambda: self.inventory() == before)
        self.delete(server)
        assert self.san.seen_by(volume) == []

    def test_a_build_that_is_refused_after_its_devices_were_reserved(self) -> None:
        before = self.inventory()
        self.flags(user_profile="NOSUCH", group="zvm_xcat")
        volume = self.root()
        server = self.boot_from_volume(volume, "ERROR")
        self.until(lambda: self.inventory() == before)
        self.delete(server)
        assert self.san.seen_by(volume) == []

    def test_a_build_without_a_free_device(self) -> None:
        self.flags(group="zvm_xcat", fcp_devices="1FAF")
        before = self.inventory()
        server = self.boot_from_volume(self.root(), "ERROR")
        assert self.inventory() == before
        self.delete(server)

    def test_rebuilt_with_another_image(self) -> None:
        volume, data = self.root(), self.san.volume(content=b"kept")
        server = self.boot_from_volume(volume, "ACTIVE", data)
        names = self.san.seen_by(volume)
        image = self.glance.add(images.bootable(seed="another"))
        self.act(server, {"rebuild": {"imageRef": image}})
        assert self.san.read(volume, 0, 4096) == images.bootable(seed="another")[:4096]
        assert self.state(server)["ipl_device"] == "0400"
        assert self.san.seen_by(volume) == self.san.seen_by(data) == names
        assert self.read(server, self.device(data), 4) == b"kept"
        self.delete(server)
