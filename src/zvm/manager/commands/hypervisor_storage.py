# SPDX-License-Identifier: Apache-2.0
"""The options of ``chhypervisor`` about volumes, disk pools and SCSI disks."""

from __future__ import annotations

import re

from zvm.directory import names
from zvm.manager.commands.hypervisor_change import HostChange, HostOption
from zvm.manager.errors import Invalid, NotSupported

_VOLSER = re.compile(r"[A-Z0-9@#$]{1,6}\Z")
#: What the words of the system configuration are where nobody says otherwise.
_PARM_DISK = {
    "system_config_name": "SYSTEM",
    "system_config_type": "CONFIG",
    "parm_disk_owner": "PMAINT",
    "parm_disk_number": "CF0",
    "parm_disk_password": ",",
    "alternate_system_config_name": "SYSTEM",
    "alternate_system_config_type": "CONFIG",
    "alternate_parm_disk_owner": "PMAINT",
    "alternate_parm_disk_number": "CF2",  # SMAPI refuses the same disk twice (300/22)
    "alternate_parm_disk_password": ",",
}


def volser(text: str) -> str:
    """Return a volume's name.

    :raises Invalid: it is none.
    """
    if not _VOLSER.match(text.upper()):
        raise Invalid(f"'{text}' is no name of a volume: 1-6 characters of A-Z 0-9 @ # $")
    return text.upper()


def _number(text: str, allowed: str) -> int:
    if text not in allowed.split():
        raise Invalid(f"'{text}' is none of the functions {', '.join(allowed.split())}")
    return int(text)


async def _add_disk(change: HostChange) -> None:
    """``FUNCTION REGION VOLUME GROUP``: 4: a volume as a region into a pool; 5: a region."""
    function = _number(change.word(0), "4 5")
    pool = names.poolname(change.word(3))
    wanted = {
        "function_type": function,
        "region": names.poolname(change.word(1)),
        "volid": volser(change.word(2)) if function == 4 else "",
        "start": -1,
        "size": -1,
        "group": pool,
        "device_type": 0,
    }
    await change.smapi(f"Adding disk to pool {pool}", "Image_Volume_Space_Define_DM", wanted)


async def _remove_disk(change: HostChange) -> None:
    """``FUNCTION REGION [GROUP]``: 1 a region, 2 it from a pool, 3 it from all pools, 7 a pool."""
    function = _number(change.word(0), "1 2 3 7")
    wanted = {
        "function_type": function,
        "region": names.poolname(change.word(1)) if change.word(1) else "",
        "volid": "",
        "group": names.poolname(change.word(2)) if change.word(2) else "",
    }
    await change.smapi("Removing disk from pool", "Image_Volume_Space_Remove_DM", wanted)


def _volume(change: HostChange) -> dict[str, str]:
    return {"vdev": names.vdev(change.word(0)), "volid": volser(change.word(1)), **_PARM_DISK}


async def _add_volume(change: HostChange) -> None:
    """``DEVICE VOLUME``: a volume of the system, in the running one and in its configuration."""
    volume = _volume(change)
    await change.smapi(f"Adding volume {volume['volid']} to the system", "Image_Volume_Add", volume)


async def _remove_volume(change: HostChange) -> None:
    """``DEVICE VOLUME``."""
    volume = _volume(change)
    sentence = f"Removing volume {volume['volid']} from the system"
    await change.smapi(sentence, "Image_Volume_Delete", volume)


async def _add_eckd(change: HostChange) -> None:
    """``DEVICE``: an ECKD disk that the system does not know yet."""
    device = names.vdev(change.word(0))
    sentence = f"Adding ECKD disk {device} to the running z/VM system"
    await change.smapi(sentence, "System_Disk_Add", {"dev_num": device})


async def _add_scsi(change: HostChange) -> None:
    """``DEVICE PATHS OPTION PERSIST``: paths are ``FCP,WWPN,LUN`` between semicolons."""
    device = names.vdev(change.word(0))
    paths = []
    for path in filter(None, change.word(1).strip("'\"").split(";")):
        fcp, _, rest = path.partition(",")
        wwpn, _, lun = rest.partition(",")
        digits = [item.removeprefix("0x") for item in (wwpn, lun)]
        if not all(re.fullmatch("[0-9A-Fa-f]{16}", item) for item in digits):
            raise Invalid(f"'{path}' is no path FCP,WWPN,LUN")
        paths.append(" ".join([names.vdev(fcp), *digits]))
    wanted = {
        "dev_num": device,
        "dev_path_array": ";".join(paths) + ";",
        "option": _number(change.word(2, "1"), "1 2 3"),
        "persist": _yes(change.word(3, "YES")),
    }
    await change.smapi(f"Adding SCSI disk {device} to the system", "System_SCSI_Disk_Add", wanted)


async def _remove_scsi(change: HostChange) -> None:
    """``DEVICE [PERSIST]``."""
    device = names.vdev(change.word(0))
    wanted = {"dev_num": device, "persist": _yes(change.word(1, "YES"))}
    await change.smapi(f"Deleting SCSI disk {device} from the system", "System_SCSI_Disk_Delete", wanted)


def _yes(text: str) -> str:
    if text.upper() not in ("YES", "NO"):
        raise Invalid(f"'{text}' is neither YES nor NO")
    return text.upper()


async def _reset_smapi(change: HostChange) -> None:
    raise NotSupported("--resetsmapi is not supported: it would end the work of every client of SMAPI")


OPTIONS = {
    "--adddisk2pool": HostOption(_add_disk, 4),
    "--removediskfrompool": HostOption(_remove_disk, 2, 3),
    "--addvolume": HostOption(_add_volume, 2),
    "--removevolume": HostOption(_remove_volume, 2),
    "--addeckd": HostOption(_add_eckd, 1),
    "--addscsi": HostOption(_add_scsi, 2, 4),
    "--removescsi": HostOption(_remove_scsi, 1, 2),
    "--resetsmapi": HostOption(_reset_smapi, 0, 9),
}
