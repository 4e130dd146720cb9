# SPDX-License-Identifier: Apache-2.0
"""Servers put aside and taken up again, and dumped."""

from __future__ import annotations

from typing import Any

from nova import context

from tests.support.servers import Servers


class TestSuspension(Servers):
    """Suspend and resume, soft delete and restore."""

    def _setup_services(self) -> None:
        self.flags(reclaim_instance_interval=3600)
        super()._setup_services()

    def delete(self, server: dict[str, Any]) -> None:
        """Delete a server at once, not softly."""
        self.api.post_server_action(server["id"], {"forceDelete": {}})
        self.until(lambda: self.is_gone(server))

    def test_suspend_and_resume(self) -> None:
        self.delete(self.boot())
        before = self.inventory()
        server = self.boot(networks="auto")
        server = self.act(server, {"suspend": None}, "SUSPENDED")
        assert self.state(server)["state"] == "stopped"
        server = self.act(server, {"resume": None})
        assert self.state(server)["state"] == "running"
        self.delete(server)
        assert self.inventory() == before

    def test_what_an_ipl_of_the_system_took_starts_anew(self) -> None:
        server = self.act(self.boot(networks="auto"), {"suspend": None}, "SUSPENDED")
        userid = server["OS-EXT-SRV-ATTR:instance_name"].upper()
        self.chain.simulator.cp(f"FORCE {userid} LOGOFF IMMEDIATE")
        self.until(lambda: self.state(server) is None)
        self.compute.manager._sync_power_states(context.get_admin_context())
        server = self.act(server, {"resume": None})
        assert self.state(server)["state"] == "running"
        self.delete(server)

    def test_a_refused_suspend_leaves_the_server_running(self) -> None:
        server = self.boot()
        self.fault("Image_Pause", rc=200, rs=99)
        self.api.post_server_action(server["id"], {"suspend": None})
        server = self.until(lambda: self.seen(server, "ACTIVE"))
        assert self.state(server)["state"] == "running"
        self.delete(self.act(self.act(server, {"suspend": None}, "SUSPENDED"), {"resume": None}))

    def test_soft_delete_and_restore(self) -> None:
        server = self.boot(networks="auto")
        self.api.delete_server(server["id"])
        server = self.until(lambda: self.seen(server, "SOFT_DELETED"))
        assert self.state(server) is None
        server = self.act(server, {"restore": None})
        assert self.state(server)["state"] == "running"
        self.delete(server)

    def test_a_softly_deleted_server_goes_with_all_that_it_had(self) -> None:
        self.delete(self.boot())
        before = self.inventory()
        server = self.boot(networks="auto")
        self.api.delete_server(server["id"])
        server = self.until(lambda: self.seen(server, "SOFT_DELETED"))
        self.flags(reclaim_instance_interval=-1)
        self.delete(server)
        assert self.inventory() == before


class TestCrashDump(Servers):
    """What a user does when a server hangs."""

    def spooled(self, server: dict[str, Any]) -> list[Any]:
        """Return the files in the server's reader."""
        userid = server["OS-EXT-SRV-ATTR:instance_name"].upper()
        return [file for file in self.inventory()["spool"] if file["owner"] == userid]

    def test_the_kernel_is_restarted(self) -> None:
        server = self.boot()
        self.api.post_server_action(server["id"], {"trigger_crash_dump": None})
        self.until(lambda: self.state(server)["state"] == "disabled wait")
        log = self.api.post_server_action(server["id"], {"os-getConsoleOutput": {}})["output"]
        assert "PSW restart" in log
        server = self.act(server, {"reboot": {"type": "HARD"}})
        assert self.state(server)["state"] == "running"
        self.delete(server)

    def test_a_paused_server_takes_it_too(self) -> None:
        server = self.act(self.boot(), {"pause": None}, "PAUSED")
        self.api.post_server_action(server["id"], {"trigger_crash_dump": None})
        self.until(lambda: self.state(server)["state"] == "disabled wait")
        self.delete(server)

    def test_cp_writes_the_storage(self) -> None:
        self.flags(crash_dump="vmdump", group="zvm_xcat")
        self.delete(self.boot())
        before = self.inventory()
        server = self.boot()
        self.api.post_server_action(server["id"], {"trigger_crash_dump": None})
        self.until(lambda: self.spooled(server))
        assert self.state(server)["state"] == "running"
        self.delete(server)
        assert self.inventory() == before

    def test_a_guest_that_is_gone_is_told(self) -> None:
        server = self.boot()
        userid = server["OS-EXT-SRV-ATTR:instance_name"].upper()
        self.chain.simulator.cp(f"FORCE {userid} LOGOFF IMMEDIATE")
        self.until(lambda: self.state(server) is None)
        self.api.post_server_action(server["id"], {"trigger_crash_dump": None})
        self.until(lambda: self.failed_actions(server, "trigger_crash_dump"))
        self.delete(self.api.get_server(server["id"]))

    def failed_actions(self, server: dict[str, Any], action: str) -> list[Any]:
        """Return the server's actions of this kind that ended with an error."""
        actions = self.api.get_instance_actions(server["id"])
        return [item for item in actions if item["action"] == action and item["message"]]

    def test_diagnostics(self) -> None:
        self.flags(response_validation="warn", group="api")  # it wants the name of one of five drivers
        server = self.boot(networks="auto")
        found = self.api.get_server_diagnostics(server["id"])
        assert (found["hypervisor"], found["state"]) == ("zvm", "running")
        assert found["num_nics"] == found["num_disks"] == 1
        assert found["nic_details"][0]["rx_octets"] == 0
        assert found["memory_details"]["maximum"] == 512
        self.delete(server)
