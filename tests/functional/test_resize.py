# SPDX-License-Identifier: Apache-2.0
"""Resize on one z/VM system: bigger, confirmed, taken back, refused, interrupted."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from nova import context

from tests.support.interruptions import service_dies_after
from tests.support.servers import Servers


class Resized(Servers):
    """Servers of small flavors that get larger ones."""

    def _setup_services(self) -> None:
        self.flags(allow_resize_to_same_host=True)
        super()._setup_services()

    def flavor(self, **how: Any) -> str:
        """Return the id of a new flavor."""
        return self._create_flavor(**{"memory_mb": 512, "vcpu": 1, "disk": 1, "ephemeral": 0, **how})

    def small(self, **how: Any) -> dict[str, Any]:
        """Return a new server with one processor and a disk of each kind."""
        return self.boot(flavor_id=self.flavor(ephemeral=1, swap=256), networks="auto", **how)

    def resize(self, server: dict[str, Any], expected: str = "VERIFY_RESIZE", **how: Any) -> dict[str, Any]:
        """Give the server another flavor."""
        return self.act(server, {"resize": {"flavorRef": self.flavor(**how)}}, expected)

    def refused(self, server: dict[str, Any], **how: Any) -> str:
        """Ask for another flavor, wait until the server is back as it was, and return why."""
        earlier = len(self.migrations(server))
        self.api.post_server_action(server["id"], {"resize": {"flavorRef": self.flavor(**how)}})
        self.until(lambda: self.migrations(server)[: -earlier or None] == ["error"])
        self.until(lambda: self.seen(server, "ACTIVE"))
        return self.until(lambda: self.why(server))

    def why(self, server: dict[str, Any]) -> str:
        """Return what the last action on the server failed with."""
        action = self.api.get_instance_actions(server["id"])[0]
        url = f"/servers/{server['id']}/os-instance-actions/{action['request_id']}"
        events = self.admin_api.api_get(url).body["instanceAction"]["events"]
        return " ".join(str(event.get("details")) for event in events if event["result"] == "Error")

    def migrations(self, server: dict[str, Any]) -> list[str]:
        """Return the states of the server's migrations, the last first."""
        found = self.api.api_get("/os-migrations").body["migrations"]
        mine = [item for item in found if item["instance_uuid"] == server["id"]]
        return [item["status"] for item in sorted(mine, key=lambda item: -item["id"])]

    def entry(self, server: dict[str, Any]) -> list[str]:
        """Return the records of the server's directory entry."""
        return self.inventory()["directory"][server["OS-EXT-SRV-ATTR:instance_name"].upper()]

    def sizes(self, server: dict[str, Any]) -> dict[str, int]:
        """Return device number -> size in cylinders of the guest's own disks, as it sees them."""
        devices = self.state(server)["devices"].values()
        return {
            disk["vdev"]: disk["size"]
            for disk in devices
            if disk.get("owner") == server["OS-EXT-SRV-ATTR:instance_name"].upper()
        }

    def root(self, server: dict[str, Any]) -> str:
        """Return the SHA-256 of the beginning of the root disk."""
        node = server["OS-EXT-SRV-ATTR:instance_name"]
        content = self.compute.driver._session._extension.read_disk(node, "0100", 64 << 20)
        return hashlib.sha256(b"".join(content)).hexdigest()


