# SPDX-License-Identifier: Apache-2.0
"""Servers with volumes that change their member of a cluster: migrated cold, live, or evacuated."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from nova import exception, utils

from tests.support.eckd_server import OPTION, EckdServer
from tests.support.member_servers import MemberServers
from tests.support.minidisk_cinder import MinidiskCinder
from tests.support.volume_servers import VolumeServers
from zvm.manager.volumes.volume import userid_of


class Moves(MemberServers):
    """What the tests of both kinds of volumes do."""

    def flavor(self) -> str:
        """Return the id of a new flavor."""
        return self._create_flavor(memory_mb=512, vcpu=1, disk=1, ephemeral=0)

    def on_first(self) -> dict[str, Any]:
        """Return a new server on the first member."""
        return self.boot_on("compute1", flavor_id=self.flavor())

    def entry(self, server: dict[str, Any], word: str) -> list[str]:
        """Return the statements of a kind in the guest's directory entry."""
        records = self.chain.inventory("zvmsim2")["directory"][self.userid(server)]
        return [record for record in records if record.startswith(word)]

    def migration(self, server: dict[str, Any]) -> str:
        """Return the state of the server's last migration."""
        found = self.api.api_get(f"/os-migrations?instance_uuid={server['id']}").body["migrations"]
        return str(max(found, key=lambda item: item["id"])["status"]) if found else ""

    def ended(self, server: dict[str, Any], status: str) -> dict[str, Any]:
        """Wait until the last migration is so, and the server at rest; return the server."""
        self.until(lambda: self.migration(server) == status)
        return self.until(lambda: self.seen(server, "ACTIVE"))

    def live(self, server: dict[str, Any], host: str, status: str) -> dict[str, Any]:
        """Migrate a server live and wait for the end of it."""
        body = {"os-migrateLive": {"host": host, "block_migration": "auto"}}
        self.api.post_server_action(server["id"], body)
        return self.ended(server, status)

    def evacuated(self, server: dict[str, Any]) -> dict[str, Any]:
        """Let the first system fail and evacuate the server to the second."""
        self.computes["compute1"].stop()
        services = self.api.get_services(binary="nova-compute", host="compute1")
        self.api.put_service_force_down(services[0]["id"], True)
        self.chain.set_state("zvmsim1", "Down")
        self.addCleanup(self.come_back)
        with utils.temporary_mutation(self.api, microversion="2.94"):
            self.api.post_server_action(server["id"], {"evacuate": {"host": "compute2"}})
        return self.ended(server, "done")

    def come_back(self) -> None:
        """IPL the first z/VM system again, and wait until it can be asked."""
        self.chain.set_state("zvmsim1", "Joined")
        self.until(self.answers)

    def answers(self) -> bool:
        """Return whether the first z/VM system can be asked."""
        try:
            return bool(self.computes["compute1"].driver.get_available_resource("zvmsim1"))
        except exception.VirtDriverNotReady:
            return False


class FibreChannelMoves(Moves, VolumeServers):
    """LUNs that another member's FCP devices see."""

    def agent(self, server: dict[str, Any], execute: str, **arguments: Any) -> Any:
        """Run a command of the guest's agent, by the service that the server is on."""
        node = server["OS-EXT-SRV-ATTR:instance_name"]
        return self.computes[self.host(server)].driver._session.agent(node, execute, arguments)

    def names(self, server: dict[str, Any]) -> list[str]:
        """Return the port names of the FCP devices that the running guest has."""
        host = {"compute1": "zvmsim1", "compute2": "zvmsim2"}[self.host(server)]
        known = self.computes[self.host(server)].driver._session.storage.fcp_devices(host)
        return sorted(item.wwpn for item in known if item.owner == self.userid(server))

    def seen_from(self, server: dict[str, Any], volumes: list[str], data: bytes) -> None:
        """Assert that the server, and it alone, has the volumes over all paths, with their data."""
        assert len(self.names(server)) == 2
        for volume in volumes:
            assert self.san.seen_by(volume) == self.names(server)
            assert len(self.paths(server, volume)) == 4
            assert self.read(server, self.device(volume), len(data)) == data
        assert self.reserved(server) == self.given(server)

    def reserved(self, server: dict[str, Any]) -> dict[str, str]:
        """Return vdev -> rdev of the devices that the directory dedicates to the guest."""
        words = [record.split() for record in self.entry(server, "DEDICATE")]
        return {word[1]: word[2] for word in words}


