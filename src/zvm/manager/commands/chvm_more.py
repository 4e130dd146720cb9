# SPDX-License-Identifier: Apache-2.0
"""Further options of ``chvm``: of the running guest alone, whole entries, copies of disks, shared volumes."""

from __future__ import annotations

import asyncio
import re

from zvm.directory import Entry, User, marked_uuid, names, parse_entry
from zvm.manager import guests
from zvm.manager.commands.base import step
from zvm.manager.commands.chvm_option import Change, Option
from zvm.manager.commands.hypervisor_storage import volser
from zvm.manager.commands.images import within
from zvm.manager.errors import Invalid, Refused
from zvm.manager.service import ManagementNode
from zvm.xcat.smcli_text import done

_MODE = re.compile(r"(?:R|RR|W|WR|M|MR|MW)\Z")
_CPU_TYPES = {"CP": 0, "ICF": 1, "ZAAP": 2, "IFL": 3, "ZIIP": 4}
_LARGEST_ENTRY = 1 << 20


async def _add_active_disk(change: Change) -> None:
    """``ADDR MODE``: a minidisk of the directory entry for the running guest."""
    vdev, mode = names.vdev(change.word(0)), change.word(1, "MR").upper()
    if not _MODE.match(mode):
        raise Invalid(f"'{mode}' is no access mode, such as MR")
    await change.smapi(
        f"Adding disk {vdev} to {change.userid}'s active configuration",
        "Image_Disk_Create",
        {"image_disk_number": vdev, "image_disk_mode": mode},
    )


async def _add_active_processor(change: Change) -> None:
    """``ADDR TYPE``: a processor of the running guest."""
    address, kind = change.word(0), change.word(1, "CP").upper()
    if not re.fullmatch("[0-3]?[0-9A-Fa-f]", address) or kind not in _CPU_TYPES:
        raise Invalid(f"--addprocessoractive takes an address from 00 to 3F and {', '.join(_CPU_TYPES)}")
    await change.smapi(
        f"Adding virtual processor {address.zfill(2).upper()} to {change.userid}'s active configuration",
        "Image_CPU_Define",
        {"cpu_address": address.zfill(2).upper(), "cpu_type": _CPU_TYPES[kind]},
    )


async def _connect_lan(change: Change) -> None:
    """``ADDR LAN OWNER``: couples a card to a guest LAN."""
    vdev, lan, owner = names.vdev(change.word(0)), names.vswitch(change.word(1)), names.userid(change.word(2))
    network = {"image_device_number": vdev, "lan_name": lan, "lan_owner": owner}
    sentence = f"Connecting NIC {vdev} to LAN {lan} of {owner} in {change.userid}'s"
    await change.smapi(f"{sentence} directory entry", "Virtual_Network_Adapter_Connect_LAN_DM", network)
    if await change.is_on():
        await change.smapi(f"{sentence} active configuration", "Virtual_Network_Adapter_Connect_LAN", network)


async def _add_page_spool(change: Change) -> None:
    """``ADDR VOLUME USE CONFIG TYPE OWNER DISK PASSWORD``: a paging or spooling volume of the system."""
    use = change.word(2).upper()
    if use not in ("PAGE", "SPOOL"):
        raise Invalid("--addpagespool takes PAGE or SPOOL as use")
    volume = volser(change.word(1))
    wanted = {
        "vol_addr": names.vdev(change.word(0)),
        "volume_label": volume,
        "volume_use": use,
        "system_config_name": change.word(3, "SYSTEM").upper(),
        "system_config_type": change.word(4, "CONFIG").upper(),
        "parm_disk_owner": names.userid(change.word(5, "PMAINT")),
        "parm_disk_number": names.vdev(change.word(6, "CF0")),
        "parm_disk_password": change.word(7, ","),
    }
    with step(f"Adding volume {volume} to the system as {use}"):
        await change.zhcp.smapi("Page_or_Spool_Volume_Add", "MAINT", wanted)
    change.report.info(done(f"Adding volume {volume} to the system as {use}"))


