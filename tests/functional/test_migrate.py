# SPDX-License-Identifier: Apache-2.0
"""Cold migration and resize from one member of a cluster to the other: the guest moves, its disks stay."""

from __future__ import annotations

from typing import Any

import pytest
from nova import exception

from tests.support.interruptions import after, service_dies_after
from tests.support.member_servers import HOSTS, MemberServers


class TestMigrate(MemberServers):
    """A server on the first member that is to be on the second."""

    def flavor(self, **how: Any) -> str:
        """Return the id of a new flavor."""
        return self._create_flavor(**{"memory_mb": 512, "vcpu": 1, "disk": 1, "ephemeral": 0, **how})

    def on_first(self) -> dict[str, Any]:
        """Return a new server on the first member."""
        return self.boot_on("compute1", flavor_id=self.flavor(), networks="auto")

    def disks(self, server: dict[str, Any]) -> list[str]:
        """Return the MDISK statements of the server's guest."""
        entry = self.inventory()["zvmsim1"]["directory"][self.userid(server)]
        return [line for line in entry if line.startswith("MDISK")]

    def places(self, server: dict[str, Any]) -> tuple[str, list[str], list[str]]:
        """Return where Nova says that the server is, where its guest is on, and whose driver tells of it."""
        told = [name for name in HOSTS if server["id"] in self.computes[name].driver.list_instance_uuids()]
        return self.host(server), self.where(server), told

    def test_there_and_back_again(self) -> None:
        self.delete(self.on_first())
        before = self.inventory()
        server = self.on_first()
        disks, was = self.disks(server), self.state(server)["linux"]
        for name in ("compute2", "compute1"):
            server = self.act(server, {"migrate": {"host": name}}, "VERIFY_RESIZE")
            assert self.places(server) == (name, [name], [name])
            server = self.act(server, {"confirmResize": None})
            assert self.disks(server) == disks
            assert self.state(server)["linux"] == was
        self.delete(server)
        assert self.inventory() == before

    def test_taken_back(self) -> None:
        server = self.on_first()
        disks = self.disks(server)
        server = self.act(server, {"resize": {"flavorRef": self.flavor(disk=2, vcpu=2)}}, "VERIFY_RESIZE")
        assert self.places(server) == ("compute2", ["compute2"], ["compute2"])
        assert len(self.disks(server)) == 2
        assert self.state(server)["cpus"] == ["00", "01"]
        server = self.act(server, {"revertResize": None})
        assert self.places(server) == ("compute1", ["compute1"], ["compute1"])
        assert self.disks(server) == disks
        self.delete(server)

    @pytest.mark.faults
    def test_a_member_that_does_not_answer(self) -> None:
        """The server stays where it is, and runs on."""
        server = self.on_first()
        disks = self.disks(server)
        self.chain.zhcps["zvmsim2"].kill()
        try:
            self.api.post_server_action(server["id"], {"resize": {"flavorRef": self.flavor(disk=2)}})
            self.until(lambda: self.migrations(server) == ["error"])
            server = self.until(lambda: self.seen(server, "ACTIVE"))
        finally:
            self.chain.zhcps["zvmsim2"].start()
        assert (self.host(server), self.where(server)) == ("compute1", ["compute1"])
        assert self.disks(server) == disks
        self.until(lambda: self.places(server) == ("compute1", ["compute1"], ["compute1"]))
        self.delete(server)

    def test_nowhere_to_go(self) -> None:
        """Who migrates a server wants it off its z/VM system: it does not come back to the same one."""
        server = self.on_first()
        [service] = [
            item for item in self.api.get_services(binary="nova-compute") if item["host"] == "compute2"
        ]
        self.api.put_service(service["id"], {"status": "disabled"})
        try:
            self.api.post_server_action(server["id"], {"migrate": None})
            self.until(lambda: self.failed(server, "migrate"))
        finally:
            self.api.put_service(service["id"], {"status": "enabled"})
        self.until(lambda: self.seen(server, "ACTIVE"))
        assert self.places(server) == ("compute1", ["compute1"], ["compute1"])
        self.delete(server)

    def failed(self, server: dict[str, Any], action: str) -> bool:
        """Return whether an action on the server has failed."""
        actions = self.api.get_instance_actions(server["id"])
        return any(item["action"] == action and item["message"] == "Error" for item in actions)

    def migrations(self, server: dict[str, Any]) -> list[str]:
        """Return the states of the server's migrations."""
        found = self.api.api_get("/os-migrations").body["migrations"]
        return [item["status"] for item in found if item["instance_uuid"] == server["id"]]

    @pytest.mark.faults
    def test_a_member_that_fails_before_the_guest_is_its_own(self) -> None:
        self.fails_after("apply_resize")

    @pytest.mark.faults
    def test_a_member_that_fails_when_the_guest_is_its_own(self) -> None:
        self.fails_after("take_over")

    def fails_after(self, step: str) -> None:
        """The server ends in ERROR on that member with its old size, and starts by force.

        That is there, or where it came from once Nova has been told that the guest is looked after there.
        """
        server = self.on_first()
        disks = self.disks(server)
        zhcp = self.chain.zhcps["zvmsim2"]
        with after(step, zhcp.kill):
            self.api.post_server_action(server["id"], {"resize": {"flavorRef": self.flavor(disk=2)}})
            try:
                server = self.until(lambda: self.seen(server, "ERROR"))
            finally:
                zhcp.start()
        assert (self.host(server), self.where(server)) == ("compute2", [])
        assert self.disks(server) == disks
        self.until(lambda: self.answers("compute2"))
        self.api.post_server_action(server["id"], {"os-resetState": {"state": "active"}})
        server = self.act(server, {"reboot": {"type": "HARD"}})

        def of_one_mind() -> bool:
            host = self.host(server)
            return self.places(server) == (host, [host], [host])

        self.until(of_one_mind)  # Nova's record follows the guest by an event
        self.delete(server)

    def answers(self, name: str) -> bool:
        """Return whether the management node has seen that a member's zHCP is there again."""
        try:
            return self.computes[name].driver.list_instance_uuids() is not None
        except exception.VirtDriverNotReady:
            return False

    @pytest.mark.faults
    def test_the_source_fails_between_the_steps(self) -> None:
        """The guest arrives without it, and is confirmed once the member is there again."""
        self.delete(self.on_first())
        before = self.inventory()
        server = self.on_first()
        with after("apply_resize", lambda: self.chain.set_state("zvmsim1", "Down")):
            self.api.post_server_action(server["id"], {"resize": {"flavorRef": self.flavor(disk=2)}})
            try:
                server = self.until(lambda: self.seen(server, "VERIFY_RESIZE"))
                assert (self.host(server), self.where(server)) == ("compute2", ["compute2"])
            finally:
                self.chain.set_state("zvmsim1", "Joined")
        self.until(lambda: self.answers("compute1"))
        server = self.act(server, {"confirmResize": None})
        assert len(self.disks(server)) == 1
        self.delete(server)
        assert self.inventory() == before

    @pytest.mark.faults
    def test_the_compute_service_of_the_source_restarted_on_the_way(self) -> None:
        """The server is back as it was, and runs."""
        server = self.restarted_after("apply_resize", "compute1")
        server = self.until(lambda: self.seen(server, "ACTIVE"))
        self.until(lambda: self.places(server) == ("compute1", ["compute1"], ["compute1"]))
        assert len(self.disks(server)) == 1
        self.delete(server)
        assert self.inventory() == self.before

    @pytest.mark.faults
    def test_the_compute_service_of_the_destination_restarted_on_the_way(self) -> None:
        """Nova leaves such a server alone: with its state reset it can be started there, or deleted."""
        server = self.restarted_after("take_over", "compute2")
        assert (self.host(server), self.where(server)) == ("compute2", [])
        self.api.post_server_action(server["id"], {"os-resetState": {"state": "active"}})
        server = self.act(server, {"reboot": {"type": "HARD"}})
        assert self.places(server) == ("compute2", ["compute2"], ["compute2"])
        self.delete(server)
        assert self.inventory() == self.before

    def restarted_after(self, step: str, name: str) -> dict[str, Any]:
        """Return a server that was to become larger when the service ``name`` died after ``step``."""
        self.delete(self.on_first())
        self.before = self.inventory()
        server = self.on_first()
        with service_dies_after(step):
            self.api.post_server_action(server["id"], {"resize": {"flavorRef": self.flavor(disk=2)}})
        self.restart_compute(name)
        return server