class TestFibreChannelMoves(FibreChannelMoves):
    """What works, and what is refused."""

    def test_migrated_cold(self) -> None:
        server = self.on_first()
        volumes = [self.san.volume(content=b"moves along") for _ in range(2)]
        for volume in volumes:
            self.attach(server, volume)
        names = self.names(server)
        server = self.act(server, {"migrate": {"host": "compute2"}}, "VERIFY_RESIZE")
        self.seen_from(server, volumes, b"moves along")
        assert not set(names) & set(self.names(server))
        server = self.act(server, {"revertResize": None})
        self.seen_from(server, volumes, b"moves along")
        assert self.names(server) == names
        server = self.act(server, {"migrate": {"host": "compute2"}}, "VERIFY_RESIZE")
        server = self.act(server, {"confirmResize": None})
        self.seen_from(server, volumes, b"moves along")
        self.delete(server)
        assert [self.san.seen_by(volume) for volume in volumes] == [[], []]

    def test_resized_where_it_is(self) -> None:
        server = self.on_first()
        volume = self.san.volume(content=b"stays")
        self.attach(server, volume)
        names = self.names(server)
        larger = self._create_flavor(memory_mb=1024, vcpu=1, disk=1, ephemeral=0)
        self.api.put_service(self.service("compute2"), {"status": "disabled"})
        self.flags(allow_resize_to_same_host=True)
        server = self.act(server, {"resize": {"flavorRef": larger}}, "VERIFY_RESIZE")
        self.seen_from(server, [volume], b"stays")
        server = self.act(server, {"revertResize": None})
        self.seen_from(server, [volume], b"stays")
        assert self.names(server) == names
        self.delete(server)

    def service(self, host: str) -> str:
        """Return the id of a compute service."""
        return str(self.api.get_services(binary="nova-compute", host=host)[0]["id"])

    def test_the_other_member_does_not_answer(self) -> None:
        """Its zHCP is dead, so nobody knows: the server stays where it is, with its devices."""
        server = self.on_first()
        volume = self.san.volume(content=b"comes back")
        self.attach(server, volume)
        before = self.entry(server, "DEDICATE")
        self.chain.zhcps["zvmsim2"].kill()
        try:
            self.api.post_server_action(server["id"], {"migrate": {"host": "compute2"}})
            self.until(lambda: self.migration(server) == "error")
            server = self.until(lambda: self.seen(server, "ACTIVE"))
        finally:
            self.chain.zhcps["zvmsim2"].start()
        assert self.entry(server, "DEDICATE") == before
        self.seen_from(server, [volume], b"comes back")
        self.delete(server)

    def test_migrated_live(self) -> None:
        """There and back: on each system the port names of its own devices, which have the same numbers."""
        server = self.on_first()
        volumes = [self.san.volume(content=b"goes on") for _ in range(2)]
        for volume in volumes:
            self.attach(server, volume)
        names, devices = self.names(server), self.reserved(server)
        booted = self.state(server)["linux"]
        for host in ("compute2", "compute1"):
            server = self.live(server, host, "completed")
            assert self.where(server) == [host]
            self.seen_from(server, volumes, b"goes on")
            assert (self.names(server) == names) == (host == "compute1")
            assert self.reserved(server) == devices
            assert [len(self.san.volume_to_attachment[volume]) for volume in volumes] == [1, 1]
        assert self.state(server)["linux"] == booted
        self.delete(server)
        assert [self.san.seen_by(volume) for volume in volumes] == [[], []]

    def test_live_migration_is_refused(self) -> None:
        """Two devices there have the EQID of one here, so CP would choose: nothing changes for the server."""
        self.flags(group="zvm_xcat", fcp_devices="1FA6-1FA7;1FB6-1FB7")
        server = self.on_first()
        volume = self.san.volume(content=b"where it was")
        self.attach(server, volume)
        server = self.live(server, "compute2", "error")
        assert "has EQID SANA6, as on zvmsim2 1FA6, 1FA7" in self.stdlog.logger.output
        assert self.host(server) == "compute1"
        self.seen_from(server, [volume], b"where it was")
        self.delete(server)

    def test_evacuated(self) -> None:
        server = self.on_first()
        volumes = [self.san.volume(content=b"rescued") for _ in range(2)]
        for volume in volumes:
            self.attach(server, volume)
        server = self.evacuated(server)
        assert self.where(server) == ["compute2"]
        self.seen_from(server, volumes, b"rescued")
        self.delete(server)


