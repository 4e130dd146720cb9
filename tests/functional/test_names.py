# SPDX-License-Identifier: Apache-2.0
"""Servers under Nova's own names: the userid is the driver's to choose."""

from __future__ import annotations

from typing import Any

from tests.support.servers import Servers
from zvm.nova import naming

UUID_LENGTH = 36


class TestNames(Servers):
    def setUp(self) -> None:
        super().setUp()
        self.flags(instance_name_template="instance-%08x")

    def userid(self, server: dict[str, Any]) -> str:
        """Return the userid of the server's guest."""
        guest = self.compute.driver._session.find(server["id"], fresh=True)
        assert guest is not None
        return guest.userid

    def test_a_name_that_is_no_userid(self) -> None:
        before = self.inventory()
        generated = naming._generated
        chance = lambda seed: "ZTAKEN01" if len(seed) == UUID_LENGTH else generated(seed)  # noqa: E731
        self.stub_out("zvm.nova.naming._generated", chance)
        # The userid that follows from both servers' uuids is somebody else's.
        with self.foreign_guest("ZTAKEN01"):
            first, second = self.boot(), self.boot()
        assert first["OS-EXT-SRV-ATTR:instance_name"].startswith("instance-")
        userids = {self.userid(first), self.userid(second)}
        assert len(userids) == 2
        assert userids <= set(self.inventory()["guests"])
        self.act(first, {"os-stop": None}, "SHUTOFF")
        self.compute = self.restart_compute_service(self.compute)
        self.act(first, {"os-start": None})
        assert {self.userid(first), self.userid(second)} == userids
        for server in (first, second):
            self.delete(server)
        assert self.inventory()["directory"].keys() == before["directory"].keys()
        assert self.inventory()["guests"].keys() == before["guests"].keys()
