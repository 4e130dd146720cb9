# SPDX-License-Identifier: Apache-2.0
"""Two z/VM systems of one cluster, each a compute host of its own."""

from __future__ import annotations

from tests.support.member_servers import HOSTS, MemberServers


class TestMembers(MemberServers):
    """What holds without anything being moved."""

    def test_each_service_drives_its_own_member(self) -> None:
        servers = {name: self.boot_on(name, networks="auto") for name in HOSTS}
        for name, server in servers.items():
            assert (self.host(server), self.where(server)) == (name, [name])
            assert self.computes[name].driver.list_instance_uuids() == [server["id"]]
        hypervisors = self.api.api_get("/os-hypervisors/detail").body["hypervisors"]
        names = {item["service"]["host"]: item["hypervisor_hostname"] for item in hypervisors}
        assert names == HOSTS
        self.restart_compute("compute2")
        assert self.computes["compute2"].driver.list_instance_uuids() == [servers["compute2"]["id"]]
        for server in servers.values():
            self.delete(server)