@pytest.mark.faults
class TestFibreChannelFaults(FibreChannelMoves):
    """Live migrations that end in their middle: the guest has what it had, and nobody else is let in."""

    @pytest.fixture(autouse=True)
    def _quick_again(self) -> Iterator[None]:
        yield
        self.chain.relocations_take(0.0)

    def under_way(self) -> tuple[dict[str, Any], str]:
        """Return a server that moves, slowly, with its volume, which both systems' devices are let at."""
        server = self.on_first()
        volume = self.san.volume(content=b"stays")
        self.attach(server, volume)
        self.chain.relocations_take(600.0)
        body = {"os-migrateLive": {"host": "compute2", "block_migration": "auto"}}
        self.api.post_server_action(server["id"], body)
        self.until(lambda: self.chain.simulator.control("GET", "/members")["relocations"])
        assert len(self.san.seen_by(volume)) == 4
        return server, volume

    def stayed(self, server: dict[str, Any], volume: str) -> None:
        """Assert that the server is where it was, with its volume."""
        assert (self.host(server), self.where(server)) == ("compute1", ["compute1"])
        self.seen_from(server, [volume], b"stays")
        assert len(self.san.volume_to_attachment[volume]) == 1
        self.delete(server)
        assert self.san.seen_by(volume) == []

    def test_aborted(self) -> None:
        server, volume = self.under_way()
        [found] = self.api.api_get(f"/servers/{server['id']}/migrations").body["migrations"]
        self.api.api_delete(f"/servers/{server['id']}/migrations/{found['id']}")
        self.stayed(self.ended(server, "cancelled"), volume)

    def test_the_destination_fails(self) -> None:
        server, volume = self.under_way()
        self.chain.set_state("zvmsim2", "Down")
        try:
            server = self.ended(server, "failed")
        finally:
            self.chain.set_state("zvmsim2", "Joined")
        self.stayed(server, volume)

    def test_the_source_fails(self) -> None:
        """The guest is lost with it, and the other system's devices are no longer let at the volume."""
        server, volume = self.under_way()
        self.chain.set_state("zvmsim1", "Down")
        self.chain.set_state("zvmsim1", "Joined")
        self.until(self.answers)
        self.until(lambda: self.migration(server) == "failed")
        server = self.until(lambda: self.seen(server, "SHUTOFF"))
        assert len(self.san.seen_by(volume)) == 2
        server = self.act(server, {"os-start": None})
        self.stayed(server, volume)

    def test_a_device_there_is_not_free(self) -> None:
        server = self.on_first()
        volume = self.san.volume(content=b"stays")
        self.attach(server, volume)
        rdev = self.reserved(server)["0400"]
        taken = self.chain.members["zvmsim2"].cp(f"ATTACH {rdev} MAINT 999")
        assert taken[0] == 0, taken
        try:
            server = self.live(server, "compute2", "error")
            assert "which is active: MAINT has it" in self.stdlog.logger.output
        finally:
            self.chain.members["zvmsim2"].cp(f"DETACH {rdev} FROM MAINT")
        self.stayed(server, volume)

    def test_the_storage_server_shows_another_number(self) -> None:
        """What the running guest knows as LUN 1 would be gone there, so nothing begins."""
        server = self.on_first()
        volume = self.san.volume(content=b"stays")
        self.attach(server, volume)
        self.san.renumbered = {"C05076E0F4": 1}  # port names of the second system
        server = self.live(server, "compute2", "failed")
        assert "the running guest would lose it" in self.stdlog.logger.output
        self.stayed(server, volume)


