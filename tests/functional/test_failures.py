# SPDX-License-Identifier: Apache-2.0
"""What goes wrong is told with its numbers and leaves nothing behind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from typing import Any

import pytest
from nova import context, exception

from tests.support import images
from tests.support.chain import HOST
from tests.support.servers import Servers
from zvm.xcat import Call


@pytest.mark.faults
class TestFailures(Servers):
    """A failed build each: the fault, and the inventory as it was before."""

    def _setup_services(self) -> None:
        self.flags(running_deleted_instance_timeout=0)
        super()._setup_services()

    def failed(self, *texts: str, before: Any, **how: Any) -> dict[str, Any]:
        """Boot a server that fails, check its fault and that nothing is left; return it."""
        server = self.boot(expected="ERROR", **how)
        for text in texts:
            assert text in server["fault"]["message"]
        assert self.inventory() == before
        return server

    def warm(self) -> Any:
        """Make the image known to the chain and return the inventory."""
        self.delete(self.boot())
        return self.inventory()

    def test_a_full_pool(self) -> None:
        """No volume of the pool has eight gigabytes in one piece, though all together have."""
        before = self.warm()
        flavor = self._create_flavor(disk=8, ephemeral=0)
        texts = "Image_Disk_Create_DM", "rc 408 rs 24", "8G in pool POOL1", "6.9G in one piece"
        server = self.failed(*texts, before=before, flavor_id=flavor)
        self.delete(server)

    def test_an_unknown_profile(self) -> None:
        before = self.warm()
        self.flags(user_profile="NOSUCH", group="zvm_xcat")
        server = self.failed("Image_Create_DM", "rc 436 rs 4", "NOSUCH", before=before)
        self.delete(server)

    def test_an_image_that_does_not_boot(self) -> None:
        self.image = self.glance.add(images.blank())
        self.delete(self.boot(expected="ERROR"))  # now the chain knows the image
        server = self.failed("crashed", "HCPGIR450W", before=self.inventory())
        self.delete(server)

    def test_an_image_for_another_machine(self) -> None:
        before = self.warm()
        self.image = self.glance.add(images.bootable(), hw_architecture="x86_64")
        server = self.post()
        server = self.until(lambda: self.seen(server, "ERROR"))
        assert self.inventory() == before
        self.delete(server)

    def test_a_port_that_neutron_never_plugs(self) -> None:
        before = self.warm()
        self.port_status = "DOWN"
        self.flags(vif_plugging_timeout=1)
        server = self.failed("Neutron did not report within 1 s", before=before, networks="auto")
        self.delete(server)

    def test_a_userid_that_is_somebody_elses(self) -> None:
        self.warm()
        with self.foreign_guest("IBM0002"):
            before = self.inventory()
            server = self.failed("Image_Create_DM", "rc 400 rs 8", "IBM0002", before=before)
            self.delete(server)
            assert self.inventory() == before

    def forget_host(self) -> None:
        """Make the driver ask for the host's facts again, as after some seconds."""
        host = self.compute.driver._host
        for answer in (host._facts, host._pools):
            answer.expire()

    def test_a_dead_zhcp(self) -> None:
        before = self.warm()
        self.chain.zhcp.kill()
        self.forget_host()
        try:
            server = self.failed("zHCP", before=before)
        finally:
            self.chain.zhcp.start()
            self.until(self.zhcp_answers)
        self.delete(server)
        assert self.inventory() == before

    def zhcp_answers(self) -> bool:
        """Return whether the management node has seen that the zHCP is there again."""
        try:
            return bool(self.compute.driver.get_available_resource(HOST))
        except exception.VirtDriverNotReady:
            return False

    def test_a_dead_management_node(self) -> None:
        before = self.warm()
        self.chain.manager.kill()
        self.forget_host()
        try:
            server = self.failed("does not answer", before=before)
        finally:
            self.chain.manager.start()
        self.delete(server)
        assert self.inventory() == before

    def test_a_restart_of_the_management_node(self) -> None:
        """A build and a delete that meet it wait for it."""
        self.flags(retry_timeout=60, group="zvm_xcat")
        before = self.warm()
        with self.restarted(self.chain.manager):
            server = self.post()
        server = self.until(lambda: self.seen(server, "ACTIVE"))
        with self.restarted(self.chain.manager):
            self.api.delete_server(server["id"])
        self.until(lambda: self.is_gone(server))
        assert self.inventory() == before

    def test_a_restart_of_the_management_node_for_a_server_that_runs(self) -> None:
        """Nova first asks how the guest is."""
        self.flags(retry_timeout=60, group="zvm_xcat")
        server = self.boot()
        actions: dict[str, Any] = {
            "reboot": {"type": "HARD"},
            "createImage": {"name": "kept"},
            "os-stop": None,
        }
        for name, parameters in actions.items():
            with self.restarted(self.chain.manager):
                self.api.post_server_action(server["id"], {name: parameters})
            self.until(lambda: self.api.get_server(server["id"])["OS-EXT-STS:task_state"] is None)
        for done in self.api.get_instance_actions(server["id"]):
            url = f"/servers/{server['id']}/os-instance-actions/{done['request_id']}"
            events = self.api.api_get(url).body["instanceAction"]["events"]
            assert {event["result"] for event in events} == {"Success"}, done["action"]
        self.delete(server)

    def test_a_restart_of_the_zhcp(self) -> None:
        self.flags(retry_timeout=60, group="zvm_xcat")
        before = self.warm()
        with self.restarted(self.chain.zhcp):
            server = self.post()
        self.delete(self.until(lambda: self.seen(server, "ACTIVE")))
        assert self.inventory() == before

    @contextmanager
    def restarted(self, process: Any) -> Iterator[None]:
        """Kill a process of the chain, and start it once the driver has tried in vain to do what is asked."""
        client, tried, seen = self.compute.driver._session._client, Event(), set()

        def look(call: Call) -> None:
            """Tell whether a call found nobody, or an order is given again."""
            order = (call.method, call.path)
            if order in seen or (call.status == 0 and not call.path.endswith("/events")):
                tried.set()
            if call.method != "GET":
                seen.add(order)

        process.kill()
        client._on_call = look
        try:
            yield
            assert tried.wait(60)
        finally:
            client._on_call = None
            process.start()

    def test_a_management_node_that_dies_at_work(self) -> None:
        """Nothing can be rolled back then; Nova's periodic task does it once the server is deleted."""
        before = self.warm()
        self.fault("Image_Disk_Create_DM", delay=3)
        server = self.post()
        self.until(lambda: "IBM0002" in self.inventory()["directory"])
        self.chain.manager.kill()
        try:
            server = self.until(lambda: self.seen(server, "ERROR"))
        finally:
            self.chain.manager.start()
        self.delete(server)
        self.compute.manager._cleanup_running_deleted_instances(context.get_admin_context())
        self.until(lambda: self.inventory() == before)


@pytest.mark.faults
class TestStart(Servers):
    """A service that cannot work says why and does not start."""

    def _setup_compute_service(self) -> None:
        """Start none: each test starts its own."""

    def refused(self, text: str, **options: Any) -> None:
        """Start the service with ``options`` and check why it ends."""
        self.flags(group="zvm_xcat", **options)
        with pytest.raises(exception.NovaException, match=text):
            self.start_service("compute")

    def test_a_profile_that_is_not_there(self) -> None:
        self.refused("no directory profile NOSUCH", user_profile="nosuch")

    def test_a_pool_that_is_not_there(self) -> None:
        self.refused("no disk pool NOSUCH, only: POOL1", diskpool="nosuch")

    def test_a_host_that_is_not_there(self) -> None:
        self.refused("nosuch", host="nosuch")

    def test_a_wrong_password(self) -> None:
        self.refused("check username and password", password="wrong")

    def test_a_node_that_is_not_there(self) -> None:
        self.refused("does not answer", server="http://127.0.0.1:1")
