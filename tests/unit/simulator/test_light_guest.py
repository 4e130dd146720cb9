# SPDX-License-Identifier: Apache-2.0
"""Light guests: what they read when they boot, and what they show of it."""

from __future__ import annotations

import pytest

from tests.support import config_drives, iso
from tests.unit.simulator.guests import bootable, machine, punch
from tests.unit.simulator.worlds import World
from zvm.simulator.light_guest import Linux


def boot(world: World) -> Linux:
    world.system.guests.logon("LINUX01")
    linux = world.system.guests.linux(machine(world))
    assert linux is not None
    return linux


def test_a_config_drive_in_the_reader_is_taken_over_and_purged(world: World) -> None:
    bootable(world)
    punch(world)
    linux = boot(world)
    assert linux.hostname == "linux01"
    [card] = linux.interfaces(world.system.network.adapters("LINUX01"))
    assert (card.name, card.mac, card.addresses) == ("enc1000", "02:00:06:00:aa:01", ["10.1.0.5/24"])
    assert card.gateways == ["10.1.0.1"]
    assert linux.read_file("/etc/motd") == b"welcome\n"
    assert "root" in linux.passwords
    assert world.system.spool.files("LINUX01") == []
    log = "\n".join(machine(world).console.lines)
    assert "dasda: 3390 R/W, 10 CYL" in log
    assert "ci-info: enc1000 02:00:06:00:aa:01 10.1.0.5/24" in log
    assert log.rstrip().endswith("linux01 login:")
    assert "Secret4u" not in log + repr(linux.dump())


def test_a_config_drive_as_an_iso_in_the_reader(world: World) -> None:
    bootable(world)
    punch(world, data=iso.image(config_drives.files(hostname="fromiso")), type="iso")
    assert boot(world).hostname == "fromiso"


def test_a_config_drive_on_a_disk(world: World) -> None:
    bootable(world)
    world.add_disk("LINUX01", "0191", 1)
    disk = world.system.directory.get("LINUX01").minidisk("0191")
    assert disk is not None
    assert disk.extent
    world.system.dasd.write(disk.extent, 0, iso.image(config_drives.files(hostname="ondisk")))
    assert boot(world).hostname == "ondisk"


def test_a_card_that_is_not_coupled_has_no_address(world: World) -> None:
    bootable(world, nic="NICDEF 1000 TYPE QDIO LAN SYSTEM NOSUCH DEVICES 3 MACID 00AA01")
    punch(world)
    linux = boot(world)
    [card] = linux.interfaces(world.system.network.adapters("LINUX01"))
    assert (card.carrier, card.addresses) == (False, [])
    assert "ci-info: enc1000 02:00:06:00:aa:01 no carrier" in machine(world).console.lines


def test_an_address_for_another_mac_is_not_used(world: World) -> None:
    bootable(world)
    punch(world, data=config_drives.tgz(config_drives.files(mac="02:00:06:00:bb:02")))
    linux = boot(world)
    assert linux.interfaces(world.system.network.adapters("LINUX01"))[0].addresses == []
    assert "cloud-init: no network card has MAC address 02:00:06:00:bb:02" in machine(world).console.lines


def test_the_same_instance_is_configured_once(world: World) -> None:
    bootable(world)
    punch(world)
    boot(world).set_password("root", "changed")
    world.system.guests.force("LINUX01")
    punch(world)
    before = boot(world).passwords["root"]
    world.system.guests.force("LINUX01")
    punch(world, data=config_drives.tgz(config_drives.files(uuid="another", hostname="other")))
    linux = boot(world)
    assert linux.hostname == "other"
    assert linux.passwords["root"] != before


@pytest.mark.parametrize(("cls", "kept"), [("A", 1), ("X", 0)])
def test_only_class_x_files_are_taken(world: World, cls: str, kept: int) -> None:
    bootable(world)
    punch(world, data=b"#!/bin/sh\n", type="sh").cls = cls
    linux = boot(world)
    assert len(world.system.spool.files("LINUX01")) == kept
    assert (linux.read_file("/var/opt/xcat/transport/cfgdrive.sh") == b"#!/bin/sh\n") is (kept == 0)


def test_what_is_no_config_drive_is_told(world: World) -> None:
    bootable(world)
    punch(world, data=b"not a tar file")
    assert boot(world).hostname == "localhost"
    assert any("not a tar file" in line for line in machine(world).console.lines)
