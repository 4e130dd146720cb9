# SPDX-License-Identifier: Apache-2.0
"""Real DASD that a guest has for itself: made by the storage server, given, used by its Linux, IPLed."""

from __future__ import annotations

from pathlib import Path

from tests.support.simulator import IPL_RECORD
from tests.unit.simulator.test_dasd_in_guests import Guest
from tests.unit.simulator.worlds import World
from zvm.directory import Extent
from zvm.simulator.system_config import FREE
from zvm.simulator.virtual_machine import State

DEVICE = "/dev/disk/by-path/ccw-0.0.0300"


def make(world: World, rdev: str = "C405") -> Extent:
    """Make a volume that nobody has."""
    volume = world.system.dasd.add_volume(f"CK{rdev}", "3390", cylinders=3, rdev=rdev)
    world.system.system_config.set_use(volume.volser, FREE)
    return Extent(volume.volser, 0, 3)


def test_who_has_it(tmp_path: Path) -> None:
    world = World(tmp_path)
    make(world)
    make(world, "C406")
    assert world.cp("ZHCP", "Q DASD FREE").text == "DASD C405 CKC405  , DASD C406 CKC406\n"
    dedicate = {"vdev": "0300", "rdev": "C405", "readonly": 0}
    assert world.codes("Image_Device_Dedicate", "MAINT", **dedicate) == (0, 0)
    attached = "DASD C405 ATTACHED TO MAINT 0300 CKC405\n"
    assert world.cp("ZHCP", "Q DASD ATT").text == world.cp("ZHCP", "Q DASD C405").text == attached
    assert world.cp("MAINT", "Q V DASD").text.endswith("DASD 0300 ON DASD C405 SUBCHANNEL = 0000\n")
    shown = [world.values("System_Disk_Query", dev_num=rdev)["diskInfoArray"] for rdev in ("C405", "C406")]
    assert shown == [["C405 3390-01 ATTACHED CKC405"], ["C406 3390-01 FREE CKC406"]]
    assert world.codes("Image_Device_Dedicate", "ZHCP", **dedicate) == (204, 16)
    world.kill()
    assert world.cp("ZHCP", "Q DASD C405").text == attached
    disk = world.values("Image_Disk_Query", "MAINT", vdasd_id="0300")["dasdList"][0]
    assert (disk["rdev"], disk["size"], disk["volid"]) == ("C405", 3, "CKC405")
    assert world.cp("MAINT", "GIVE 300 ZHCP").text == "DASD C405 GIVEN TO ZHCP 0300\n"
    assert world.cp("ZHCP", "DETACH 300").rc == 0
    assert "C405" in world.cp("ZHCP", "Q DASD FREE").text


def test_offline_until_it_is_added(tmp_path: Path) -> None:
    world = World(tmp_path)
    make(world)
    assert world.cp("ZHCP", "VARY OFF C405").rc == 0
    assert world.values("System_Disk_Query", dev_num="C405")["diskInfoArray"] == ["C405 0000-00 OFFLINE "]
    dedicate = {"vdev": "0300", "rdev": "C405", "readonly": 0}
    assert world.codes("Image_Device_Dedicate", "MAINT", **dedicate) == (204, 16)
    assert world.values("System_Disk_Add", dev_num="C405")["diskInfo"] == ["C405 3390-01 FREE CKC405"]
    assert world.codes("Image_Device_Dedicate", "MAINT", **dedicate) == (0, 0)


def test_the_linux_of_the_guest(tmp_path: Path) -> None:
    guest = Guest(tmp_path)
    place = make(guest.world)
    dasd = guest.world.system.dasd
    guest.world.values("Image_Device_Dedicate", "ZHCP", vdev="0300", rdev="C405", readonly=0)
    assert "No such file" in guest.ask("guest-file-open", path=DEVICE, mode="r")["error"]["desc"]
    assert guest.run("chzdev", "-e", "dasd", "0.0.0300") == (0, "")
    handle = guest.ask("guest-file-open", path=DEVICE, mode="r+")["return"]
    assert guest.ask("guest-file-write", handle=handle, **{"buf-b64": "bGludXg="})["return"]["count"] == 5
    assert dasd.read(place, 0, 5) == b"linux"
    assert guest.run("mount", DEVICE, "/srv")[0] == 0
    assert "in use: /srv" in guest.run("chzdev", "-d", "dasd", "0.0.0300")[1]
    assert guest.run("umount", "/srv")[0] == guest.run("chzdev", "-d", "dasd", "0.0.0300")[0] == 0
    guest.world.values("Image_Device_Undedicate", "ZHCP", image_device_number="0300")
    guest.world.values("Image_Device_Dedicate", "ZHCP", vdev="0300", rdev="C405", readonly=1)
    assert guest.run("chzdev", "-e", "dasd", "0.0.0300") == (0, "")
    handle = guest.ask("guest-file-open", path=DEVICE, mode="r+")["return"]
    refused = guest.ask("guest-file-write", handle=handle, **{"buf-b64": "bGludXg="})
    assert "Read-only" in refused["error"]["desc"]


def test_a_guest_is_loaded_from_it(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.system.dasd.write(make(world), 0, IPL_RECORD)
    world.values(
        "Image_Create_DM",
        "LINUX01",
        image_record_array=["USER LINUX01 LBYONLY 512M 1G G", "IPL 0300", "DEDICATE 0300 C405"],
    )
    machine = world.system.guests.logon("LINUX01")
    assert (machine.state, machine.booted, machine.ipl_device) == (State.RUNNING, True, "0300")
