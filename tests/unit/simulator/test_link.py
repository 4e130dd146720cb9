# SPDX-License-Identifier: Apache-2.0
"""LINK: the modes beside others, passwords, and what cannot be linked."""

from __future__ import annotations

import pytest

from tests.unit.simulator.worlds import World
from zvm.simulator.cp_error import CpError
from zvm.simulator.link import directory_mode, link
from zvm.simulator.virtual_devices import Disk
from zvm.simulator.virtual_machine import VirtualMachine

#: mode -> what it gets beside nobody, a reader, a writer (CP Commands and Utilities, LINK); None: refused.
OUTCOMES = {
    "R": ("R/O", "R/O", 104),
    "RR": ("R/O", "R/O", "R/O"),
    "W": ("R/W", 103, 104),
    "WR": ("R/W", "R/O", "R/O"),
    "M": ("R/W", "R/W", 104),
    "MR": ("R/W", "R/W", "R/O"),
    "MW": ("R/W", "R/W", "R/W"),
}


@pytest.fixture
def owner(world: World) -> World:
    """A world with a guest that owns a minidisk and is logged off."""
    world.define("OWNER")
    world.add_disk("OWNER")
    return world


def machine(world: World, userid: str) -> VirtualMachine:
    found = world.system.guests.get(userid)
    assert found is not None
    return found


@pytest.mark.parametrize("mode", OUTCOMES)
@pytest.mark.parametrize(("beside", "other"), enumerate(["", "RR", "MW"]))
def test_modes_beside_nobody_a_reader_a_writer(owner: World, mode: str, beside: int, other: str) -> None:
    if other:
        link(owner.system, machine(owner, "MAINT"), "OWNER", "0100", "0200", other)
    expected = OUTCOMES[mode][beside]
    zhcp = machine(owner, "ZHCP")
    if isinstance(expected, int):
        with pytest.raises(CpError) as refused:
            link(owner.system, zhcp, "OWNER", "0100", "0200", mode)
        assert refused.value.number == expected
        assert "MAINT" in str(refused.value)
        assert "0200" not in zhcp.devices
        return
    told = link(owner.system, zhcp, "OWNER", "0100", "0200", mode)
    device = zhcp.devices["0200"]
    assert isinstance(device, Disk)
    assert device.access == expected
    forced = expected == "R/O" and mode not in ("R", "RR")
    assert ("forced R/O" in told) == forced
    assert ("MAINT" in told) == bool(other)


def test_many_users_are_counted(owner: World) -> None:
    link(owner.system, machine(owner, "MAINT"), "OWNER", "0100", "0200", "RR")
    link(owner.system, machine(owner, "ZHCP"), "OWNER", "0100", "0200", "RR")
    with pytest.raises(CpError, match=r"HCPLNM103E OWNER 0100 not linked; R/O by 2 users"):
        link(owner.system, machine(owner, "ZHCP"), "OWNER", "0100", "0300", "W")


@pytest.mark.parametrize(
    ("userid", "vdev", "message"),
    [
        ("NOSUCH", "0100", "HCPLNM053E NOSUCH not in CP directory"),
        ("OWNER", "0999", "HCPLNM107E OWNER 0999 not linked; not in CP directory"),
        ("LOST", "0100", "HCPLNM108E LOST 0100 not linked; volid GONE01 not mounted"),
    ],
)
def test_what_is_not_there(owner: World, userid: str, vdev: str, message: str) -> None:
    owner.define("LOST", "MDISK 0100 3390 1 5 GONE01 MR")
    with pytest.raises(CpError) as refused:
        link(owner.system, machine(owner, "ZHCP"), userid, vdev, "0200", "RR")
    assert str(refused.value) == message


def test_a_device_number_is_used_once(owner: World) -> None:
    zhcp = machine(owner, "ZHCP")
    link(owner.system, zhcp, "OWNER", "0100", "0200", "RR")
    for vdev in ("0200", "0009", "0600"):  # a disk, the console, the network card
        with pytest.raises(CpError, match="HCPLNM110E"):
            link(owner.system, zhcp, "OWNER", "0100", vdev, "RR")


def test_passwords_are_asked_of_who_has_no_lnknopas(world: World) -> None:
    world.define("OWNER", "MDISK 0100 3390 1 5 VOL001 MR ALL WRITEPW", "MDISK 0101 3390 9 5 VOL001 MR")
    world.define("OTHER", "MDISK 0150 3390 20 5 VOL001 MR")
    world.system.guests.logon("OTHER")
    other = machine(world, "OTHER")
    link(world.system, other, "OWNER", "0100", "0200", "RR")
    link(world.system, other, "OWNER", "0100", "0201", "WR", "WRITEPW")
    for mode, vdev, password, number in [
        ("W", "0100", "WRONG", 114),
        ("M", "0100", "", 113),
        ("W", "0101", "", 112),
        ("RR", "0101", "", 111),
    ]:
        with pytest.raises(CpError) as refused:
            link(world.system, other, "OWNER", vdev, "0300", mode, password)
        assert refused.value.number == number


def test_a_logon_links_its_own_disk_as_the_directory_says(owner: World) -> None:
    link(owner.system, machine(owner, "ZHCP"), "OWNER", "0100", "0200", "MW")
    owner.system.guests.logon("OWNER")
    mine = machine(owner, "OWNER")
    assert [disk.access for disk in mine.disks if disk.vdev == "0100"] == ["R/O"]
    assert "HCPLNM102W DASD 0100 forced R/O; R/W by ZHCP" in mine.console.lines


@pytest.mark.parametrize(
    ("mode", "plain"), [("MR", "MR"), ("MWV", "MW"), ("RRE", "RR"), ("", "W"), ("WS", "W")]
)
def test_suffixes_of_directory_modes(world: World, mode: str, plain: str) -> None:
    world.define("OWNER", f"MDISK 0100 3390 1 5 VOL001 {mode}".rstrip())
    entry = world.system.directory.get("OWNER")
    assert directory_mode(entry.minidisks()[0]) == plain
