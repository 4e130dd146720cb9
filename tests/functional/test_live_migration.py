# SPDX-License-Identifier: Apache-2.0
"""Live migration through Nova's API, and what goes wrong in its middle."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from nova import exception

from tests.support.daemon import Daemon
from tests.support.member_servers import MemberServers
from tests.support.serial_consoles import SerialConsoles

#: Seconds that a memory pass takes where a test wants to look at or end a relocation.
SLOW = 600.0


class LiveMigrations(MemberServers):
    """Two compute services, and what the tests ask of them."""

    @pytest.fixture(autouse=True)
    def _quick_again(self) -> Iterator[None]:
        yield
        self.chain.relocations_take(0.0)
        self.chain.simulator.control("DELETE", "/faults")

    def migrate(self, server: dict[str, Any], host: str | None = None) -> None:
        """Ask for a live migration."""
        body = {"os-migrateLive": {"host": host, "block_migration": "auto"}}
        self.api.post_server_action(server["id"], body)

    def migration(self, server: dict[str, Any]) -> dict[str, Any]:
        """Return the server's last migration."""
        found = self.api.api_get(f"/os-migrations?instance_uuid={server['id']}").body["migrations"]
        return max(found, key=lambda item: item["id"]) if found else {"status": ""}

    def running(self, server: dict[str, Any]) -> dict[str, Any]:
        """Wait until a live migration is under way and its progress is told; return it."""

        def told() -> Any:
            url = f"/servers/{server['id']}/migrations"
            found = self.api.api_get(url).body["migrations"]
            return next((item for item in found if item["memory_total_bytes"]), None)

        return self.until(told)

    def ended(self, server: dict[str, Any], status: str) -> dict[str, Any]:
        """Wait until the last migration is so, and the server at rest; return the server."""
        self.until(lambda: self.migration(server)["status"] == status)
        return self.until(lambda: self.seen(server, server["status"]))


class TestLiveMigration(LiveMigrations):
    """What works."""

    def test_back_and_forth(self) -> None:
        server = self.boot_on("compute1", networks="auto")
        before = self.state(server)["linux"]
        for host in ("compute2", "compute1"):
            self.migrate(server, host)
            server = self.ended(server, "completed")
            self.assert_on(server, host)
        assert self.state(server)["linux"] == before  # it was never booted again
        self.act(server, {"reboot": {"type": "HARD"}})
        self.migrate(server)
        server = self.ended(server, "completed")
        self.assert_on(server, "compute2")
        server = self.act(server, {"os-stop": None}, "SHUTOFF")
        assert self.where(server) == []
        server = self.act(server, {"os-start": None})
        self.assert_on(server, "compute2")
        self.delete(server)

    def test_a_paused_server_stays_paused(self) -> None:
        server = self.act(self.boot_on("compute1"), {"pause": None}, "PAUSED")
        self.migrate(server, "compute2")
        server = self.ended(server, "completed")
        self.assert_on(server, "compute2", networks=False)
        assert self.state(server)["state"] == "stopped"
        server = self.act(server, {"unpause": None})
        self.delete(server)

    def test_progress_and_abort(self) -> None:
        server = self.boot_on("compute1", networks="auto")
        self.chain.relocations_take(SLOW)
        self.migrate(server, "compute2")
        found = self.running(server)
        assert (
            found["memory_total_bytes"] == found["memory_processed_bytes"] + found["memory_remaining_bytes"]
        )
        assert found["memory_processed_bytes"] > 0
        # Nova is told of the migration first, and then of the server.
        self.until(lambda: self.api.get_server(server["id"])["progress"] > 0)
        self.api.api_delete(f"/servers/{server['id']}/migrations/{found['id']}")
        server = self.ended(server, "cancelled")
        self.assert_on(server, "compute1")
        assert self.chain.simulator.control("GET", "/members")["relocations"] == []
        self.delete(server)

    def test_force_complete_takes_the_limits_off(self) -> None:
        """The quiesce would be beyond the limit of three seconds for all of it."""
        self.flags(group="zvm_xcat", relocation_max_total=3)
        server = self.boot_on("compute1")
        self.chain.relocations_take(2.0, quiesce=1.0)
        self.migrate(server, "compute2")
        server = self.ended(server, "failed")
        self.assert_on(server, "compute1", networks=False)
        self.migrate(server, "compute2")
        found = self.running(server)
        url = f"/servers/{server['id']}/migrations/{found['id']}/action"
        self.api.api_post(url, {"force_complete": None}, check_response_status=[202])
        server = self.ended(server, "completed")
        self.assert_on(server, "compute2", networks=False)
        self.delete(server)

    def test_a_queued_one_is_aborted(self) -> None:
        first, second = self.boot_on("compute1"), self.boot_on("compute1")
        self.chain.relocations_take(SLOW)
        self.migrate(first, "compute2")
        running = self.running(first)
        self.migrate(second, "compute2")
        self.until(lambda: self.migration(second)["status"] == "queued")
        for server, found in ((second, self.migration(second)), (first, running)):
            self.api.api_delete(f"/servers/{server['id']}/migrations/{found['id']}")
            self.ended(server, "cancelled")
            assert (self.host(server), self.where(server)) == ("compute1", ["compute1"])
        self.delete(first)
        self.delete(second)


