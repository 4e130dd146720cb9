# SPDX-License-Identifier: Apache-2.0
"""Guests that exist become servers and are let go again; nothing of them changes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from nova import context
from nova.tests.functional.api import client

from tests.support import images
from tests.support.chain import HOST
from tests.support.foreign_guest import ForeignGuest
from tests.support.member_servers import HOSTS, MemberServers
from tests.support.servers import Servers
from tests.unit.manager.images.test_qcow2 import converted
from zvm.nova import exceptions


class Adopting(Servers):
    """Servers of flavors that name a guest."""

    @contextmanager
    def foreign(self, userid: str = "PAYROLL", *, run: bool = True) -> Iterator[ForeignGuest]:
        """Let a guest exist that is none of Nova's, with a port in Neutron for its card."""
        with ForeignGuest(self.chain.manager, self.chain.simulator, userid, run=run) as guest:
            self.port = self.new_port(guest.MAC)
            yield guest

    def new_port(self, mac: str) -> str:
        """Make a port with a MAC address and return its id."""
        body = {"port": {"network_id": self.neutron.network_1["id"], "device_id": ""}}
        port = self.neutron._ports[self.neutron.create_port(body)["port"]["id"]]
        port["mac_address"] = mac
        return str(port["id"])

    def flavor(
        self, userid: str = "PAYROLL", vcpu: int = 2, memory: int = 512, disk: int = 1, **specs: str
    ) -> str:
        """Return the id of a flavor that adopts a guest."""
        extra = {"zvm:adopt": userid, **{f"zvm:{name}": value for name, value in specs.items()}}
        return str(self._create_flavor(vcpu=vcpu, memory_mb=memory, disk=disk, ephemeral=0, extra_spec=extra))

    def adopt(
        self,
        expected: str = "ACTIVE",
        *,
        ports: list[str] | None = None,
        host: str | None = None,
        **flavor: Any,
    ) -> dict[str, Any]:
        """Create a server of such a flavor with the guest's port."""
        networks: Any = [{"port": port} for port in ([self.port] if ports is None else ports)] or "none"
        where = {"host": host} if host else {}
        return self.boot(expected, flavor_id=self.flavor(**flavor), networks=networks, **where)

    def nodes(self) -> list[str]:
        """Return the nodes of the management node's guests."""
        return [guest.node for guest in self.compute.driver._session.guests.get(fresh=True)]


