# SPDX-License-Identifier: Apache-2.0
"""Servers rebuilt in place: the guest stays who it is, its content is new."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any

import pytest
from nova import context, exception, objects

from tests.support import images
from tests.support.servers import Servers
from tests.support.zhcp import TOKEN
from zvm.zhcp.client import ZhcpClient


class TestRebuild(Servers):
    """Rebuilds that work, and that fail in the middle and are repeated."""

    def entry(self, server: dict[str, Any]) -> list[str]:
        """Return the records of the server's directory entry."""
        found = self.chain.simulator.smapi.call("Image_Query_DM", self.userid(server))
        return [record.rstrip() for record in found.values["image_record_array"]]

    def content(self, server: dict[str, Any], vdev: str, length: int = images.SIZE) -> bytes:
        """Return the first octets of a minidisk of the server."""
        session = self.compute.driver._session
        chunks = session._extension.read_disk(self.userid(server).lower(), vdev, length)
        return b"".join(chunks)

    async def write(self, server: dict[str, Any], vdev: str, content: bytes) -> None:
        """Write to the start of a minidisk of the server."""
        async with ZhcpClient(self.chain.zhcp.url, token=TOKEN) as zhcp:
            await zhcp.write_disk(self.userid(server), vdev, content)

    def deleted_entries(self) -> int:
        """Return how often the simulator was asked to delete a directory entry."""
        calls = self.chain.simulator.control("GET", "/calls")
        return sum(call.get("function") == "Image_Delete_DM" for call in calls)

    def test_the_guest_stays_who_it_is(self) -> None:
        server = self.boot(networks="auto")
        written, addresses = self.entry(server), server["addresses"]
        self.chain.simulator.control("DELETE", "/calls")
        new = self.new_image()
        wanted = {"imageRef": self.glance.add(new), "adminPass": "second-Secret-1"}
        server = self.act(server, {"rebuild": wanted})
        assert (self.entry(server), server["addresses"]) == (written, addresses)
        assert self.deleted_entries() == 0
        assert self.content(server, "0100") == new
        linux = self.state(server)["linux"]
        assert linux["passwords"]["root"] == hashlib.sha256(b"second-Secret-1").hexdigest()
        assert linux["instance_id"] == server["id"]
        self.delete(server)

    def test_a_port_that_was_plugged_before_anybody_listened(self) -> None:
        """Nova's cache has it as down, and Neutron, which said otherwise, does not say so again."""
        self.flags(vif_plugging_timeout=60)
        server = self.boot(networks="auto")
        [port] = [item for item in self.neutron._ports.values() if item.get("device_id") == server["id"]]
        port["status"] = "DOWN"
        self.api.create_server_external_events([{"name": "network-changed", "server_uuid": server["id"]}])
        self.until(lambda: self.cached(server) == [False])
        port["status"] = "ACTIVE"
        server = self.act(server, {"rebuild": {"imageRef": self.glance.add(self.new_image())}})
        assert self.state(server)["state"] == "running"
        self.delete(server)

    def cached(self, server: dict[str, Any]) -> list[bool]:
        """Return which of the server's cards Nova takes for plugged."""
        instance = objects.Instance.get_by_uuid(context.get_admin_context(), server["id"])
        return [vif["active"] for vif in instance.get_network_info()]

    def test_a_stopped_server_stays_stopped(self) -> None:
        server = self.act(self.boot(), {"os-stop": None}, "SHUTOFF")
        server = self.act(server, {"rebuild": {"imageRef": self.glance.add(self.new_image())}}, "SHUTOFF")
        assert self.state(server) is None
        self.delete(server)

    def test_a_larger_image_gets_a_larger_disk(self) -> None:
        server = self.boot(flavor_id=self._create_flavor(disk=0, ephemeral=0))
        [before] = self.compute.driver._session.detail(self.userid(server).lower()).minidisks
        large = images.bootable(5 * images.SIZE)
        server = self.act(server, {"rebuild": {"imageRef": self.glance.add(large)}})
        [after] = self.compute.driver._session.detail(self.userid(server).lower()).minidisks
        assert after.bytes >= 5 * images.SIZE > before.bytes
        assert self.content(server, "0100", len(large)) == large
        self.delete(server)

    def test_an_ephemeral_disk_is_made_anew_or_preserved(self) -> None:
        server = self.boot(flavor_id=self._create_flavor(disk=1, ephemeral=1))
        mark = b"precious" * 512
        for preserve in (True, False):
            server = self.act(server, {"os-stop": None}, "SHUTOFF")
            asyncio.run(self.write(server, "0101", mark))
            wanted = {"imageRef": self.glance.add(self.new_image()), "preserve_ephemeral": preserve}
            server = self.act(server, {"rebuild": wanted}, "SHUTOFF")
            assert (self.content(server, "0101", len(mark)) == mark) is preserve
            server = self.act(server, {"os-start": None})
        self.delete(server)

    @pytest.mark.faults
    def test_a_refused_start_and_again(self) -> None:
        server = self.boot(networks="auto")
        written, wanted = self.entry(server), {"rebuild": {"imageRef": self.glance.add(self.new_image())}}
        self.fault("Image_Activate", rc=396, rs=1999)
        self.api.post_server_action(server["id"], wanted)
        server = self.broken(server)
        assert "rc 396 rs 1999" in server["fault"]["message"]
        assert self.state(server) is None
        assert self.entry(server) == written
        server = self.recover(server, wanted)
        assert self.state(server)["state"] == "running"
        assert self.entry(server) == written
        self.delete(server)

    def test_a_dead_zhcp_and_again(self) -> None:
        server = self.boot(networks="auto")
        before, wanted = self.entry(server), {"rebuild": {"imageRef": self.image}}
        self.chain.zhcp.kill()
        try:
            self.api.post_server_action(server["id"], wanted)
            server = self.broken(server)
        finally:
            self.chain.zhcp.start()
        assert self.entry(server) == before
        self.until(lambda: self.answers())
        server = self.recover(server, wanted)
        assert self.state(server)["state"] == "running"
        self.delete(server)

    def answers(self) -> bool:
        """Return whether the management node has seen that the zHCP is there again."""
        try:
            return bool(self.compute.driver.list_instances())
        except exception.VirtDriverNotReady:
            return False

    def test_an_image_that_does_not_boot(self) -> None:
        server = self.boot(networks="auto")
        written = self.entry(server)
        self.api.post_server_action(server["id"], {"rebuild": {"imageRef": self.glance.add(images.blank())}})
        server = self.broken(server)
        assert "crashed as it started" in server["fault"]["message"]
        assert self.entry(server) == written
        server = self.recover(server, {"rebuild": {"imageRef": self.image}})
        assert self.state(server)["state"] == "running"
        self.delete(server)

    def test_an_image_for_another_machine_leaves_the_guest_running(self) -> None:
        server = self.boot()
        other = self.glance.add(self.new_image(), hw_architecture="x86_64")
        self.api.post_server_action(server["id"], {"rebuild": {"imageRef": other}})
        server = self.broken(server)
        assert self.state(server)["state"] == "running"
        self.delete(server)

    def test_a_guest_that_is_gone_is_made_anew(self) -> None:
        server = self.boot(networks="auto")
        written = self.entry(server)
        session = self.compute.driver._session
        session.remove_guest(self.userid(server).lower(), server["id"])
        session.remove_node(self.userid(server).lower())
        server = self.act(server, {"rebuild": {"imageRef": self.image}})
        assert self.state(server)["state"] == "running"
        assert [line for line in self.entry(server) if "MDISK" not in line] == [
            line for line in written if "MDISK" not in line
        ]
        self.delete(server)
