# SPDX-License-Identifier: Apache-2.0
"""Volumes over Fibre Channel: attached to running and to stopped servers, over two channel paths.

Each leaves no FCP device, no LUN and no directory statement behind.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import requests
from nova import context, objects
from nova.tests import fixtures

from tests.support.storage_server import TARGETS
from tests.support.volume_servers import VolumeServers


class TestVolumes(VolumeServers):
    """Beside a root disk of the server's own."""

    def test_running(self) -> None:
        server = self.boot()
        before = self.inventory()
        volume = self.san.volume(content=b"written by the storage server")
        self.attach(server, volume)
        connector = self.san.connectors[0]
        assert len(connector["wwpns"]) == len(connector["wwnns"]) == 2
        assert self.san.seen_by(volume) == sorted(connector["wwpns"])
        assert self.reserved(server) == self.given(server) == {"0400": "1FA0", "0401": "1FB0"}
        assert len(self.paths(server, volume)) == 2 * len(TARGETS)
        device = self.device(volume)
        assert self.read(server, device, 29) == b"written by the storage server"
        self.write(server, device, b"written by the guest", offset=4096)
        assert self.san.read(volume, 4096, 20) == b"written by the guest"
        self.act(server, {"reboot": {"type": "HARD"}})
        assert self.read(server, device, 20, offset=4096) == b"written by the guest"
        self.detach(server, volume)
        assert self.san.seen_by(volume) == []
        assert self.inventory()["directory"] == before["directory"]
        assert self.inventory()["guests"] == before["guests"]
        self.delete(server)

    def test_stopped(self) -> None:
        server = self.boot()
        self.act(server, {"os-stop": None}, "SHUTOFF")
        before = self.inventory()
        volume = self.san.volume()
        self.attach(server, volume)
        assert sorted(self.reserved(server)) == ["0400", "0401"]
        self.act(server, {"os-start": None})
        self.write(server, self.device(volume), b"found at the start")
        assert self.san.read(volume, 0, 18) == b"found at the start"
        self.act(server, {"os-stop": None}, "SHUTOFF")
        self.detach(server, volume)
        assert self.inventory() == before
        self.delete(server)

    def test_devices_stay_until_the_last_volume_is_gone(self) -> None:
        server = self.boot()
        first, second = self.san.volume(), self.san.volume()
        self.attach(server, first)
        self.attach(server, second, tag="database")
        tagged = {"type": "disk", "bus": "none", "address": "none", "serial": second, "tags": ["database"]}
        assert self.metadata(server)["devices"] == [tagged]
        assert self.san.connectors[0]["wwpns"] == self.san.connectors[1]["wwpns"]
        devices = self.reserved(server)
        self.detach(server, first)
        assert self.reserved(server) == self.given(server) == devices
        assert self.paths(server, first) == []
        assert len(self.paths(server, second)) == 4
        self.detach(server, second)
        admin = context.get_admin_context()
        assert objects.Instance.get_by_uuid(admin, server["id"]).device_metadata.devices == []
        self.delete(server)
        assert self.san.seen_by(second) == []
        assert self.chain.simulator.cp("QUERY FCP ATTACHED")[0] == 40

    def test_extended(self) -> None:
        server = self.boot()
        volume = self.san.volume(64)
        self.attach(server, volume)
        self.san.grow(volume, 1024)
        device = self.device(volume)
        assert self.program(server, "blockdev", "--getsize64", device)[1] == f"{64 << 20}\n"
        event = {"name": "volume-extended", "server_uuid": server["id"], "tag": volume}
        self.api.create_server_external_events([event])
        self.until(lambda: self.program(server, "blockdev", "--getsize64", device)[1] == f"{1 << 30}\n")
        self.delete(server)

    def test_shared_by_two_servers(self) -> None:
        volume = self.san.volume(shared=True)
        servers = [self.boot(), self.boot()]
        for server in servers:
            self.attach(server, volume)
        assert len(self.san.seen_by(volume)) == 4
        self.write(servers[0], self.device(volume), b"from one to the other")
        assert self.read(servers[1], self.device(volume), 21) == b"from one to the other"
        self.detach(servers[0], volume)
        assert len(self.san.seen_by(volume)) == 2
        assert self.read(servers[1], self.device(volume), 21) == b"from one to the other"
        for server in servers:
            self.delete(server)

    def test_what_the_guest_reads_and_writes_is_counted(self) -> None:
        server = self.boot()
        volume = self.san.volume()
        self.attach(server, volume)
        self.write(server, self.device(volume), bytes(8192))
        driver, admin = self.compute.driver, context.get_admin_context()
        instance = objects.Instance.get_by_uuid(admin, server["id"])
        [bdm] = [item for item in self.bdms(server) if item.is_volume]
        counted = driver.block_stats(instance, bdm.device_name.removeprefix("/dev/"))
        assert counted[2:4] == [1, 8192]
        usage = driver.get_all_volume_usage(admin, [{"instance": instance, "instance_bdms": [bdm]}])
        assert [(item["volume"], item["wr_bytes"]) for item in usage] == [(volume, 8192)]
        self.act(server, {"os-stop": None}, "SHUTOFF")
        assert driver.block_stats(instance, "sda") is None
        assert driver.get_all_volume_usage(admin, [{"instance": instance, "instance_bdms": [bdm]}]) == []
        self.delete(server)

    def metadata(self, server: dict[str, Any]) -> dict[str, Any]:
        """Return what Nova's metadata API tells the server of itself, asked as Neutron's agent asks it."""
        secret = "shared with the agent"
        self.flags(group="neutron", service_metadata_proxy=True, metadata_proxy_shared_secret=secret)
        url = f"{self.useFixture(fixtures.OSMetadataServer()).md_url}openstack/latest/meta_data.json"
        signed = hmac.new(secret.encode(), server["id"].encode(), hashlib.sha256).hexdigest()
        names = {"X-Instance-ID": server["id"], "X-Instance-ID-Signature": signed}
        names |= {"X-Tenant-ID": server["tenant_id"], "X-Forwarded-For": "10.0.0.1"}
        answer = requests.get(url, headers=names, timeout=60)
        answer.raise_for_status()
        return dict(answer.json())

    def bdms(self, server: dict[str, Any]) -> list[objects.BlockDeviceMapping]:
        """Return what Nova has written down of the server's disks."""
        admin = context.get_admin_context()
        return list(objects.BlockDeviceMappingList.get_by_instance_uuid(admin, server["id"]))
