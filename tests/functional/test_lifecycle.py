# SPDX-License-Identifier: Apache-2.0
"""What happens without Nova is known to Nova within seconds."""

from __future__ import annotations

from typing import Any

import pytest
from nova.compute import power_state

from tests.support.member_servers import MemberServers


class TestLifecycle(MemberServers):
    """Two members; an operator at work on the first."""

    def log_off(self, server: dict[str, Any]) -> None:
        """Log the server's guest off, as an operator would."""
        member = self.chain.members["zvmsim1"]
        member.smapi.call("Image_Deactivate", self.userid(server), force_time="IMMED")

    def power(self, server: dict[str, Any]) -> int:
        """Return the power state that Nova shows."""
        return int(self.api.get_server(server["id"])["OS-EXT-STS:power_state"])

    def test_logged_off(self) -> None:
        server = self.boot_on("compute1")
        self.log_off(server)
        server = self.until(lambda: self.seen(server, "SHUTOFF"))
        server = self.act(server, {"os-start": None})
        assert self.where(server) == ["compute1"]
        self.delete(server)

    @pytest.mark.faults
    def test_logged_off_while_the_management_node_is_away(self) -> None:
        server = self.boot_on("compute1")
        self.chain.manager.kill()
        try:
            self.log_off(server)
        finally:
            self.chain.manager.start()
        server = self.until(lambda: self.seen(server, "SHUTOFF"))
        self.delete(server)

    @pytest.mark.faults
    def test_logged_off_while_the_zhcp_is_away(self) -> None:
        server = self.boot_on("compute1")
        zhcp = self.chain.zhcps["zvmsim1"]
        zhcp.kill()
        try:
            self.log_off(server)
        finally:
            zhcp.start()
        server = self.until(lambda: self.seen(server, "SHUTOFF"))
        self.delete(server)

    def test_paused(self) -> None:
        server = self.boot_on("compute1")
        self.computes["compute2"].driver._session.power(server["OS-EXT-SRV-ATTR:instance_name"], "pause")
        self.until(lambda: self.power(server) == power_state.PAUSED)
        self.delete(server)

    def test_crashed(self) -> None:
        """It stopped in a disabled wait, by an IPL of a disk that is none to IPL."""
        server = self.boot_on("compute1")
        self.chain.members["zvmsim1"].cp(f"SEND CP {self.userid(server)} IPL 0190")
        self.until(lambda: self.power(server) == power_state.CRASHED)
        self.delete(server)

    def test_moved_by_an_operator(self) -> None:
        server = self.boot_on("compute1", networks="auto")
        self.move(server)
        self.until(lambda: self.host(server) == "compute2")
        self.assert_on(server, "compute2", bindings=False)
        server = self.act(server, {"reboot": {"type": "HARD"}})
        self.assert_on(server, "compute2", bindings=False)
        self.delete(server)

    def move(self, server: dict[str, Any]) -> None:
        """Move the server's guest to the second member, as an operator would."""
        command = f"VMRELOCATE MOVE USER {self.userid(server)} TO ZVMSIM2"
        assert self.chain.members["zvmsim1"].cp(command)[0] == 0

    def test_moved_while_the_service_was_down(self) -> None:
        server = self.boot_on("compute1", networks="auto")
        self.computes["compute1"].stop()
        self.move(server)
        self.restart_compute("compute1")
        self.until(lambda: self.host(server) == "compute2")
        self.assert_on(server, "compute2", bindings=False)
        self.delete(server)

    def test_an_ipl_of_the_system(self) -> None:
        """Nova starts again what ran, with its cards, where it is told to do so."""
        self.flags(resume_guests_state_on_host_boot=True)
        server = self.boot_on("compute1", networks="auto")
        self.computes["compute1"].stop()
        self.chain.members["zvmsim1"].control("POST", "/ipl")
        assert self.where(server) == []
        self.restart_compute("compute1")
        self.until(lambda: self.where(server) == ["compute1"])
        server = self.until(lambda: self.seen(server, "ACTIVE"))
        self.assert_on(server, "compute1")
        self.delete(server)
