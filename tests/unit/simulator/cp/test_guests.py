# SPDX-License-Identifier: Apache-2.0
"""Commands that start, end, stop and reach virtual machines."""

from __future__ import annotations

from tests.unit.simulator.cp.conftest import Issue
from tests.unit.simulator.guests import Clock, bootable, machine
from tests.unit.simulator.worlds import World
from zvm.simulator.guest import DISABLED_WAIT
from zvm.simulator.virtual_machine import State


def test_xautolog_tells_issuer_and_operator(world: World, cp: Issue) -> None:
    bootable(world)
    assert cp("XAUTOLOG LINUX01") == (0, "Command accepted\n")
    assert "AUTO LOGON  ***       LINUX01  USERS = " in machine(world, "OPERATOR").console.lines[-1]
    assert cp("XAUTOLOG LINUX01") == (54, "HCPAUT054E LINUX01 already logged on\n")
    assert cp("XAUTOLOG NOSUCH") == (53, "HCPAUT053E NOSUCH not in CP directory\n")


def test_force_at_once_or_with_a_signal(world: World, cp: Issue) -> None:
    bootable(world)
    clock = Clock(world)
    cp("XAUTOLOG LINUX01")
    clock.tick()
    assert cp("FORCE LINUX01") == (
        0,
        "HCPSIG2114I User LINUX01 termination may be delayed for up to 600 seconds\n",
    )
    assert machine(world).state is State.RUNNING
    code, text = cp("FORCE LINUX01 LOGOFF IMMEDIATE")
    assert (code, text.split()[:5]) == (0, ["USER", "DSC", "LOGOFF", "AS", "LINUX01"])
    assert text.endswith("FORCED BY ZHCP\n")
    assert cp("FORCE LINUX01 IMMED")[0] == 361
    clock.tick()
    assert cp("FORCE LINUX01 IMMED") == (45, "HCPFOR045E LINUX01 not logged on\n")


def test_signal_shutdown(world: World, cp: Issue) -> None:
    bootable(world)
    cp("XAUTOLOG LINUX01")
    assert cp("SIGNAL SHUTDOWN USER LINUX01 WITHIN 60") == (0, "")
    assert world.system.guests.get("LINUX01") is None
    assert cp("SIGNAL SHUTDOWN LINUX01")[0] == 45
    assert cp("SIGNAL CONFETTI LINUX01")[0] == 3
    assert cp("SIGNAL SHUTDOWN LINUX01 WITHIN SOON")[0] == 26


def test_stop_and_begin_by_the_secondary_console(world: World, cp: Issue) -> None:
    bootable(world)
    cp("XAUTOLOG LINUX01")
    assert cp("SEND CP LINUX01 STOP") == (0, "")
    assert machine(world).state is State.STOPPED
    cp("SEND CP LINUX01 BEGIN")
    assert machine(world).state is State.RUNNING
    assert cp("SEND CP NOSUCH STOP") == (45, "HCPCFX045E NOSUCH not logged on\n")


def test_who_may_send(world: World, cp: Issue) -> None:
    world.define("OTHER")
    world.define("WATCHED", "CONSOLE 0009 3215 T OTHER")
    for userid in ("OTHER", "WATCHED"):
        world.system.guests.logon(userid)
    assert cp("SEND CP ZHCP LOGOFF", "OTHER")[0] == 4
    assert cp("SEND CP WATCHED QUERY USERID", "OTHER") == (0, "")
    assert machine(world, "WATCHED").console.lines[-1] == "WATCHED  AT ZVMSIM1"


def test_ipl_and_system_restart(world: World, cp: Issue) -> None:
    bootable(world)
    world.add_disk("LINUX01", "0101", 1)
    cp("XAUTOLOG LINUX01")
    assert cp("IPL 0101", "LINUX01") == (0, "")
    assert machine(world).console.lines[-1] == DISABLED_WAIT
    cp("IPL 100 CLEAR", "LINUX01")
    assert machine(world).booted
    cp("SYSTEM RESTART", "LINUX01")
    assert machine(world).state is State.DISABLED_WAIT
    cp("SYSTEM CLEAR", "LINUX01")
    assert machine(world).state is State.CP_READ
    assert cp("SYSTEM UPGRADE", "LINUX01")[0] == 3
    cp("LOGOFF", "LINUX01")
    assert world.system.guests.get("LINUX01") is None


def test_messages(world: World, cp: Issue) -> None:
    assert cp("MESSAGE MAINT Good Morning") == (0, "")
    assert machine(world, "MAINT").console.lines[-1] == "* MSG FROM ZHCP    : Good Morning"
    cp("M ALL to you all")
    assert machine(world, "TCPIP").console.lines[-1] == "* MSG FROM ZHCP    : to you all"
    assert cp("MSG NOSUCH x")[0] == 45
