# SPDX-License-Identifier: Apache-2.0
"""Evacuation through Nova's API: the guest of a z/VM system that failed runs on, once, on another member."""

from __future__ import annotations

from typing import Any

import pytest
from nova import exception, utils

from tests.support.member_servers import MemberServers


class TestEvacuation(MemberServers):
    """The first compute service is lost, with its z/VM system or without."""

    def fail(self, *, system: bool = True) -> None:
        """Let the first compute service be down, and its z/VM system where ``system`` is set."""
        self.computes["compute1"].stop()
        services = self.api.get_services(binary="nova-compute", host="compute1")
        self.api.put_service_force_down(services[0]["id"], True)
        if system:
            self.chain.set_state("zvmsim1", "Down")
            self.addCleanup(self.chain.set_state, "zvmsim1", "Joined")

    def come_back(self) -> None:
        """IPL the z/VM system and start the compute service again."""
        self.chain.set_state("zvmsim1", "Joined")
        self.until(self.answers)
        self.restart_compute("compute1")  # Nova wants it to have looked for evacuated guests before it is up
        services = self.api.get_services(binary="nova-compute", host="compute1")
        self.api.put_service_force_down(services[0]["id"], False)

    def answers(self) -> bool:
        """Return whether the first z/VM system can be asked."""
        try:
            return bool(self.computes["compute1"].driver.get_available_resource("zvmsim1"))
        except exception.VirtDriverNotReady:
            return False

    def ask_to_evacuate(self, server: dict[str, Any]) -> None:
        """Ask Nova to evacuate the server; from 2.95 on it would be off afterwards."""
        with utils.temporary_mutation(self.api, microversion="2.94"):
            self.api.post_server_action(server["id"], {"evacuate": {"host": "compute2"}})

    def evacuate(self, server: dict[str, Any], status: str) -> dict[str, Any]:
        """Evacuate the server, wait for the end of it, and return the server."""
        self.ask_to_evacuate(server)

        def ended() -> bool:
            url = f"/os-migrations?instance_uuid={server['id']}"
            found = self.api.api_get(url).body["migrations"]
            return bool(found) and max(found, key=lambda item: item["id"])["status"] == status

        self.until(ended)
        return self.until(lambda: self.seen(server, "ACTIVE"))

    def test_a_lost_system(self) -> None:
        server = self.boot_on("compute1", networks="auto")
        disk = self.content(server)
        self.fail()
        server = self.evacuate(server, "done")
        assert (self.host(server), self.where(server)) == ("compute2", ["compute2"])
        assert self.content(server) == disk
        assert self.computes["compute2"].driver.list_instance_uuids() == [server["id"]]
        self.come_back()  # what the service finds as it starts is not the guest
        assert (self.host(server), self.where(server)) == ("compute2", ["compute2"])
        assert self.computes["compute1"].driver.list_instance_uuids() == []
        server = self.act(server, {"reboot": {"type": "HARD"}})
        assert self.where(server) == ["compute2"]
        self.delete(server)

    def content(self, server: dict[str, Any]) -> list[str]:
        """Return the server's directory entry: its disks, where they are, its cards."""
        return list(self.chain.inventory("zvmsim2")["directory"][self.userid(server)])

    def test_a_guest_that_still_runs_is_not_started_again(self) -> None:
        """Only the service is down; the guest goes on, and Nova's record stays."""
        server = self.boot_on("compute1")
        logon = self.state(server)["linux"]
        self.fail(system=False)
        server = self.evacuate(server, "failed")
        assert (self.host(server), self.where(server)) == ("compute1", ["compute1"])
        assert self.state(server)["linux"] == logon
        self.come_back()
        self.delete(server)

    def test_a_zhcp_that_is_down_too(self) -> None:
        """The other member says where the guest is; nobody else has to."""
        server = self.boot_on("compute1")
        self.fail()
        zhcp = self.chain.zhcps["zvmsim1"]
        zhcp.kill()
        try:
            server = self.evacuate(server, "done")
            assert (self.host(server), self.where(server)) == ("compute2", ["compute2"])
        finally:
            zhcp.start()
        self.delete(server)

    @pytest.mark.faults
    def test_a_start_that_is_refused_can_be_repeated(self) -> None:
        server = self.boot_on("compute1")
        self.fail()
        fault = {"function": "Image_Activate", "target": self.userid(server), "rc": 200, "rs": 16}
        self.chain.members["zvmsim2"].control("POST", "/faults", fault)
        self.ask_to_evacuate(server)
        self.until(lambda: self.api.get_server(server["id"])["status"] == "ERROR")
        assert self.where(server) == []
        server = self.evacuate(server, "done")
        assert (self.host(server), self.where(server)) == ("compute2", ["compute2"])
        self.delete(server)
