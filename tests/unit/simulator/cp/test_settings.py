# SPDX-License-Identifier: Apache-2.0
"""SET by operand and class; secondary users and observers see what a guest's console shows."""

from __future__ import annotations

import pytest

from tests.unit.simulator.cp.conftest import Issue
from tests.unit.simulator.guests import bootable, machine
from tests.unit.simulator.worlds import World


@pytest.fixture
def guest(world: World) -> World:
    bootable(world)
    world.system.guests.logon("LINUX01")
    return world


def test_a_secondary_user_sees_and_sends(guest: World, cp: Issue) -> None:
    assert cp("SEND LINUX01 root", "TCPIP")[0] == 4
    assert cp("SET SECUSER TCPIP", "LINUX01") == (0, "SECUSER of LINUX01 initiated: TCPIP\n")
    assert cp("QUERY SECUSER LINUX01") == (0, "SECUSER of LINUX01 is TCPIP, logged on\n")
    assert cp("SEND LINUX01 root", "TCPIP")[0] == 0
    assert machine(guest, "TCPIP").console.lines[-1].startswith("LINUX01 : ")
    guest.restart()
    machine(guest).console.write("after a restart")
    assert machine(guest, "TCPIP").console.lines[-1] == "LINUX01 : after a restart"
    assert cp("SET SECUSER OFF", "LINUX01") == (0, "Secondary user disabled\n")
    assert cp("QUERY SECUSER", "LINUX01") == (0, "SECUSER of LINUX01 is not set\n")


def test_an_observer_sees_only(guest: World, cp: Issue) -> None:
    assert cp("SET OBSERVER LINUX01 TCPIP")[0] == 0
    assert cp("QUERY OBSERVER LINUX01")[1] == "OBSERVER of LINUX01 is TCPIP, logged on\n"
    machine(guest).console.write("seen")
    assert machine(guest, "TCPIP").console.lines[-1] == "LINUX01 : seen"
    assert cp("SEND LINUX01 root", "TCPIP")[0] == 4


def test_two_who_watch_each_other(guest: World, cp: Issue) -> None:
    cp("SET OBSERVER LINUX01 TCPIP")
    cp("SET OBSERVER TCPIP LINUX01")
    machine(guest).console.write("once")
    assert machine(guest, "TCPIP").console.lines[-1] == "LINUX01 : once"
    assert machine(guest).console.lines[-1] == "once"


@pytest.mark.parametrize(
    ("command", "userid", "code"),
    [
        ("SET", "LINUX01", 26),
        ("SET NONSENSE ON", "ZHCP", 3),
        ("SET RUN ON", "LINUX01", 0),
        ("SET VSWITCH XCATVSW1 GRANT LINUX01", "LINUX01", 3),
        ("SET VSWITCH XCATVSW1 GRANT LINUX01", "ZHCP", 0),
        ("SET SECUSER MAINT TCPIP", "LINUX01", 3),
        ("SET SECUSER NOBODY", "LINUX01", 53),
        ("QUERY SECUSER MAINT", "LINUX01", 3),
        ("SET VMRELOCATE ON DOMAIN X", "LINUX01", 0),
    ],
)
def test_classes_of_the_operands(guest: World, cp: Issue, command: str, userid: str, code: int) -> None:
    assert cp(command, userid)[0] == code


def test_virtual_switches(world: World, cp: Issue) -> None:
    switch = world.system.network.vswitch("XCATVSW1")
    for operands in ("ISOL ON", "DISCON", "IPTIME 9", "CONTR TCPIP", "RDEV 0700 0800"):
        assert cp(f"SET VSWITCH XCATVSW1 {operands}") == (0, "Command complete\n")
    assert (switch.isolation, switch.connected, switch.ip_timeout) == (True, False, 9)
    assert (switch.controller, switch.rdevs) == ("TCPIP", ["0700", "0800"])
    assert cp("SET VSWITCH XCATVSW1 ISOL MAYBE")[0] == 3
    assert cp("SET VSWITCH XCATVSW1 IPTIMEOUT X")[0] == 26
    assert cp("SET VSWITCH XCATVSW1 PAINT RED")[0] == 3
