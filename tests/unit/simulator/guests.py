# SPDX-License-Identifier: Apache-2.0
"""Guests for the tests of guests: with something to IPL, and time that passes when it is told to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tests.support import config_drives
from tests.support.simulator import IPL_RECORD
from tests.unit.simulator.worlds import World
from zvm.simulator.config import Timing
from zvm.simulator.spool import SpoolFile
from zvm.simulator.virtual_machine import VirtualMachine

NIC = "NICDEF 1000 TYPE QDIO LAN SYSTEM XCATVSW1 DEVICES 3 MACID 00AA01"


def bootable(world: World, userid: str = "LINUX01", nic: str = NIC) -> None:
    """Define a guest whose disk 0100 can be IPLed."""
    world.define(userid, *([nic] if nic else []))
    assert world.add_disk(userid)[0] == 0
    disk = world.system.directory.get(userid).minidisks()[0]
    assert disk.extent
    world.system.dasd.write(disk.extent, 0, IPL_RECORD)


def punch(world: World, userid: str = "LINUX01", data: bytes | None = None, type: str = "tgz") -> SpoolFile:
    """Put a class X file, by default a config drive, into a guest's reader."""
    content = config_drives.tgz(config_drives.files()) if data is None else data
    return world.system.spool.create(userid, content, origin="ZHCP", cls="X", name="cfgdrive", type=type)


def machine(world: World, userid: str = "LINUX01") -> VirtualMachine:
    """Return a guest that is logged on."""
    found = world.system.guests.get(userid)
    assert found is not None
    return found


class Clock:
    """Time of a world: nothing waits, what is due happens when the test says so."""

    def __init__(self, world: World, **timing: float) -> None:
        values = {"boot": 1.0, "logoff": 0.3, "shutdown": 1.0, "smapi": 0.0, "cp": 0.0} | timing
        world.system.config = replace(world.system.config, timing=Timing(**values))
        world.system.guests.later = self._later
        self.waiting: list[tuple[float, Callable[[], None]]] = []

    def _later(self, seconds: float, action: Callable[[], None]) -> None:
        self.waiting.append((seconds, action))

    def tick(self) -> None:
        """Let everything happen that is waited for now."""
        due, self.waiting = self.waiting, []
        for _, action in due:
            action()
