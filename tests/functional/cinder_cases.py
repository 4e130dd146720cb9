# SPDX-License-Identifier: Apache-2.0
"""Volumes through Cinder's API, down to the minidisks of the simulated z/VM."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from cinder import exception
from cinder.interface import volume_driver
from cinder.tests.functional.api import client

from tests.support.chain import HOST, PASSWORD, POOL, USER
from tests.support.cinder_service import CONNECTOR, CinderCase, Glance, Settings
from tests.support.nova_chain import NovaChain, nova_chain
from zvm.cinder.driver import ZVMMinidiskDriver
from zvm.manager.volumes.volume import userid_of

__all__ = ["nova_chain"]
GIB = 1 << 30
FIRST, SECOND = (text.ljust(49152, b".") for text in (b"first", b"second"))


def test_cinders_own_check_of_drivers() -> None:
    assert issubclass(ZVMMinidiskDriver, volume_driver.VolumeDriverCore)


def started(chain: NovaChain, **options: Any) -> ZVMMinidiskDriver:
    """Return a driver that was set up and checked."""
    told = {"zvm_server": chain.manager.url, "zvm_username": USER, "zvm_password": PASSWORD, "zvm_host": HOST}
    driver = ZVMMinidiskDriver(configuration=Settings({**told, **options}))
    driver.do_setup(None)
    driver.check_for_setup_error()
    return driver


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"zvm_pools": ["NOSUCH", "pool1"]}, "has no disk pool NOSUCH; it has POOL1"),
        ({"zvm_password": "wrong"}, "check zvm_username and zvm_password"),
        ({"zvm_host": "nosuch"}, "nosuch"),
        ({"zvm_host": ""}, "zvm_host"),
        ({"zvm_server": "http://127.0.0.1:1"}, "does not answer"),
        ({"zvm_server": "http://zvm.example.com"}, "loopback"),
        ({"zvm_ca_file": "/nosuch"}, "is not a file"),
    ],
)
def test_a_service_that_cannot_work_says_why(
    nova_chain: NovaChain, options: dict[str, Any], reason: str
) -> None:
    with pytest.raises(exception.CinderException, match=reason):
        started(nova_chain, **options)


def test_all_pools_without_a_choice(nova_chain: NovaChain) -> None:
    stats = started(nova_chain).get_volume_stats(refresh=True)
    assert [pool["pool_name"] for pool in stats["pools"]] == [POOL]


def test_a_volume_becomes_an_image(nova_chain: NovaChain) -> None:
    """Smaller than Cinder's smallest, which takes a while to stream."""
    driver, glance = started(nova_chain), Glance()
    uuid, image = str(uuid4()), glance.add(b"")
    made = driver._volumes.create(uuid, pool=POOL, bytes=3 << 20)
    try:
        driver._volumes.write(uuid, FIRST)
        volume = SimpleNamespace(id=uuid, provider_id=uuid, volume_type=None, glance_metadata=None)
        whole = FIRST.ljust(made.bytes, b"\0")
        meta = {"id": image, "container_format": "bare"}
        with pytest.raises(exception.ImageUnacceptable, match="raw or qcow2, not vmdk"):
            driver.copy_volume_to_image(None, volume, glance, meta | {"disk_format": "vmdk"})
        driver.copy_volume_to_image(None, volume, glance, meta | {"disk_format": "raw"})
        assert glance.content[image] == whole
        driver.copy_volume_to_image(None, volume, glance, meta | {"disk_format": "qcow2"})
        assert len(glance.content[image]) < len(whole) // 2
        again = glance.add(glance.content[image], "qcow2")
        driver._volumes.write(uuid, b"other")
        driver.copy_image_to_volume(None, volume, glance, again)
        assert b"".join(driver._volumes.read(uuid)) == whole
    finally:
        driver._volumes.delete(uuid)


