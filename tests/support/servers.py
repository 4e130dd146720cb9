# SPDX-License-Identifier: Apache-2.0
"""Nova's services in this process, its real API before them, our driver and the chain below."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from nova.tests.fixtures.nova import CellDatabases
from nova.tests.functional import integrated_helpers
from nova.tests.functional.api import client

from tests.support import images
from tests.support.nova_chain import NovaChain
from tests.support.nova_compute import configure, remove_guests
from tests.support.polling import wait_until
from zvm.nova import exceptions


class Servers(integrated_helpers._IntegratedTestBase):
    """The services of Nova in this process, the chain below them in processes of its own."""

    ADMIN_API = True
    CAST_AS_CALL = False
    microversion = "latest"
    #: What Neutron says of a new port; DOWN: it is to tell later that the port is plugged.
    port_status = "ACTIVE"

    @pytest.fixture(autouse=True)
    def _use_chain(self, nova_chain: NovaChain) -> None:
        self.chain = nova_chain

    @pytest.fixture(autouse=True)
    def _ask_for_the_cell_without_a_lock(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Mend a deadlock of Nova's fixtures.

        A thread that writes to the database asks for the cell that others have chosen, who hold the lock of
        the cell and wait for that of the database. One attribute is read, for which no lock is needed.
        """
        monkeypatch.setattr(
            CellDatabases,
            "_wrap_get_context_manager",
            lambda databases, context: getattr(context, "db_connection", None) or databases._last_ctxt_mgr,
        )

    def _clear_attrs(self) -> None:
        """Nova deletes every attribute, pytest's own too."""

    def _setup_services(self) -> None:
        self._configure()
        self.glance = images.image_service(self)
        self.image = next(iter(self.glance.images))
        self._network_as_for_zvm()
        super()._setup_services()
        if self.compute is not None:
            self.addCleanup(remove_guests, self.compute.driver)

    def _configure(self) -> None:
        configure(self, self.chain)

    def _network_as_for_zvm(self) -> None:
        """Let Neutron give out what z/VM can have: no DHCP, MAC addresses below VMLAN USERPREFIX."""
        for subnet in self.neutron._subnets.values():
            subnet["enable_dhcp"] = False
        create = self.neutron.create_port

        def create_port(body: Any = None) -> Any:
            port = self.neutron._ports[create(body)["port"]["id"]]
            port["mac_address"] = "02:00:06" + port["mac_address"][8:]
            port["status"] = self.port_status
            return {"port": dict(port)}

        self.neutron.create_port = create_port

    # helpers

    def boot(self, expected: str = "ACTIVE", **how: Any) -> dict[str, Any]:
        """Create a server and wait for its state."""
        server = self.post(**how)
        return self.until(lambda: self.seen(server, expected))

    def boot_many(self, count: int, **how: Any) -> list[dict[str, Any]]:
        """Create servers in one request and wait until all are there, leaving Nova's API alone meanwhile."""
        self.notifier.reset()
        body = self._build_server(**{"image_uuid": self.image, "networks": "none", **how})
        self.api.post_server({"server": {**body, "min_count": count, "max_count": count}})
        self.notifier.wait_for_versioned_notifications(
            "instance.create.end", n_events=count, timeout=max(120, 20 * count)
        )
        servers = self.api.get_servers(detail=True)
        assert [server["status"] for server in servers] == ["ACTIVE"] * count
        return servers

    def delete_many(self, servers: list[dict[str, Any]]) -> None:
        """Delete servers at once and wait until all are gone."""
        self.notifier.reset()
        for server in servers:
            self.api.delete_server(server["id"])
        self.notifier.wait_for_versioned_notifications(
            "instance.delete.end", n_events=len(servers), timeout=max(120, 20 * len(servers))
        )

    def post(self, networks: str = "none", **how: Any) -> dict[str, Any]:
        """Ask for a server."""
        body = self._build_server(**{"image_uuid": self.image, "networks": networks, **how})
        return self.api.post_server({"server": body})

    def seen(self, server: dict[str, Any], expected: str) -> dict[str, Any] | None:
        """Return the server when it is in the state; fail when it is in error instead."""
        found = self.api.get_server(server["id"])
        if found["status"] == "ERROR" != expected:
            self.fail(f"{found['name']} failed: {found.get('fault')}")
        ready = found["status"] == expected and found["OS-EXT-STS:task_state"] is None
        return found if ready and (expected != "ERROR" or "fault" in found) else None

    def until(self, condition: Callable[[], Any], seconds: float = 120) -> Any:
        """Return what ``condition`` returns as soon as that is true."""
        # Each question costs the real API more than it costs the simulator to act.
        return wait_until(condition, seconds, pause=0.15)

    def delete(self, server: dict[str, Any]) -> None:
        """Delete a server and wait until it is gone."""
        self.api.delete_server(server["id"])
        self.until(lambda: self.is_gone(server))

    def is_gone(self, server: dict[str, Any]) -> bool:
        """Return whether Nova no longer knows the server."""
        try:
            self.api.get_server(server["id"])
        except client.OpenStackApiNotFoundException:
            return True
        return False

    def new_image(self) -> bytes:
        """Return an image that the chain has not seen yet."""
        return images.bootable(seed=uuid4().hex)

    def act(self, server: dict[str, Any], action: dict[str, Any], expected: str = "ACTIVE") -> dict[str, Any]:
        """Carry out an action and wait for the state after it."""
        self.api.post_server_action(server["id"], action)
        return self.until(lambda: self.seen(server, expected))

    def broken(self, server: dict[str, Any]) -> dict[str, Any]:
        """Return the server once it is in error."""
        return self.until(lambda: self.seen(server, "ERROR"))

    def recover(self, server: dict[str, Any], action: dict[str, Any] | None = None) -> dict[str, Any]:
        """Bring a server that is in error back, by a hard reboot if nothing else is given."""
        self.api.post_server_action(server["id"], action or {"reboot": {"type": "HARD"}})

        def back() -> Any:
            found = self.api.get_server(server["id"])
            return found["status"] == "ACTIVE" and not found["OS-EXT-STS:task_state"] and found

        return self.until(back)

    def boot_from_volume(self, volume: str, expected: str = "ACTIVE", *more: str) -> dict[str, Any]:
        """Create a server whose root disk is a volume, with further volumes; wait for its state."""
        body = self._build_server(image_uuid="", networks="none")
        body.pop("imageRef", None)
        wanted = [{"boot_index": 0, "uuid": volume}, *({"boot_index": -1, "uuid": item} for item in more)]
        body["block_device_mapping_v2"] = [
            {**item, "source_type": "volume", "destination_type": "volume"} for item in wanted
        ]
        server = self.api.post_server({"server": body})
        return self.until(lambda: self.seen(server, expected))

    # the z/VM system

    def userid(self, server: dict[str, Any]) -> str:
        """Return the userid of the server's guest."""
        return str(server["OS-EXT-SRV-ATTR:instance_name"]).upper()

    def fault(self, function: str, **what: Any) -> None:
        """Make the next call of a SMAPI function, or order to an agent, go wrong, for whatever guest."""
        self.chain.simulator.control("POST", "/faults", {"function": function, **what})

    def zhcp_answers(self) -> bool:
        """Return whether the management node has seen that the zHCP is there again."""
        try:
            return bool(self.compute.driver._session.pools())
        except exceptions.Unreachable:
            return False

    def inventory(self) -> dict[str, Any]:
        """Return the whole state of the simulated system, without what counts or tells the time."""
        found = self.chain.simulator.control("GET", "/inventory")
        del found["counters"]
        return found

    def state(self, server: dict[str, Any]) -> Any:
        """Return what the simulator says of the server's guest, None when it is not logged on."""
        return self.inventory()["guests"].get(self.userid(server))

    @contextmanager
    def foreign_guest(self, userid: str) -> Iterator[None]:
        """Let a directory entry exist that is none of Nova's."""
        smapi = self.chain.simulator.smapi
        records = [f"USER {userid} NOLOG 64M 64M G", "INCLUDE LNXDFLT"]
        smapi.call("Image_Create_DM", userid, image_record_array=records)
        try:
            yield
        finally:
            smapi.call("Image_Delete_DM", userid, data_security_erase=1)
