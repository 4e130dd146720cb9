# SPDX-License-Identifier: Apache-2.0
"""QUERY: the real machine below CP: channel paths, OSAs, processors, CP's own DASD; who links a minidisk."""

from __future__ import annotations

from collections.abc import Iterator

from zvm.directory import Option
from zvm.simulator.cp.command import Context, abbreviates, lines, query
from zvm.simulator.cp_error import CpError
from zvm.simulator.system_config import OWNED
from zvm.simulator.virtual_devices import Dedicated, Disk

_PER_LINE = 4
_NO_CHPID = 846
#: 4 KiB pages and spool pages in a 3390 cylinder, directory pages as well.
_PAGES_PER_CYLINDER = 180


@query("CHPID", "CHPID chpid", "QPA", "BE")
def chpid(context: Context) -> str:
    """The devices behind a channel path."""
    word = context.word(0)
    devices = sorted(fcp.rdev for fcp in context.system.config.fcp_devices if fcp.chpid == word.zfill(2))
    if not devices:
        raise CpError("QPA", _NO_CHPID, f"Invalid channel path identifier - {word}")
    rows = [" ".join(devices[at : at + 8]) for at in range(0, len(devices), 8)]
    state = "offline" if word.zfill(2) in context.system.offline.chpids else "online"
    return lines(f"Path {word.zfill(2)} {state} to devices {rows[0]}", *(f"  {row}" for row in rows[1:]))


@query("CHPIDV", "CHPIDV [userid]", "QPV", "BEG")
def chpidv(context: Context) -> str:
    """Whether a guest sees virtual channel paths (OPTION CHPIDVIRTUALIZATION ONE)."""
    userid = context.userid(0) if context.words else context.machine.userid
    if userid != context.machine.userid and not context.has_class("BE"):
        raise CpError("QPV", 3, f"Invalid option - {userid}")
    context.system.guests.existing(userid, "QPV")
    found = context.system.directory.find(userid)
    options = context.system.directory.resolved(userid).find(Option) if found else []
    words = [word for option in options for word in option.words]
    on = any(word.startswith("CHPIDV") for word in words) and "ONE" in words
    return lines(f"CHPID virtualization for user {userid}: {'ONE' if on else 'NONE'}")


@query("OSA", "OSA [ALL | FREE | ATTached | rdev]", "QOS", "B")
def osa(context: Context) -> str:
    """The OSA devices: of virtual switches, and those given to guests."""
    word = context.words[0] if context.words else "ALL"
    switches = context.system.network.vswitches.values()
    owners = {rdev: (switch.controller, rdev) for switch in switches for rdev in switch.rdevs}
    configured = {rdev for switch in context.system.config.vswitches for rdev in switch.rdevs}
    for machine in context.system.guests.logged_on():
        for device in machine.devices.values():
            if isinstance(device, Dedicated) and device.rdev in configured:
                owners[device.rdev] = (machine.userid, device.vdev)
    attached = [
        f"OSA  {rdev} ATTACHED TO {userid:<8} {vdev} DEVTYPE OSA         CHPID 00 OSD"
        for rdev, (userid, vdev) in sorted(owners.items())
        if word in ("ALL", rdev, rdev.lstrip("0")) or abbreviates("ATTached", word)
    ]
    free = [
        f"OSA  {rdev} FREE    "
        for rdev in sorted(configured - set(owners))
        if word in ("ALL", "FREE", rdev, rdev.lstrip("0"))
    ]
    if not attached and not free:
        raise CpError("QOS", 40, f"Device {word if word not in ('ALL', 'FREE') else 'OSA'} does not exist")
    return lines(*attached, *(", ".join(free[at : at + _PER_LINE]) for at in range(0, len(free), _PER_LINE)))


@query("PROCessors", "PROCessors [ALL]", "QPR", "ABCE")
def processors(context: Context) -> str:
    """The real processors."""
    facts = context.system.config.system
    return lines(
        *(
            f"PROCESSOR {cpu:04X} {'ALTERNATE' if cpu else 'MASTER'} {facts.cpu_type}"
            for cpu in range(facts.cpus)
        )
    )


@query("ALLOC", "ALLOC [ALL | MAP | volid]", "QAL", "BD")
def alloc(context: Context) -> str:
    """What CP uses its own volumes for; the simulator's CP pages nowhere and spools in files."""
    wanted = context.words[0] if context.words and context.words[0] not in ("ALL", "MAP") else ""
    config = context.system.system_config
    shown: list[str] = []
    for volume in context.system.dasd.volumes.values():
        if config.use(volume.volser) != OWNED or wanted not in ("", volume.volser):
            continue
        total = volume.size * _PAGES_PER_CYLINDER if volume.devtype == "3390" else volume.size // 8
        shown.append(f"DASD {volume.rdev} {volume.volser:<6} {volume.devtype}")
        for what in ("TDISK", "PAGE", "SPOOL", "DRCT"):
            amount = total if what in (config.purposes.get(volume.volser) or "PAGE SPOOL") else 0
            shown.append(f"{what:>9}  TOTAL={amount:011} INUSE={0:011} AVAIL={amount:011}")
    if not shown:
        raise CpError("QAL", 40, f"Device {wanted or 'DASD'} does not exist")
    return lines(*shown)


@query("LINKS", "LINKS vdev", "QLK", "ABCEG")
def links(context: Context) -> str:
    """Who has a minidisk of the issuer's configuration too."""
    vdev = context.vdev(0)
    device = context.machine.devices.get(vdev)
    if not isinstance(device, Disk):
        raise CpError("QLK", 40, f"Device {vdev} does not exist")
    shown = list(_linked(context, device))
    return lines(*(", ".join(shown[at : at + _PER_LINE]) for at in range(0, len(shown), _PER_LINE)))


def _linked(context: Context, disk: Disk) -> Iterator[str]:
    for machine in context.system.everybody():
        for other in machine.disks:
            if (other.volume, other.start, other.size) == (disk.volume, disk.start, disk.size):
                yield f"{machine.userid:<8} {other.vdev} {other.access}"
