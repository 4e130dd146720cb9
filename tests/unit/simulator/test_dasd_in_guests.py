# SPDX-License-Identifier: Apache-2.0
"""DASD in a light guest that runs: offline until chzdev, and only what nobody uses goes offline again."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from tests.unit.simulator.guests import machine
from tests.unit.simulator.worlds import World
from zvm.directory import Mdisk
from zvm.simulator import link
from zvm.simulator.agent import GuestAgent
from zvm.simulator.virtual_machine import VirtualMachine

DEVICE = "/dev/disk/by-path/ccw-0.0.0200"


class Guest:
    """A Linux that runs, its agent, and MAINT's disk 0300 to be linked."""

    def __init__(self, folder: Path) -> None:
        self.world = World(folder)
        system = self.world.system
        place = system.extents.allocate("AUTOG", "POOL1", "3390", 2)
        system.directory.add_disk("MAINT", Mdisk("0300", "3390", place.start, place.size, place.volume, "MR"))
        self.machine: VirtualMachine = machine(self.world, "ZHCP")
        self.machine.booted, self.machine.linux_key = True, "VOL001 1 1"
        self.agent = GuestAgent(system, self.machine, system.installed.boot(self.machine.linux_key))

    def link(self, mode: str) -> None:
        link.link(self.world.system, self.machine, "MAINT", "0300", "0200", mode)

    def ask(self, execute: str, **arguments: Any) -> Any:
        return self.agent.answer({"execute": execute, "arguments": arguments})

    def run(self, *words: str) -> tuple[int, str]:
        started = self.ask("guest-exec", path=words[0], arg=words[1:], **{"capture-output": True})
        ended = self.ask("guest-exec-status", pid=started["return"]["pid"])["return"]
        return ended["exitcode"], base64.b64decode(ended.get("err-data", "")).decode()

    def open(self) -> Any:
        return self.ask("guest-file-open", path=DEVICE, mode="r+")


@pytest.fixture
def guest(tmp_path: Path) -> Guest:
    return Guest(tmp_path)


def test_a_device_is_there_once_it_is_online(guest: Guest) -> None:
    guest.link("M")
    assert "No such file" in guest.open()["error"]["desc"]
    assert guest.run("chzdev", "-e", "dasd", "0.0.0200") == (0, "")
    handle = guest.open()["return"]
    data = base64.b64encode(b"written").decode()
    assert guest.ask("guest-file-write", handle=handle, **{"buf-b64": data})["return"]["count"] == 7
    disk = guest.machine.disks[-1]
    assert guest.world.system.dasd.read(disk.extent, 0, 7) == b"written"
    assert guest.run("chzdev", "-d", "dasd", "0.0.0200") == (0, "")
    assert "error" in guest.open()


def test_what_chzdev_refuses(guest: Guest) -> None:
    assert guest.run("chzdev", "-e", "dasd", "0.0.0200")[0] == 6
    guest.link("M")
    guest.run("chzdev", "-e", "dasd", "0.0.0200")
    assert guest.run("mount", DEVICE, "/srv")[0] == 0
    code, text = guest.run("chzdev", "-d", "dasd", "0.0.0200")
    assert code == 15
    assert "in use: /srv" in text
    assert guest.run("umount", "/srv")[0] == 0
    assert guest.run("chzdev", "-d", "dasd", "0.0.0200")[0] == 0


def test_a_disk_that_is_linked_to_read(guest: Guest) -> None:
    guest.link("RR")
    guest.run("chzdev", "-e", "dasd", "0.0.0200")
    handle = guest.open()["return"]
    answer = guest.ask("guest-file-write", handle=handle, **{"buf-b64": "eA=="})
    assert "Read-only" in answer["error"]["desc"]
