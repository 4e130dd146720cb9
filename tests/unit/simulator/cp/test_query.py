# SPDX-License-Identifier: Apache-2.0
"""QUERY: texts and codes that clients read (formats of xCAT, Feilong and CP's manuals)."""

from __future__ import annotations

import re

import pytest

from tests.unit.simulator.cp.conftest import Issue
from tests.unit.simulator.guests import Clock, bootable
from tests.unit.simulator.worlds import World


def test_userid(cp: Issue) -> None:
    assert cp("q userid") == (0, "ZHCP     AT ZVMSIM1\n")


def test_user_in_all_its_states(world: World, cp: Issue) -> None:
    bootable(world)
    clock = Clock(world)
    assert cp("QUERY USER LINUX01") == (45, "HCPCQU045E LINUX01 not logged on\n")
    assert cp("q linux01") == (45, "HCPCQU045E LINUX01 not logged on\n")
    assert cp("q nosuch") == (3, "HCPCQV003E Invalid option - NOSUCH\n")
    world.system.guests.logon("LINUX01")
    for command in ("query user linux01", "q u linux01", "q linux01", "QUERY USERS LINUX01"):
        assert cp(command) == (0, "LINUX01  - DSC\n")
    world.system.guests.force("LINUX01")
    assert cp("q user linux01") == (361, "HCPCQU361E LOGOFF/FORCE pending for user LINUX01\n")
    clock.tick()
    assert cp("q user linux01")[0] == 45


def test_names_has_everybody(world: World, cp: Issue) -> None:
    code, text = cp("QUERY NAMES")
    found = [pair.split() for line in text.splitlines() for pair in line.split(",")]
    assert code == 0
    assert [words[0] for words in found] == [machine.userid for machine in world.system.guests.logged_on()]
    assert {tuple(words[1:]) for words in found} == {("-", "DSC")}


def test_cplevel_has_three_lines(cp: Issue) -> None:
    lines = cp("q cplevel")[1].splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("z/VM Version 7 Release 4.0")
    assert re.fullmatch(r"IPL at \d\d/\d\d/\d\d \d\d:\d\d:\d\d UTC", lines[2])


def test_time_privclass_files(cp: Issue) -> None:
    assert cp("q time")[1].startswith("TIME IS ")
    assert cp("q priv")[1].splitlines()[1] == "        Currently: ABCDEFG"
    assert cp("q privclass nosuch")[0] == 45
    assert cp("q files") == (0, "FILES:   NO RDR,   NO PRT,   NO PUN\n")


def test_virtual_devices(world: World, cp: Issue) -> None:
    cp("LINK MAINT 0190 AS 0190 RR")
    assert cp("q v 190") == (0, "DASD 0190 3390 M01RES R/O        214 CYL ON DASD  1000 SUBCHANNEL = 0000\n")
    assert cp("q v dasd") == cp("q v 190")
    first = {line.split()[0] for line in cp("QUERY VIRTUAL ALL")[1].splitlines()}
    assert {"STORAGE", "CPU", "CONS", "RDR", "PUN", "PRT", "DASD", "OSA"} <= first
    assert cp("q v 0999") == (40, "HCPQVD040E Device 0999 does not exist\n")
    assert cp("q v 0600")[1].startswith("OSA  0600 ON NIC")
    assert cp("q v cons")[1].startswith("CONS 0009")
    assert len(cp("q v ur")[1].splitlines()) == 3
    assert cp("q v xyz")[0] == 22


def test_a_vdisk_says_so(world: World, cp: Issue) -> None:
    world.define("LINUX01", "MDISK 0300 FB-512 V-DISK 262144 MR")
    world.system.guests.logon("LINUX01")
    line = cp("q v 300", "LINUX01")[1]
    assert line == "DASD 0300 9336 (VDSK) R/W     262144 BLK ON DASD  VDSK SUBCHANNEL = 0000\n"


