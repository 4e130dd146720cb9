# SPDX-License-Identifier: Apache-2.0
"""Images of servers that run, are paused and are stopped; servers shelved and unshelved."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

from nova import exception

from tests.support import images
from tests.support.servers import Servers
from tests.unit.manager.images.test_qcow2 import converted

FREEZE_AND_THAW = ["guest-fsfreeze-freeze", "guest-fsfreeze-thaw"]


class TestSnapshots(Servers):
    """A server whose root disk is as large as its image."""

    def small(self) -> dict[str, Any]:
        """Boot a server with a small disk."""
        return self.boot(flavor_id=self._create_flavor(disk=0, ephemeral=0))

    def snapshot(self, server: dict[str, Any]) -> str:
        """Make an image of the server and return its id once Nova is done with it."""
        before = set(self.glance.images)
        self.api.post_server_action(server["id"], {"createImage": {"name": "snap"}})
        self.until(lambda: self.seen(server, self.api.get_server(server["id"])["status"]))
        return next(iter(set(self.glance.images) - before), "")

    def agents(self) -> list[str]:
        """Return a list to which each command is added that the driver gives to an agent from here on."""
        session, given = self.compute.driver._session, []
        agent = session.agent

        def recorded(node: str, execute: str, *words: Any, **more: Any) -> Any:
            given.append(execute)
            return agent(node, execute, *words, **more)

        session.agent = recorded
        return given

    def test_running_paused_and_stopped(self) -> None:
        server = self.small()
        before = self.inventory()
        changes = ("", "ACTIVE"), ("pause", "PAUSED"), ("unpause", "ACTIVE"), ("os-stop", "SHUTOFF")
        for action, status in changes:
            if action:
                server = self.act(server, {action: None}, status)
                before = self.inventory()
            given = self.agents()
            image = self.snapshot(server)
            assert given == (FREEZE_AND_THAW if status == "ACTIVE" else [])
            assert self.inventory() == before
            content = converted(self.glance._imagedata[image])
            assert content[: images.SIZE] == images.bootable()
            found = self.glance.images[image]
            assert (found["disk_format"], found["container_format"]) == ("qcow2", "bare")
            assert found["properties"]["architecture"] == "s390x"
        self.image = image
        self.delete(self.small())
        self.delete(server)

    def test_shelve_and_unshelve(self) -> None:
        server = self.small()
        server = self.act(server, {"shelve": None}, "SHELVED_OFFLOADED")
        assert server["id"] not in self.compute.driver.list_instance_uuids()
        server = self.act(server, {"unshelve": None})
        assert self.state(server)["state"] == "running"
        self.delete(server)

    def test_a_failure_leaves_nothing(self) -> None:
        server = self.small()
        before = self.inventory()
        given = self.agents()
        self.fault("Image_Disk_Create_DM", rc=408, rs=99)
        assert self.snapshot(server) == ""
        assert given == FREEZE_AND_THAW
        assert self.inventory() == before
        self.delete(server)

    def test_one_that_breaks_off_leaves_nothing(self) -> None:
        """The disk is larger than what is on its way: the node notices only that nobody reads on."""
        self.image = self.glance.add(images.bootable(24 << 20))
        server = self.small()
        before, streams = self.inventory(), []

        def update(context: Any, image_id: str, metadata: Any, data: Any, purge_props: bool) -> None:
            streams.append(data)
            raise exception.ImageNotAuthorized(image_id=image_id)

        with patch.object(self.glance, "update", update):
            self.snapshot(server)
        assert streams[0].read() == b""
        self.until(lambda: self.inventory() == before)
        self.delete(server)
