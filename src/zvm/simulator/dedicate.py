# SPDX-License-Identifier: Apache-2.0
"""Real devices given to one guest: by the directory's DEDICATE, by ATTACH, by SMAPI."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zvm.simulator.cp_error import CpError
from zvm.simulator.system_config import FREE
from zvm.simulator.virtual_devices import Dedicated, Disk

if TYPE_CHECKING:
    from zvm.simulator.dasd import Volume
    from zvm.simulator.system import System
    from zvm.simulator.virtual_machine import VirtualMachine

ATTACHED, OFFLINE = "ATTACHED", "OFFLINE"
_SYSTEM = "SYSTEM"


def attach(system: System, machine: VirtualMachine, rdev: str, vdev: str, readonly: bool = False) -> str:
    """Give a real device to a guest; return CP's message.

    :raises CpError: 40 no such device, 46 it is offline, 122 it is somebody's, 123 the guest has a device of
        this number.
    """
    word = kind(system, rdev)
    if rdev not in system.real_devices():
        raise CpError("ATR", 40, f"Device {rdev} does not exist")
    if rdev in system.offline.devices:
        raise CpError("ATR", 46, f"{word} {rdev} offline")
    owner = holder(system, rdev)
    if owner and not (word == "OSA" and owner == _SYSTEM):
        raise CpError("ATR", 122, f"{word} {rdev} already attached to {owner}")
    if vdev in machine.devices or system.network.occupies(machine.userid, vdev):
        raise CpError("ATR", 123, f"{word} {rdev} not attached; {machine.userid} {vdev} already defined")
    machine.devices[vdev] = device(system, machine, rdev, vdev, readonly)
    return f"{word} {rdev} ATTACHED TO {machine.userid} {vdev}"


def device(
    system: System, machine: VirtualMachine, rdev: str, vdev: str, readonly: bool = False
) -> Dedicated:
    """Return a real device as one of the guest's; a running Linux sets a DASD online when it is told."""
    volume = volume_at(system, rdev)
    if volume is None:
        return Dedicated(vdev, rdev, readonly)
    place = (volume.volser, 0, volume.size)
    online = not machine.booted
    return Dedicated(
        vdev, rdev, readonly, Disk(vdev, "", rdev, volume.devtype, *place, not readonly, online=online)
    )


def volume_at(system: System, rdev: str) -> Volume | None:
    """Return the volume of a real DASD, None when the device is none."""
    return next((volume for volume in system.dasd.volumes.values() if volume.rdev == rdev), None)


def holder(system: System, rdev: str) -> str:
    """Return who has a real device: SYSTEM, or a userid and its device number; "" for nobody."""
    word = kind(system, rdev)
    if word == "DASD" and _of_the_system(system, rdev):
        return _SYSTEM
    if owner := system.san.owner(rdev) if word == "FCP" else system.dedicated_to(rdev):
        return f"{owner} {vdev_of(system, owner, rdev)}"
    return _SYSTEM if word == "OSA" else ""


def vdev_of(system: System, userid: str, rdev: str) -> str:
    """Return the device number by which somebody has a real device; its real one where there is no guest."""
    machine = system.guests.get(userid)
    held = machine.devices.values() if machine else ()
    return next((item.vdev for item in held if isinstance(item, Dedicated) and item.rdev == rdev), rdev)


def use(system: System, volume: Volume) -> str:
    """Return what becomes of a volume: OWNED or SYSTEM (CP has it), ATTACHED, FREE, OFFLINE."""
    if volume.rdev in system.offline.devices:
        return OFFLINE
    told = system.system_config.use(volume.volser)
    return ATTACHED if told == FREE and system.dedicated_to(volume.rdev) else told


def _of_the_system(system: System, rdev: str) -> bool:
    """Tell whether CP itself has a volume: its minidisks are linked, so no guest can have the device."""
    volume = volume_at(system, rdev)
    return volume is not None and system.system_config.use(volume.volser) != FREE


def kind(system: System, rdev: str) -> str:
    """Return the word CP has for a real device: FCP, DASD, OSA, or DEV."""
    if system.san.fcp(rdev):
        return "FCP"
    if volume_at(system, rdev):
        return "DASD"
    if any(rdev in switch.rdevs for switch in system.network.vswitches.values()):
        return "OSA"
    return "DEV"
