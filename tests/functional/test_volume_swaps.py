# SPDX-License-Identifier: Apache-2.0
"""Volumes exchanged under a running server, as Cinder asks for when it moves one to another back end."""

from __future__ import annotations

from typing import Any

import pytest
from nova.policies import volumes_attachments as policies

from tests.functional.test_minidisk_volumes import DEVICE, MinidiskServers
from tests.support.servers import Servers
from tests.support.volume_servers import VolumeServers
from zvm.manager.volumes.volume import userid_of


class Swapping(Servers):
    """Cinder's part in a migration of a volume."""

    def _setup_services(self) -> None:
        super()._setup_services()
        self.policy.set_rules({policies.POLICY_ROOT % "swap": "@"}, overwrite=False)

    def swap(self, cinder: Any, server: dict[str, Any], old: str, new: str, *, ends: str = "end") -> None:
        """Ask Nova to exchange volumes and wait until it says that it has, or has failed (``error``)."""
        attached = {server["id"]: {"attachment_id": next(iter(cinder.volume_to_attachment[old]))}}
        for id in (old, new):
            cinder.volumes[id] |= {"id": id, "size": 1, "multiattach": False, "availability_zone": "nova"}
            cinder.volumes[id] |= {"status": "available", "attach_status": "detached"}
        cinder.volumes[old] |= {"migration_status": "migrating", "attachments": attached}
        self.notifier.reset()
        self.api.put_server_volume(server["id"], old, new)
        self.notifier.wait_for_versioned_notifications(f"instance.volume_swap.{ends}", timeout=60)
        self.until(lambda: self.seen(server, "ACTIVE"))


class TestFibreChannelSwaps(Swapping, VolumeServers):
    """From one LUN to another."""

    def test_swapped(self) -> None:
        server = self.boot()
        old, new = self.san.volume(content=b"by Cinder"), self.san.volume(128, content=bytes(4096) + b"?")
        self.attach(server, old)
        self.write(server, self.device(old), b"by the guest", offset=8192)
        self.swap(self.san, server, old, new)
        assert self.volumes_of(server) == [new]
        assert self.san.read(new, 0, 16384) == self.san.read(old, 0, 16384)
        assert self.san.read(new, 8192, 12) == b"by the guest"
        assert (self.san.seen_by(old), self.paths(server, old)) == ([], [])
        self.write(server, self.device(new), b"afterwards")
        self.act(server, {"reboot": {"type": "HARD"}})
        assert self.read(server, self.device(new), 10) == b"afterwards"
        assert len(self.paths(server, new)) == 4
        self.detach(server, new)
        assert self.reserved(server) == {}
        self.delete(server)

    def test_refused(self) -> None:
        """A volume that is mounted, and one that does not fit: the server keeps the old one, to write."""
        server = self.boot()
        old = self.san.volume(64, content=b"kept")
        self.attach(server, old)
        before = self.inventory()
        for size, mounted, reason in ((64, True, "at /data"), (32, False, "cannot hold")):
            if mounted:
                assert self.program(server, "mount", self.device(old), "/data")[0] == 0
            new = self.san.volume(size)
            self.swap(self.san, server, old, new, ends="error")
            assert reason in self.stdlog.logger.output
            self.until(lambda id=new: self.san.seen_by(id) == [])
            assert self.volumes_of(server) == [old]
            assert self.paths(server, new) == []
            if mounted:
                assert self.program(server, "umount", "/data")[0] == 0
        assert self.inventory()["guests"] == before["guests"]
        assert self.inventory()["directory"] == before["directory"]
        self.write(server, self.device(old), b"KEPT")
        assert self.san.read(old, 0, 4) == b"KEPT"
        self.delete(server)


class TestMinidiskSwaps(Swapping, MinidiskServers):
    """From one minidisk to another."""

    def test_swapped(self) -> None:
        server = self.boot()
        old, new = self.cinder.make(b"on a minidisk"), self.cinder.make()
        self.attach(server, old)
        free = self.inventory()["guests"]
        self.swap(self.cinder, server, old, new)
        assert self.cinder.attachments(old) == []
        assert b"".join(self.cinder.minidisks.read(new, 13)) == b"on a minidisk"
        assert [device["owner"] for vdev, device in self.devices(server).items() if vdev[:2] == "02"] == [
            userid_of(new)
        ]
        self.detach(server, new)
        assert self.inventory()["guests"].keys() == free.keys()
        assert not [line for line in self.entry(server) if line.startswith("LINK")]
        self.delete(server)

    @pytest.mark.faults
    def test_z_vm_refuses_and_a_dead_zhcp(self) -> None:
        server = self.boot()
        old, new = self.cinder.make(b"stays"), self.cinder.make()
        self.attach(server, old)
        before = self.inventory()
        self.fault("Image_Disk_Share", rc=208, rs=32)
        self.swap(self.cinder, server, old, new, ends="error")
        assert self.inventory() == before
        self.fault("Image_Disk_Unshare", rc=208, rs=36)  # when all is copied
        self.swap(self.cinder, server, old, new, ends="error")
        assert self.inventory() == before
        self.chain.zhcp.kill()
        try:
            self.swap(self.cinder, server, old, new, ends="error")
        finally:
            self.chain.zhcp.start()
        self.until(self.zhcp_answers)
        assert self.inventory() == before
        self.write(server, b"STAYS")
        assert self.read(server, 5) == b"STAYS"
        assert self.program(server, "mount", DEVICE, "/srv") == 0
        self.swap(self.cinder, server, old, new, ends="error")
        assert "at /srv" in self.stdlog.logger.output
        self.delete(server)
