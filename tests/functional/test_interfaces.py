# SPDX-License-Identifier: Apache-2.0
"""Ports attached to servers and detached from them, running and stopped."""

from __future__ import annotations

from typing import Any

import pytest
from nova.tests.functional.api import client

from tests.support.servers import Servers


class TestInterfaces(Servers):
    """A second port beside the first."""

    def network(self) -> str:
        """Return the network of the server's own port."""
        return self.neutron.network_1["id"]

    def cards(self, server: dict[str, Any]) -> dict[str, tuple[str, bool]]:
        """Return vdev → MAC address and whether it is coupled, as CP has the guest's cards."""
        nics = self.compute.driver._session.nics.get(fresh=True)
        return {nic.vdev: (nic.mac, nic.coupled) for nic in nics if nic.uuid == server["id"]}

    def attach(self, server: dict[str, Any]) -> dict[str, Any]:
        """Attach a new port and return its attachment."""
        body = {"interfaceAttachment": {"net_id": self.network()}}
        return self.api.attach_interface(server["id"], body).body["interfaceAttachment"]

    def detach(self, server: dict[str, Any], port: str) -> None:
        """Detach a port and wait until the guest does not have its card."""
        before = len(self.cards(server))
        self.api.detach_interface(server["id"], port)
        self.until(lambda: len(self.cards(server)) == before - 1)

    def test_running(self) -> None:
        self.delete(self.boot(networks="auto"))
        empty = self.inventory()
        server = self.boot(networks="auto")
        before = self.inventory()
        attached = self.attach(server)
        assert self.cards(server)["1003"] == (attached["mac_addr"], True)
        assert "1003" in str(self.inventory()["directory"])
        self.act(server, {"reboot": {"type": "HARD"}})
        assert self.cards(server)["1003"] == (attached["mac_addr"], True)
        self.detach(server, attached["port_id"])
        assert self.inventory()["directory"] == before["directory"]
        self.delete(server)
        assert self.inventory() == empty

    def test_stopped(self) -> None:
        server = self.boot(networks="auto")
        self.act(server, {"os-stop": None}, "SHUTOFF")
        attached = self.attach(server)
        assert self.cards(server)["1003"] == (attached["mac_addr"], False)
        self.act(server, {"os-start": None})
        assert self.cards(server)["1003"] == (attached["mac_addr"], True)
        self.act(server, {"os-stop": None}, "SHUTOFF")
        self.detach(server, attached["port_id"])
        self.delete(server)

    def test_the_first_goes_the_second_stays(self) -> None:
        server = self.boot(networks="auto")
        [first] = self.api.get_port_interfaces(server["id"])
        second = self.attach(server)
        self.detach(server, first["port_id"])
        self.act(server, {"reboot": {"type": "HARD"}})
        assert self.cards(server) == {"1003": (second["mac_addr"], True)}
        self.delete(server)

    def test_a_refusal_leaves_nothing(self) -> None:
        server = self.boot(networks="auto")
        before = self.inventory()
        for function in ("Image_Definition_Update_DM", "Virtual_Network_Adapter_Connect_Vswitch"):
            self.fault(function, rc=396, rs=1)
            with pytest.raises(client.OpenStackApiException):
                self.attach(server)
            assert self.inventory() == before
            assert list(self.cards(server)) == ["1000"]
        self.delete(server)
