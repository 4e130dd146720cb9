# SPDX-License-Identifier: Apache-2.0
"""Nova's services with volumes: a storage server, and ways to look at a guest's disks from inside."""

from __future__ import annotations

import base64
from typing import Any

from tests.support.servers import Servers
from tests.support.storage_server import StorageServer

#: The FCP devices of the simulated system, on two channel paths.
FCP_DEVICES = "1FA0-1FA7;1FB0-1FB7"


class VolumeServers(Servers):
    """Servers on a host with FCP devices."""

    fcp_devices = FCP_DEVICES

    def _setup_services(self) -> None:
        self.flags(group="zvm_xcat", fcp_devices=self.fcp_devices)
        super()._setup_services()
        self.san = self.useFixture(self.make_server())

    def make_server(self) -> Any:
        """Return the storage server, with Cinder before it."""
        return StorageServer(self, self.chain.simulator)

    # Nova's API

    def attach(self, server: dict[str, Any], volume: str, **how: Any) -> None:
        """Attach a volume and wait until it is in use."""
        body = {"volumeAttachment": {"volumeId": volume, **how}}
        self.api.post_server_volume(server["id"], body)
        self.until(lambda: self.san.has(server["id"], volume))

    def detach(self, server: dict[str, Any], volume: str) -> None:
        """Detach a volume and wait until the server does not have it."""
        self.api.delete_server_volume(server["id"], volume)
        self.until(lambda: volume not in self.volumes_of(server))

    def refused(self, server: dict[str, Any], volume: str) -> None:
        """Attach a volume, wait until Nova says that this has failed, and see that it is not attached."""
        known = self.failures(server)
        self.api.post_server_volume(server["id"], {"volumeAttachment": {"volumeId": volume}})
        self.until(lambda: self.failures(server) > known and self.seen(server, "ACTIVE"))
        assert volume not in self.volumes_of(server)
        assert self.san.seen_by(volume) == []

    def zhcp_dies_while_attaching(self, server: dict[str, Any], volume: str) -> None:
        """Kill the zHCP in the middle of an attachment, which has to fail; start it again.

        The step in the middle is the one that a fault, set before, delays.
        """
        known = self.failures(server)
        self.api.post_server_volume(server["id"], {"volumeAttachment": {"volumeId": volume}})
        self.until(lambda: not self.chain.simulator.control("GET", "/faults"))
        self.chain.zhcp.kill()
        try:
            self.until(lambda: self.failures(server) > known)
        finally:
            self.chain.zhcp.start()
        self.until(self.zhcp_answers)

    def failures(self, server: dict[str, Any]) -> int:
        """Return how many attachments of volumes have failed."""
        actions = self.api.get_instance_actions(server["id"])
        return sum(item["action"] == "attach_volume" and item["message"] == "Error" for item in actions)

    def volumes_of(self, server: dict[str, Any]) -> list[str]:
        """Return the ids of the server's volumes."""
        return [item["volumeId"] for item in self.api.get_server_volumes(server["id"])]

    # the z/VM system

    def reserved(self, server: dict[str, Any]) -> dict[str, str]:
        """Return vdev → rdev of the devices that the directory dedicates to the guest."""
        records = self.inventory()["directory"][self.userid(server)]
        words = [record.split() for record in records if record.startswith("DEDICATE")]
        return {word[1]: word[2] for word in words}

    def given(self, server: dict[str, Any]) -> dict[str, str]:
        """Return vdev → rdev of the devices that CP has given to the running guest."""
        devices = self.state(server)["devices"]
        return {vdev: item["rdev"] for vdev, item in devices.items() if item["kind"] == "DEV"}

    # inside the guest

    def agent(self, server: dict[str, Any], execute: str, **arguments: Any) -> Any:
        """Run a command of the guest's agent."""
        node = server["OS-EXT-SRV-ATTR:instance_name"]
        return self.compute.driver._session.agent(node, execute, arguments)

    def program(self, server: dict[str, Any], *words: str) -> tuple[int, str]:
        """Run a program in the guest; return its exit code and what it printed."""
        order = {"path": words[0], "arg": list(words[1:]), "capture-output": True}
        pid = self.agent(server, "guest-exec", **order)["pid"]
        ended = self.agent(server, "guest-exec-status", pid=pid)
        return ended["exitcode"], base64.b64decode(ended.get("out-data", "")).decode()

    def paths(self, server: dict[str, Any], volume: str) -> list[str]:
        """Return the paths to a volume that the guest sees: FCP device, target port, LUN."""
        lun = f"0x{self.san.luns[volume]['lun'].lower()}"
        lines = self.program(server, "lszfcp", "-D")[1].splitlines()
        return [line.split()[0] for line in lines if lun in line.split()[0]]

    def device(self, volume: str) -> str:
        """Return the name under which a guest finds a volume, whatever the path."""
        return f"/dev/disk/by-id/scsi-3{self.san.luns[volume]['uuid'].lower()}"

    def write(self, server: dict[str, Any], device: str, data: bytes, offset: int = 0) -> None:
        """Write to a block device in the guest."""
        handle = self.agent(server, "guest-file-open", path=device, mode="r+")
        self.agent(server, "guest-file-seek", handle=handle, offset=offset, whence="set")
        encoded = base64.b64encode(data).decode()
        self.agent(server, "guest-file-write", handle=handle, **{"buf-b64": encoded})
        self.agent(server, "guest-file-close", handle=handle)

    def read(self, server: dict[str, Any], device: str, length: int, offset: int = 0) -> bytes:
        """Read a block device in the guest."""
        handle = self.agent(server, "guest-file-open", path=device, mode="r")
        self.agent(server, "guest-file-seek", handle=handle, offset=offset, whence="set")
        answer = self.agent(server, "guest-file-read", handle=handle, count=length)
        self.agent(server, "guest-file-close", handle=handle)
        return base64.b64decode(answer["buf-b64"])