@pytest.mark.faults
class TestEckdMoves(Moves, VolumeServers):
    """Real DASD that both systems have under the same number."""

    fcp_devices = ""

    def _setup_services(self) -> None:
        self.flags(group="zvm_xcat", eckd_control_units=OPTION)
        super()._setup_services()

    def make_server(self) -> EckdServer:
        return EckdServer(self, self.chain.simulator)

    def test_migrated_cold_and_evacuated(self) -> None:
        server = self.on_first()
        volume = self.san.volume()
        self.attach(server, volume)
        has = [f"DEDICATE 0300 {self.san.rdev(volume)}"]
        server = self.live(server, "compute2", "error")
        assert "is a real DASD of this z/VM system" in self.stdlog.logger.output
        server = self.act(server, {"migrate": {"host": "compute2"}}, "VERIFY_RESIZE")
        assert (self.where(server), self.entry(server, "DEDICATE")) == (["compute2"], has)
        server = self.act(server, {"revertResize": None})
        assert self.given(server) == {"0300": self.san.rdev(volume)}
        server = self.evacuated(server)
        assert (self.where(server), self.entry(server, "DEDICATE")) == (["compute2"], has)
        assert self.given(server) == {"0300": self.san.rdev(volume)}
        self.delete(server)


class TestMinidiskMoves(Moves):
    """Minidisks of DASD that the members share."""

    def _setup_services(self) -> None:
        self.cinder = self.useFixture(MinidiskCinder(self, self.chain))
        super()._setup_services()
        self.addCleanup(self.chain.simulator.control, "DELETE", "/faults")

    def with_volume(self) -> tuple[dict[str, Any], str]:
        """Return a server on the first member and its volume."""
        server, volume = self.on_first(), self.cinder.make()
        self.notifier.reset()
        self.api.post_server_volume(server["id"], {"volumeAttachment": {"volumeId": volume}})
        self.notifier.wait_for_versioned_notifications("instance.volume_attach.end", timeout=60)
        return server, volume

    def assert_has(self, server: dict[str, Any], volume: str) -> None:
        """Assert that the guest has the volume, by its entry and now."""
        assert self.entry(server, "LINK") == [f"LINK {userid_of(volume)} 0100 0200 M"]
        assert self.state(server)["devices"]["0200"]["owner"] == userid_of(volume)
        assert len(self.cinder.volume_to_attachment[volume]) == 1

    def test_migrated_cold_and_live(self) -> None:
        server, volume = self.with_volume()
        server = self.act(server, {"migrate": {"host": "compute2"}}, "VERIFY_RESIZE")
        self.assert_has(server, volume)
        server = self.act(server, {"revertResize": None})
        self.assert_has(server, volume)
        server = self.live(server, "compute2", "completed")
        assert self.where(server) == ["compute2"]
        self.assert_has(server, volume)
        self.chain.zhcps["zvmsim1"].kill()
        try:
            server = self.live(server, "compute1", "error")
        finally:
            self.chain.zhcps["zvmsim1"].start()
        self.until(self.answers)
        self.assert_has(server, volume)
        self.delete(server)

    def test_evacuated(self) -> None:
        server, volume = self.with_volume()
        server = self.evacuated(server)
        assert self.where(server) == ["compute2"]
        self.assert_has(server, volume)
        self.delete(server)
