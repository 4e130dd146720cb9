# SPDX-License-Identifier: Apache-2.0
"""LINK, DETACH, FLASHCOPY, QUERY DASD."""

from __future__ import annotations

from zvm.directory import Extent
from zvm.simulator import dedicate, system_config
from zvm.simulator.cp.command import Context, abbreviates, command, lines, query
from zvm.simulator.cp.define import detach_network
from zvm.simulator.cp_error import CpError
from zvm.simulator.dasd import DasdError
from zvm.simulator.link import MODES, link
from zvm.simulator.virtual_devices import Dedicated, Disk

_PER_LINE = 4


@command("LINK", "LINK [TO] userid vdev1 [AS] vdev2 [mode] [[PASS=] password]", "LNM")
def link_command(context: Context) -> str:
    """Get somebody's minidisk as a device of one's own."""
    words = [word for word in context.words if word not in ("TO", "AS")]
    context.words = words
    owner, source, vdev = context.userid(0), context.vdev(1), context.vdev(2)
    mode = words[3] if len(words) > 3 else ""
    if mode and mode not in MODES:
        raise CpError("LNM", 3, f"Invalid option - {mode}")
    password = words[4].removeprefix("PASS=") if len(words) > 4 else ""
    return lines(link(context.system, context.machine, owner, source, vdev, mode, password))


@command(
    "DETach",
    "DETach [NIC] vdev[-vdev] ... | rdev FROM userid | VSWITCH name | LAN name [OWNERid userid]",
    "DTV",
)
def detach(context: Context) -> str:
    """Give devices back."""
    if abbreviates("NIC", context.word(0)):
        vdev = context.vdev(1)
        adapter = context.system.network.destroy(context.machine.userid, vdev)
        return lines(f"NIC {vdev} is destroyed; devices {vdev}-{adapter.last_vdev} detached")
    if context.word(0) in ("VSWITCH", "LAN"):
        return detach_network(context, context.word(0))
    if "FROM" in context.words:
        return _detach_from(context)
    told = []
    for vdev in context.vdevs():
        device = context.machine.devices.pop(vdev, None)
        if device is None:
            raise CpError("DTV", 40, f"Device {vdev} does not exist")
        if isinstance(device, Disk) and device.temporary and device.owner == context.machine.userid:
            context.system.dasd.remove_volume(device.volume)
        word = dedicate.kind(context.system, device.rdev) if isinstance(device, Dedicated) else device.kind
        told.append(f"{word} {vdev} DETACHED")
    return lines(*told)


def _detach_from(context: Context) -> str:
    """Take a real device from the guest that has it, or from CP (``DETACH rdev FROM userid``)."""
    if not context.has_class("B"):
        raise CpError("DTV", 3, "Invalid option - FROM")
    rdev, userid = context.vdev(0), context.userid(2)
    machine = context.system.guests.existing(userid, "DTR")
    word = dedicate.kind(context.system, rdev)
    for device in machine.devices.values():
        if isinstance(device, Dedicated) and device.rdev == rdev:
            del machine.devices[device.vdev]
            return lines(f"{word} {rdev} DETACHED {userid} {device.vdev}")
    raise CpError("DTR", 121, f"{word} {rdev} not attached to {userid}")


@command("FLASHCopy", "FLASHCopy vdev1 start end [TO] vdev2 [start [end]] [SYNchronous]", "CMM")
def flashcopy(context: Context) -> str:
    """Copy cylinders or blocks of one disk to another in no time.

    Start and end count from the beginning of the disk; END is the last. Without its end the target range
    is as long as the source's; ranges of different length are refused.
    """
    words = [word for word in context.words if word != "TO" and not abbreviates("SYNchronous", word)]
    context.words = words
    source = _disk(context, 0)
    first, last = _range(source, context.word(1), words[2] if len(words) > 2 else "END")
    target = _disk(context, 3)
    start = words[4] if len(words) > 4 else "0"
    begin = _unit(target, start, 0)
    end = _unit(target, words[5], target.size - 1) if len(words) > 5 else begin + last - first
    if not target.write:
        raise CpError("CMM", 1140, f"Device {target.vdev} is read-only")
    try:
        context.system.dasd.flashcopy(
            Extent(source.volume, source.start + first, last - first + 1),
            _inside(target, begin, end),
        )
    except (DasdError, ValueError) as error:
        raise CpError("CMM", 2963, f"FLASHCOPY of {source.vdev} to {target.vdev} refused: {error}") from error
    return lines(
        f"Command complete: FLASHCOPY {source.vdev} {words[1]} {last} TO {target.vdev} {begin} {end} SYNC"
    )


@query("DAsd", "DAsd [ALL | FREE | ATTached | rdev | volid]", "CQD")
def query_dasd(context: Context) -> str:
    """The real volumes: of CP, of guests, and, several to a line, those that nobody has."""
    word = context.words[0] if context.words else "ALL"
    shown, free = [], []
    for volume in context.system.dasd.volumes.values():
        use = dedicate.use(context.system, volume)
        named = word in ("ALL", use, volume.volser, volume.rdev.lstrip("0"), volume.rdev)
        if not volume.rdev or not (named or (use == dedicate.ATTACHED and abbreviates("ATTached", word))):
            continue
        match use:
            case dedicate.OFFLINE:
                continue
            case dedicate.ATTACHED:
                who = dedicate.holder(context.system, volume.rdev)
                shown.append(f"DASD {volume.rdev} ATTACHED TO {who} {volume.volser}")
            case system_config.FREE:
                free.append(f"DASD {volume.rdev} {volume.volser:<6}  ")
            case _:
                uses = sum(_uses(context, volume.volser))
                shown.append(f"DASD {volume.rdev} CP {use:<6} {volume.volser:<6} {uses:4}")
    if not shown and not free:
        raise CpError("CQD", 40, f"Device {word} does not exist")
    rows = (free[at : at + _PER_LINE] for at in range(0, len(free), _PER_LINE))
    return lines(*shown, *(", ".join(row).rstrip() for row in rows))


def _uses(context: Context, volser: str) -> list[bool]:
    return [disk.volume == volser for machine in context.system.guests.logged_on() for disk in machine.disks]


def _disk(context: Context, at: int) -> Disk:
    vdev = context.vdev(at)
    device = context.machine.devices.get(vdev)
    if device is None:
        raise CpError("CMM", 40, f"Device {vdev} does not exist")
    if not isinstance(device, Disk):
        raise CpError("CMM", 6, f"Invalid device type - {vdev}")
    return device


def _unit(disk: Disk, word: str, at_end: int) -> int:
    """Return a position, counted in cylinders or blocks."""
    if word == "END":
        return at_end
    if not word.isdigit():
        raise CpError("CMM", 26, f"Operand missing or invalid - {word}")
    if int(word) >= disk.size:
        raise CpError("CMM", 6704, f"Position {word} is not on device {disk.vdev}")
    return int(word)


def _range(disk: Disk, start: str, end: str) -> tuple[int, int]:
    first, last = _unit(disk, start, disk.size - 1), _unit(disk, end, disk.size - 1)
    if last < first:
        raise CpError("CMM", 26, f"Operand missing or invalid - {end}")
    return first, last


def _inside(disk: Disk, begin: int, end: int) -> Extent:
    if end >= disk.size or end < begin:
        raise CpError("CMM", 6704, f"Position {end} is not on device {disk.vdev}")
    return Extent(disk.volume, disk.start + begin, end - begin + 1)
