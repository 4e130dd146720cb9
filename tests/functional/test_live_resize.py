# SPDX-License-Identifier: Apache-2.0
"""Resize of servers that run on, within the maxima of their flavors; and when they cannot."""

from __future__ import annotations

import base64
import re
from typing import Any

import pytest
from nova import context, objects

from tests.functional.test_resize import Resized
from tests.support.interruptions import service_dies_after, service_dies_during

MAXIMA = {"zvm:max_vcpus": "4", "zvm:max_memory_mb": "2048"}


class Live(Resized):
    """Servers whose flavors have maxima."""

    def flavor(self, **how: Any) -> str:
        """Return the id of a new flavor of one processor and 512 MiB, unless ``how`` says otherwise."""
        return super().flavor(**{"extra_spec": MAXIMA, **how})

    def small(self, **how: Any) -> dict[str, Any]:
        """Return a new server of such a flavor."""
        return self.boot(flavor_id=self.flavor(), **how)

    def inside(self, server: dict[str, Any]) -> tuple[int, int]:
        """Return how many processors and how many MiB of memory the guest itself uses, by its agent."""
        session, node = self.compute.driver._session, server["OS-EXT-SRV-ATTR:instance_name"]
        order = {"path": "lsmem", "arg": ["--bytes", "--summary=only"], "capture-output": True}
        started = session.agent(node, "guest-exec", order)
        told = session.agent(node, "guest-exec-status", {"pid": started["pid"]})["out-data"]
        online = re.search(r"Total online memory: +(\d+)", base64.b64decode(told).decode())
        cpus = session.agent(node, "guest-get-vcpus", {})
        assert online is not None
        return sum(cpu["online"] for cpu in cpus), int(online[1]) >> 20

    def kernels(self, server: dict[str, Any]) -> int:
        """Return how often a kernel started in the server's guest, by its console."""
        log = self.compute.driver._session.console(server["OS-EXT-SRV-ATTR:instance_name"], 1 << 20)
        return log.count("Linux version")

    def sizes_in_directory(self, server: dict[str, Any]) -> tuple[int, list[str]]:
        """Return processors, and memory and maximum memory, as the directory has them."""
        entry = self.entry(server)
        return sum(line.startswith("CPU ") for line in entry), entry[0].split()[3:5]

    def is_settled(self, server: dict[str, Any]) -> bool:
        """Return whether the directory says nothing of a resize."""
        return not any("NOVA former" in line or "NOVA live" in line for line in self.entry(server))


