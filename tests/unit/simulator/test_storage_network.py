# SPDX-License-Identifier: Apache-2.0
"""FCP devices and what is behind them: masking, EDEVs, LUN data, and a guest that boots from a LUN."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.simulator import IPL_RECORD
from tests.unit.simulator.guests import machine
from tests.unit.simulator.test_platform_server import Platform, platform
from tests.unit.simulator.worlds import SMALL, World, config
from zvm.directory import Extent
from zvm.simulator.config import ConfigError
from zvm.simulator.san import SanError
from zvm.simulator.virtual_machine import State

__all__ = ["platform"]

PORT, OTHER_PORT = "500507630B10C1E0", "500507630B50C1E0"
LUN0, LUN2 = "4010400000000000", "4010400200000000"
PATHS = f"1FA1 {PORT} {LUN0};1FB1 {OTHER_PORT} 0x{LUN0}"


def cp(world: World, line: str, userid: str = "ZHCP") -> tuple[int, str]:
    result = world.system.cp.run(machine(world, userid), line)
    return result.rc, result.text


def test_fcp_devices_have_port_names_of_their_own(world: World) -> None:
    lines = world.values("System_WWPN_Query", owner="YES")["wwpnArray"]
    assert len(lines) == 16
    assert lines[9] == "1FB1 C05076E0F3001FB1 51 C05076E0F3000002 2 NONE"
    assert cp(world, "QUERY FCP FREE 1FA0-1FA1")[1] == "FCP  1FA0 FREE    , FCP  1FA1 FREE    \n"
    assert cp(world, "ATTACH 1FA0 TO ZHCP AS 0A00") == (0, "FCP 1FA0 ATTACHED TO ZHCP 0A00\n")
    shown = cp(world, "QUERY FCP 1FA0 WWPN")[1].splitlines()
    assert shown[:2] == ["FCP  1FA0 ATTACHED TO ZHCP     0A00 CHPID 50", "     WWPN C05076E0F3001FA0"]
    assert cp(world, "Q V FCP") == (0, "FCP  0A00 ON FCP  1FA0 SUBCHANNEL = 0000\n")
    assert cp(world, "ATTACH 1FA0 TO MAINT")[0] == 122
    assert cp(world, "ATTACH 9999 TO MAINT")[0] == 40
    assert cp(world, "DETACH 1FA0 FROM MAINT")[0] == 121
    assert cp(world, "DETACH 1FA0 FROM ZHCP") == (0, "FCP 1FA0 DETACHED ZHCP 0A00\n")
    assert cp(world, "Q V FCP")[0] == 40
    assert cp(world, "QUERY FCP ATTACHED")[0] == 40


def test_a_mask_hides_a_lun(world: World) -> None:
    free = world.values("System_FCP_Free_Query", fcp_dev="1FA0")["fcpArray"]
    assert len(free) == 6
    assert len(world.values("System_FCP_Free_Query", fcp_dev="1FA1")["fcpArray"]) == 4
    device, port, lun, uuid, *_, size, blocks, octets = free[0].split(";")
    assert (device, port, lun, len(uuid)) == ("1FA0", PORT, LUN0, 32)
    assert int(size) * int(blocks) == int(octets) == 10 << 30
    assert world.codes("System_FCP_Free_Query", fcp_dev="2001") == (8, 8)
    assert world.system.san.find("1FA0", PORT, LUN2)
    with pytest.raises(SanError):
        world.system.san.find("1FA1", PORT, LUN2)


def test_an_edev_is_a_volume_of_the_luns_data(world: World) -> None:
    san = world.system.san
    lun = san.find("1FA1", PORT, LUN0)
    san.write(lun, 8192, b"before")
    assert world.codes("System_SCSI_Disk_Query", dev_num="ALL") == (4, 28)
    assert world.codes("System_SCSI_Disk_Add", dev_num="6000", dev_path_array=PATHS, persist="YES") == (0, 0)
    assert world.values("System_SCSI_Disk_Query", dev_num="6000")["scsiInfoArray"] == [
        "6000 FBA SCSI 20971520",
        f"1FA1 {PORT} {LUN0}",
        f"1FB1 {OTHER_PORT} {LUN0}",
    ]
    whole = Extent("ED6000", 0, lun.settings.blocks)
    assert world.system.dasd.read(whole, 8192, 6) == b"before"
    world.system.dasd.write(whole, 0, b"after")
    assert san.read(lun, 0, 5) == b"after"
    assert world.system.san.owner("1FA1") == "SYSTEM"
    assert cp(world, "ATTACH 1FA1 TO ZHCP")[0] == 122
    assert "FCP_DEV: 1FB1" in cp(world, "QUERY EDEV 6000 DETAILS")[1]
    assert "6000" in cp(world, "QUERY DASD")[1]
    world.restart()
    assert world.system.dasd.read(whole, 0, 5) == b"after"
    assert world.codes("System_SCSI_Disk_Add", dev_num="6001", dev_path_array=PATHS) == (4, 8)
    one = f"1FB1 {OTHER_PORT} {LUN0}"
    for option, codes in (("3", (0, 0)), ("3", (4, 8)), ("2", (0, 0))):
        got = world.codes("System_SCSI_Disk_Add", dev_num="6000", dev_path_array=one, option=option)
        assert got == codes
    world.system.ipl()  # the last change did not persist
    assert world.codes("System_SCSI_Disk_Delete", dev_num="6000") == (8, 8)
    lun = world.system.san.find("1FA1", PORT, LUN0)
    assert world.system.san.read(lun, 0, 5) == b"after"


def test_minidisks_can_lie_on_an_edev(world: World) -> None:
    world.values("System_SCSI_Disk_Add", dev_num="6000", dev_path_array=PATHS)
    world.define("LINUX01", "MDISK 0200 9336 16 1000 ED6000 MR")
    world.system.guests.logon("LINUX01")
    assert machine(world).devices["0200"].dump()["volume"] == "ED6000"
    assert world.codes("System_SCSI_Disk_Delete", dev_num="6000") == (8, 8)
    world.system.guests.force("LINUX01")
    assert world.codes("System_SCSI_Disk_Delete", dev_num="6000") == (0, 0)


@pytest.mark.parametrize(
    ("paths", "codes"),
    [
        ("nonsense", (8, 3003)),
        (f"1FA9 {PORT} {LUN0}", (4, 8)),
        (f"1FA1 {PORT} {LUN2}", (396, 8700)),
        (f"1FA0 {PORT} {LUN0};1FA0 {PORT} {LUN2}", (4, 8)),
    ],
)
def test_edevs_that_cannot_be(world: World, paths: str, codes: tuple[int, int]) -> None:
    assert world.codes("System_SCSI_Disk_Add", dev_num="6000", dev_path_array=paths) == codes
    assert world.codes("System_SCSI_Disk_Add", dev_num="XYZ", dev_path_array=PATHS) == (8, 3003)
    assert world.codes("System_SCSI_Disk_Add", dev_num="2001", dev_path_array=PATHS) == (4, 8)


def test_a_guest_boots_from_a_lun(world: World) -> None:
    records = ["USER LINUX01 LBYONLY 512M 1G G", "INCLUDE LNXDFLT", "IPL 1FA0", "DEDICATE 1FA0 1FA0"]
    world.values("Image_Create_DM", "LINUX01", image_record_array=records)
    characteristics = {"port_name": PORT, "lun": LUN2, "scp_data_type": 0}
    world.values("Image_SCSI_Characteristics_Define_DM", "LINUX01", **characteristics)
    world.system.guests.logon("LINUX01")
    assert machine(world).state is State.DISABLED_WAIT
    world.system.guests.force("LINUX01")
    world.system.san.write(world.system.san.find("1FA0", PORT, LUN2), 0, IPL_RECORD)
    world.system.guests.logon("LINUX01")
    guest = machine(world)
    assert (guest.state, guest.booted) == (State.RUNNING, True)
    assert any("HCPLDI2816I" in line for line in guest.console.lines)
    linux = world.system.guests.linux(guest)
    assert linux
    linux.hostname = "fromlun"
    world.restart()
    again = world.system.guests.linux(machine(world))
    assert again
    assert again.hostname == "fromlun"


def test_a_fcp_device_is_dedicated_once(world: World) -> None:
    for userid in ("LINUX01", "LINUX02"):
        world.define(userid, "DEDICATE 1FA0 1FA0")
        world.system.guests.logon(userid)
    assert "1FA0" in machine(world, "LINUX01").devices
    assert "1FA0" not in machine(world, "LINUX02").devices
    assert any("HCPATR122E" in line for line in machine(world, "LINUX02").console.lines)


async def test_the_platform_reads_and_writes_luns(platform: Platform) -> None:
    platform.world.values("Image_Device_Dedicate", "ZHCP", vdev="1FA0", rdev="1FA0", readonly=0)
    assert b"C05076E0F3001FA0" in (await platform.ask("GET", "/fcp"))[1]
    assert LUN2.encode() in (await platform.ask("GET", "/fcp/1FA0/luns"))[1]
    where = f"/fcp/1FA0/{PORT}/{LUN2}/data"
    assert await platform.ask("PUT", f"{where}?offset=4096", b"x" * 1_000_000) == (200, b'{"bytes":1000000}')
    status, data = await platform.ask("GET", f"{where}?offset=4095&length=3")
    assert (status, data) == (200, b"\0xx")
    for path, expected in (
        ("/fcp/1FA1/luns", 404),
        ("/fcp/zz/luns", 404),
        (f"/fcp/1FA0/{PORT}/0000000000000000/data", 404),
        (f"{where}?offset=-1", 400),
    ):
        assert (await platform.ask("GET", path))[0] == expected
    assert (await platform.ask("PUT", f"{where}?offset={20 << 30}", b"x"))[0] == 400


def test_luns_come_from_a_file_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "san.toml").write_text(
        '[[lun]]\nlun = "0001"\nblocks = 8\ntargets = ["5000000000000001"]\nuuid = "6005076"\n'
    )
    settings = config(tmp_path, SMALL + '[san]\nfile = "san.toml"\n')
    assert [(lun.lun, lun.initiators) for lun in settings.luns] == [("0001", ["*"])]
    (tmp_path / "san.toml").write_text("[[target]]\n")
    with pytest.raises(ConfigError, match="target"):
        config(tmp_path, SMALL + '[san]\nfile = "san.toml"\n')
