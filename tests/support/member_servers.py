# SPDX-License-Identifier: Apache-2.0
"""Nova with two compute services in this process, each with our driver for one member of a cluster."""

from __future__ import annotations

from typing import Any
from uuid import NAMESPACE_DNS, uuid5

import pytest

from tests.support.nova_cluster import MEMBERS, NovaCluster
from tests.support.nova_compute import remove_guests
from tests.support.servers import Servers
from zvm.nova.driver import ZVMDriver

#: Compute service -> the z/VM system that it drives.
HOSTS = dict(zip(("compute1", "compute2"), MEMBERS, strict=True))


class MemberServers(Servers):
    """Two compute services; ``self.compute`` is the first, ``self.computes`` are both by their names."""

    chain: NovaCluster

    @pytest.fixture(autouse=True)
    def _use_chain(self, nova_cluster: NovaCluster) -> None:
        self.chain = nova_cluster

    def _setup_compute_service(self) -> Any:
        self._own_identities()
        for name in HOSTS:
            self.start_compute(name)
        self.addCleanup(remove_guests, self.computes["compute2"].driver)
        return self.computes["compute1"]

    def _own_identities(self) -> None:
        """Give each service the identity that a file on its host would: one process has but one such file."""
        resources = ZVMDriver.get_available_resource

        def by_uuid(driver: ZVMDriver, refresh: bool = False) -> dict[str, str]:
            [node] = driver.get_available_nodes(refresh)
            return {str(uuid5(NAMESPACE_DNS, node)): node}

        def with_uuid(driver: ZVMDriver, nodename: str) -> dict[str, Any]:
            return {**resources(driver, nodename), "uuid": str(uuid5(NAMESPACE_DNS, nodename))}

        self.stub_out("zvm.nova.driver.ZVMDriver.get_nodenames_by_uuid", by_uuid)
        self.stub_out("zvm.nova.driver.ZVMDriver.get_available_resource", with_uuid)

    def start_compute(self, name: str) -> Any:
        """Start the compute service ``name``; the driver reads its z/VM system's name as it is made."""
        self.flags(group="zvm_xcat", host=HOSTS[name])
        return self._start_compute(name)

    def restart_compute(self, name: str) -> Any:
        """End a compute service and start it anew, driver and all; the guests run on."""
        self.flags(group="zvm_xcat", host=HOSTS[name])
        self.computes[name] = self.restart_compute_service(self.computes[name], keep_hypervisor_state=False)
        return self.computes[name]

    def boot_on(self, name: str, **how: Any) -> dict[str, Any]:
        """Create a server on the compute service ``name``."""
        return self.boot(host=name, **how)

    def host(self, server: dict[str, Any]) -> str:
        """Return the compute service that Nova says the server is on."""
        return str(self.api.get_server(server["id"])["OS-EXT-SRV-ATTR:host"])

    def where(self, server: dict[str, Any]) -> list[str]:
        """Return the compute services on whose z/VM system the server's guest is logged on."""
        systems = self.chain.where(self.userid(server))
        return [name for name, system in HOSTS.items() if system in systems]

    def inventory(self) -> dict[str, Any]:
        """Return the state of both members, by their node names."""
        return {host: self.chain.inventory(host) for host in self.chain.members}

    def state(self, server: dict[str, Any]) -> Any:
        """Return what the member that it runs on says of the server's guest, None when it is off."""
        found = [item["guests"].get(self.userid(server)) for item in self.inventory().values()]
        return next((state for state in found if state), None)

    def assert_on(
        self, server: dict[str, Any], host: str, *, networks: bool = True, bindings: bool = True
    ) -> None:
        """Assert that Nova, z/VM, Placement and Neutron all say that the server is on ``host``.

        :param networks: it has a network card.
        :param bindings: its port was bound on both hosts meanwhile, so that Nova's fixture knows of bindings.
        """
        assert (self.host(server), self.where(server)) == (host, [host])
        for name, system in HOSTS.items():
            assert (server["id"] in self.computes[name].driver.list_instance_uuids()) == (name == host)
            provider = self._get_provider_uuid_by_name(system)
            held = {server["id"]} if name == host else set()
            # Nova deletes the source's after it has called the migration completed.
            self.until(lambda p=provider, h=held: set(self._get_allocations_by_provider_uuid(p)) == h)
        if networks:
            [port] = [port for port in self.neutron._ports.values() if port.get("device_id") == server["id"]]
            if bindings:
                found = self.neutron._port_bindings[port["id"]]
                assert {name: item["status"] for name, item in found.items()} == {host: "ACTIVE"}
            else:
                assert port["binding:host_id"] == host
            cards = self.computes[host].driver._session.nics.get(fresh=True)
            assert [nic.coupled for nic in cards if nic.uuid == server["id"]] == [True]