class TestConsoles(SerialConsoles, LiveMigrations):
    """Serial consoles of servers that move."""

    def test_a_console_on_each_host(self) -> None:
        """What Tempest wants of it: keys are shown before their line ends, also after a move."""
        server, other = self.boot_on("compute1"), self.boot_on("compute2")
        screen = self.screen(server)
        for each in (screen, self.screen(other)):
            assert each.shows("login: ")
            each.types("somebody")
            assert each.shows("somebody")
        self.migrate(server, "compute2")
        server = self.ended(server, "completed")
        assert screen.has_ended()
        for each in (server, other):
            screen = self.screen(each)
            screen.types("somebody")
            assert screen.shows("somebody")
            self.delete(each)


@pytest.mark.faults
class TestTrouble(LiveMigrations):
    """A fault each: Nova's record is right, and the guest runs once."""

    def test_cp_says_why_not(self) -> None:
        """All of CP's reasons are told, before anything is begun; Nova then looks for another host."""
        server = self.boot_on("compute1", networks="auto")
        source = self.chain.members["zvmsim1"]
        lan = {"lan_name": "GUESTLAN", "lan_owner": "SYSTEM"}
        source.smapi.call("Virtual_Network_LAN_Create", "MAINT", lan_type=2, transport_type=1, **lan)
        self.addCleanup(source.smapi.call, "Virtual_Network_LAN_Delete", "MAINT", **lan)
        for vdev in ("2000", "2003"):
            card = {"image_device_number": vdev, "adapter_type": 2, "network_adapter_devices": 3}
            source.smapi.call("Virtual_Network_Adapter_Create", self.userid(server), **card)
            source.smapi.call(
                "Virtual_Network_Adapter_Connect_LAN", self.userid(server), image_device_number=vdev, **lan
            )
        self.migrate(server, "compute2")
        server = self.ended(server, "error")
        self.assert_on(server, "compute1")
        assert (
            "NIC 2000 is coupled to guest LAN GUESTLAN; NIC 2003 is coupled to guest LAN GUESTLAN"
            in self.stdlog.logger.output
        )
        self.delete(server)

    def test_refused_at_the_last_moment(self) -> None:
        server = self.boot_on("compute1", networks="auto")
        fault = {"function": "VMRELOCATE", "target": self.userid(server), "rc": 4, "rs": 3000, "times": 1}
        self.chain.members["zvmsim1"].control("POST", "/faults", fault)
        self.migrate(server, "compute2")
        server = self.ended(server, "failed")
        self.assert_on(server, "compute1")
        self.migrate(server, "compute2")
        server = self.ended(server, "completed")
        self.assert_on(server, "compute2")
        self.delete(server)

    def test_the_answer_to_the_move_is_lost(self) -> None:
        server = self.boot_on("compute1", networks="auto")
        fault = {"function": "VMRELOCATE", "target": self.userid(server), "drop": "after_commit"}
        self.chain.members["zvmsim1"].control("POST", "/faults", fault)
        self.migrate(server, "compute2")
        server = self.ended(server, "completed")
        self.assert_on(server, "compute2")
        self.delete(server)

    def test_the_destination_fails(self) -> None:
        server = self.boot_on("compute1", networks="auto")
        self.chain.relocations_take(SLOW)
        self.migrate(server, "compute2")
        self.running(server)
        self.chain.set_state("zvmsim2", "Down")
        try:
            server = self.ended(server, "failed")
            assert (self.host(server), self.where(server)) == ("compute1", ["compute1"])
        finally:
            self.chain.set_state("zvmsim2", "Joined")
        self.until(lambda: self.answers("compute2"))
        self.assert_on(server, "compute1")
        self.delete(server)

    def answers(self, name: str) -> bool:
        """Return whether the z/VM system of a compute service can be asked."""
        try:
            return bool(self.computes[name].driver.get_available_nodes())
        except exception.VirtDriverNotReady:
            return False

    def test_the_management_node_dies_meanwhile(self) -> None:
        self.assert_ends_well_without(self.chain.manager)

    def test_the_zhcp_of_the_source_dies_meanwhile(self) -> None:
        self.assert_ends_well_without(self.chain.zhcps["zvmsim1"])

    def assert_ends_well_without(self, daemon: Daemon) -> None:
        """Assert that a relocation goes on without a daemon, and is known to have ended once it is back."""
        server = self.boot_on("compute1", networks="auto")
        self.chain.relocations_take(2.0)
        self.migrate(server, "compute2")
        self.running(server)
        daemon.kill()
        try:
            self.until(lambda: self.where(server) == ["compute2"])
        finally:
            daemon.start()
        server = self.ended(server, "completed")
        self.assert_on(server, "compute2")
        self.delete(server)
