# SPDX-License-Identifier: Apache-2.0
"""Servers in a rescue system and back; what a hard reboot and a start repair."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.functional.test_minidisk_volumes import MinidiskServers
from tests.support import images
from tests.support.interruptions import after
from tests.support.servers import Servers


class Rescued(Servers):
    """The rescue system boots from 01F0, the server's own disk is a data disk meanwhile."""

    def entry(self, server: dict[str, Any]) -> list[str]:
        """Return the records of the server's directory entry."""
        found = self.chain.simulator.smapi.call("Image_Query_DM", self.userid(server))
        # A card that is made anew has its number of devices written out.
        return [line.rstrip().replace(" DEVICES 3", "") for line in found.values["image_record_array"]]

    def ipl(self, server: dict[str, Any]) -> str:
        """Return what the server's next logon IPLs."""
        return next(record.split()[1] for record in self.entry(server) if record.startswith("IPL "))

    def disks(self, server: dict[str, Any]) -> list[str]:
        """Return the device numbers of the server's minidisks."""
        return [record.split()[1] for record in self.entry(server) if record.startswith("MDISK ")]

    def in_rescue(self, server: dict[str, Any], **how: Any) -> dict[str, Any]:
        """Put the server into its rescue system."""
        return self.act(server, {"rescue": {"adminPass": "rescue-Secret-1", **how}}, "RESCUE")


class TestRescue(Rescued):
    """Into the rescue system and out of it again."""

    def test_rescue_and_unrescue(self) -> None:
        rescue = self.glance.add(self.new_image(), hw_rescue_device="disk", hw_rescue_bus="virtio")
        server = self.boot(networks="auto")
        before, written = self.inventory(), self.entry(server)
        server = self.in_rescue(server, rescue_image_ref=rescue)
        assert self.ipl(server) == "01F0"
        assert self.disks(server) == ["0100", "01F0"]
        linux = self.state(server)["linux"]
        assert linux["passwords"]["root"] == hashlib.sha256(b"rescue-Secret-1").hexdigest()
        assert linux["hostname"] == server["OS-EXT-SRV-ATTR:hostname"]
        log = self.api.post_server_action(server["id"], {"os-getConsoleOutput": {}})["output"]
        assert all(f"dasd 0.0.{vdev}: dasd" in log for vdev in ("0100", "01f0"))
        server = self.act(server, {"unrescue": None})
        assert self.entry(server) == written
        after = self.inventory()
        assert after["guests"][self.userid(server)]["linux"]["instance_id"] == server["id"]
        assert after["spool"] == before["spool"]
        self.delete(server)

    def test_a_rescue_outlives_an_ipl_of_the_system(self) -> None:
        self.flags(resume_guests_state_on_host_boot=True)
        server = self.in_rescue(self.boot())
        self.chain.simulator.cp(f"FORCE {self.userid(server)} LOGOFF IMMEDIATE")
        self.until(lambda: self.state(server) is None)
        self.compute = self.restart_compute_service(self.compute)
        assert self.state(server)["state"] == "running"
        assert self.ipl(server) == "01F0"
        server = self.act(self.api.get_server(server["id"]), {"unrescue": None})
        assert self.disks(server) == ["0100"]
        self.delete(server)

    @pytest.mark.faults
    def test_a_rescue_that_fails_leaves_the_server_as_it_was(self) -> None:
        """One fault in each step; a hard reboot brings the server back from ERROR."""
        server = self.boot(networks="auto")
        self.act(self.in_rescue(server), {"unrescue": None})  # the rescue image's golden disk is made
        written = self.entry(server)
        for function in ("Image_Disk_Create_DM", "Image_IPL_Set_DM", "Image_Activate"):
            self.fault(function, rc=408, rs=99)
            self.api.post_server_action(server["id"], {"rescue": {}})
            server = self.broken(server)
            assert self.entry(server) == written, function
            server = self.recover(server)
            assert self.state(server)["linux"]["instance_id"] == server["id"]
        self.delete(server)

    def test_a_rescue_image_that_does_not_boot(self) -> None:
        server = self.boot()
        written = self.entry(server)
        blank = self.glance.add(images.blank())
        self.api.post_server_action(server["id"], {"rescue": {"rescue_image_ref": blank}})
        server = self.broken(server)
        assert "crashed as it started" in server["fault"]["message"]
        assert self.entry(server) == written
        self.delete(self.recover(server))

    def test_an_unrescue_that_fails_can_be_repeated(self) -> None:
        server = self.boot()
        written = self.entry(server)
        server = self.in_rescue(server)
        self.fault("Image_Disk_Delete_DM", rc=408, rs=99)
        self.api.post_server_action(server["id"], {"unrescue": None})
        server = self.broken(server)
        assert self.ipl(server) == "0100"
        server = self.recover(server)
        assert self.entry(server) == written
        self.delete(server)

    def test_what_a_killed_rescue_left_is_made_anew(self) -> None:
        server = self.boot()
        node = server["OS-EXT-SRV-ATTR:instance_name"]
        session = self.compute.driver._session
        session.change_guest(node, f"--add3390 {session.pool} 01F0 20M")
        server = self.in_rescue(server)
        assert self.state(server)["state"] == "running"
        self.delete(self.act(server, {"unrescue": None}))

    def test_a_rescue_from_a_cd_is_refused(self) -> None:
        server = self.boot()
        cd = self.glance.add(self.new_image(), hw_rescue_device="cdrom", hw_rescue_bus="scsi")
        self.api.post_server_action(server["id"], {"rescue": {"rescue_image_ref": cd}})
        server = self.broken(server)
        assert "cdrom" in server["fault"]["message"]
        assert self.disks(server) == ["0100"]
        self.delete(server)

    def test_a_hard_reboot_repairs_the_directory_entry(self) -> None:
        server = self.boot(networks="auto")
        written = sorted(self.entry(server))
        smapi, userid = self.chain.simulator.smapi, self.userid(server)
        for action in ({"reboot": {"type": "HARD"}}, {"reboot": {"type": "SOFT"}}, {"os-start": None}):
            if "os-start" in action:
                server = self.act(server, {"os-stop": None}, "SHUTOFF")
            smapi.call("Virtual_Network_Adapter_Delete_DM", userid, image_device_number="1000")
            smapi.call("Image_IPL_Set_DM", userid, saved_system="CMS", load_parameter="", parameter_string="")
            assert sorted(self.entry(server)) != written
            server = self.act(server, action)
            assert sorted(self.entry(server)) == written
            assert self.state(server)["state"] == "running"
            nics = self.compute.driver._session.detail(userid.lower()).nics
            assert [nic.coupled for nic in nics] == [True]
        self.delete(server)


