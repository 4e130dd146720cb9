# SPDX-License-Identifier: Apache-2.0
"""The options of ``chvm`` about real devices, processors and disks in memory."""

from __future__ import annotations

import re

from zvm.directory import Cpu, names
from zvm.manager import guests
from zvm.manager.commands.base import step
from zvm.manager.commands.chvm_disks import parse_size
from zvm.manager.commands.chvm_option import Change, Option
from zvm.manager.errors import Invalid
from zvm.zhcp import errors as zhcp_errors

#: CP's limit of virtual processors.
_PROCESSORS = 64
#: Codes that say that it is so already: in the directory entry, in the running guest.
_HAS = ((404, 4), (204, 4))
_HAS_NOT = ((404, 8), (204, 8))
#: How ``--setloaddev`` says what its data is → SMAPI's type: 2 characters, 3 hexadecimal digits.
_SCP_TYPES = {"0": 2, "1": 3}
_SCP_DELETE = 1


async def _tolerant(
    change: Change,
    sentence: str,
    function: str,
    parameters: dict[str, object],
    fine: tuple[tuple[int, int], ...],
) -> None:
    """Call a function; a refusal that says that nothing is left to do is no failure."""
    try:
        with step(sentence):
            await change.zhcp.smapi(function, change.userid, parameters)
    except Exception as error:
        cause = getattr(error, "cause", error)
        if not isinstance(cause, zhcp_errors.Refused) or (cause.rc, cause.rs) not in fine:
            raise
    change.report.info(f"{sentence}... Done")


async def _dedicate(change: Change) -> None:
    """``VDEV RDEV MODE``: a real device; MODE 1 is read-only. In the running guest too."""
    if change.word(2) not in ("0", "1"):
        raise Invalid("--dedicatedevice takes 0 (read and write) or 1 (read-only) as mode")
    await dedicate(change, names.vdev(change.word(0)), names.vdev(change.word(1)), int(change.word(2)))


async def dedicate(change: Change, vdev: str, rdev: str, readonly: int) -> None:
    """Give a real device to the guest: in its directory entry, and in the running guest."""
    device = {"vdev": vdev, "rdev": rdev, "readonly": readonly}
    sentence = f"Dedicating device {device['rdev']} to {change.userid}'s"
    await _tolerant(change, f"{sentence} directory entry", "Image_Device_Dedicate_DM", device, _HAS)
    if await change.is_on():
        await _tolerant(change, f"{sentence} active configuration", "Image_Device_Dedicate", device, _HAS)


async def _undedicate(change: Change) -> None:
    """``VDEV``."""
    vdev = names.vdev(change.word(0))
    device: dict[str, object] = {"image_device_number": vdev}
    sentence = f"Deleting dedicated device {vdev} from {change.userid}'s"
    await _tolerant(change, f"{sentence} directory entry", "Image_Device_Undedicate_DM", device, _HAS_NOT)
    if await change.is_on():
        await _tolerant(
            change, f"{sentence} active configuration", "Image_Device_Undedicate", device, _HAS_NOT
        )


async def _set_loaddev(change: Change) -> None:
    """``WWPN LUN [HEX SCPDATA]``: where a SCSI disk is IPLed from, and what its loader is told.

    HEX 1: the data is in hexadecimal digits, 0: as it stands.
    """
    wwpn, lun = change.word(0).removeprefix("0x"), change.word(1).removeprefix("0x")
    if not all(re.fullmatch("[0-9A-Fa-f]{16}", item) for item in (wwpn, lun)):
        raise Invalid("a WWPN and a LUN have 16 hexadecimal digits each")
    wanted: dict[str, object] = {"port_name": wwpn.upper(), "lun": lun.upper()}
    if data := " ".join(change.words[3:]).strip("'"):
        if change.word(2) not in ("0", "1"):
            raise Invalid("--setloaddev takes 0 (characters) or 1 (hexadecimal) before SCPDATA")
        wanted |= {"scp_data_type": _SCP_TYPES[change.word(2)], "scp_data": _scp_data(change.word(2), data)}
    await _loaddev(change, wanted)


async def set_loaddev(change: Change, wwpn: str, lun: str) -> None:
    """Let the guest IPL a SCSI disk."""
    await _loaddev(change, {"port_name": wwpn.upper(), "lun": lun.upper()})


