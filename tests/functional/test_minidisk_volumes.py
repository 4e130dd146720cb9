# SPDX-License-Identifier: Apache-2.0
"""Minidisk volumes of servers through Nova's API: attached, booted from, shared, detached; nothing left."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.support import images
from tests.support.chain import HOST
from tests.support.minidisk_cinder import MinidiskCinder
from tests.support.servers import Servers
from zvm.manager.volumes.volume import userid_of
from zvm.nova import exceptions

#: The name under which Linux has the device 0200, whatever else it has.
DEVICE = "/dev/disk/by-path/ccw-0.0.0200"


class MinidiskServers(Servers):
    """Servers beside a Cinder with real minidisks."""

    def _setup_services(self) -> None:
        self.cinder = self.useFixture(MinidiskCinder(self, self.chain))
        super()._setup_services()
        self.addCleanup(self.chain.simulator.control, "DELETE", "/faults")

    def attach(self, server: dict[str, Any], volume: str) -> None:
        """Attach a volume and wait until Nova says that it is."""
        self.notifier.reset()
        self.api.post_server_volume(server["id"], {"volumeAttachment": {"volumeId": volume}})
        self.notified("attach.end")

    def detach(self, server: dict[str, Any], volume: str) -> None:
        """Detach a volume and wait until Nova says that it is."""
        self.notifier.reset()
        self.api.delete_server_volume(server["id"], volume)
        self.notified("detach.end")

    def notified(self, what: str) -> None:
        """Wait until Nova says what became of a volume."""
        self.notifier.wait_for_versioned_notifications(f"instance.volume_{what}", timeout=60)

    def guest(self, server: dict[str, Any], execute: str, **arguments: Any) -> Any:
        """Ask the agent in the server's guest."""
        name = server["OS-EXT-SRV-ATTR:instance_name"]
        return self.compute.driver._session.agent(name, execute, arguments)

    def program(self, server: dict[str, Any], path: str, *words: str) -> int:
        """Run a program in the guest and return its exit code."""
        pid = self.guest(server, "guest-exec", path=path, arg=words)["pid"]
        return int(self.guest(server, "guest-exec-status", pid=pid)["exitcode"])

    def read(self, server: dict[str, Any], length: int) -> bytes:
        """Return what the guest's Linux reads from its device 0200."""
        handle = self.guest(server, "guest-file-open", path=DEVICE, mode="r")
        answer = self.guest(server, "guest-file-read", handle=handle, count=length)
        self.guest(server, "guest-file-close", handle=handle)
        return base64.b64decode(answer["buf-b64"])

    def write(self, server: dict[str, Any], data: bytes) -> None:
        """Let the guest's Linux write to its device 0200."""
        handle = self.guest(server, "guest-file-open", path=DEVICE, mode="r+")
        self.guest(server, "guest-file-write", handle=handle, **{"buf-b64": base64.b64encode(data).decode()})
        self.guest(server, "guest-file-close", handle=handle)

    def devices(self, server: dict[str, Any]) -> dict[str, Any]:
        """Return the devices that CP gave the running guest."""
        return dict(self.state(server)["devices"])

    def entry(self, server: dict[str, Any]) -> list[str]:
        """Return the guest's directory entry."""
        return list(self.inventory()["directory"][self.userid(server)])


