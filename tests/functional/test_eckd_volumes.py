# SPDX-License-Identifier: Apache-2.0
"""ECKD volumes over FICON: real 3390 that a guest has whole and alone; nothing is left when it loses one."""

from __future__ import annotations

from typing import Any

import pytest
from nova import context, exception, objects

from tests.support import images
from tests.support.eckd_server import OPTION, EckdServer
from tests.support.volume_servers import VolumeServers
from zvm.nova import exceptions
from zvm.nova.volumes.volume import Volume

#: The names under which Linux has the devices 0300 and 0301, whatever else it has.
DEVICE, SECOND = "/dev/disk/by-path/ccw-0.0.0300", "/dev/disk/by-path/ccw-0.0.0301"


class EckdServers(VolumeServers):
    """Servers beside a storage server with a control unit."""

    fcp_devices = ""

    def _setup_services(self) -> None:
        self.flags(group="zvm_xcat", eckd_control_units=OPTION)
        super()._setup_services()
        self.addCleanup(self.chain.simulator.control, "DELETE", "/faults")

    def make_server(self) -> EckdServer:
        return EckdServer(self, self.chain.simulator)

    def instance(self, server: dict[str, Any]) -> objects.Instance:
        """Return Nova's object."""
        return objects.Instance.get_by_uuid(context.get_admin_context(), server["id"])

    def refused(self, server: dict[str, Any], volume: str, reason: str = "") -> None:
        """Attach a volume, which fails for that reason; nothing of it stays."""
        before = self.inventory()
        super().refused(server, volume)
        assert reason in self.stdlog.logger.output
        self.until(lambda: self.inventory() == before)


class TestEckdVolumes(EckdServers):
    """What users do with them."""

    def test_running(self) -> None:
        """The second one was made after z/VM's IPL, so that CP has it offline."""
        server = self.boot()
        volume, second = self.san.volume(content=b"written outside"), self.san.volume()
        free = self.inventory()
        self.attach(server, volume)
        assert self.reserved(server) == self.given(server) == {"0300": self.san.rdev(volume)}
        assert self.read(server, DEVICE, 15) == b"written outside"
        self.write(server, DEVICE, b"written by the guest", offset=4096)
        assert self.san.read(volume, 4096, 20) == b"written by the guest"
        assert self.chain.simulator.cp(f"VARY OFF {self.san.rdev(second)}")[0] == 0
        self.attach(server, second)
        self.act(server, {"reboot": {"type": "HARD"}})
        assert self.reserved(server) == self.given(server)
        assert self.read(server, DEVICE, 20, offset=4096) == b"written by the guest"
        self.mounted(server, volume)
        self.detach(server, volume)
        assert self.given(server) == {"0301": self.san.rdev(second)}
        self.write(server, SECOND, b"still here")
        self.detach(server, second)
        assert self.inventory() == free
        self.delete(server)
        assert self.san.holder(volume) == self.san.holder(second) == ""

    def mounted(self, server: dict[str, Any], volume: str) -> None:
        """Assert that a volume cannot be detached while it is mounted."""
        assert self.program(server, "mount", DEVICE, "/srv")[0] == 0
        self.api.delete_server_volume(server["id"], volume)
        self.until(lambda: "in use: /srv" in self.stdlog.logger.output)
        self.until(lambda: self.san.volumes[volume]["status"] == "in-use" and self.seen(server, "ACTIVE"))
        assert self.given(server) == self.reserved(server)
        assert self.program(server, "umount", "/srv")[0] == 0

    def test_stopped(self) -> None:
        server = self.boot()
        self.act(server, {"os-stop": None}, "SHUTOFF")
        volume = self.san.volume()
        before = self.inventory()
        self.attach(server, volume)
        assert self.reserved(server) == {"0300": self.san.rdev(volume)}
        assert self.san.holder(volume) == ""
        self.act(server, {"os-start": None})
        self.write(server, DEVICE, b"found at the start")
        assert self.san.read(volume, 0, 18) == b"found at the start"
        self.act(server, {"os-stop": None}, "SHUTOFF")
        self.detach(server, volume)
        assert self.inventory() == before
        self.delete(server)

    def test_a_server_that_boots_from_one(self) -> None:
        volume, data = self.san.volume(content=images.bootable(), image=self.image), self.san.volume()
        before = self.inventory()
        body = self._build_server(image_uuid="", networks="none")
        body.pop("imageRef", None)
        body["block_device_mapping_v2"] = [
            {"boot_index": index, "uuid": id, "source_type": "volume", "destination_type": "volume"}
            for index, id in ((0, volume), (-1, data))
        ]
        server = self.api.post_server({"server": body})
        server = self.until(lambda: self.seen(server, "ACTIVE"))
        records = self.inventory()["directory"][self.userid(server)]
        assert not [record for record in records if record.startswith("MDISK")]
        root = {rdev: vdev for vdev, rdev in self.given(server).items()}[self.san.rdev(volume)]
        state = self.state(server)
        assert (state["ipl_device"], state["linux"]["instance_id"]) == (root, server["id"])
        self.act(server, {"os-stop": None}, "SHUTOFF")
        self.act(server, {"os-start": None})
        assert self.state(server)["ipl_device"] == root
        assert self.program(server, "chzdev", "-d", "dasd", f"0.0.{root}")[0], "the root is in use"
        self.delete(server)
        assert self.inventory()["directory"] == before["directory"]
        assert self.san.holder(volume) == self.san.holder(data) == ""

    def test_rescued_and_rebuilt(self) -> None:
        server = self.boot()
        volume = self.san.volume(content=b"kept")
        self.attach(server, volume)
        has = {"0300": self.san.rdev(volume)}
        self.act(server, {"rescue": {}}, "RESCUE")
        assert self.given(server) == has
        assert self.read(server, DEVICE, 4) == b"kept"
        self.act(server, {"unrescue": None})
        self.act(server, {"rebuild": {"imageRef": self.image}})
        assert self.given(server) == self.reserved(server) == has
        assert self.read(server, DEVICE, 4) == b"kept"
        self.delete(server)


