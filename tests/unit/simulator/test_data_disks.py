# SPDX-License-Identifier: Apache-2.0
"""The data disks of a light guest: formatted once where its vendor data say so, and kept after that."""

from __future__ import annotations

import json

import pytest

from tests.support import config_drives
from tests.unit.simulator.guests import bootable, machine, punch
from tests.unit.simulator.worlds import World
from zvm.simulator import config_drive, data_disks


def drive(command: str = data_disks.BOOT_COMMAND) -> dict[str, bytes]:
    script = json.dumps({"bootcmd": [["sh", "-c", "exit 0", command], "true"]})
    vendor_data = {"cloud-init": ["#!/bin/sh\n", "#cloud-config\nyaml: here\n", f"#cloud-config\n{script}"]}
    return {
        **config_drives.files(),
        "openstack/latest/vendor_data.json": json.dumps(vendor_data).encode(),
    }


def boot(world: World, **how: str) -> dict[str, str]:
    bootable(world)
    punch(world, data=config_drives.tgz(drive(**how)))
    for vdev in ("0101", "0102", "0110"):
        world.add_disk("LINUX01", vdev, 2)
    world.system.guests.logon("LINUX01")
    return mounts(world)


def mounts(world: World) -> dict[str, str]:
    linux = world.system.guests.linux(machine(world))
    assert linux is not None
    return linux.mounts


def test_ephemeral_and_swap_disks_are_taken_into_use(world: World) -> None:
    assert boot(world) == {
        "0101": "ephemeral0 on /mnt",
        "0102": "ephemeral1 on /mnt/ephemeral1",
        "0110": "swap",
    }
    assert "cloud-init: disk 0110: swap" in machine(world).console.lines


def test_an_fba_disk_is_formatted_from_its_start(world: World) -> None:
    bootable(world)
    punch(world, data=config_drives.tgz(drive()))
    fba = {"device_type": "9336", "area_or_volser": "FBAPOOL", "unit": 2}
    assert world.add_disk("LINUX01", "0101", 64, **fba) == (0, 0)
    world.system.guests.logon("LINUX01")
    assert mounts(world) == {"0101": "ephemeral0 on /mnt"}
    disk = next(disk for disk in machine(world).disks if disk.vdev == "0101")
    assert world.system.dasd.read(disk.extent, 1024 + 56, 2) == b"\x53\xef"


def test_without_the_boot_command_they_stay_blank(world: World) -> None:
    assert boot(world, command="something-else") == {}


def test_a_label_stays(world: World) -> None:
    boot(world)
    disk = next(disk for disk in machine(world).disks if disk.vdev == "0102")
    at = 2 * world.system.dasd.TRACK_BYTES + 1024 + 120
    world.system.dasd.write(disk.extent, at, b"mine\0")
    world.system.guests.reboot(machine(world))
    assert mounts(world)["0102"] == "mine on /mnt/mine"


@pytest.mark.parametrize("vendor_data", [b"[]", b"no json"])
def test_vendor_data_that_are_none(vendor_data: bytes) -> None:
    files = {**config_drives.files(), "openstack/latest/vendor_data.json": vendor_data}
    with pytest.raises(config_drive.ConfigDriveError):
        config_drive.from_tgz(config_drives.tgz(files))