class TestVolumes(CinderCase):
    """What users do."""

    def test_a_volume_is_a_minidisk(self) -> None:
        made = self.create(size=2)
        assert made["os-vol-host-attr:host"].endswith(f"#{POOL}")
        found = self.volumes.get(made["id"])
        assert found is not None
        assert (found.pool, found.state) == (POOL, "complete")
        assert 2 * GIB <= found.bytes < 2 * GIB + 737280
        assert found.userid in self.inventory()["directory"]
        self.delete(made["id"])
        assert self.inventory() == self.before

    def test_snapshots_clones_and_growth(self) -> None:
        source = self.create()["id"]
        self.volumes.write(source, FIRST)
        snapshot = self.snapshot(source)
        self.volumes.write(source, SECOND)
        old = self.create(snapshot_id=snapshot, size=2)["id"]
        new = self.create(source_volid=source)["id"]
        assert (self.content(old, 49152), self.content(new, 49152)) == (FIRST, SECOND)
        self.act(new, "os-extend", new_size=3)
        assert self.seen(new, "available")["size"] == 3
        found = self.volumes.get(new)
        assert found is not None
        assert found.bytes >= 3 * GIB
        assert self.content(new, 49152) == SECOND
        self.delete_snapshot(snapshot)
        for id in (source, old, new):
            self.delete(id)
        assert self.inventory() == self.before

    def test_images(self) -> None:
        """The second volume of an image is a copy inside z/VM: Glance is not asked for its content again."""
        content = b"an image".ljust(200_000, b"!")
        image = self.glance.add(content)
        volumes = [self.create(imageRef=image) for _ in range(2)]
        assert self.glance.downloads == 1
        for volume in volumes:
            assert volume["bootable"] == "true"
            assert self.content(volume["id"], len(content)) == content
        for volume in volumes:
            self.delete(volume["id"])
        assert self.inventory() == self.before

    def test_an_image_that_the_node_cannot_unpack(self) -> None:
        image = self.glance.add(b"not a disk image at all", "qcow2")
        made = self.create(imageRef=image, expected="error")
        assert self.inventory() == self.before
        self.delete(made["id"])

    def test_a_server_gets_what_it_needs_to_connect(self) -> None:
        made = self.create(multiattach=False)
        answer = self.act(made["id"], "os-initialize_connection", connector=CONNECTOR)["connection_info"]
        assert answer["driver_volume_type"] == "zvm_minidisk"
        data = answer["data"]
        assert (data["minidisk_uuid"], data["userid"]) == (made["id"], userid_of(made["id"]))
        assert (data["access_mode"], data["multiattach"]) == ("rw", False)
        with pytest.raises(client.OpenStackApiException):
            self.act(made["id"], "os-initialize_connection", connector={"host": "a-kvm-host"})
        self.act(made["id"], "os-terminate_connection", connector=CONNECTOR)

    def test_the_scheduler_knows_the_room(self) -> None:
        [pool] = self.api.api_get("/scheduler-stats/get_pools?detail=true")["pools"]
        told = pool["capabilities"]
        assert pool["name"].endswith(f"#{POOL}")
        assert (told["storage_protocol"], told["multiattach"]) == ("zvm_minidisk", True)
        assert told["total_capacity_gb"] >= told["free_capacity_gb"] > told["largest_free_gb"] > 0
        made = self.create(size=int(told["largest_free_gb"]) + 1, expected="error")  # no room in one piece
        assert self.inventory() == self.before
        self.delete(made["id"])

    def test_what_cinder_forgot_is_taken_over(self) -> None:
        made = self.create(size=2)
        self.volumes.write(made["id"], FIRST)
        self.act(made["id"], "os-unmanage")
        self.until(lambda: made["id"] not in {item["id"] for item in self.api.get_volumes()})
        host = made["os-vol-host-attr:host"]
        listed = self.api.api_get(f"/manageable_volumes/detail?host={quote(host)}")["manageable-volumes"]
        assert [item["reference"]["source-id"] for item in listed if item["safe_to_manage"]] == [made["id"]]
        body = {"volume": {"host": host, "ref": {"source-id": made["id"]}}}
        managed = self.api.api_post("/os-volume-manage", body)["volume"]["id"]
        assert self.seen(managed, "available")["size"] == 2
        copy = self.create(source_volid=managed, size=2)
        assert self.content(copy["id"], 49152) == FIRST
        for id in (managed, copy["id"]):
            self.delete(id)
        assert self.inventory() == self.before