async def _copy_disk(change: Change) -> None:
    """``ADDR SOURCENODE SOURCEADDR``: another guest's minidisk over one of this guest."""
    vdev, source_vdev = names.vdev(change.word(0)), names.vdev(change.word(2))
    source = await change.mn.guest(change.word(1))
    change.mn.check_userid(source.userid)
    if source.host is not change.guest.host:
        raise Refused(f"{source.node} is on another z/VM system, {source.host.name}")
    if await change.is_on() or await guests.is_on(change.zhcp, source):
        raise Refused(
            f"{change.userid} or {source.userid} is logged on; the copy would not be whole",
            next_step="log both off",
        )
    sentence = f"Copying {source.userid} {source_vdev} to {change.userid} {vdev}"
    with step(sentence):
        await change.zhcp.clone_disk(change.userid, vdev, source.userid, source_vdev)
    change.report.info(done(sentence))


async def _format_disk(change: Change) -> None:
    """``ADDR``: formats a minidisk; a zHCP that cannot says so."""
    vdev = names.vdev(change.word(0))
    if await change.is_on():
        raise Refused(f"{change.userid} is logged on; its disks are its own", next_step="log it off")
    sentence = f"Formatting disk {vdev} of {change.userid}"
    with step(sentence):
        await change.zhcp.format_disk(change.userid, vdev)
    change.report.info(done(sentence))


async def _replace_entry(change: Change) -> None:
    """``FILE``: a whole directory entry from a file of the directory ``exchange``, for this guest alone."""
    entry = await read_entry(change.mn, change.word(0), change.userid)
    sentence = f"Replacing {change.userid}'s directory entry"
    with step(sentence):
        old = await guests.entry_of(change.zhcp, change.userid)
        if marked_uuid(entry) != marked_uuid(old):
            raise Refused(
                f"the new entry of {change.userid} does not carry the mark of its instance",
                next_step="keep the comment records of the old entry",
            )
        await change.zhcp.smapi("Image_Lock_DM", change.userid)
        try:
            await change.zhcp.smapi(
                "Image_Replace_DM", change.userid, {"image_record_array": entry.records()}
            )
        finally:
            await change.zhcp.smapi("Image_Unlock_DM", change.userid)
    change.report.info(done(sentence))


async def read_entry(mn: ManagementNode, name: str, userid: str) -> Entry:
    """Return the entry in a file of the directory ``exchange``, which must be of ``userid``.

    :raises Refused: it cannot be read, or is another user's, or a profile.
    """
    path = within(mn, name)
    try:
        text = await asyncio.to_thread(path.read_text, "ascii")
    except (OSError, ValueError) as problem:
        raise Refused(f"{name} cannot be read: {problem}") from problem
    if len(text) > _LARGEST_ENTRY:
        raise Invalid("a directory entry of more than a MiB")
    entry = parse_entry(text.splitlines())
    if not isinstance(entry.header, User) or entry.userid != userid:
        raise Refused(f"the directory entry in {name} is not one of {userid}")
    return entry


async def _share_volume(change: Change) -> None:
    """``ADDR YES|NO``: whether other systems may use a real disk."""
    share = change.word(1).upper()
    if share not in ("YES", "NO"):
        raise Invalid("--sharevolume takes YES or NO")
    device = names.vdev(change.word(0))
    with step(f"Setting sharing of disk {device} to {share}"):
        wanted = {"img_vol_addr": device, "share_enable": "ON" if share == "YES" else "OFF"}
        await change.zhcp.smapi("Image_Volume_Share", "MAINT", wanted)
    change.report.info(done(f"Setting sharing of disk {device} to {share}"))


OPTIONS = {
    "--add3390active": Option(_add_active_disk, 1, 2),
    "--add9336active": Option(_add_active_disk, 1, 2),
    "--addpagespool": Option(_add_page_spool, 3, 8),
    "--addprocessoractive": Option(_add_active_processor, 1, 2),
    "--connectnic2guestlan": Option(_connect_lan, 3),
    "--copydisk": Option(_copy_disk, 3),
    "--formatdisk": Option(_format_disk, 1),
    "--replacevs": Option(_replace_entry, 1),
    "--sharevolume": Option(_share_volume, 2),
}
