# SPDX-License-Identifier: Apache-2.0
"""What is done inside guests: passwords, freezing, addresses, tags, root growth."""

from __future__ import annotations

import base64
import json
from typing import Any

from nova import context, exception, objects
from nova.api.metadata import base as instance_metadata
from nova.tests.functional.api import client
from oslo_messaging import ExpectedException

from tests.support.servers import Servers


class TestGuestServices(Servers):
    def linux(self, server: dict[str, Any]) -> dict[str, Any]:
        """Return what the server's Linux has become."""
        return self.state(server)["linux"]

    def instance(self, server: dict[str, Any]) -> objects.Instance:
        """Return Nova's own record of the server."""
        wanted = ["system_metadata", "metadata", "info_cache", "flavor"]
        return objects.Instance.get_by_uuid(context.get_admin_context(), server["id"], expected_attrs=wanted)

    def told_at_boot(self, server: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the tagged devices in the config drive, as the guest has read it."""
        content = base64.b64decode(self.linux(server)["files"]["/run/cloud-init/instance-data.json"])
        return json.loads(content)["ds"]["meta_data"].get("devices", [])

    def told_by_the_api(self, server: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the tagged devices that Nova's metadata API tells the guest."""
        metadata = instance_metadata.get_metadata_by_instance_id(server["id"], "192.0.2.1")
        return json.loads(metadata.lookup("/openstack/latest/meta_data.json")).get("devices", [])

    def test_tags_of_devices(self) -> None:
        network = self.neutron.network_1["id"]
        disk = {
            "boot_index": 0,
            "uuid": self.image,
            "source_type": "image",
            "destination_type": "local",
            "tag": "root",
        }
        body = self._build_server(image_uuid=self.image, networks=[{"uuid": network, "tag": "front"}])
        server = self.api.post_server({"server": {**body, "block_device_mapping_v2": [disk]}})
        server = self.until(lambda: self.seen(server, "ACTIVE"))
        [card, root] = self.told_at_boot(server)
        assert (card["type"], card["tags"]) == ("nic", ["front"])
        assert self.linux(server)["configured"][card["mac"]]
        assert (root["type"], root["tags"], root["path"]) == ("disk", ["root"], "/dev/dasda")

        attached = self.api.attach_interface(
            server["id"], {"interfaceAttachment": {"net_id": network, "tag": "back"}}
        ).body["interfaceAttachment"]
        told = {device["mac"]: device["tags"] for device in self.told_by_the_api(server)[:2]}
        assert told == {card["mac"]: ["front"], attached["mac_addr"]: ["back"]}
        # The agent gave the new card its address, and the default route.
        address = attached["fixed_ips"][0]["ip_address"]
        assert [
            item.partition("/")[0] for item in self.linux(server)["configured"][attached["mac_addr"]]
        ] == [address]
        assert self.linux(server)["gateways"][attached["mac_addr"]]
        self.api.detach_interface(server["id"], attached["port_id"])
        self.until(lambda: len(self.told_by_the_api(server)) == 2)
        self.delete(server)

    def test_addresses_of_both_kinds(self) -> None:
        second = {**self.neutron.subnet_ipv6_1, "enable_dhcp": False, "ipv6_address_mode": None}
        second |= {"network_id": self.neutron.network_1["id"], "ipv6_ra_mode": None}
        self.neutron._subnets[second["id"]] = second
        port = self.neutron.create_port({"port": {"network_id": self.neutron.network_1["id"]}})["port"]
        addresses = [*port["fixed_ips"][:1], {"ip_address": "fd37:44e8:ad06::77", "subnet_id": second["id"]}]
        self.neutron._ports[port["id"]]["fixed_ips"] = addresses
        server = self.boot(networks=[{"port": port["id"]}])
        linux = self.linux(server)
        assert len(linux["configured"][port["mac_address"]]) == 2
        assert "fd37:44e8:ad06::77/64" in linux["configured"][port["mac_address"]]
        assert len(linux["gateways"][port["mac_address"]]) == 2
        self.api.post_server_action(server["id"], {"injectNetworkInfo": None})
        assert self.linux(server)["configured"] == linux["configured"]
        self.delete(server)

    def test_a_mac_address_that_cannot_be_had(self) -> None:
        first = self.boot(networks="auto")
        port = self.neutron.create_port({"port": {"network_id": self.neutron.network_1["id"]}})["port"]
        self.neutron._ports[port["id"]]["mac_address"] = "fa:16:3e:00:00:01"
        before = self.inventory()
        server = self.boot(expected="ERROR", networks=[{"port": port["id"]}])
        assert "base_mac = 02:00:06:00:00:00" in server["fault"]["details"]
        with self.assertRaises(client.OpenStackApiException):
            self.api.attach_interface(first["id"], {"interfaceAttachment": {"port_id": port["id"]}})
        assert self.inventory() == before
        self.delete(server)
        self.delete(first)

    def test_freezing_and_passwords(self) -> None:
        server = self.boot()
        manager, admin = self.compute.manager, context.get_admin_context()
        manager.quiesce_instance(admin, self.instance(server))
        assert self.linux(server)["frozen"]
        manager.unquiesce_instance(admin, self.instance(server), [])
        assert not self.linux(server)["frozen"]
        password = {"changePassword": {"adminPass": "another-Secret-2"}}
        self.api.post_server_action(server["id"], password)
        changed = self.linux(server)["passwords"]["root"]
        # z/VM's operator stops the processors: nobody answers in the guest any more.
        userid = server["OS-EXT-SRV-ATTR:instance_name"].upper()
        self.chain.simulator.smapi.call("Image_Pause", userid, action="PAUSE")
        with self.assertRaises(client.OpenStackApiException) as refused:
            self.api.post_server_action(server["id"], password)
        assert refused.exception.response.status_code == 409
        with self.assertRaises(ExpectedException) as told:
            manager.quiesce_instance(admin, self.instance(server))
        assert isinstance(told.exception.exc_info[1], exception.InstanceQuiesceNotSupported)
        self.chain.simulator.smapi.call("Image_Pause", userid, action="BEGIN")
        linux = self.linux(server)
        assert (linux["frozen"], linux["passwords"]["root"]) == (False, changed)
        self.delete(server)

    def test_the_root_disk_is_taken_up_where_the_user_wants_it(self) -> None:
        grown = {}
        for how in ("AUTO", "MANUAL"):
            body = self._build_server(image_uuid=self.image, networks="none")
            server = self.api.post_server({"server": {**body, "OS-DCF:diskConfig": how}})
            server = self.until(lambda server=server: self.seen(server, "ACTIVE"))
            grown[how] = self.linux(server)["root_bytes"]
            self.delete(server)
        assert grown["MANUAL"] == 0
        assert grown["AUTO"] >= 1 << 30
