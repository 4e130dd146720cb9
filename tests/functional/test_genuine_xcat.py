# SPDX-License-Identifier: Apache-2.0
"""Servers on a management node without /zvm/v1, as a genuine xCAT is: what it can do, and what is off."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from nova import exception
from nova.tests.functional.api import client

from tests.functional import test_failures
from tests.support import nova_compute
from tests.support.genuine_xcat import GenuineChain
from tests.support.nova_chain import NovaChain
from tests.support.servers import Servers
from zvm.nova import exceptions


@pytest.fixture(scope="module")
def genuine_chain(nova_chain: NovaChain) -> Iterator[GenuineChain]:
    with tempfile.TemporaryDirectory(prefix="zvm-", ignore_cleanup_errors=True) as folder:
        running = GenuineChain(nova_chain, Path(folder))
        yield running
        running.stop()


class _Genuine(Servers):
    """The driver on that node."""

    @pytest.fixture(autouse=True)
    def _use_chain(self, genuine_chain: GenuineChain) -> None:
        self.chain = genuine_chain

    def _configure(self) -> None:
        nova_compute.configure(self, self.chain, **self.chain.options())

    def left(self) -> list[str]:
        """Return what lies in the directory that is shared with xCAT."""
        return [str(path) for path in self.chain.shared.rglob("*") if path.is_file()]


class TestGenuineXcat(_Genuine):
    """A server's life by xCAT's v1 API alone."""

    def test_life(self) -> None:
        self.delete(self.boot())  # the image is known from here on
        before = self.inventory()
        server = self.boot(networks="auto")
        guest = self.state(server)
        assert guest["state"] == "running"
        assert guest["linux"]["instance_id"] == server["id"]
        [port] = server["addresses"]["private"]
        [address] = guest["linux"]["configured"][port["OS-EXT-IPS-MAC:mac_addr"]]
        assert address.split("/")[0] == port["addr"]
        assert self.left() == []

        server = self.act(server, {"pause": None}, "PAUSED")
        assert self.state(server)["state"] == "stopped"
        server = self.act(server, {"unpause": None})
        for kind in ("SOFT", "HARD"):
            server = self.act(server, {"reboot": {"type": kind}})
        server = self.act(server, {"os-stop": None}, "SHUTOFF")
        assert self.state(server) is None
        server = self.act(server, {"os-start": None})
        assert self.state(server)["state"] == "running"
        log = self.api.post_server_action(server["id"], {"os-getConsoleOutput": {}})["output"]
        assert "Linux version" in log

        self.delete(server)
        assert self.inventory() == before

    def test_a_snapshot_is_an_image_to_boot_from(self) -> None:
        server = self.boot(flavor_id=self._create_flavor(disk=0, ephemeral=0))
        self.api.post_server_action(server["id"], {"createImage": {"name": "snap"}})
        self.until(lambda: self.seen(server, "ACTIVE"))
        [image] = [key for key, item in self.glance.images.items() if item["name"] == "snap"]
        assert self.glance.images[image]["disk_format"] == "raw"
        assert self.state(server)["state"] == "running"
        assert self.left() == []
        with self.chain.manager.client() as client:
            assert "snapshot_" not in client.request("GET", "/images").text
        self.image = image
        again = self.boot(flavor_id=self._create_flavor(disk=0, ephemeral=0))
        assert self.state(again)["state"] == "running"
        for each in (server, again):
            self.delete(each)

    def test_a_second_port(self) -> None:
        """It is there from the next logon on."""
        self.delete(self.boot(networks="auto"))
        before = self.inventory()
        server = self.boot(networks="auto")
        body = {"interfaceAttachment": {"net_id": self.neutron.network_1["id"]}}
        port = self.api.attach_interface(server["id"], body).body["interfaceAttachment"]
        server = self.act(server, {"reboot": {"type": "HARD"}})
        assert f"MACID {port['mac_addr'].replace(':', '')[-6:].upper()}" in self.entry(server)
        assert self.state(server)["state"] == "running"
        self.api.detach_interface(server["id"], port["port_id"])
        self.until(lambda: "NICDEF 1003" not in self.entry(server))
        self.delete(server)
        assert self.inventory() == before

    def entry(self, server: dict[str, Any]) -> str:
        """Return the directory entry of the server's guest."""
        return str(self.inventory()["directory"][server["OS-EXT-SRV-ATTR:instance_name"].upper()])

    def test_what_is_off_says_so(self) -> None:
        server = self.boot()
        bigger = self._create_flavor(disk=20, ephemeral=0, memory_mb=4096)
        self.api.post_server_action(server["id"], {"resize": {"flavorRef": bigger}})
        server = self.until(lambda: self.seen(server, "ACTIVE"))
        events = self.api.get_instance_actions(server["id"])
        assert "resize" in [item["action"] for item in events]
        assert self.state(server)["state"] == "running"
        with pytest.raises(client.OpenStackApiException) as caught:
            self.api.post_server_action(server["id"], {"changePassword": {"adminPass": "new-Secret-1"}})
        assert caught.value.response.status_code in (400, 409)
        self.delete(server)

    def test_guests_of_others_are_left_alone(self) -> None:
        """A node without our comment is not deleted even where its name and userid are our server's."""
        server = self.boot()
        node = server["OS-EXT-SRV-ATTR:instance_name"]
        with self.chain.manager.client() as client_:
            comment = client_.request("GET", f"/tables/zvm?col=node={node}&attribute=comments").data
            for other in ("mine", "nova:11111111-2222-3333-4444-555555555588"):
                client_.request("PUT", "/tables/zvm", body=[f"node={node} zvm.comments={other}"])
                assert server["id"] not in self.compute.driver.list_instance_uuids()
                with pytest.raises(exceptions.Refused, match="left alone"):
                    self.compute.driver._session.remove_guest(node, server["id"])
                assert self.state(server)["state"] == "running"
            client_.request("PUT", "/tables/zvm", body=[f"node={node} zvm.comments={comment[0]}"])
        self.delete(server)


