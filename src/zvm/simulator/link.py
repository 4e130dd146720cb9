# SPDX-License-Identifier: Apache-2.0
"""LINK: who may have which minidisk how, beside whom.

Source: CP Commands and Utilities, LINK (access modes); CP's messages HCPLNM101W to HCPLNM114E.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from zvm.directory import Entry, Extent, Mdisk, Option
from zvm.simulator.cp_error import CpError, message
from zvm.simulator.virtual_devices import Disk

if TYPE_CHECKING:
    from zvm.simulator.system import System
    from zvm.simulator.virtual_machine import VirtualMachine

MODES = ("R", "RR", "W", "WR", "M", "MR", "MW")

#: What each mode gets: beside nobody, beside readers only, beside a writer. 0: refused.
_READ, _WRITE, _NO = "R/O", "R/W", ""
_OUTCOME = {
    "R": (_READ, _READ, _NO),
    "RR": (_READ, _READ, _READ),
    "W": (_WRITE, _NO, _NO),
    "WR": (_WRITE, _READ, _READ),
    "M": (_WRITE, _WRITE, _NO),
    "MR": (_WRITE, _WRITE, _READ),
    "MW": (_WRITE, _WRITE, _WRITE),
}


def link(
    system: System,
    machine: VirtualMachine,
    owner: str,
    source: str,
    vdev: str,
    mode: str = "",
    password: str = "",
) -> str:
    """Give ``machine`` the minidisk ``source`` of ``owner`` as ``vdev``; return CP's message, or "".

    :param mode: R, RR, W, WR, M, MR or MW; the default is R, or the directory's own mode for one's own disk.
    :raises CpError: when CP refuses.
    """
    entry = system.directory.find(owner, online=True)
    if entry is None:
        raise CpError("LNM", 53, f"{owner} not in CP directory")
    mdisk = entry.minidisk(source)
    if mdisk is None:
        raise CpError("LNM", 107, f"{owner} {source} not linked; not in CP directory")
    own = machine.userid == owner
    mode = mode or (directory_mode(mdisk) if own else "R")
    if mode not in MODES:
        raise CpError("LNM", 109, f"{owner} {source} not linked; invalid mode {mode}")
    if vdev in machine.devices or system.network.occupies(machine.userid, vdev):
        raise CpError("LNM", 110, f"{owner} {source} not linked; {vdev} already defined")
    if not own:
        _check_password(system, machine.userid, mdisk, owner, mode, password)
    return attach(system, machine, mdisk, owner, vdev, mode)


def attach(system: System, machine: VirtualMachine, mdisk: Mdisk, owner: str, vdev: str, mode: str) -> str:
    """Link without asking for passwords, as at logon; return CP's message.

    :raises CpError: when the volume is not mounted, or others use the disk as ``mode`` does not allow.
    """
    place = _place(system, mdisk, owner)
    readers, writers = _links(system, place)
    granted = _OUTCOME[mode][2 if writers else 1 if readers else 0]
    who = f"R/W by {_users(writers)}" if writers else f"R/O by {_users(readers)}"
    if granted == _NO:
        raise CpError("LNM", 104 if writers else 103, f"{owner} {mdisk.vdev} not linked; {who}")
    place_of_disk = (place.volume, place.start, place.size)
    machine.devices[vdev] = Disk(
        vdev, owner, mdisk.vdev, mdisk.devtype, *place_of_disk, granted == _WRITE, online=not machine.booted
    )
    if granted == _READ and _OUTCOME[mode][0] == _WRITE:
        return message("LNM", 102 if writers else 101, f"DASD {vdev} forced R/O; {who}", "W")
    return f"DASD {vdev} LINKED {granted}; {who.replace(' by ', ' BY ')}" if writers or readers else ""


def directory_mode(mdisk: Mdisk) -> str:
    """Return the mode of an MDISK statement without its suffix letters (V, S, E); the default is W."""
    mode = mdisk.mode or "W"
    return next((known for known in sorted(MODES, key=len, reverse=True) if mode.startswith(known)), "W")


def temporary_volume(system: System, userid: str, vdev: str) -> str:
    """Return the name of the volume that holds a V-DISK or T-DISK; each member of a cluster has its own."""
    leads = system.members[0] is system
    return f"{userid}.{vdev}" if leads else f"{userid}.{vdev}.{system.name}"


def _place(system: System, mdisk: Mdisk, owner: str) -> Extent:
    if mdisk.allocation in ("V-DISK", "T-DISK"):
        volume = temporary_volume(system, owner, mdisk.vdev)
        if volume not in system.dasd.volumes:
            raise CpError("LNM", 107, f"{owner} {mdisk.vdev} not linked; not in CP directory")
        return Extent(volume, 0, system.dasd.volumes[volume].size)
    if mdisk.allocation == "DEVNO":
        found = [volume for volume in system.dasd.volumes.values() if volume.rdev == mdisk.volume]
        if not found:
            raise CpError("LNM", 108, f"{owner} {mdisk.vdev} not linked; rdev {mdisk.volume} not available")
        return Extent(found[0].volser, 0, found[0].size)
    volume_ = system.dasd.volumes.get(mdisk.volume)
    start = mdisk.start or 0
    if volume_ is None or start >= volume_.size or not system.mounted(mdisk.volume):
        raise CpError("LNM", 108, f"{owner} {mdisk.vdev} not linked; volid {mdisk.volume} not mounted")
    return Extent(mdisk.volume, start, min(mdisk.size or volume_.size, volume_.size - start))


def _links(system: System, place: Extent) -> tuple[list[str], list[str]]:
    """Return who reads and who writes the same place."""
    readers: list[str] = []
    writers: list[str] = []
    for machine in system.everybody():
        for device in machine.devices.values():
            if isinstance(device, Disk) and device.is_on(place):
                (writers if device.write else readers).append(machine.userid)
    return readers, writers


def _users(userids: Iterable[str]) -> str:
    names = sorted(set(userids))
    return names[0] if len(names) == 1 else f"{len(names)} users"


def _check_password(system: System, userid: str, mdisk: Mdisk, owner: str, mode: str, password: str) -> None:
    known = system.directory.find(userid, online=True)
    if known and lnknopas(system.directory.resolved(userid, online=True)):
        return
    wanted, number, what = {
        "R": (mdisk.read_password, 111, "read"),
        "W": (mdisk.write_password, 112, "write"),
        "M": (mdisk.multi_password, 113, "multi"),
    }[mode[0]]
    if not wanted:
        raise CpError("LNM", number, f"{owner} {mdisk.vdev} not linked; no {what} password")
    if wanted not in ("ALL", password):
        raise CpError("LNM", 114, f"{owner} {mdisk.vdev} not linked; mode or password incorrect")


def lnknopas(entry: Entry) -> bool:
    """Tell whether OPTION LNKNOPAS frees this user from link passwords."""
    return any("LNKNOPAS" in option.words for option in entry.find(Option))
