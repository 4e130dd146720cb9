# SPDX-License-Identifier: Apache-2.0
"""DEFINE, COUPLE, UNCOUPLE, ATTACH, SET VSWITCH."""

from __future__ import annotations

import pytest

from tests.unit.simulator.cp.conftest import Issue
from tests.unit.simulator.guests import machine
from tests.unit.simulator.worlds import World
from zvm.simulator.virtual_machine import State


@pytest.fixture
def guest(world: World) -> World:
    """A world in which LINUX01 is logged on, without a network card."""
    world.define("LINUX01")
    world.system.guests.logon("LINUX01")
    return world


def test_a_card_needs_a_grant_to_be_coupled(guest: World, cp: Issue) -> None:
    code, text = cp("DEFINE NIC 0800 TYPE QDIO DEVICES 3", "LINUX01")
    assert (code, text) == (0, "NIC 0800 is created; devices 0800-0802 defined\n")
    code, text = cp("COUPLE 0800 TO SYSTEM XCATVSW1", "LINUX01")
    assert (code, text) == (6011, "HCPNDF6011E You are not authorized to COUPLE to SYSTEM XCATVSW1\n")
    assert cp("SET VSWITCH XCATVSW1 GRANT LINUX01 PORTTYPE ACCESS VLAN 5") == (0, "Command complete\n")
    code, text = cp("COUPLE 800 SYSTEM XCATVSW1", "LINUX01")
    assert (code, text) == (0, "NIC 0800 is connected to VSWITCH SYSTEM XCATVSW1\n")
    assert guest.system.network.adapters("LINUX01")[0].vlans == [5]
    assert cp("COUPLE 0800 SYSTEM XCATVSW1", "LINUX01")[0] == 6006
    assert cp("UNCOUPLE 0800", "LINUX01")[1].startswith("NIC 0800 is disconnected from")
    assert cp("DETACH NIC 0800", "LINUX01") == (
        0,
        "NIC 0800 is destroyed; devices 0800-0802 detached\n",
    )
    assert cp("SET VSWITCH XCATVSW1 REVOKE LINUX01")[0] == 0
    assert cp("SET VSWITCH XCATVSW1 REVOKE LINUX01")[0] == 2846


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("DEFINE NIC 0009", 91),
        ("DEFINE NIC 0800 TYPE TOKENRING", 3),
        ("DEFINE PRINTER", 3),
        ("COUPLE 0999 SYSTEM XCATVSW1", 40),
        ("DEFINE CPU 00", 1458),
        ("DEFINE CPU ZZ", 26),
        ("DEFINE CPU FF", 1450),
        ("DEFINE STORAGE 64G", 94),
        ("DEFINE STORAGE", 26),
    ],
)
def test_what_cannot_be_defined(guest: World, cp: Issue, command: str, code: int) -> None:
    assert cp(command, "LINUX01")[0] == code


def test_cpus_and_storage(guest: World, cp: Issue) -> None:
    assert cp("DEFINE CPU 01-02 TYPE IFL", "LINUX01") == (0, "CPU 01 defined\nCPU 02 defined\n")
    assert machine(guest).cpus == ["00", "01", "02"]
    assert cp("DEF STOR STANDBY 256M", "LINUX01")[1] == "STORAGE = 512M STANDBY = 256M\n"
    assert "RESERVED = 256M" in cp("Q V STOR", "LINUX01")[1]
    assert cp("DEFINE STORAGE 1G", "LINUX01")[1].splitlines()[1] == "Storage cleared - system reset."
    assert machine(guest).state is State.CP_READ


def test_standby_storage(guest: World, cp: Issue) -> None:
    assert cp("DEFINE STORAGE INITIAL STANDBY REMAINDER", "LINUX01")[1].splitlines() == [
        "STORAGE = 512M STANDBY = 512M",
        "Storage cleared - system reset.",
    ]
    assert "STANDBY = 512M  RESERVED = 0" in cp("Q V STOR", "LINUX01")[1]
    cp("DEF STOR 256M STANDBY 256M RESERVED REMAINDER", "LINUX01")
    assert "STORAGE = 256M MAX = 1G INC = 1M STANDBY = 256M  RESERVED = 512M" in cp("Q V STOR", "LINUX01")[1]
    for words in ("STANDBY", "256M STANDBY 1G", "256M FOR 2M", "STANDBY 2X"):
        assert cp(f"DEFINE STORAGE {words}", "LINUX01")[0] in (26, 94)
    assert machine(guest).standby == 256 << 20


def test_no_more_cpus_than_the_machine_statement_says(guest: World, cp: Issue) -> None:
    machine(guest).max_cpus = 2
    assert cp("DEFINE CPU 01", "LINUX01")[0] == 0
    assert cp("DEFINE CPU 02", "LINUX01")[0] == 1450
    assert guest.codes("Image_CPU_Define", "LINUX01", cpu_address="02", cpu_type=0) == (216, 28)


def test_real_devices_have_one_user(guest: World, cp: Issue) -> None:
    assert cp("ATTACH 1FA0 TO LINUX01 AS 0700") == (0, "FCP 1FA0 ATTACHED TO LINUX01 0700\n")
    assert cp("ATTACH 1FA0 TO MAINT")[0] == 122
    assert cp("ATTACH 1FA1 TO LINUX01 0700")[0] == 123
    assert cp("ATTACH 1FA1 TO NOSUCH")[0] == 45
    assert cp("Q V 0700", "LINUX01") == (0, "FCP  0700 ON FCP  1FA0 SUBCHANNEL = 0000\n")


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("SET VSWITCH NOSUCH GRANT LINUX01", 2783),
        ("SET VSWITCH XCATVSW1 PAINT RED", 3),
        ("SET VSWITCH XCATVSW1 GRANT LINUX01 VLAN 4095", 2812),
        ("SET TIMEZONE MARS", 3),
        ("SET RUN ON", 0),
        ("SET VSWITCH XCATVSW1 ISOLATION ON", 0),
    ],
)
def test_settings(guest: World, cp: Issue, command: str, code: int) -> None:
    assert cp(command)[0] == code