class TestResize(Resized):
    """What a user does with resizes."""

    def test_bigger_and_confirmed(self) -> None:
        self.delete(self.boot())
        before = self.inventory()
        server = self.small()
        was, root = self.state(server)["linux"], self.root(server)
        server = self.resize(server, memory_mb=1024, vcpu=2, disk=2, ephemeral=3, swap=512)
        bigger = {"0100": 2913, "0101": 4370, "0110": 729}
        guest = self.state(server)
        assert (self.sizes(server), guest["cpus"], guest["storage"]) == (bigger, ["00", "01"], 1 << 30)
        assert guest["linux"] == was
        assert self.root(server) == root
        kept = [line for line in self.entry(server) if line.startswith("MDISK 01")]
        assert [line.split()[1] for line in kept] == ["01C0", "01C1", "01D0", "0100", "0101", "0110"]
        server = self.act(server, {"confirmResize": None})
        assert not [line for line in self.entry(server) if " 01C" in line or "former" in line]
        server = self.act(server, {"reboot": {"type": "HARD"}})
        assert self.sizes(server) == bigger
        self.delete(server)
        assert self.inventory() == before

    def test_taken_back(self) -> None:
        server = self.small()
        was, entry = self.state(server)["linux"], self.entry(server)
        server = self.resize(server, memory_mb=1024, vcpu=2, disk=2, ephemeral=1)
        assert "swap" not in self.state(server)["linux"]["mounts"].values()
        server = self.act(server, {"revertResize": None})
        assert sorted(self.entry(server)) == sorted(entry)
        assert self.state(server)["linux"] == was
        server = self.resize(server, memory_mb=1024, ephemeral=1, swap=256)  # no disk changes
        assert self.sizes(server) == {"0100": 1457, "0101": 1457, "0110": 365}
        server = self.act(server, {"revertResize": None})
        assert sorted(self.entry(server)) == sorted(entry)
        self.delete(server)

    def test_a_stopped_server_stays_stopped(self) -> None:
        server = self.act(self.small(), {"os-stop": None}, "SHUTOFF")
        server = self.resize(server, ephemeral=1, swap=0, vcpu=2)
        assert self.state(server) is None
        server = self.act(server, {"confirmResize": None}, "SHUTOFF")
        server = self.act(server, {"os-start": None})
        assert self.sizes(server) == {"0100": 1457, "0101": 1457}
        self.delete(server)

    def test_other_extra_specs(self) -> None:
        """They alone may differ; what they say comes and goes, and nothing else of the entry changes."""
        server = self.act(self.boot(flavor_id=self.flavor()), {"os-stop": None}, "SHUTOFF")
        plain = self.entry(server)
        rich = {"zvm:share": "relative 200", "zvm:cpu_dedicated": "true", "zvm:io_priority": "absolute 9"}
        server = self.resize(server, extra_spec=rich)
        assert {"SHARE RELATIVE 200", "CPU 00 BASE DEDICATE", "IOPRIORITY ABSOLUTE 9"} < set(
            self.entry(server)
        )
        server = self.act(server, {"revertResize": None}, "SHUTOFF")
        assert sorted(self.entry(server)) == sorted(plain)
        self.edit(server, [*plain, "MACHINE ESA 4"])
        server = self.act(self.resize(server, vcpu=2, extra_spec=rich), {"confirmResize": None}, "SHUTOFF")
        assert {"CPU 01 DEDICATE", "MACHINE ESA 4"} < set(self.entry(server))
        assert "former" not in str(self.entry(server))
        self.edit(server, [line.replace("RELATIVE 200", "RELATIVE 300") for line in self.entry(server)])
        rich.pop("zvm:io_priority")
        server = self.act(self.resize(server, vcpu=3, extra_spec=rich), {"confirmResize": None}, "SHUTOFF")
        assert {"SHARE RELATIVE 300", "CPU 02 DEDICATE", "MACHINE ESA 4"} < set(self.entry(server))
        assert "IOPRIORITY" not in str(self.entry(server))
        self.delete(server)

    def edit(self, server: dict[str, Any], records: list[str]) -> None:
        """Change the server's directory entry by hand."""
        userid = server["OS-EXT-SRV-ATTR:instance_name"].upper()
        ordered = sorted(records[1:], key=lambda line: line.startswith(("NICDEF", "MDISK", "*")))
        smapi = self.chain.simulator.smapi
        smapi.call("Image_Lock_DM", userid)
        smapi.call("Image_Replace_DM", userid, image_record_array=[records[0], *ordered])
        smapi.call("Image_Unlock_DM", userid)

    def test_deleted_before_it_was_confirmed(self) -> None:
        self.delete(self.boot())
        before = self.inventory()
        self.delete(self.resize(self.small(), disk=2, ephemeral=1))
        assert self.inventory() == before


