# SPDX-License-Identifier: Apache-2.0
"""Servers through Nova's real API, scheduler, conductor and compute manager, down to the simulator.

What is deleted leaves nothing behind: the simulator's inventory before and after is equal.
"""

from __future__ import annotations

import base64
import hashlib

from nova import utils

from tests.support.chain import HOST
from tests.support.servers import Servers


class Lives:
    """Whole lives of servers."""

    def test_life(self) -> None:
        self.delete(self.boot())  # the image is known from here on
        before = self.inventory()
        server = self.boot(networks="auto")
        guest = self.state(server)
        assert guest["state"] == "running"
        assert guest["linux"]["hostname"] == server["OS-EXT-SRV-ATTR:hostname"]
        assert guest["linux"]["instance_id"] == server["id"]
        [port] = server["addresses"]["private"]
        [address] = guest["linux"]["configured"][port["OS-EXT-IPS-MAC:mac_addr"]]
        assert address.split("/")[0] == port["addr"]

        server = self.act(server, {"pause": None}, "PAUSED")
        assert self.state(server)["state"] == "stopped"
        server = self.act(server, {"unpause": None})
        for kind in ("SOFT", "HARD"):
            logon = self.logon_time(server)
            server = self.act(server, {"reboot": {"type": kind}})
            assert self.logon_time(server) != logon
        server = self.act(server, {"os-stop": None}, "SHUTOFF")
        assert self.state(server) is None
        server = self.act(server, {"os-start": None})
        assert self.state(server)["state"] == "running"

        log = self.api.post_server_action(server["id"], {"os-getConsoleOutput": {}})["output"]
        assert "Linux version" in log
        assert len(log.splitlines()) > 3
        self.api.post_server_action(server["id"], {"changePassword": {"adminPass": "new-Secret-1"}})
        self.until(lambda: self.password_of_root(server) == hashlib.sha256(b"new-Secret-1").hexdigest())

        self.delete(server)
        assert self.inventory() == before

    def logon_time(self, server: dict) -> float:
        """Return when the server's guest was logged on."""
        userid = server["OS-EXT-SRV-ATTR:instance_name"].upper()
        return self.chain.simulator.control("GET", "/inventory")["counters"]["logon_times"][userid]

    def password_of_root(self, server: dict) -> str | None:
        """Return the digest of root's password in the server."""
        return self.state(server)["linux"]["passwords"].get("root")

    def test_ten_of_a_new_image_at_once(self) -> None:
        """It is fetched and stored once."""
        self.delete(self.boot())
        self.image = self.glance.add(self.new_image())
        before = self.inventory()
        servers = self.boot_many(10)
        assert self.glance.downloads[self.image] == 1
        assert len({self.state(server)["linux"]["instance_id"] for server in servers}) == 10
        self.delete_many(servers)
        after = self.inventory()
        for state in (before, after):
            del state["directory"]["ZVMGOLD"]  # keeps the new image's golden minidisk
        assert after == before


class TestServers(Lives, Servers):
    """What a user does with servers."""

    def test_files_password_and_user_data(self) -> None:
        content = base64.b64encode(b"hello\n").decode()
        with utils.temporary_mutation(self.api, microversion="2.56"):
            body = self._build_server(image_uuid=self.image, networks="none")
            body["personality"] = [{"path": "/etc/greeting", "contents": content}]
            body["adminPass"] = "first-Secret-1"
            server = self.api.post_server({"server": body})
        server = self.until(lambda: self.seen(server, "ACTIVE"))
        linux = self.state(server)["linux"]
        assert linux["files"]["/etc/greeting"] == content
        assert linux["passwords"]["root"] == hashlib.sha256(b"first-Secret-1").hexdigest()
        self.delete(server)

    def test_a_rebuild_keeps_the_server(self) -> None:
        server = self.boot()
        server = self.act(server, {"rebuild": {"imageRef": self.glance.add(self.new_image())}})
        assert self.state(server)["state"] == "running"
        self.delete(server)

    def test_a_restart_of_the_service_finds_its_servers(self) -> None:
        server = self.boot(networks="auto")
        self.compute = self.restart_compute_service(self.compute)
        assert self.compute.driver.list_instance_uuids() == [server["id"]]
        assert self.seen(server, "ACTIVE")
        self.delete(server)

    def test_neutron_is_waited_for(self) -> None:
        self.port_status = "DOWN"
        self.flags(vif_plugging_timeout=60)
        server = self.post(networks="auto")
        self.until(lambda: self.inventory()["guests"].get("IBM0001"))
        assert self.api.get_server(server["id"])["status"] == "BUILD"
        [port] = [port for port in self.neutron._ports.values() if port.get("device_id") == server["id"]]
        event = {"name": "network-vif-plugged", "server_uuid": server["id"], "tag": port["id"]}
        self.api.create_server_external_events([event])
        self.until(lambda: self.seen(server, "ACTIVE"))
        self.delete(self.api.get_server(server["id"]))

    def test_the_host_as_nova_and_placement_see_it(self) -> None:
        [hypervisor] = self.api.api_get("/os-hypervisors/detail").body["hypervisors"]
        assert hypervisor["hypervisor_type"] == "zvm"
        assert hypervisor["hypervisor_hostname"] == HOST
        assert hypervisor["hypervisor_version"] >= 7004000
        assert " up " in hypervisor["uptime"]
        provider = self._get_provider_uuid_by_name(HOST)
        assert set(self._get_provider_inventory(provider)) == {"VCPU", "MEMORY_MB", "DISK_GB"}
        traits = self._get_provider_traits(provider)
        assert {"HW_ARCH_S390X", "COMPUTE_IMAGE_TYPE_RAW", "COMPUTE_IMAGE_TYPE_QCOW2"} <= set(traits)
