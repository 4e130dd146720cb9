# SPDX-License-Identifier: Apache-2.0
"""Volumes over iSCSI: the guest itself logs in, with a password (CHAP); nothing is left when it loses one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support import images
from tests.support.iscsi_server import SECRET, IscsiServer
from tests.support.volume_servers import VolumeServers


class TestIscsiVolumes(VolumeServers):
    """Servers with a network, which leads to the storage server."""

    fcp_devices = ""

    def _setup_services(self) -> None:
        backend = "nova.keymgr.conf_key_mgr.ConfKeyManager"
        self.flags(group="key_manager", backend=backend, fixed_key="5ca1ab1e" * 8)
        super()._setup_services()

    def make_server(self) -> IscsiServer:
        return IscsiServer(self, self.chain.simulator)

    def boot(self, expected: str = "ACTIVE", **how: Any) -> dict[str, Any]:
        """Create a server with a port."""
        return super().boot(expected, **{"networks": "auto", **how})

    def address(self, server: dict[str, Any]) -> str:
        """Return the server's first address."""
        [ports] = self.api.get_server(server["id"])["addresses"].values()
        return str(ports[0]["addr"])

    def sessions(self, server: dict[str, Any]) -> str:
        """Return what iscsiadm says of the guest's sessions."""
        return self.program(server, "iscsiadm", "-m", "session")[1]

    def records(self, server: dict[str, Any]) -> str:
        """Return the files with the guest's records of targets."""
        return self.program(server, "find", "/etc/iscsi/nodes", "-type", "f")[1]

    def test_life(self) -> None:
        server = self.boot()
        before = self.inventory()
        volume = self.san.volume(content=b"written by the storage server")
        self.attach(server, volume)
        connector = self.san.connectors[0]
        assert self.san.seen_by(volume) == [connector["initiator"]]
        assert server["id"] in connector["initiator"]
        assert connector["ip"] == self.address(server)
        device = self.san.device(volume)
        assert self.read(server, device, 29) == b"written by the storage server"
        self.write(server, device, b"written by the guest", offset=4096)
        assert self.san.read(volume, 4096, 20) == b"written by the guest"
        self.act(server, {"reboot": {"type": "HARD"}})
        assert self.read(server, device, 20, offset=4096) == b"written by the guest"
        second = self.san.encrypt(self.san.volume())
        self.attach(server, second)
        self.write(server, f"/dev/mapper/crypt-{second}", b"in clear for the guest alone")
        assert b"in clear" not in self.san.read(second, 0, 32 << 20)
        assert self.san.connectors[1]["initiator"] == connector["initiator"]
        self.detach(server, volume)
        assert (self.san.iqn(volume) in self.sessions(server), self.san.seen_by(volume)) == (False, [])
        assert self.san.iqn(second) in self.sessions(server)
        self.detach(server, second)
        assert (self.sessions(server), self.records(server)) == ("", "")
        self.until(lambda: self.inventory()["directory"] == before["directory"])
        self.delete(server)
        logs = [self.stdlog.logger.output]
        logs += [daemon.log.read_text() for daemon in (self.chain.manager, self.chain.zhcp)]
        assert not [log for log in logs if SECRET in log]

    def test_off(self) -> None:
        """A server that is made with a volume, and one that is off, have it once they are on."""
        first = self.san.volume(content=b"from the start")
        body = self._build_server(image_uuid=self.image, networks="auto")
        disks = [
            {"boot_index": 0, "uuid": self.image, "source_type": "image", "destination_type": "local"},
            {"boot_index": -1, "uuid": first, "source_type": "volume", "destination_type": "volume"},
        ]
        server = self.api.post_server({"server": {**body, "block_device_mapping_v2": disks}})
        server = self.until(lambda: self.seen(server, "ACTIVE"))
        assert self.read(server, self.san.device(first), 14) == b"from the start"
        self.act(server, {"os-stop": None}, "SHUTOFF")
        second = self.san.volume()
        self.attach(server, second)
        self.act(server, {"os-start": None})
        self.write(server, self.san.device(second), b"found at the start")
        self.san.grow(second, 1024)
        event = {"name": "volume-extended", "server_uuid": server["id"], "tag": second}
        self.api.create_server_external_events([event])
        size, device = f"{1 << 30}\n", self.san.device(second)
        self.until(lambda: self.program(server, "blockdev", "--getsize64", device)[1] == size)
        self.delete(server)
        assert self.san.seen_by(first) == self.san.seen_by(second) == []

    def test_refused(self) -> None:
        """A wrong password, none, a guest without a network, and a volume that the guest uses."""
        server = self.boot()
        volume = self.san.volume()
        self.attach(server, volume)
        self.detach(server, volume)
        before = self.inventory()
        for told in ("wrong", None):
            self.san.told[volume] = told
            self.refused(server, volume)
            assert (self.sessions(server), self.records(server)) == ("", "")
        assert "login authorization failure" in self.stdlog.logger.output
        assert self.inventory() == before
        del self.san.told[volume]
        self.attach(server, volume)
        assert self.program(server, "mount", self.san.device(volume), "/data")[0] == 0
        self.api.delete_server_volume(server["id"], volume)
        self.until(lambda: self.san.volumes[volume]["status"] == "in-use" and self.seen(server, "ACTIVE"))
        assert "at /data" in self.stdlog.logger.output
        assert self.san.iqn(volume) in self.sessions(server)
        self.program(server, "umount", "/data")
        self.detach(server, volume)
        self.delete(server)
        lonely = self.boot(networks="none")
        self.refused(lonely, self.san.volume())
        self.delete(lonely)

    @pytest.mark.faults
    def test_faults(self) -> None:
        """An agent that refuses or falls silent in the middle, a lost answer, a zHCP that dies."""
        server = self.boot()
        volume = self.san.volume()
        self.attach(server, volume)  # makes the record of the initiator, which stays
        self.detach(server, volume)
        before = self.inventory()
        log_in = f"guest-exec iscsiadm -m node -T {self.san.iqn(volume)} -p 10.9.0.1:3260 --login"
        for fault in ({"rc": 1, "text": "out of memory"}, {"drop": "before", "times": 2}):
            self.fault(log_in, kind="agent", **fault)
            self.refused(server, volume)
            assert self.inventory() == before
        self.fault(log_in, kind="agent", drop="after_commit")
        self.attach(server, volume)
        self.fault(log_in.replace("--login", "--logout"), kind="agent", drop="after_commit")
        self.detach(server, volume)
        assert self.inventory() == before
        self.fault(log_in, kind="agent", delay=3)
        self.zhcp_dies_while_attaching(server, volume)
        self.attach(server, volume)
        self.write(server, self.san.device(volume), b"after all")
        self.detach(server, volume)
        self.until(lambda: self.inventory() == before)
        self.delete(server)

    def test_a_root_volume(self) -> None:
        before = self.inventory()
        volume = self.san.volume(content=images.bootable(), image=self.image)
        server = self.boot_from_volume(volume, "ERROR")
        assert "CP has no initiator" in server["fault"]["message"]
        self.until(lambda: self.inventory() == before)
        self.delete(server)
        assert self.san.seen_by(volume) == []
