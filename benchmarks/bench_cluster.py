# SPDX-License-Identifier: Apache-2.0
"""What a live migration costs below Nova: REST, SMAPI and CP calls of both services and both z/VM systems."""

from __future__ import annotations

from typing import Any

from tests.support.member_servers import MemberServers
from tests.support.nova_cluster import nova_cluster

from zvm.xcat.client import Call

__all__ = ["nova_cluster"]

#: Most calls allowed: REST, SMAPI. Looks at a relocation that takes long come on top, one in two seconds.
BUDGET = (12, 12)


class TestLiveMigrationCalls(MemberServers):
    """One server, there and back; nothing takes time in the simulator."""

    def test_calls(self) -> None:
        server = self.boot_on("compute1", networks="auto")
        self.migrate(server, "compute2")
        rest: list[str] = []

        def count(call: Call) -> None:
            if not call.path.startswith("/zvm/v1/events"):
                rest.append(f"{call.method} {call.path}")

        for compute in self.computes.values():
            compute.driver._session._client._on_call = count
        for member in self.chain.members.values():
            member.control("DELETE", "/calls")
        self.migrate(server, "compute1")
        calls = [call for member in self.chain.members.values() for call in member.control("GET", "/calls")]
        smapi = [call["function"] for call in calls if call["kind"] == "smapi"]
        cp = [call["command"] for call in calls if call["kind"] == "cp"]
        print(f"\n\nlive migration: {len(rest)} REST, {len(smapi)} SMAPI, {len(cp)} CP")
        print("  " + "\n  ".join([*rest, *smapi, *(f"CP {line}" for line in cp)]))
        self.delete(server)
        assert (len(rest) <= BUDGET[0], len(smapi) <= BUDGET[1]) == (True, True)

    def migrate(self, server: dict[str, Any], host: str) -> None:
        """Migrate the server and wait until Nova is done with it."""
        body = {"os-migrateLive": {"host": host, "block_migration": "auto"}}
        self.api.post_server_action(server["id"], body)
        self.until(lambda: self.host(server) == host and self.seen(server, "ACTIVE"))
