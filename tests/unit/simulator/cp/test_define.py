# SPDX-License-Identifier: Apache-2.0
"""What DEFINE makes and DETACH takes away, and what else an operator types."""

from __future__ import annotations

from tests.unit.simulator.cp.conftest import Issue
from tests.unit.simulator.guests import machine
from tests.unit.simulator.worlds import World
from zvm.simulator.cp.command import COMMANDS, pick
from zvm.simulator.cp.missing import MISSING


def test_a_switch_is_made_used_and_gone_with_the_ipl(world: World, cp: Issue) -> None:
    assert cp("DEFINE VSWITCH SW1 RDEV 700 710 ETH VLAN 5 NAT 2 PORTT TRUNK") == (
        0,
        "VSWITCH SYSTEM SW1 is created\n",
    )
    switch = world.system.network.vswitches["SW1"]
    assert (switch.rdevs, switch.transport, switch.vlan, switch.native_vlan) == (
        ["0700", "0710"],
        "ETHERNET",
        5,
        2,
    )
    assert cp("DEF VSWITCH SW1")[0] == 2784
    assert cp("DEF VSWITCH SW2 VLAN 4095") == (2812, "HCPSWS2812E VLAN 4095 is not valid\n")
    assert cp("DEF VSWITCH SW2", "VSMREQIU")[0] == 0  # class B
    assert cp("DEF NIC 700 QDIO")[0] == 0
    assert cp("SET VSWITCH SW1 GRANT ZHCP")[0] == 0
    assert cp("COUPLE 700 SYSTEM SW1")[0] == 0
    assert cp("DETACH VSWITCH SW1") == (0, "VSWITCH SYSTEM SW1 is destroyed\n")
    assert "LAN: * None" in cp("Q NIC 700")[1]
    world.system.ipl()
    assert "SW2" not in world.system.network.vswitches


def test_a_lan_belongs_to_somebody(world: World, cp: Issue) -> None:
    assert cp("DEFINE LAN L1 TYPE QDIO ETH") == (0, "LAN ZHCP L1 is created\n")
    assert cp("DEF LAN L2 OWNER SYSTEM REST TYPE HIPER")[0] == 0
    lan = world.system.network.lans["SYSTEM", "L2"]
    assert (lan.type, lan.restricted) == ("HIPERS", True)
    world.define("LINUX01")
    world.values("Image_Activate", "LINUX01")
    assert cp("DEF LAN L3 OWNER SYSTEM", "LINUX01")[0] == 3  # class G makes its own only
    assert cp("DEF LAN L3", "LINUX01") == (0, "LAN LINUX01 L3 is created\n")
    assert cp("DEF VSWITCH SW1", "LINUX01") == (3, "HCPDEF003E Invalid option - VSWITCH\n")
    assert cp("DETACH LAN L2 OWNER SYSTEM", "LINUX01")[0] == 3
    assert cp("DETACH LAN L2 OWNER SYSTEM") == (0, "LAN SYSTEM L2 is destroyed\n")


def test_temporary_disks_end_with_their_detach(world: World, cp: Issue) -> None:
    assert cp("DEFINE VFB-512 AS 300 BLK 20000") == (0, "DASD 0300 DEFINED\n")
    assert "9336 (VDSK) R/W      20000 BLK" in cp("Q V 300")[1]
    assert cp("DEF T3390 301 5") == (0, "DASD 0301 DEFINED\n")
    assert "3390 (TEMP) R/W          5 CYL" in cp("Q V 301")[1]
    assert cp("DEF T3390 301 5")[0] == 91
    assert cp("DEF T3390 302 many")[0] == 26
    before = len(world.system.dasd.volumes)
    assert cp("DETACH 300-301") == (0, "DASD 0300 DETACHED\nDASD 0301 DETACHED\n")
    assert len(world.system.dasd.volumes) == before - 2


def test_channel_adapters(cp: Issue) -> None:
    assert cp("DEF CTCA F00") == (0, "CTCA 0F00 DEFINED\n")
    assert cp("Q V F00") == (0, "CTCA 0F00 NOT COUPLED\n")
    assert cp("DEF CTCA F00")[0] == 91


def test_words_to_others(world: World, cp: Issue) -> None:
    assert cp("WNG ALL system ends at 18:00") == (0, "")
    assert machine(world, "MAINT").console.lines[-1] == "* WNG FROM ZHCP    : system ends at 18:00"
    assert cp("MSGNOH MAINT plain") == (0, "")
    assert machine(world, "MAINT").console.lines[-1] == "plain"
    assert cp("SM MAINT hello") == (57, "HCPSMG057E MAINT not receiving\n")
    assert cp("WARNING NOSUCH x")[0] == 45


def test_shares_are_shown_and_set(world: World, cp: Issue) -> None:
    world.define("LINUX01", "SHARE ABSOLUTE 5%")
    world.values("Image_Activate", "LINUX01")
    assert cp("Q SHARE LINUX01")[1].startswith("USER LINUX01 : ABSOLUTE SHARE = 5%\n")
    assert cp("SET SHARE LINUX01 REL 300")[1].startswith("USER LINUX01 : RELATIVE SHARE = 300\n")
    world.restart()
    assert cp("Q SHARE LINUX01")[1].startswith("USER LINUX01 : RELATIVE SHARE = 300\n")
    assert cp("SET SHARE LINUX01 REL 99999")[0] == 26
    assert cp("Q SHARE MAINT", "LINUX01")[0] == 3


def test_what_one_may_do_is_told_by_class(world: World, cp: Issue) -> None:
    world.define("LINUX01")
    world.values("Image_Activate", "LINUX01")
    assert "SHUTDOWN" in cp("Q COMMANDS")[1].split()
    mine = cp("Q COMM", "LINUX01")[1].split()
    assert {"LINK", "DEFINE", "QUERY"} <= set(mine)
    assert not {"SHUTDOWN", "FORCE", "ATTACH"} & set(mine)
    assert "DASD" in cp("Q QUER")[1].split()
    assert cp("SHUTDOWN", "LINUX01") == (1, "HCPCMD001E Unknown CP command: SHUTDOWN\n")


def test_a_shutdown_ends_everybody(world: World, cp: Issue) -> None:
    assert cp("SHUTDOWN REIPL IMMED")[0] == 0
    assert world.system.guests.get("ZHCP")
    assert cp("SHUTDOWN LATER")[0] == 3
    assert cp("SHUTDOWN")[0] == 0
    assert world.system.guests.logged_on() == []


def test_what_is_listed_as_missing_is() -> None:
    assert [name for name in MISSING if pick(COMMANDS, name)] == []