@pytest.mark.faults
class TestRefusals(Resized):
    """A resize that cannot be leaves the server ACTIVE, and where it was refused in time, running."""

    def test_before_the_guest_is_stopped(self) -> None:
        server = self.small()
        entry, logon = self.entry(server), self.logon_time(server)
        assert "cannot shrink from 1 to 0 GB" in self.refused(server, ephemeral=0, memory_mb=1024)
        why = self.refused(server, ephemeral=1, extra_spec={"zvm:profile": "NOSUCH"})
        assert "the profile NOSUCH does not exist" in why
        assert "not RELATIVE 1" in self.refused(server, ephemeral=1, extra_spec={"zvm:share": "all"})
        why = self.refused(server, disk=8, ephemeral=2)
        assert "rc 408 rs 24: no room in pool POOL1" in why
        assert (self.entry(server), self.logon_time(server)) == (entry, logon)
        self.delete(server)

    def logon_time(self, server: dict[str, Any]) -> float:
        """Return when the server's guest was logged on."""
        userid = server["OS-EXT-SRV-ATTR:instance_name"].upper()
        return self.chain.simulator.control("GET", "/inventory")["counters"]["logon_times"][userid]

    def test_after_it_was_stopped(self) -> None:
        server = self.small()
        entry = self.entry(server)
        for function in ("Image_Replace_DM", "Image_Lock_DM"):
            self.fault(function, rc=596, rs=2119)
            assert "rc 596 rs 2119" in self.refused(server, disk=2, ephemeral=1)
            assert sorted(self.entry(server)) == sorted(entry)
            assert self.state(server)["state"] == "running"
        self.delete(server)

    def test_a_busy_directory_manager_is_waited_for(self) -> None:
        server = self.small()
        for function in ("Image_Disk_Create_DM", "Image_Replace_DM"):
            self.fault(function, rc=596, rs=1185)
        server = self.resize(server, disk=2, ephemeral=1)
        self.fault("Image_Disk_Delete_DM", rc=596, rs=1185)
        server = self.act(server, {"confirmResize": None})
        assert self.sizes(server) == {"0100": 2913, "0101": 1457}
        self.delete(server)

    def test_a_lost_answer(self) -> None:
        self.delete(self.boot())
        before = self.inventory()
        server = self.small()
        self.fault("Image_Replace_DM", drop="after_commit")
        self.api.post_server_action(server["id"], {"resize": {"flavorRef": self.flavor(disk=2, ephemeral=1)}})
        self.until(lambda: self.migrations(server)[:1] in (["error"], ["finished"]))
        server = self.until(lambda: self.seen(server, "ACTIVE") or self.seen(server, "VERIFY_RESIZE"))
        root = {"ACTIVE": 1457, "VERIFY_RESIZE": 2913}[server["status"]]
        assert self.sizes(server)["0100"] == root
        self.delete(server)
        assert self.inventory() == before


@pytest.mark.faults
class TestKills(Resized):
    """What died in the middle can go on, go back or be deleted when it is there again."""

    def test_the_management_node(self) -> None:
        """Its lock on the directory entry does not outlive it."""
        self.delete(self.boot())
        before = self.inventory()
        server = self.small()
        self.fault("Image_Replace_DM", delay=3)
        flavor = self.flavor(disk=2, ephemeral=1)
        self.api.post_server_action(server["id"], {"resize": {"flavorRef": flavor}})
        self.until(lambda: self.is_locked(server))
        self.chain.manager.kill()
        try:
            server = self.until(lambda: self.seen(server, "ERROR"))
        finally:
            self.chain.manager.start()
        self.until(lambda: not self.is_locked(server))
        self.delete(server)
        self.compute.manager._cleanup_running_deleted_instances(context.get_admin_context())
        self.until(lambda: self.inventory() == before)

    def is_locked(self, server: dict[str, Any]) -> bool:
        """Return whether somebody has locked the server's directory entry."""
        userid = server["OS-EXT-SRV-ATTR:instance_name"].upper()
        return self.chain.simulator.smapi.call("Image_Lock_Query_DM", userid).rs != 24

    def killed_after(self, name: str, action: Callable[[], Any]) -> None:
        """Do ``action``; the compute service dies when it has called the node so, and is restarted."""
        with service_dies_after(name):
            action()
        self.compute = self.restart_compute_service(self.compute, keep_hypervisor_state=False)

    def test_the_compute_service_before_the_guest_is_stopped(self) -> None:
        self.check_it_goes_back("prepare_resize")

    def test_the_compute_service_after_the_exchange(self) -> None:
        self.check_it_goes_back("apply_resize")

    def test_the_compute_service_as_the_guest_arrives(self) -> None:
        """Nova leaves such a server alone: with its state reset it can be started, or deleted."""
        self.delete(self.boot())
        before = self.inventory()
        server = self.small()
        resize = {"resize": {"flavorRef": self.flavor(disk=2, ephemeral=1)}}
        self.killed_after("take_over", lambda: self.api.post_server_action(server["id"], resize))
        self.api.post_server_action(server["id"], {"os-resetState": {"state": "active"}})
        server = self.act(server, {"reboot": {"type": "HARD"}})
        assert self.sizes(server) == {"0100": 2913, "0101": 1457}
        self.delete(server)
        assert self.inventory() == before

    def check_it_goes_back(self, call: str) -> None:
        """Kill the service after ``call``, start it, and check that the server is as it was."""
        server = self.small()
        entry = self.entry(server)
        resize = {"resize": {"flavorRef": self.flavor(disk=2, ephemeral=1, memory_mb=1024)}}
        self.killed_after(call, lambda: self.api.post_server_action(server["id"], resize))
        server = self.until(lambda: self.seen(server, "ACTIVE"))
        assert sorted(self.entry(server)) == sorted(entry)
        self.until(lambda: self.state(server)["state"] == "running")
        self.delete(server)
