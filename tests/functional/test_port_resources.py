# SPDX-License-Identifier: Apache-2.0
"""Ports with guaranteed bandwidth: what Placement has of it while servers come and go."""

from __future__ import annotations

import copy
from typing import Any
from uuid import uuid4

import pytest
from nova import context
from nova.tests.functional.api import client

from tests.support.servers import Servers

EGRESS, INGRESS = "NET_BW_EGR_KILOBIT_PER_SEC", "NET_BW_IGR_KILOBIT_PER_SEC"
TRAITS = ["CUSTOM_PHYSNET2", "CUSTOM_VNIC_TYPE_NORMAL"]
NEWEST = "1.39"


class TestPortResources(Servers):
    """Neutron has told Placement of a virtual switch with 2,500 kilobits a second each way."""

    def setUp(self) -> None:
        super().setUp()
        [host] = self.get("/resource_providers")["resource_providers"]
        self.host = host["uuid"]
        self.switch = str(uuid4())
        body = {"uuid": self.switch, "name": "host:z/VM agent:XCATVSW1", "parent_provider_uuid": self.host}
        self.placement.post("/resource_providers", body, version=NEWEST)
        for trait in TRAITS:
            self.placement.put(f"/traits/{trait}", None, version=NEWEST)
        self.put("inventories", {"inventories": {kind: {"total": 2500} for kind in (EGRESS, INGRESS)}})
        self.put("traits", {"traits": TRAITS})

    def get(self, path: str) -> dict[str, Any]:
        """Return what Placement has."""
        return self.placement.get(path, version=NEWEST).body

    def put(self, what: str, body: dict[str, Any]) -> None:
        """Tell Placement something of the switch."""
        path = f"/resource_providers/{self.switch}"
        generation = self.get(path)["generation"]
        answer = self.placement.put(
            f"{path}/{what}", {**body, "resource_provider_generation": generation}, version=NEWEST
        )
        assert answer.status == 200, answer.body

    def port(self) -> str:
        """Make a port that wants 1,000 kilobits a second each way."""
        wanted = copy.deepcopy(self.neutron.port_with_resource_request)
        wanted.update(id=str(uuid4()), mac_address=f"02:00:06:0B:00:{len(self.neutron._ports):02X}")
        self.neutron._ports[wanted["id"]] = wanted
        return wanted["id"]

    def used(self) -> dict[str, int]:
        """Return what of the switch is allocated."""
        return self.get(f"/resource_providers/{self.switch}/usages")["usages"]

    def provider_of(self, port: str) -> Any:
        """Return the provider that the port's binding names."""
        return self.neutron._ports[port]["binding:profile"].get("allocation")

    def test_as_much_as_there_is_and_no_more(self) -> None:
        first, second, third = (self.port() for _ in range(3))
        self.delete(self.boot())  # the image is known from here on
        empty = self.inventory()
        server = self.boot(networks=[{"port": first}])
        assert self.used() == {EGRESS: 1000, INGRESS: 1000}
        assert self.provider_of(first) == self.switch
        body = {"interfaceAttachment": {"port_id": second}}
        self.api.attach_interface(server["id"], body)
        assert self.used() == {EGRESS: 2000, INGRESS: 2000}
        assert self.provider_of(second) == self.switch
        nics = self.compute.driver._session.nics.get(fresh=True)
        assert {nic.port for nic in nics if nic.uuid == server["id"]} == {first, second}
        with self.assertRaises(client.OpenStackApiException) as refused:
            self.api.attach_interface(server["id"], {"interfaceAttachment": {"port_id": third}})
        assert refused.exception.response.status_code == 400
        other = self.boot(expected="ERROR", networks=[{"port": third}])
        assert "No valid host" in other["fault"]["message"]
        assert self.used() == {EGRESS: 2000, INGRESS: 2000}
        self.compute.manager.update_available_resource(
            context.get_admin_context()
        )  # the switch is not the driver's to remove
        assert self.used() == {EGRESS: 2000, INGRESS: 2000}
        self.api.detach_interface(server["id"], second)
        self.until(lambda: self.used() == {EGRESS: 1000, INGRESS: 1000})
        self.delete(server)
        assert self.used() == {EGRESS: 0, INGRESS: 0}
        assert self.inventory() == empty

    @pytest.mark.faults
    def test_a_failed_spawn_gives_its_bandwidth_back(self) -> None:
        self.delete(self.boot())  # the image is known from here on
        empty = self.inventory()
        self.fault("Image_Activate", rc=396, rs=1, times=0)
        self.addCleanup(self.chain.simulator.control, "DELETE", "/faults")
        self.boot(expected="ERROR", networks=[{"port": self.port()}])
        self.until(lambda: self.used() == {EGRESS: 0, INGRESS: 0})
        assert self.inventory() == empty