class TestLive(Live):
    """What a user sees."""

    def test_more_and_less(self) -> None:
        self.delete(self.boot())
        before = self.inventory()
        server = self.small()
        assert (self.inside(server), self.kernels(server)) == ((1, 512), 1)
        server = self.resize(server, vcpu=3, memory_mb=1024)
        assert (self.inside(server), self.kernels(server)) == ((3, 1024), 1)
        assert self.sizes_in_directory(server) == (3, ["1024M", "2048M"])
        server = self.act(server, {"confirmResize": None})
        assert self.is_settled(server)
        assert (server["flavor"]["vcpus"], server["flavor"]["ram"]) == (3, 1024)
        # Giving back, and taking again processors that CP still has defined.
        server = self.act(self.resize(server, vcpu=1), {"confirmResize": None})
        assert (self.inside(server), self.kernels(server)) == ((1, 512), 1)
        node = server["OS-EXT-SRV-ATTR:instance_name"]
        measured = self.compute.driver._session.performance(node)
        assert (measured.cpus, measured.memory_kilobytes) == (1, 512 << 10)
        server = self.act(self.resize(server, vcpu=4, memory_mb=2048), {"confirmResize": None})
        assert (self.inside(server), self.kernels(server)) == ((4, 2048), 1)
        server = self.act(server, {"reboot": {"type": "HARD"}})
        assert self.inside(server) == (4, 2048)
        self.delete(server)
        assert self.inventory() == before

    def test_taken_back(self) -> None:
        server = self.small()
        entry = self.entry(server)
        server = self.resize(server, vcpu=2, memory_mb=768)
        server = self.act(server, {"revertResize": None})
        assert (self.inside(server), self.kernels(server)) == ((1, 512), 1)
        assert sorted(self.entry(server)) == sorted(entry)
        assert (server["flavor"]["vcpus"], server["flavor"]["ram"]) == (1, 512)
        self.delete(server)

    def test_numbers_in_nova(self) -> None:
        server = self.small()
        server = self.act(self.resize(server, vcpu=3, memory_mb=1024), {"confirmResize": None})
        allocations = self.placement.get(f"/allocations/{server['id']}").body["allocations"]
        resources = [found["resources"] for found in allocations.values()]
        assert sum(found.get("VCPU", 0) for found in resources) == 3
        assert sum(found.get("MEMORY_MB", 0) for found in resources) == 1024
        self.delete(server)

    def test_what_takes_a_restart(self) -> None:
        """Other maxima, a larger disk, and a guest that has no standby storage."""
        server = self.small()
        entry = self.entry(server)
        wider = {"zvm:max_vcpus": "8", "zvm:max_memory_mb": "4096"}
        server = self.resize(server, vcpu=6, memory_mb=3072, extra_spec=wider)
        assert (self.inside(server), self.kernels(server)) == ((6, 3072), 2)
        assert "MACHINE ESA 8" in self.entry(server)
        server = self.act(server, {"revertResize": None})
        assert sorted(self.entry(server)) == sorted(entry)
        server = self.act(self.resize(server, vcpu=2, extra_spec={}), {"confirmResize": None})
        assert not [line for line in self.entry(server) if line.startswith(("MACHINE", "COMMAND DEFINE"))]
        assert self.sizes_in_directory(server) == (2, ["512M", "512M"])
        self.delete(server)