@pytest.mark.faults
class TestRescueFaults(Rescued):
    """What is lost or killed in the middle of a rescue, or on the way out of it, leaves nothing."""

    def test_lost_replies_do_no_harm(self) -> None:
        self.delete(self.boot())
        empty = self.inventory()
        server = self.boot()
        written = self.entry(server)
        for function in ("Image_Disk_Create_DM", "Image_IPL_Set_DM", "Image_Activate"):
            self.fault(function, drop="after_commit")
            server = self.in_rescue(server)
            assert self.disks(server) == ["0100", "01F0"], function
            server = self.act(server, {"unrescue": None})
        for function in ("Image_Deactivate", "Image_IPL_Set_DM", "Image_Disk_Delete_DM", "Image_Activate"):
            server = self.in_rescue(server)
            self.fault(function, drop="after_commit")
            server = self.act(server, {"unrescue": None})
            assert self.entry(server) == written, function
            assert self.state(server)["linux"]["instance_id"] == server["id"]
        self.delete(server)
        assert self.inventory() == empty

    def test_a_zhcp_that_dies_in_a_rescue(self) -> None:
        self.delete(self.boot())
        empty = self.inventory()
        server = self.boot()
        written = self.entry(server)
        for step in ("change_guest", "set_ipl"):
            with self.zhcp_dies_after(step):
                self.api.post_server_action(server["id"], {"rescue": {}})
                server = self.broken(server)
            assert "01F0" in self.disks(server)  # nothing could be taken back
            self.until(self.zhcp_answers)
            server = self.recover(server)
            assert self.entry(server) == written, step
        self.delete(server)
        assert self.inventory() == empty

    def test_a_zhcp_that_dies_in_an_unrescue(self) -> None:
        server = self.boot()
        written = self.entry(server)
        server = self.in_rescue(server)
        with self.zhcp_dies_after("set_ipl"):
            self.api.post_server_action(server["id"], {"unrescue": None})
            server = self.broken(server)
        self.until(self.zhcp_answers)
        server = self.recover(server)
        assert self.entry(server) == written
        assert self.state(server)["linux"]["instance_id"] == server["id"]
        self.delete(server)

    @contextmanager
    def zhcp_dies_after(self, step: str) -> Iterator[None]:
        """Let the zHCP be killed once the driver has made a call; start it at the end."""
        zhcp = self.chain.zhcp
        with after(step, zhcp.kill):
            try:
                yield
            finally:
                zhcp.start()


class TestVolumeBackedRescue(MinidiskServers):
    """A server that boots from a volume is rescued, and boots from its volume again."""

    def test_rescue_and_unrescue(self) -> None:
        volume = self.cinder.make(images.bootable(), id=self.cinder.IMAGE_BACKED_VOL)
        rescue = self.glance.add(self.new_image(), hw_rescue_device="disk", hw_rescue_bus="virtio")
        server = self.boot_from_volume(volume)
        before = self.entry(server)
        server = self.act(server, {"rescue": {"rescue_image_ref": rescue}}, "RESCUE")
        state = self.state(server)
        assert (state["ipl_device"], state["booted"]) == ("01F0", True)
        assert "0200" in state["devices"]
        server = self.act(server, {"unrescue": None})
        state = self.state(server)
        assert (state["ipl_device"], state["booted"]) == ("0200", True)
        assert self.entry(server) == before
        self.fault("Image_Activate", rc=396, rs=1999)
        self.api.post_server_action(server["id"], {"rescue": {"rescue_image_ref": rescue}})
        server = self.broken(server)
        assert self.entry(server) == before
        server = self.recover(server)
        assert self.state(server)["ipl_device"] == "0200"
        self.delete(server)
