# SPDX-License-Identifier: Apache-2.0
"""The options of ``chvm`` about disks and what is IPLed."""

from __future__ import annotations

import re

from zvm.directory import names
from zvm.manager import guests
from zvm.manager.commands.base import step
from zvm.manager.commands.chvm_option import Change, Option
from zvm.manager.errors import Invalid, NotSupported
from zvm.manager.images.golden import allocation
from zvm.xcat.smcli_text import done
from zvm.zhcp import errors as zhcp_errors

_SIZE = re.compile(r"(\d+(?:\.\d+)?)([KMGT])?\Z", re.IGNORECASE)
_UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


async def _add_3390(change: Change) -> None:
    await _add_disk(change, "3390")


async def _add_9336(change: Change) -> None:
    await _add_disk(change, "9336")


async def _add_disk(change: Change, device_type: str) -> None:
    """``POOL ADDR|auto SIZE [MODE R W M FSTYPE]``: a minidisk of the pool, in the running guest too."""
    if change.word(7):
        raise NotSupported("formatting a disk is not supported; leave the file system type out")
    pool = names.poolname(change.word(0))
    wanted = change.word(1)
    vdev = await _free_vdev(change) if wanted.lower() == "auto" else names.vdev(wanted)
    unit, size = parse_size(device_type, change.word(2))
    disk = {
        "vdev": vdev,
        "device_type": device_type,
        "allocation": "AUTOG",
        "area_or_volser": pool,
        "unit": unit,
        "size": size,
        "mode": change.word(3, "MR").upper(),
        "format": 1,
        "read_pw": change.word(4),
        "write_pw": change.word(5),
        "multi_pw": change.word(6),
    }
    await change.smapi(
        f"Adding {device_type} disk to {change.userid}'s directory entry as {vdev} ",
        "Image_Disk_Create_DM",
        disk,
    )
    sentence = f"Adding disk to {change.userid}'s active configuration"
    if await change.is_on():
        await change.smapi(
            sentence, "Image_Disk_Create", {"image_disk_number": vdev, "image_disk_mode": "MR"}
        )
    else:
        change.report.info(done(sentence))  # xCAT says so for a guest that is off, too


def parse_size(device_type: str, text: str) -> tuple[int, int]:
    """Return SMAPI's unit and size for a size such as ``5g``, or a bare number of cylinders or blocks.

    :raises Invalid: it is none.
    """
    match = _SIZE.match(text)
    if match is None or float(match[1]) <= 0 or (not match[2] and "." in match[1]):
        raise Invalid(f"'{text}' is no size: a number of cylinders or blocks, or of bytes with M or G")
    if match[2]:
        return allocation(device_type, int(float(match[1]) * _UNITS[match[2].upper()]))
    return (1 if device_type == "3390" else 2), int(match[1])


async def _free_vdev(change: Change) -> str:
    """Return the first device number from 0100 on that the entry does not use."""
    with step(f"Getting the directory entry of {change.userid}"):
        entry = await guests.entry_of(change.zhcp, change.userid)
    for number in range(0x100, 0x10000):
        if not entry.devices(f"{number:04X}"):
            return f"{number:04X}"
    raise Invalid(f"{change.userid} has no free device number")


async def _remove_disk(change: Change) -> None:
    """``ADDR``: the minidisk, in the running guest too."""
    vdev = names.vdev(change.word(0))
    if await change.is_on():
        try:
            await change.zhcp.smapi("Image_Disk_Delete", change.userid, {"image_disk_number": vdev})
        except zhcp_errors.Refused as error:
            if (error.rc, error.rs) not in ((200, 12), (204, 8), (208, 8), (208, 36)):
                raise  # these say that the guest does not have it
    await change.smapi(
        f"Removing disk {vdev} from {change.userid}'s directory entry",
        "Image_Disk_Delete_DM",
        {"image_disk_number": vdev, "data_security_erase": change.guest.host.options.data_security_erase},
    )


async def _set_ipl(change: Change) -> None:
    """``TARGET [LOADPARM PARM]``."""
    await change.smapi(
        f"Setting IPL of {change.userid}",
        "Image_IPL_Set_DM",
        {
            "saved_system": change.word(0).upper(),
            "load_parameter": change.word(1),
            "parameter_string": " ".join(change.words[2:]).strip("'"),
        },
    )


async def _delete_ipl(change: Change) -> None:
    await change.smapi(f"Deleting IPL of {change.userid}", "Image_IPL_Delete_DM")


OPTIONS = {
    "--add3390": Option(_add_3390, 3, 8),
    "--add9336": Option(_add_9336, 3, 8),
    "--removedisk": Option(_remove_disk, 1),
    "--setipl": Option(_set_ipl, 1, 20),
    "--deleteipl": Option(_delete_ipl),
}