@pytest.mark.faults
class TestFaults(Live):
    """A live resize that is refused, or broken off, leaves directory and guest equal, or can be repeated."""

    def equal(self, server: dict[str, Any], cpus: int, memory_mb: int, maximum: int = 2048) -> None:
        """Check that guest, directory and Nova have one size."""
        assert self.inside(server) == (cpus, memory_mb)
        assert self.sizes_in_directory(server) == (cpus, [f"{memory_mb}M", f"{maximum}M"])
        found = self.api.get_server(server["id"])["flavor"]
        assert (found["vcpus"], found["ram"]) == (cpus, memory_mb)

    def test_refused(self) -> None:
        """By the guest's Linux, which is asked first or last, and by CP."""
        server = self.small()
        self.fault("guest-exec chmem --enable", kind="agent", rc=1, text="no memory block is free")
        assert "no memory block is free" in self.refused(server, vcpu=2, memory_mb=1024)
        self.equal(server, 1, 512)
        self.fault("Image_CPU_Define", rc=216, rs=28)
        assert "rc 216 rs 28" in self.refused(server, vcpu=4, memory_mb=1024)
        self.equal(server, 1, 512)
        assert self.is_settled(server)
        assert self.kernels(server) == 1
        self.delete(server)

    def test_memory_that_is_not_given_back(self) -> None:
        """What a guest was started with holds its kernel: it refuses; a revert restarts it instead."""
        server = self.small()
        server = self.resize(server, memory_mb=1024)
        self.compute.driver.power_off(self.instance(server))
        self.compute.driver._session.power(server["OS-EXT-SRV-ATTR:instance_name"], "on")
        server = self.act(server, {"revertResize": None})
        self.equal(server, 1, 512)
        server = self.act(self.resize(server, memory_mb=1024), {"confirmResize": None})
        server = self.act(server, {"reboot": {"type": "HARD"}})
        kernels = self.kernels(server)
        assert "Could only disable 0M of memory" in self.refused(server)
        self.equal(server, 1, 1024)
        assert self.kernels(server) == kernels
        self.delete(server)

    def instance(self, server: dict[str, Any]) -> Any:
        """Return Nova's record of the server."""
        return objects.Instance.get_by_uuid(context.get_admin_context(), server["id"])

    def test_a_silent_agent_takes_a_restart(self) -> None:
        server = self.small()
        self.fault("guest-exec lsmem", kind="agent", rc=1, text="guest-exec is not allowed here")
        server = self.act(self.resize(server, vcpu=2), {"confirmResize": None})
        self.equal(server, 2, 512)
        assert self.kernels(server) == 2
        self.delete(server)

    def test_lost_answers(self) -> None:
        server, cpus = self.small(), 1
        for fault in (
            {"function": "Image_CPU_Define"},
            {"function": "guest-exec chmem", "kind": "agent"},
            {"function": "guest-exec chcpu --enable", "kind": "agent"},
        ):
            self.fault(drop="after_commit", **fault)
            cpus += 1
            server = self.resize(server, vcpu=cpus, memory_mb=256 * (cpus + 1))
            server = self.act(server, {"confirmResize": None})
            self.equal(server, cpus, 256 * (cpus + 1))
        self.fault("Image_Replace_DM", drop="after_commit")
        resize = {"resize": {"flavorRef": self.flavor(vcpu=1, memory_mb=512)}}
        self.api.post_server_action(server["id"], resize)
        self.until(lambda: self.migrations(server)[:1] in (["error"], ["finished"]))
        server = self.until(lambda: self.seen(server, "ACTIVE") or self.seen(server, "VERIFY_RESIZE"))
        self.equal(server, *((4, 1280) if server["status"] == "ACTIVE" else (1, 512)))
        assert self.kernels(server) == 1
        self.delete(server)

    def broken_off(self, daemon: Any) -> None:
        """Kill a daemon in the middle, start it, and check that a repeated resize mends all."""
        server = self.small()
        self.fault("Image_CPU_Define", delay=3)
        resize = {"resize": {"flavorRef": self.flavor(vcpu=2, memory_mb=1024)}}
        self.api.post_server_action(server["id"], resize)
        self.until(lambda: any("NOVA live" in line for line in self.entry(server)))
        daemon.kill()
        try:
            self.until(lambda: self.migrations(server)[:1] == ["error"])
        finally:
            daemon.start()
            self.until(self.zhcp_answers)
        self.api.post_server_action(server["id"], {"os-resetState": {"state": "active"}})
        server = self.until(lambda: self.seen(server, "ACTIVE"))
        server = self.resize(server, vcpu=2, memory_mb=1024)
        server = self.act(server, {"confirmResize": None})
        self.equal(server, 2, 1024)
        assert (self.kernels(server), self.is_settled(server)) == (1, True)
        self.delete(server)

    def test_a_compute_service_that_dies(self) -> None:
        """It dies when all is done and Nova does not know, or before; when it is back the guest goes back."""
        server = self.small()
        entry = self.entry(server)
        resize = {"resize": {"flavorRef": self.flavor(vcpu=2, memory_mb=1024)}}
        with service_dies_after("resize_live"):
            self.api.post_server_action(server["id"], resize)
        assert self.inside(server) == (2, 1024)
        self.check_it_goes_back(server, entry)
        self.fault("Image_CPU_Define", delay=3)
        with service_dies_during("resize_live", lambda: "NOVA live" in str(self.entry(server))):
            self.api.post_server_action(server["id"], resize)
        self.check_it_goes_back(server, entry)
        server = self.act(self.resize(server, vcpu=2, memory_mb=1024), {"confirmResize": None})
        self.equal(server, 2, 1024)
        assert (self.kernels(server), self.is_settled(server)) == (1, True)
        self.delete(server)

    def check_it_goes_back(self, server: dict[str, Any], entry: list[str]) -> None:
        """Restart the compute service, and check that the server is as it was and runs on."""
        self.compute = self.restart_compute_service(self.compute, keep_hypervisor_state=False)
        server = self.until(lambda: self.seen(server, "ACTIVE"))
        self.equal(server, 1, 512)
        assert sorted(self.entry(server)) == sorted(entry)

    def test_a_management_node_that_dies(self) -> None:
        self.broken_off(self.chain.manager)

    def test_a_zhcp_that_dies(self) -> None:
        self.broken_off(self.chain.zhcp)