@pytest.mark.faults
class TestEckdFaults(EckdServers):
    """What goes wrong leaves server and volume as they were."""

    def test_somebody_else_has_it(self) -> None:
        first, second = self.boot(), self.boot()
        volume = self.san.volume(shared=True)
        self.attach(first, volume)
        self.refused(second, volume, f"is in use by {self.userid(first)}")
        self.detach(first, volume)
        rdev = self.san.rdev(volume)
        assert self.chain.simulator.cp(f"ATTACH {rdev} MAINT 999")[0] == 0
        self.refused(second, volume, f"DASD {rdev} of zvmsim1 is ATTACHED, not FREE")
        self.act(second, {"os-stop": None}, "SHUTOFF")
        with pytest.raises(exceptions.Refused, match="ATTACHED"):
            self.compute.driver._attachments._kinds["fibre_channel_eckd"].connect(
                self.instance(second), self.volume_of(volume)
            )
        assert self.chain.simulator.cp(f"DETACH {rdev} FROM MAINT")[0] == 0
        for server in (first, second):
            self.delete(server)

    def volume_of(self, id: str, **data: Any) -> Volume:
        """Return a volume as the driver is told of it."""
        self.san.volume_to_attachment[id]["x"] = {"id": "x", "instance_uuid": "", "connector": None}
        info = self.san._find_connection_info(id, "x")
        del self.san.volume_to_attachment[id]["x"]
        return Volume.of({**info, "data": {**info["data"], **data}})

    def test_what_is_not_there(self) -> None:
        server = self.boot()
        kind = self.compute.driver._attachments._kinds["fibre_channel_eckd"]
        volume, instance, before = self.san.volume(), self.instance(server), self.inventory()
        with pytest.raises(exceptions.Refused, match="no real DASD E4FF"):
            kind.connect(instance, self.volume_of(volume, unit_address=255))
        with pytest.raises(exception.InvalidVolume, match="control unit C5"):
            kind.connect(instance, self.volume_of(volume, cula=0xC5))
        with pytest.raises(exception.InvalidBDM, match="unit_address None"):
            kind.connect(instance, self.volume_of(volume, unit_address=None))
        assert self.inventory() == before
        self.delete(server)

    def test_z_vm_refuses(self) -> None:
        server = self.boot()
        volume = self.san.volume()
        for function in ("Image_Device_Dedicate_DM", "Image_Device_Dedicate", "System_Disk_Query"):
            self.fault(function, rc=396, rs=1)
            self.refused(server, volume)
        self.attach(server, volume)
        self.delete(server)

    def test_lost_replies(self) -> None:
        server = self.boot()
        volume = self.san.volume()
        before = self.inventory()
        for function in ("Image_Device_Dedicate_DM", "Image_Device_Dedicate"):
            self.fault(function, drop="after_commit")
            self.attach(server, volume)
            assert self.given(server) == self.reserved(server) == {"0300": self.san.rdev(volume)}
            gone = function.replace("Dedicate", "Undedicate")
            self.fault(gone, drop="after_commit")
            self.detach(server, volume)
            self.until(lambda: self.inventory() == before)
        self.delete(server)

    def test_a_zhcp_that_dies_at_work(self) -> None:
        """The device cannot be given back then; the service does it when it starts, or who needs it."""
        server, other = self.boot(), self.boot()
        volume = self.san.volume()
        before = self.inventory()
        self.fault("Image_Device_Dedicate", delay=3)
        self.zhcp_dies_while_attaching(server, volume)
        assert volume not in self.volumes_of(server)
        assert self.reserved(server)
        self.until(lambda: self.given(server))  # z/VM goes on with what the dead zHCP had asked for
        self.attach(other, volume)
        assert self.reserved(server) == {}
        self.detach(other, volume)
        self.until(lambda: self.inventory() == before)
        for item in (server, other):
            self.delete(item)