class TestFaults(CinderCase):
    """What goes wrong leaves nothing behind."""

    def fault(self, function: str, **what: Any) -> None:
        self.chain.simulator.control("POST", "/faults", {"function": function, **what})

    def test_a_full_pool(self) -> None:
        self.fault("Image_Create_DM", rc=408, rs=24, times=9)  # Cinder tries a few times
        made = self.create(expected="error")
        self.chain.simulator.control("DELETE", "/faults")
        assert self.inventory() == self.before
        self.delete(made["id"])

    def test_lost_replies(self) -> None:
        source = self.create()["id"]
        self.volumes.write(source, FIRST)
        for function in ("Image_Create_DM", "Image_Disk_Unshare_DM"):
            self.fault(function, drop="after_commit")
            copy = self.create(source_volid=source)["id"]
            assert self.content(copy, 49152) == FIRST
            self.fault("Image_Delete_DM", drop="after_commit")
            self.delete(copy)
        self.delete(source)
        assert self.inventory() == self.before

    def test_a_copy_that_is_refused(self) -> None:
        source = self.create()["id"]
        before = self.inventory()
        self.fault("Image_Disk_Unshare_DM", rc=500, rs=8, times=9)
        copy = self.create(source_volid=source, expected="error")["id"]
        assert self.inventory() == before
        self.chain.simulator.control("DELETE", "/faults")
        for id in (copy, source):
            self.delete(id)
        assert self.inventory() == self.before

    def test_a_dead_zhcp(self) -> None:
        self.override_config("zvm_retry_timeout", 0, "backend_defaults")
        self.volume.manager.driver._volumes._patience = 0.0
        made = self.create()["id"]
        self.chain.zhcp.kill()
        try:
            lost = self.create(expected="error")["id"]
            self.api.delete_volume(made)
            self.seen(made, "error_deleting")
        finally:
            self.chain.zhcp.start()
        self.until(self.zhcp_answers)
        for id in (lost, made):
            self.act(id, "os-reset_status", status="available")
            self.delete(id)
        assert self.inventory() == self.before

    def zhcp_answers(self) -> bool:
        """Return whether the management node has seen that the zHCP is there again."""
        return bool(self.client.extension("GET", "/pools")["pools"])

    def test_a_management_node_that_is_killed_at_work(self) -> None:
        """The driver asks again until the node is back, and finds by the id what was made."""
        source = self.create()["id"]
        self.volumes.write(source, FIRST)
        self.fault("Image_Disk_Unshare_DM", delay=2)
        copy = self.api.post_volume({"volume": {"size": 1, "source_volid": source}})["id"]
        self.until(lambda: userid_of(copy) in self.inventory()["directory"])
        self.chain.manager.kill()
        self.chain.manager.start()
        self.seen(copy, "available")
        assert self.content(copy, 49152) == FIRST
        found = self.volumes.get(copy)
        assert found is not None
        assert found.state == "complete"
        for id in (copy, source):
            self.delete(id)
        assert self.inventory() == self.before

    def test_a_volume_that_a_guest_still_has(self) -> None:
        made = self.create()["id"]
        smapi = self.chain.simulator.smapi
        records = ["USER HOLDER NOLOG 64M 64M G", f"LINK {userid_of(made)} 0100 0200 M"]
        smapi.call("Image_Create_DM", "HOLDER", image_record_array=records)
        try:
            self.api.delete_volume(made)
            self.seen(made, "available")  # Cinder's answer to a volume that is busy
            assert self.volumes.get(made) is not None
        finally:
            smapi.call("Image_Delete_DM", "HOLDER", data_security_erase=1)
        self.delete(made)
        assert self.inventory() == self.before