@pytest.mark.faults
class TestGenuineFailures(_Genuine, test_failures.TestFailures):
    """A failed build each, as on the node of nova-zvm: the fault, and nothing left behind."""

    test_an_unknown_profile = test_an_image_for_another_machine = None
    #: A genuine xCAT tells of a zHCP that is away in words, as of any refusal, so that nobody waits for it.
    test_a_restart_of_the_zhcp = None

    def failed(self, *texts: str, before: Any, **how: Any) -> dict[str, Any]:
        server = super().failed(*texts, before=before, **how)
        assert self.left() == []
        return server

    def test_a_full_pool(self) -> None:
        before = self.warm()
        flavor = self._create_flavor(disk=8, ephemeral=0)
        self.delete(self.failed("rc 408 rs 24", "8G in pool POOL1", before=before, flavor_id=flavor))

    def test_an_image_of_another_form(self) -> None:
        self.image = self.glance.add(self.new_image())
        self.glance.images[self.image]["disk_format"] = "qcow2"
        self.failed("not supported on a genuine xCAT: qcow2 images", before=self.inventory())

    def test_an_image_that_cannot_be_fetched(self) -> None:
        self.image = self.glance.add(self.new_image())
        self.flags(group="zvm_xcat", remotehost="somebody@127.0.0.1")
        self.compute = self.restart_compute_service(self.compute)
        self.failed("somebody@127.0.0.1 is not allowed", before=self.inventory())


@pytest.mark.faults
class TestGenuineStart(_Genuine):
    """A service that cannot work says why and does not start."""

    def _setup_compute_service(self) -> None:
        """Start none: each test starts its own."""

    def test_a_wrong_password(self) -> None:
        self.flags(group="zvm_xcat", password="wrong")
        with pytest.raises(exception.NovaException, match="check username and password"):
            self.start_service("compute")

    def test_no_place_for_files(self) -> None:
        self.flags(group="zvm_xcat", snapshots_directory=None)
        with pytest.raises(exception.NovaException, match="Set snapshots_directory"):
            self.start_service("compute")

    def test_a_node_of_ours_whose_extension_does_not_come_through(self) -> None:
        with self.chain.manager.client() as client_:
            mark = "uuid=11111111-2222-3333-4444-555555555577"
            client_.request("PUT", "/tables/zvm", body=[f"node=ours1 zvm.comments={mark}"])
            try:
                with pytest.raises(exception.NovaException, match="answers nothing at /zvm/v1"):
                    self.start_service("compute")
            finally:
                client_.request("PUT", "/tables/zvm", body=["-d node=ours1 zvm"])