class TestMinidiskVolumes(MinidiskServers):
    """What users do with volumes."""

    def test_running(self) -> None:
        server = self.boot()
        before = self.inventory()
        volume = self.cinder.make()
        free = self.inventory()
        self.attach(server, volume)
        device = self.devices(server)["0200"]
        assert (device["owner"], device["write"]) == (userid_of(volume), True)
        self.act(server, {"reboot": {"type": "HARD"}})
        assert "0200" in self.devices(server)
        self.detach(server, volume)
        assert self.inventory() == free
        self.cinder.minidisks.delete(volume)
        assert self.inventory() == before

    def test_the_guest_reads_and_writes_it(self) -> None:
        """Data goes with the volume from one server to the next."""
        servers = [self.boot() for _ in range(2)]
        volume = self.cinder.make(b"from outside".ljust(49152, b"."))
        self.attach(servers[0], volume)
        assert self.read(servers[0], 12) == b"from outside"
        self.write(servers[0], b"from linux 1")
        self.detach(servers[0], volume)
        with pytest.raises(exceptions.Refused):
            self.read(servers[0], 12)
        self.attach(servers[1], volume)
        assert self.read(servers[1], 12) == b"from linux 1"
        self.detach(servers[1], volume)
        assert b"".join(self.cinder.minidisks.read(volume, 12)) == b"from linux 1"

    def test_a_volume_that_is_mounted_stays(self) -> None:
        server = self.boot()
        volume = self.cinder.make()
        self.attach(server, volume)
        assert self.program(server, "mount", DEVICE, "/srv") == 0
        self.notifier.reset()
        self.api.delete_server_volume(server["id"], volume)
        self.until(lambda: "in use: /srv" in self.stdlog.logger.output)
        assert self.cinder.attachments(volume)
        assert "0200" in self.devices(server)
        assert self.program(server, "umount", "/srv") == 0
        self.detach(server, volume)

    def test_stopped(self) -> None:
        server = self.boot()
        volumes = [self.cinder.make() for _ in range(2)]
        self.act(server, {"os-stop": None}, "SHUTOFF")
        before = self.inventory()
        for volume in volumes:
            self.attach(server, volume)
        assert [line for line in self.entry(server) if " 020" in line] == [
            f"LINK {userid_of(volume)} 0100 020{number} M" for number, volume in enumerate(volumes)
        ]
        self.act(server, {"os-start": None})
        assert {"0200", "0201"} <= set(self.devices(server))
        self.act(server, {"os-stop": None}, "SHUTOFF")
        for volume in volumes:
            self.detach(server, volume)
        assert self.inventory() == before

    def test_a_server_that_is_made_with_a_volume_and_deleted(self) -> None:
        self.delete(self.boot())  # the image is known now
        volume = self.cinder.make(b"kept".ljust(49152, b"."))
        before = self.inventory()
        body = self._build_server(image_uuid=self.image, networks="none")
        body["block_device_mapping_v2"] = [
            {"boot_index": 0, "uuid": self.image, "source_type": "image", "destination_type": "local"},
            {"boot_index": None, "uuid": volume, "source_type": "volume", "destination_type": "volume"},
        ]
        server = self.api.post_server({"server": body})
        server = self.until(lambda: self.seen(server, "ACTIVE"))
        assert self.devices(server)["0200"]["owner"] == userid_of(volume)
        self.delete(server)
        assert self.inventory() == before
        assert b"".join(self.cinder.minidisks.read(volume, 49152)) == b"kept".ljust(49152, b".")

    def test_a_server_that_boots_from_a_volume(self) -> None:
        volume = self.cinder.make(images.bootable(), id=self.cinder.IMAGE_BACKED_VOL)
        before = self.inventory()
        server = self.boot_from_volume(volume)
        state = self.state(server)
        assert (state["ipl_device"], state["booted"]) == ("0200", True)
        assert "0100" not in state["devices"]
        self.act(server, {"os-stop": None}, "SHUTOFF")
        self.act(server, {"os-start": None})
        assert self.state(server)["ipl_device"] == "0200"
        self.delete(server)
        assert self.inventory() == before

    def test_servers_that_share_a_volume(self) -> None:
        volume = self.cinder.make(id=self.cinder.MULTIATTACH_VOL)
        servers = [self.boot() for _ in range(2)]
        for server in servers:
            self.attach(server, volume)
            assert self.devices(server)["0200"]["write"]
        assert [held["mode"] for held in self.cinder.attachments(volume)] == ["MW", "MW"]
        for server in servers:
            self.detach(server, volume)
        assert self.cinder.attachments(volume) == []


@pytest.mark.faults
class TestMinidiskFaults(MinidiskServers):
    """What goes wrong leaves server and volume as they were."""

    def refused(self, server: dict[str, Any], volume: str) -> None:
        """Attach a volume, which fails; nothing of it stays."""
        before = self.inventory()
        self.notifier.reset()
        self.api.post_server_volume(server["id"], {"volumeAttachment": {"volumeId": volume}})
        self.notified("attach.error")
        self.until(lambda: not self.cinder.volume_to_attachment[volume])
        self.until(lambda: not self.api.get_server_volumes(server["id"]))
        assert self.inventory() == before

    def test_refusals(self) -> None:
        server = self.boot()
        volume = self.cinder.make()
        for function in ("Image_Disk_Share_DM", "Image_Disk_Share"):
            self.fault(function, rc=208, rs=32)
            self.refused(server, volume)
        assert self.chain.simulator.cp(f"LINK {userid_of(volume)} 0100 AS E999 MW")[0] == 0
        self.refused(server, volume)  # somebody linked it by hand
        self.chain.simulator.cp("DETACH E999")
        self.attach(server, volume)
        self.detach(server, volume)

    def test_lost_replies(self) -> None:
        server = self.boot()
        volume = self.cinder.make()
        before = self.inventory()
        self.fault("Image_Disk_Share", drop="after_commit")
        self.attach(server, volume)
        self.fault("Image_Disk_Unshare_DM", drop="after_commit")
        self.detach(server, volume)
        assert self.inventory() == before

    def test_a_dead_zhcp(self) -> None:
        server = self.boot()
        volume = self.cinder.make()
        self.chain.zhcp.kill()
        try:
            self.refused(server, volume)
        finally:
            self.chain.zhcp.start()
        self.until(lambda: self.cinder._client.extension("GET", f"/pools?host={HOST}")["pools"])
        self.attach(server, volume)
        self.detach(server, volume)
