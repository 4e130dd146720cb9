# SPDX-License-Identifier: Apache-2.0
"""SCSI disks in a light guest: found with their FCP device, configured, grown, encrypted, in use."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from tests.support.simulator import IPL_RECORD
from tests.unit.simulator.guests import machine
from tests.unit.simulator.worlds import SMALL, World
from zvm.simulator import dedicate
from zvm.simulator.agent import GuestAgent
from zvm.simulator.config import LunSettings
from zvm.simulator.storage_array import SanError

PORTS = ["500507630B10C1E0", "500507630B50C1E0"]
NETWORK = """
[[fcp]]
rdev = "1FA0"
count = 2
npiv_wwpn = "C05076E0F3001FA0"
wwpn = "C05076E0F3000001"
chpid = "50"

[[fcp]]
rdev = "1FC0"
wwpn = "C05076E0F3000003"
chpid = "52"
"""


class Guest:
    """A Linux that runs, its agent, and FCP devices 0400 and 0401 with NPIV, 0402 without."""

    def __init__(self, folder: Path) -> None:
        self.world = World(folder, SMALL + NETWORK)
        system = self.world.system
        self.machine = machine(self.world, "ZHCP")
        self.machine.booted, self.machine.linux_key = True, "VOL001 1 1"
        self.linux = system.installed.boot(self.machine.linux_key)
        for number, rdev in enumerate(("1FA0", "1FA1", "1FC0")):
            dedicate.attach(system, self.machine, rdev, f"040{number}")
        self.agent = GuestAgent(system, self.machine, self.linux)
        self.lun = system.array.add(LunSettings("0001", 32768 * 4, PORTS, ["*"]))

    def run(self, *words: str, stdin: bytes = b"") -> tuple[int, str]:
        order: dict[str, Any] = {"path": words[0], "arg": list(words[1:]), "capture-output": True}
        order["input-data"] = base64.b64encode(stdin).decode()
        pid = self.agent.answer({"execute": "guest-exec", "arguments": order})["return"]["pid"]
        ended = self.agent.answer({"execute": "guest-exec-status", "arguments": {"pid": pid}})["return"]
        text = ended.get("out-data", "") or ended.get("err-data", "")
        return ended["exitcode"], base64.b64decode(text).decode()

    def file(self, verb: str, **arguments: Any) -> Any:
        return self.agent.answer({"execute": f"guest-file-{verb}", "arguments": arguments})

    def read(self, path: str, count: int, offset: int = 0) -> bytes:
        handle = self.file("open", path=path)["return"]
        self.file("seek", handle=handle, offset=offset)
        return base64.b64decode(self.file("read", handle=handle, count=count)["return"]["buf-b64"])

    def write(self, path: str, data: bytes) -> None:
        handle = self.file("open", path=path, mode="r+")["return"]
        self.file("write", handle=handle, **{"buf-b64": base64.b64encode(data).decode()})
        self.file("close", handle=handle)

    @property
    def wwid(self) -> str:
        return f"3{self.lun.uuid.lower()}"

    @property
    def device(self) -> str:
        return f"/dev/disk/by-id/scsi-{self.wwid}"


@pytest.fixture
def guest(tmp_path: Path) -> Guest:
    return Guest(tmp_path)


def zdev(vdev: str = "0400", port: str = PORTS[0]) -> str:
    return f"0.0.{vdev}:0x{port.lower()}:0x0001000000000000"


def test_an_npiv_device_finds_its_luns_by_itself(guest: Guest) -> None:
    assert guest.run("lszfcp", "-D") == (0, "")
    assert guest.run("chzdev", "-e", "zfcp-host", "0.0.0400")[0] == 0
    lines = guest.run("lszfcp", "-D")[1].splitlines()
    assert f"0.0.0400/0x{PORTS[0].lower()}/0x0001000000000000 0:0:0:1" in lines
    assert guest.read(f"/sys/bus/scsi/devices/{lines[-1].split()[1]}/wwid", 99).startswith(b"naa.6005076")
    assert guest.run("chzdev", "-e", "zfcp-host", "0.0.0499")[0] == 6
    assert guest.run("chzdev", "-d", "zfcp-host", "0.0.0400")[0] == 0
    assert guest.linux.storage == {}


def test_without_npiv_each_lun_is_configured(guest: Guest) -> None:
    assert guest.run("chzdev", "-e", "zfcp-lun", zdev("0402"))[0] == 15  # the device is not online
    guest.run("chzdev", "-e", "zfcp-host", "0402")
    assert guest.run("lszfcp", "-D") == (0, "")
    assert guest.run("chzdev", "-e", "zfcp-lun", zdev("0402"))[0] == 0
    assert len(guest.run("lszfcp", "-D")[1].splitlines()) == 1
    assert guest.run("chzdev", "-e", "zfcp-lun", zdev("0402", "5005076300000000"))[0] == 15
    assert guest.run("chzdev", "-d", "zfcp-lun", zdev("0402"))[0] == 0
    assert guest.run("chzdev", "-d", "zfcp-lun", zdev("0402"))[0] == 6


def test_a_masked_lun_goes_away_with_its_data_kept(guest: Guest) -> None:
    guest.run("chzdev", "-e", "zfcp-host", "0400")
    guest.write(guest.device, b"kept")
    assert guest.world.system.san.read(guest.lun, 0, 4) == b"kept"
    guest.world.system.array.change(guest.lun.uuid, initiators=[])
    assert "error" in guest.file("open", path=guest.device)
    guest.world.system.array.change(guest.lun.uuid, initiators=["C05076E0F3001FA0"])
    assert guest.read(guest.device, 4) == b"kept"


def test_a_lun_that_grew_is_seen_after_a_look(guest: Guest) -> None:
    guest.run("chzdev", "-e", "zfcp-host", "0400")
    before = guest.run("blockdev", "--getsize64", guest.device)
    guest.world.system.array.change(guest.lun.uuid, blocks=1 << 20)
    assert guest.run("blockdev", "--getsize64", guest.device) == before
    assert guest.run("multipathd", "resize", "map", guest.wwid) == (0, "ok\n")
    assert guest.run("blockdev", "--getsize64", guest.device) == before
    for line in guest.run("lszfcp", "-D")[1].splitlines():
        handle = guest.file("open", path=f"/sys/bus/scsi/devices/{line.split()[1]}/rescan", mode="w")[
            "return"
        ]
        guest.file("write", handle=handle, **{"buf-b64": base64.b64encode(b"1").decode()})
    assert guest.run("multipathd", "resize", "map", guest.wwid) == (0, "ok\n")
    assert guest.run("blockdev", "--getsize64", guest.device) == (0, f"{512 << 20}\n")
    with pytest.raises(SanError):
        guest.world.system.array.change(guest.lun.uuid, blocks=1)


def test_a_map_in_use_stays(guest: Guest) -> None:
    guest.run("chzdev", "-e", "zfcp-host", "0400")
    assert guest.run("mount", guest.device, "/data")[0] == 0
    assert guest.run("multipath", "-f", guest.wwid) == (1, f"{guest.wwid}: map in use\n")
    assert guest.run("umount", "/data")[0] == 0
    assert guest.run("multipath", "-f", guest.wwid)[0] == 0
    assert guest.run("multipath", "-f", guest.wwid)[0] == 1
    assert guest.run("umount", "/data")[0] == 32


def test_an_encrypted_volume_is_open_to_the_passphrase_only(guest: Guest) -> None:
    guest.run("chzdev", "-e", "zfcp-host", "0400")
    assert guest.run("cryptsetup", "isLuks", guest.device)[0] == 1
    assert guest.run("cryptsetup", "luksFormat", "--batch-mode", guest.device, stdin=b"secret")[0] == 0
    assert guest.run("cryptsetup", "luksOpen", guest.device, "vol", stdin=b"wrong")[0] == 2
    assert guest.run("cryptsetup", "luksOpen", guest.device, "vol", stdin=b"secret")[0] == 0
    guest.write("/dev/mapper/vol", b"plain text of the guest")
    assert guest.read("/dev/mapper/vol", 23) == b"plain text of the guest"
    assert b"plain" not in guest.world.system.san.read(guest.lun, 16 << 20, 64)
    assert guest.run("multipath", "-f", guest.wwid)[0] == 1
    assert guest.run("cryptsetup", "luksClose", "vol")[0] == 0
    assert guest.run("cryptsetup", "luksClose", "vol")[0] == 4


def test_what_was_configured_comes_again_at_boot(guest: Guest) -> None:
    guest.run("chzdev", "-e", "zfcp-host", "0400")
    guest.run("chzdev", "-e", "zfcp-host", "0402")
    guest.run("chzdev", "-e", "zfcp-lun", zdev("0402"))
    before = guest.run("lszfcp", "-D")
    scsi = guest.agent._devices.scsi
    scsi.boot(None)
    assert guest.run("lszfcp", "-D") == before
    del guest.machine.devices["0400"]
    scsi.boot(None)
    assert len(guest.run("lszfcp", "-D")[1].splitlines()) == 1


def test_the_array_survives_a_restart(guest: Guest) -> None:
    world = guest.world
    world.system.array.change(world.system.array.luns[0].uuid, initiators=[])
    world.system.san.write(guest.lun, 0, IPL_RECORD)
    world.system.commit()
    world.restart()
    again = world.system.array.get(guest.lun.uuid)
    assert world.system.san.read(again, 0, len(IPL_RECORD)) == IPL_RECORD
    assert world.system.array.luns[0].settings.initiators == []
    world.system.san.remove(again)
    with pytest.raises(SanError):
        world.system.array.get(again.uuid)
    with pytest.raises(SanError):
        world.system.san.remove(world.system.array.luns[0])


def test_io_is_counted(guest: Guest) -> None:
    guest.run("chzdev", "-e", "zfcp-host", "0400")
    guest.write("/dev/sda", bytes(1024))
    answer = guest.agent.answer({"execute": "guest-get-diskstats"})["return"]
    [disk] = [item["stats"] for item in answer if item["name"] == "sda"]
    assert disk == {"read-ios": 0, "read-sectors": 0, "write-ios": 1, "write-sectors": 2}
