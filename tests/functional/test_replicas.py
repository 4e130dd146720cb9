# SPDX-License-Identifier: Apache-2.0
"""Two management nodes on one PostgreSQL: to Nova they are one, and one of them may die."""

from __future__ import annotations

import pytest
from nova import context

from tests.functional import test_servers
from tests.support.replicas import ReplicaChain, postgresql, replica_chain
from tests.support.servers import Servers

__all__ = ["postgresql", "replica_chain"]


class TestServersOnReplicas(test_servers.Lives, Servers):
    """What users do with servers, its requests spread over both."""

    @pytest.fixture(autouse=True)
    def _use_chain(self, replica_chain: ReplicaChain) -> None:
        self.chain = replica_chain
        taken = list(replica_chain.manager.balancer.taken)
        yield
        served = [now - then for now, then in zip(replica_chain.manager.balancer.taken, taken, strict=True)]
        assert min(served) > 0


@pytest.mark.faults
class TestAReplicaIsKilled(Servers):
    """What was under way there is done or undone; the rest goes on."""

    @pytest.fixture(autouse=True)
    def _use_chain(self, replica_chain: ReplicaChain) -> None:
        self.chain = replica_chain

    def _setup_services(self) -> None:
        self.flags(running_deleted_instance_timeout=0)
        super()._setup_services()

    def test_while_servers_are_made(self) -> None:
        self.delete(self.boot())
        before = self.inventory()
        self.fault("Image_Disk_Create_DM", delay=2, times=6)
        victim = self.chain.manager.nodes[0]
        servers = [self.post() for _ in range(6)]
        try:
            self.until(lambda: len(self.new_userids(before)) >= 4)
            victim.kill()
            settled = [self.until(lambda server=server: self.settled(server)) for server in servers]
            active = [server for server in settled if server["status"] == "ACTIVE"]
            assert active, "those of the other node go on"
            for server in active:
                assert self.state(server)["linux"]["instance_id"] == server["id"]
            more = self.boot()  # the other one serves alone
            for server in [*settled, more]:
                self.delete(server)
            self.compute.manager._cleanup_running_deleted_instances(context.get_admin_context())
            self.until(lambda: self.inventory() == before)
        finally:
            victim.start()
        assert self.leftovers() == []

    def test_while_an_image_is_written_to_its_golden_disk(self) -> None:
        """The other one does not wait for the dead, and makes the disk anew."""
        self.image = self.glance.add(self.new_image())
        self.fault("Image_Disk_Create_DM", target="ZVMGOLD", delay=3)
        before = self.inventory()
        servers = [self.post() for _ in range(2)]
        victim = self.chain.manager.nodes[0]
        try:
            self.until(lambda: len(self.new_userids(before)) == 2)
            victim.kill()
            for server in [self.until(lambda server=server: self.settled(server)) for server in servers]:
                self.delete(server)
            self.delete(self.boot())
        finally:
            victim.start()
        assert self.leftovers() == []

    def new_userids(self, before: dict) -> set:
        return set(self.inventory()["directory"]) - set(before["directory"])

    def settled(self, server: dict) -> dict | None:
        found = self.api.get_server(server["id"])
        return found if found["status"] in ("ACTIVE", "ERROR") else None

    def leftovers(self) -> list:
        with self.chain.manager.client() as client:
            return client.extension("GET", "/leftovers")["leftovers"]
