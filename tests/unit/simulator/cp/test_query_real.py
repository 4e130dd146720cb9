# SPDX-License-Identifier: Apache-2.0
"""QUERY and INDICATE about the real machine; GIVE and VMDUMP."""

from __future__ import annotations

import re

from tests.unit.simulator.cp.conftest import Issue
from tests.unit.simulator.guests import bootable, machine
from tests.unit.simulator.worlds import World


def test_channel_paths(cp: Issue) -> None:
    code, text = cp("q chpid 50")
    assert code == 0
    assert text.startswith("Path 50 online to devices 1FA0 1FA1")
    assert cp("q chpid ZZ") == (846, "HCPQPA846E Invalid channel path identifier - ZZ\n")


def test_virtual_channel_paths(world: World, cp: Issue) -> None:
    world.define("LINUX01", "OPTION CHPIDVIRTUALIZATION ONE")
    world.system.guests.logon("LINUX01")
    assert cp("q chpidv linux01") == (0, "CHPID virtualization for user LINUX01: ONE\n")
    assert cp("q chpidv") == (0, "CHPID virtualization for user ZHCP: NONE\n")
    assert cp("q chpidv maint", "LINUX01")[0] == 3
    assert cp("q chpidv nobody")[0] == 45


def test_osas(world: World, cp: Issue) -> None:
    assert cp("q osa")[1].startswith("OSA  0600 ATTACHED TO DTCVSW1  0600 DEVTYPE OSA")
    assert cp("q osa free") == (40, "HCPQOS040E Device OSA does not exist\n")
    world.system.network.vswitch("XCATVSW1").rdevs.clear()
    assert cp("q osa free") == (0, "OSA  0600 FREE    \n")
    assert cp("q osa 600") == (0, "OSA  0600 FREE    \n")
    assert cp("q osa 9999")[0] == 40


def test_processors_and_allocation(world: World, cp: Issue) -> None:
    assert cp("q proc")[1].splitlines()[0] == "PROCESSOR 0000 MASTER IFL"
    text = cp("q alloc")[1] if any(v.use == "OWNED" for v in world.system.config.volumes) else ""
    assert cp("q alloc VOL001")[0] == 40
    for line in text.splitlines()[1:]:
        assert re.fullmatch(r" +[A-Z]+  TOTAL=\d{11} INUSE=\d{11} AVAIL=\d{11}", line)


def test_links(world: World, cp: Issue) -> None:
    bootable(world)
    world.system.guests.logon("LINUX01")
    assert cp("link linux01 0100 f000 rr")[0] == 0
    assert cp("q links f000") == (0, "ZHCP     F000 R/O, LINUX01  0100 R/W\n")
    assert cp("q links f001")[0] == 40


def test_indicate(world: World, cp: Issue) -> None:
    bootable(world)
    world.system.guests.logon("LINUX01")
    assert re.match(r"AVGPROC-\d{3}% 08\n", cp("IND")[1])
    assert "PROC 0000-" in cp("indicate load")[1]
    code, text = cp("IND USER LINUX01")
    assert code == 0
    assert text.startswith("USERID=LINUX01  MACH=ESA STOR=512M VIRT=V XSTORE=NONE\n")
    assert "CPU 00: CTIME=00:00 VTIME=" in text
    assert cp("IND USER *", "LINUX01")[0] == 0
    assert cp("IND USER MAINT", "LINUX01")[0] == 3
    assert cp("IND USER NOBODY")[0] == 45
    assert cp("IND NONSENSE")[0] == 3


def test_give(world: World, cp: Issue) -> None:
    assert cp("ATTACH 1FA0 TO ZHCP 2000")[0] == 0
    assert cp("GIVE 2000 TO MAINT AS 3000") == (0, "FCP 1FA0 GIVEN TO MAINT 3000\n")
    assert world.system.dedicated_to("1FA0") == "MAINT"
    assert cp("GIVE 2000 MAINT")[0] == 40
    assert cp("GIVE 0009 MAINT")[0] == 6
    assert cp("ATTACH 1FA1 TO ZHCP 3000")[0] == 0
    assert cp("GIVE 3000 MAINT") == (123, "HCPGIV123E FCP 1FA1 not given; MAINT 3000 already defined\n")
    assert cp("DEFINE NIC 0600 TYPE QDIO DEVICES 3", "MAINT")[0] == 0
    assert cp("GIVE 3000 MAINT AS 0602")[0] == 123
    assert cp("GIVE 3000 NOBODY")[0] == 45


def test_vmdump(world: World, cp: Issue) -> None:
    bootable(world)
    world.system.guests.logon("LINUX01")
    assert cp("VMDUMP 0-END TO MAINT", "LINUX01")[0] == 0
    (file,) = world.system.spool.files("MAINT")
    assert (file.origin, file.cls, file.name) == ("LINUX01", "V", "VMDUMP")
    assert machine(world).booted
    assert cp("VMDUMP TO NOBODY", "LINUX01")[0] == 53


def test_a_cluster_is_asked_for_in_vain(cp: Issue) -> None:
    for command in ("QUERY SSI", "VMRELOCATE STATUS", "AT ZVM2 CMD QUERY TIME", "QUERY VMRELOCATE"):
        assert cp(command)[0] == 3