async def _loaddev(change: Change, wanted: dict[str, object]) -> None:
    sentence = "Setting LOADDEV directory statements"
    await change.smapi(sentence, "Image_SCSI_Characteristics_Define_DM", wanted, tell=False)
    change.report.info(sentence)  # xCAT tells it before it does it, and no more


def _scp_data(how: str, data: str) -> str:
    """Return what SMAPI is given: EBCDIC characters, or the octets that hexadecimal digits stand for."""
    try:
        octets = bytes.fromhex(data) if how == "1" else data.encode("cp037")
    except ValueError:
        raise Invalid(f"'{data[:40]}' cannot be SCPDATA") from None
    return octets.decode("iso-8859-1")


async def _remove_loaddev(change: Change) -> None:
    """``WWPN LUN``: what LOADDEV says of the port, of the LUN and to the loader goes."""
    sentence = "Removing LOADDEV directory statements"
    await _tolerant(
        change,
        sentence,
        "Image_SCSI_Characteristics_Define_DM",
        {"port_name": "DELETE", "lun": "DELETE", "scp_data_type": _SCP_DELETE},
        ((456, 4),),
    )


async def _add_processor(change: Change) -> None:
    """``ADDR``: at the next logon."""
    address = _address(change.word(0))
    await change.smapi(
        f"Adding virtual processor {address} to {change.userid}'s directory entry",
        "Image_CPU_Define_DM",
        {"cpu_address": address},
    )


async def _remove_processor(change: Change) -> None:
    """``ADDR``: at the next logon."""
    address = _address(change.word(0))
    await change.smapi(
        f"Deleting virtual processor {address} from {change.userid}'s directory entry",
        "Image_CPU_Delete_DM",
        {"cpu_address": address},
    )


def _address(text: str) -> str:
    if not re.fullmatch("[0-3]?[0-9A-Fa-f]", text):
        raise Invalid(f"'{text}' is no address of a virtual processor: 00 to 3F")
    return text.zfill(2).upper()


async def _set_processor(change: Change) -> None:
    """``COUNT``: so many virtual processors at the next logon."""
    text = change.word(0)
    if not text.isdecimal() or not 1 <= int(text) <= _PROCESSORS:
        raise Invalid(f"'{text}' is no number of processors: 1 to {_PROCESSORS}")
    count = int(text)
    with step(f"Getting the directory entry of {change.userid}"):
        entry = await guests.entry_of(change.zhcp, change.userid)
    present = {cpu.address: cpu.base for cpu in entry.find(Cpu)}
    extra = [address for address in sorted(present, reverse=True) if not present[address]]
    free = [f"{number:02X}" for number in range(_PROCESSORS) if f"{number:02X}" not in present]
    # The greatest number first, for no processor may be defined above it.
    await change.smapi(
        f"Updating {change.userid} virtual machine directory entry",
        "Image_Definition_Update_DM",
        {"definitions": [f"CPU_MAXIMUM=COUNT={count} TYPE=ESA"]},
    )
    for address in free[: max(0, count - len(present))]:
        await change.zhcp.smapi("Image_CPU_Define_DM", change.userid, {"cpu_address": address})
    for address in extra[: max(0, len(present) - count)]:
        await change.zhcp.smapi("Image_CPU_Delete_DM", change.userid, {"cpu_address": address})


async def _add_vdisk(change: Change) -> None:
    """``ADDR SIZE [MODE]``: a disk in memory, from the next logon on."""
    vdev = names.vdev(change.word(0))
    _, blocks = parse_size("9336", change.word(1))
    disk = {
        "vdev": vdev,
        "device_type": "FB-512",
        "allocation": "V-DISK",
        "area_or_volser": "NONE",
        "unit": 2,
        "size": blocks,
        "mode": change.word(2, "MR").upper(),
        "format": 0,
    }
    await change.smapi(
        f"Adding V-Disk to {change.userid}'s directory entry as {vdev}", "Image_Disk_Create_DM", disk
    )


OPTIONS = {
    "--dedicatedevice": Option(_dedicate, 3),
    "--undedicatedevice": Option(_undedicate, 1),
    "--setloaddev": Option(_set_loaddev, 2, 30),
    "--removeloaddev": Option(_remove_loaddev, 2),
    "--addprocessor": Option(_add_processor, 1),
    "--removeprocessor": Option(_remove_processor, 1),
    "--setprocessor": Option(_set_processor, 1),
    "--addvdisk": Option(_add_vdisk, 2, 3),
}