class TestAdoption(Adopting):
    """What an adopted guest's server can do, and that the guest outlives it."""

    def test_a_guest_that_runs_goes_on_running(self) -> None:
        with self.foreign() as guest:
            before, reserved = guest.life(), self.reserved()
            server = self.adopt()
            assert guest.life() == before
            assert reserved - self.reserved() == 1  # its disks are counted once: what its flavor says
            driver = self.compute.driver
            assert driver.list_instance_uuids() == [server["id"]]
            [card] = [nic for nic in driver._session.nics.get(fresh=True) if nic.uuid == server["id"]]
            assert (card.port, card.mac, card.vdev, card.coupled) == (self.port, guest.MAC, "0600", True)
            self.compute.manager._sync_power_states(context.get_admin_context())
            assert self.seen(server, "ACTIVE")
            image = self.snapshot(server)
            assert converted(self.glance._imagedata[image])[: images.SIZE] == images.bootable(seed="foreign")
            self.delete(server)
            assert (guest.life(), self.reserved()) == (before, reserved)
            assert (self.nodes(), driver.list_instance_uuids()) == ([], [])

    def test_a_guest_that_is_off_stays_off(self) -> None:
        with self.foreign(run=False) as guest:
            before = guest.life()
            server = self.adopt(expected="SHUTOFF")
            assert guest.life() == before
            server = self.act(server, {"os-start": None})
            self.act(server, {"reboot": {"type": "HARD"}})
            assert guest.state["state"] == "running"
            assert guest.entry == before[0]
            self.act(server, {"os-stop": None}, "SHUTOFF")
            self.delete(server)
            assert guest.life() == before

    def snapshot(self, server: dict[str, Any]) -> str:
        """Make an image of the server and return its id once Nova is done with it."""
        before = set(self.glance.images)
        self.api.post_server_action(server["id"], {"createImage": {"name": "snap"}})
        self.until(lambda: self.seen(server, "ACTIVE"))
        return str(next(iter(set(self.glance.images) - before)))

    def test_what_would_change_it_is_refused(self) -> None:
        with self.foreign() as guest:
            server = self.adopt()
            before = guest.life()
            bigger = self._create_flavor(vcpu=2, memory_mb=1024, disk=1, ephemeral=0)
            for action in (
                {"resize": {"flavorRef": bigger}},
                {"migrate": None},
                {"rebuild": {"imageRef": self.image}},
            ):
                self.api.post_server_action(server["id"], action)
                self.until(lambda s=server, a=action: self.refused(s, next(iter(a))))
                assert self.seen(server, "ACTIVE")
            with pytest.raises(client.OpenStackApiException):
                self.api.attach_interface(
                    server["id"], {"interfaceAttachment": {"net_id": self.neutron.network_1["id"]}}
                )
            self.api.detach_interface(server["id"], self.port)
            self.until(lambda: self.refused(server, "detach_interface"))
            self.api.post_server_action(server["id"], {"rescue": {}})
            self.broken(server)
            self.api.post_server_action(server["id"], {"os-resetState": {"state": "active"}})
            assert self.until(lambda: self.seen(server, "ACTIVE"))
            assert guest.life() == before
            self.delete(server)
            assert guest.life() == before

    def refused(self, server: dict[str, Any], action: str) -> bool:
        """Return whether the last action of the server was this one and its event says that it failed."""
        found = self.api.get_instance_actions(server["id"])[0]
        if found["action"] != action:
            return False
        url = f"/servers/{server['id']}/os-instance-actions/{found['request_id']}"
        events = self.api.api_get(url).body["instanceAction"]["events"]
        return any(event["result"] == "Error" for event in events)

    def test_shelved_it_is_let_go_and_adopted_again(self) -> None:
        with self.foreign() as guest:
            entry = guest.entry
            server = self.adopt(adopt_delete="purge")
            self.act(server, {"shelve": None}, "SHELVED_OFFLOADED")
            assert (guest.entry, guest.state, self.nodes()) == (entry, None, [])
            self.act(server, {"unshelve": None})
            assert (guest.entry, guest.state["state"], len(self.nodes())) == (entry, "running", 1)
            before = self.inventory()["directory"]
            self.delete(server)
            assert guest.entry == []
            assert {**before, guest.userid: None} == {**self.inventory()["directory"], guest.userid: None}

    def test_a_soft_deleted_server_s_guest_runs_on(self) -> None:
        self.flags(reclaim_instance_interval=3600)
        with self.foreign() as guest:
            server = self.adopt()
            before = guest.life()
            self.api.delete_server(server["id"])
            self.until(lambda: self.api.get_server(server["id"])["status"] == "SOFT_DELETED")
            assert guest.life() == before
            self.act(server, {"restore": None})
            assert guest.life() == before
            self.api.post_server_action(server["id"], {"forceDelete": None})
            self.until(lambda: self.is_gone(server))
            assert guest.life() == before

    def reserved(self) -> int:
        """Return how many GiB of the pool are reserved for what is no instance's, as Placement has it."""
        self.compute.driver._host._pools.expire()
        self.compute.manager.update_available_resource(context.get_admin_context())
        provider = self._get_provider_uuid_by_name(HOST)
        return int(self._get_provider_inventory(provider)["DISK_GB"]["reserved"])


class TestRefusals(Adopting):
    """Requests that do not fit the guest: told with the numbers, and nothing is left."""

    def test_a_guest_that_is_not_as_its_flavor_says_or_somebody_elses(self) -> None:
        with self.foreign() as guest:
            before = guest.life()
            server = self.adopt("ERROR", vcpu=1, ports=[])
            text = "PAYROLL is not of the flavor's size: 2 processors in its directory entry, 1 in the flavor"
            assert text in server["fault"]["message"]
            assert (guest.life(), self.nodes()) == (before, [])
            self.delete(server)
            assert (guest.life(), self.nodes()) == (before, [])
            server = self.adopt()
            second = self.adopt("ERROR", ports=[])
            assert f"is the guest of the instance {server['id']} already" in second["fault"]["message"]
            self.delete(second)
            assert (guest.life(), len(self.nodes())) == (before, 1)
            self.delete(server)


