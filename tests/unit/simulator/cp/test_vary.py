# SPDX-License-Identifier: Apache-2.0
"""VARY: what nobody has goes offline and cannot be had; a channel path takes its LUNs along."""

from __future__ import annotations

from pathlib import Path

from tests.unit.simulator.cp.conftest import Issue
from tests.unit.simulator.test_scsi_disks import Guest
from tests.unit.simulator.worlds import World
from zvm.simulator.system_config import FREE


def test_a_volume_nobody_uses(world: World, cp: Issue) -> None:
    held = "HCPVAR122E DASD 2001 already attached to SYSTEM\n"
    counted = "1 device(s) specified; 0 device(s) successfully varied offline\n"
    assert cp("vary off 2001") == (122, held + counted)
    world.system.system_config.set_use("VOL001", FREE)
    counted = "1 device(s) specified; 1 device(s) successfully varied offline\n"
    assert cp("vary offline 2001") == (0, "2001 varied offline\n" + counted)
    assert cp("attach 2001 zhcp 900") == (46, "HCPATR046E DASD 2001 offline\n")
    volume = {"vdev": "2001", "volid": "VOL001"}
    assert world.codes("Image_Volume_Add", **volume) == (300, 10)
    assert cp("q dasd VOL001")[0] == 40
    world.kill()
    assert world.cp("ZHCP", "ATTACH 2001 ZHCP 900").rc == 46
    assert world.cp("ZHCP", "VARY ON 2001").rc == 0
    assert world.cp("ZHCP", "ATTACH 2001 ZHCP 900").rc == 0
    assert world.cp("ZHCP", "VARY OFF 2001").rc == 122


def test_fcp_devices_in_a_range(world: World, cp: Issue) -> None:
    assert cp("attach 1fa1 maint 400")[0] == 0
    code, text = cp("vary off 1fa0-1fa2")
    assert code == 122
    assert text.splitlines() == [
        "1FA0 varied offline",
        "HCPVAR122E FCP 1FA1 already attached to MAINT 0400",
        "1FA2 varied offline",
        "3 device(s) specified; 2 device(s) successfully varied offline",
    ]
    assert cp("q fcp 1fa0")[1].startswith("FCP  1FA0 OFFLINE CHPID 50\n")
    assert "1FA0" not in cp("q fcp free")[1]
    lines = world.values("System_WWPN_Query", owner="YES")["wwpnArray"]
    assert [line.split()[4:] for line in lines[:2]] == [["3", "NONE"], ["1", "MAINT"]]
    world.system.ipl()
    assert world.cp("ZHCP", "ATTACH 1FA0 ZHCP 400").rc == 0


def test_a_guest_goes_on_by_its_other_channel_path(tmp_path: Path) -> None:
    guest = Guest(tmp_path)
    for vdev in ("0400", "0402"):
        assert guest.run("chzdev", "-e", "zfcp-host", vdev)[0] == 0
    lun = f"0402:0x{guest.lun.settings.targets[0]}:0x0001000000000000"
    assert guest.run("chzdev", "-e", "zfcp-lun", lun)[0] == 0
    name = f"/dev/mapper/{guest.wwid}"
    guest.write(name, b"kept")

    def paths() -> int:
        return guest.run("lszfcp", "-D")[1].count("0x0001000000000000")

    assert paths() == 3
    assert guest.world.cp("ZHCP", "VARY OFF CHPID 50").rc == 0
    assert guest.world.cp("ZHCP", "QUERY CHPID 50").text.startswith("Path 50 offline")
    assert (paths(), guest.read(name, 4)) == (1, b"kept")
    assert guest.world.cp("ZHCP", "VARY OFF CHPID 52").rc == 0
    assert guest.file("open", path=name).get("error")
    assert guest.world.cp("ZHCP", "VARY ON CHPID 50").rc == 0
    assert (paths(), guest.read(name, 4)) == (2, b"kept")
    guest.world.close()


def test_what_makes_no_sense(cp: Issue) -> None:
    assert cp("vary off 9999")[1].startswith("HCPVAR040E Device 9999 does not exist\n")
    assert cp("vary off 0600")[0] == 122  # the virtual switch's
    assert cp("vary off chpid 99") == (846, "HCPVAR846E Invalid channel path identifier - 99\n")
    assert [cp(f"vary {words}")[0] for words in ("", "up 2001", "on", "on chpid", "on xyz!")] == [
        26,
        3,
        26,
        26,
        22,
    ]
    assert cp("vary off 2001", "DIRMAINT")[0] == 122  # class B


def test_who_may_not(world: World, cp: Issue) -> None:
    world.define("LINUX01")
    world.system.guests.logon("LINUX01")
    assert cp("vary off 2001", "LINUX01")[0] == 1