def test_smapi_and_cp_tell_the_same(world: World, cp: Issue) -> None:
    facts = world.values("System_Info_Query")
    assert cp("q cplevel")[1].splitlines() == [
        facts[name] for name in ("vmVersion", "cpGenTime", "cpIplTime")
    ]
    (cpu,) = world.values("Image_Active_Configuration_Query", "ZHCP")["cpuInfoList"]
    assert cp("q virtual cpus")[1].split()[3] == cpu["cpuId"]


def test_storage_and_cpus(cp: Issue) -> None:
    assert cp("q virtual storage") == (0, "STORAGE = 1G MAX = 2G INC = 1M STANDBY = 0  RESERVED = 1G\n")
    assert cp("q storage") == cp("q virtual storage")
    assert re.fullmatch(r"CPU 00  ID  FF[0-9A-F]{14} \(BASE\) IFL  CPUAFF ON\n", cp("q virtual cpus")[1])


def test_network_cards(cp: Issue) -> None:
    text = cp("q nic")[1]
    assert text == cp("q v nic 0600")[1] == cp("q virtual nic")[1]
    lines = text.splitlines()
    assert lines[0] == "Adapter 0600.P00 Type: QDIO      Name: UNASSIGNED  Devices: 3"
    assert lines[1].split() == ["MAC:", "02-00-06-00-FF-FF", "VSWITCH:", "SYSTEM", "XCATVSW1"]
    cp("DEFINE NIC 0800 TYPE QDIO")
    assert cp("q nic 0800")[1].splitlines()[1].endswith("LAN: * None")
    assert cp("q v nic 0900") == (40, "HCPNDQ040E Device 0900 does not exist\n")


def test_vmlan_has_both_prefixes(cp: Issue) -> None:
    line = next(line for line in cp("q vmlan")[1].splitlines() if "MACADDR Prefix" in line)
    assert line.split() == ["MACADDR", "Prefix:", "020006", "USER", "Prefix:", "020006"]


def test_lans_and_switches(cp: Issue) -> None:
    lines = cp("q lan")[1].splitlines()
    assert lines[0].split()[:3] == ["VSWITCH", "SYSTEM", "XCATVSW1"]
    assert "ETHERNET" in lines[1]
    text = cp("q vswitch xcatvsw1 details")[1]
    assert "VLAN Aware" in text
    assert "Adapter Owner: ZHCP     NIC: 0600.P00" in text
    for command in ("q lan nosuch", "q vswitch nosuch"):
        assert cp(command)[0] == 2783


@pytest.mark.parametrize("word", ["all", "vol001", "2001"])
def test_volumes(cp: Issue, word: str) -> None:
    assert "DASD 2001 CP SYSTEM VOL001    0" in cp(f"q dasd {word}")[1].splitlines()


def test_volumes_that_are_not_there(cp: Issue) -> None:
    assert cp("q dasd 9999") == (40, "HCPCQD040E Device 9999 does not exist\n")


def test_switches_and_lans_as_they_were_set(world: World, cp: Issue) -> None:
    settings = {"port_isolation": "ON", "MAC_protect": "OFF", "VLAN_counters": "ON", "iptimeout": "30"}
    world.values("Virtual_Network_Vswitch_Set_Extended", switch_name="XCATVSW1", **settings)
    lines = cp("q vswitch xcatvsw1")[1].splitlines()
    assert lines[2] == "  IPTimeout: 30                MAC Protection: Off"
    assert lines[3] == "  Isolation Status: ON"
    assert lines[5].endswith("VLAN Counters: ON")
    for name, kind, word in (
        ("OPEN", 2, "TRANSIENT   UNRESTRICTED"),
        ("CLOSED", 4, "TRANSIENT   RESTRICTED  "),
    ):
        lan = {"lan_name": name, "lan_owner": "SYSTEM", "lan_type": kind, "transport_type": 1}
        world.values("Virtual_Network_LAN_Create", **lan)
        head, attributes, *_ = cp(f"q lan {name}")[1].splitlines()
        assert head == f"LAN SYSTEM {name:<12} Type: QDIO    Connected: 0    Maxconn: INFINITE"
        assert attributes == f"  {word}  IP                        Accounting: OFF"
