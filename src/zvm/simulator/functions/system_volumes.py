# SPDX-License-Identifier: Apache-2.0
"""Volumes in SYSTEM CONFIG: given to the system, taken from it, shared, used for paging and spooling.

The parm disk that the parameters name must be there; SYSTEM CONFIG itself has no other text than what the
volumes are used for (SMAPI Programming, Image_Volume_Add, Page_or_Spool_Volume_Add).
"""

from __future__ import annotations

from zvm.directory import names
from zvm.simulator.dasd import Volume
from zvm.simulator.functions.registry import Call, checked, done, serves
from zvm.simulator.refused import Refused
from zvm.simulator.system_config import FREE, OWNED, SYSTEM
from zvm.smapi.frames import Reply

_NO_DEVICE, _NOT_AVAILABLE, _NOT_LISTED, _LISTED = 8, 10, 18, 20
_SAME_DISKS, _NOT_LINKED, _NO_FILE, _WRONG_PASSWORD = 22, 24, 32, 46
_ANY_PASSWORD = "ALL"  # noqa: S105 - CP's word for a disk that needs none


@serves("Image_Volume_Add")
def image_volume_add(call: Call) -> Reply:
    """Let guests have minidisks on a volume nobody uses."""
    _check_parm_disks(call, 300)
    volume = _volume(call, call.text("vdev"), 300)
    config = call.system.system_config
    if config.use(volume.volser) != FREE:
        raise Refused(300, _LISTED)
    if volume.volser != call.text("volid") or not _to_be_had(call, volume):
        raise Refused(300, _NOT_AVAILABLE)
    config.set_use(volume.volser, SYSTEM)
    return done()


@serves("Image_Volume_Delete")
def image_volume_delete(call: Call) -> Reply:
    """Take a volume from the system; one with linked minidisks, or of CP's own, stays."""
    _check_parm_disks(call, 300)
    volume = _volume(call, call.text("vdev"), 300)
    config = call.system.system_config
    if volume.volser != call.text("volid") or config.use(volume.volser) == FREE:
        raise Refused(300, _NOT_LISTED)
    if config.use(volume.volser) == OWNED or _in_use(call, volume):
        raise Refused(300, _NOT_AVAILABLE)
    config.set_use(volume.volser, FREE)
    return done()


@serves("Image_Volume_Share")
def image_volume_share(call: Call) -> Reply:
    """Say whether other systems may use a volume too."""
    volume = _volume(call, call.text("img_vol_addr"), 8)
    shared = call.system.system_config.shared
    match call.text("share_enable"):
        case "ON":
            shared.add(volume.rdev)
        case "OFF":
            shared.discard(volume.rdev)
        case other:
            raise Refused(8, 3003, f"UNKNOWN_PARAMETER_OPERAND={other}")
    return done()


@serves("Page_or_Spool_Volume_Add")
def page_or_spool_volume_add(call: Call) -> Reply:
    """Let CP page or spool to a volume nobody uses."""
    _check_parm_disks(call, 8)
    volume = _volume(call, call.text("vol_addr"), 8)
    config = call.system.system_config
    if config.use(volume.volser) == OWNED:
        raise Refused(8, _LISTED)
    free = config.use(volume.volser) == FREE and _to_be_had(call, volume)
    if not free or volume.volser != call.text("volume_label"):
        raise Refused(8, _NOT_AVAILABLE)
    config.set_use(volume.volser, OWNED, call.text("volume_use"))
    return done()


@serves("System_Config_Syntax_Check")
def system_config_syntax_check(call: Call) -> Reply:
    """Check the file; the one there is was written by the functions above and is in order."""
    _check_parm_disks(call, 8)
    return done()


def _volume(call: Call, rdev: str, rc: int) -> Volume:
    wanted = checked(names.vdev, rdev, Refused(rc, _NO_DEVICE))
    for volume in call.system.dasd.volumes.values():
        if volume.rdev == wanted:
            return volume
    raise Refused(rc, _NO_DEVICE)


def _to_be_had(call: Call, volume: Volume) -> bool:
    """Tell whether the device of a volume is online, and no guest's."""
    return volume.rdev not in call.system.offline.devices and not call.system.dedicated_to(volume.rdev)


def _in_use(call: Call, volume: Volume) -> bool:
    return any(disk.volume == volume.volser for machine in call.system.everybody() for disk in machine.disks)


def _check_parm_disks(call: Call, rc: int) -> None:
    """Look for the disks with SYSTEM CONFIG and its alternate; what is not named is where it always is.

    Raises:
        Refused: the two are the same (22), one is not there (24), its password is wrong (46), or the file
            is another (32).
    """
    disks = []
    for prefix in ("", "alternate_"):
        owner, vdev = call.text(f"{prefix}parm_disk_owner"), call.text(f"{prefix}parm_disk_number")
        file = f"{call.text(f'{prefix}system_config_name')} {call.text(f'{prefix}system_config_type')}"
        if file.strip() and file != "SYSTEM CONFIG":
            raise Refused(rc, _NO_FILE)
        if owner:
            _check_disk(call, owner, vdev, call.text(f"{prefix}parm_disk_password"), rc)
            disks.append((owner, vdev))
    if len(disks) > len(set(disks)):
        raise Refused(rc, _SAME_DISKS)


def _check_disk(call: Call, owner: str, vdev: str, password: str, rc: int) -> None:
    entry = call.system.directory.find(owner)
    disk = entry.minidisk(checked(names.vdev, vdev, Refused(rc, _NOT_LINKED))) if entry else None
    if disk is None:
        raise Refused(rc, _NOT_LINKED)
    wanted = disk.multi_password or _ANY_PASSWORD
    if wanted not in (_ANY_PASSWORD, password):
        raise Refused(rc, _WRONG_PASSWORD)