@pytest.mark.faults
class TestAdoptionInACluster(Adopting, MemberServers):
    """A guest of one member, which moves."""

    def test_it_is_adopted_where_it_is_and_moves_without_a_change(self) -> None:
        chain, first = self.chain, HOSTS["compute1"]
        hcp, simulator = f"zhcp-{first}.example.com", chain.members[first]
        with ForeignGuest(chain.manager, simulator, hcp=hcp) as guest:
            self.port = self.new_port(guest.MAC)
            before = guest.life()
            server = self.adopt("ERROR", host="compute2")
            text = f"PAYROLL is logged on at {first}, not at {HOSTS['compute2']}"
            assert text in server["fault"]["message"]
            self.delete(server)
            server = self.adopt(host="compute1")
            assert guest.life() == before
            for host in "compute2", "compute1":
                self.api.post_server_action(
                    server["id"], {"os-migrateLive": {"host": host, "block_migration": "auto"}}
                )
                self.until(lambda h=host: self.host(server) == h and self.seen(server, "ACTIVE"))
                assert self.where(server) == [host]
                assert guest.entry == before[0]
            self.delete(server)
            assert (guest.entry, guest.state["state"], chain.where("PAYROLL")) == (
                before[0],
                "running",
                [first],
            )

    def userid(self, server: dict[str, Any]) -> str:
        """Return the userid of the server's guest."""
        return "PAYROLL"


@pytest.mark.faults
class TestAdoptionFaults(Adopting):
    """What breaks in the middle leaves the guest as it is, and nothing of the adoption."""

    def test_a_dead_management_node(self) -> None:
        with self.foreign() as guest:
            server = self.adopt()
            before = guest.life()
            self.chain.manager.kill()
            try:
                self.api.delete_server(server["id"])
                self.broken(server)
            finally:
                self.chain.manager.start()
            assert guest.life() == before
            self.delete(server)
            assert (guest.life(), self.nodes()) == (before, [])

    def test_a_management_node_that_dies_at_work(self) -> None:
        """It asks z/VM about the guest when it dies: no node was made yet."""
        with self.foreign() as guest:
            before = guest.life()
            fault = {"function": "Image_Query_DM", "target": guest.userid, "delay": 3}
            self.chain.simulator.control("POST", "/faults", fault)
            server = self.post(flavor_id=self.flavor(), networks=[{"port": self.port}])
            self.until(lambda: not self.chain.simulator.control("GET", "/faults"))
            self.chain.manager.kill()
            try:
                self.broken(server)
            finally:
                self.chain.manager.start()
            self.delete(server)
            assert (guest.life(), self.nodes()) == (before, [])

    def test_a_lost_answer(self) -> None:
        """The node is made and nobody hears of it: asked again, it is found; or it goes."""
        with self.foreign() as guest:
            before = guest.life()
            session = self.compute.driver._session
            adopt = session.adopt
            self.addCleanup(setattr, session, "adopt", adopt)
            for lost, expected in (1, "ACTIVE"), (2, "ERROR"):
                answers = [exceptions.OutcomeUnknown(function="adopt", reason="lost", next="")] * lost

                def adopt_and_lose(node: str, wanted: Any, answers: list[Exception] = answers) -> Any:
                    guest = adopt(node, wanted)
                    if answers:
                        raise answers.pop()
                    return guest

                session.adopt = adopt_and_lose
                server = self.adopt(expected)
                assert (guest.life(), len(self.nodes())) == (before, int(expected == "ACTIVE"))
                self.delete(server)
                assert (guest.life(), self.nodes()) == (before, [])

    def test_a_zhcp_that_is_dead(self) -> None:
        with self.foreign() as guest:
            before = guest.life()
            server = self.adopt()
            self.chain.zhcp.kill()
            try:
                self.delete(server)  # nothing is asked of z/VM
                assert guest.life() == before
                self.delete(self.adopt("ERROR"))
            finally:
                self.chain.zhcp.start()
                self.until(self.zhcp_answers)
            assert (guest.life(), self.nodes()) == (before, [])
