# SPDX-License-Identifier: Apache-2.0
"""Volumes of guests: a LINK in the guest's entry for every logon, and at once in a guest that is on.

The entry is changed first when a volume comes and last when it goes, so that whoever has a volume is always
found in the directory. In between the agent in the guest sets the device online or offline; a guest without
one does that itself, or finds the device at its next start. Both verbs may be repeated.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass

from zvm.directory import Entry, Link
from zvm.manager import guests
from zvm.manager.errors import Invalid, Refused
from zvm.manager.service import GuestNode, ManagementNode
from zvm.manager.volumes import catalog
from zvm.manager.volumes.guest_dasd import dasd_offline, dasd_online, free_number, taken
from zvm.manager.volumes.volume import Volume, userid_of
from zvm.zhcp import errors as zhcp_errors
from zvm.zhcp.client import ZhcpClient

LOG = logging.getLogger(__name__)

#: Read; write when nobody else writes; write beside others that write.
MODES = ("RR", "M", "MW")
#: Device numbers of volumes in guests.
_FIRST, _LAST = 0x200, 0x2FF
#: Refusals of Image_Disk_Share: not logged on, the number is taken, somebody else has the disk.
_LOGGED_OFF, _TAKEN, _IN_USE = (200, 12), (208, 4), (208, 12)
#: Refusals that say that there is no such link, in the guest and in the directory.
_NOT_THERE, _NOT_DEFINED = ((200, 12), (208, 8)), (408, 8)


@dataclass(frozen=True, slots=True)
class Attached:
    """Where a guest has a volume; ``online``: its Linux has taken the device up."""

    userid: str
    vdev: str
    mode: str
    online: bool


async def attach(mn: ManagementNode, guest: GuestNode, uuid: str, mode: str) -> Attached:
    """Give the guest a volume; one that it has keeps its device number.

    :param mode: CP's access mode, one of :data:`MODES`.
    :raises Refused: the guest is not ours, the volume is no complete volume, or somebody else writes it.
    :raises NotFound: there is no such volume on the guest's system.
    """
    if mode not in MODES:
        raise Invalid(f"mode is one of {', '.join(MODES)}")
    async with mn.locked([guest.node, f"volume {uuid}"]), guest.host.zhcp() as zhcp:
        entry = await guests.own_entry(zhcp, guest)
        volume = await catalog.get(zhcp, uuid)
        if volume.mark.of or volume.source is not None:
            what = "a snapshot" if volume.mark.of else "a copy that is not complete"
            raise Refused(f"{uuid} is {what}: no guest can have it")
        link = _found(entry, volume.userid)
        fresh = link is None
        if link is None:
            link = Link(volume.userid, volume.vdev, free_number(entry, _FIRST, _LAST), mode)
            await _check_others(zhcp, volume, mode)
            try:
                await zhcp.smapi(
                    "Image_Disk_Share_DM", guest.userid, _words(link) | {"read_write_mode": mode}
                )
            except zhcp_errors.OutcomeUnknown:
                await asyncio.shield(_undo(zhcp, guest, volume, link))
                raise
        online = False
        try:
            state = await zhcp.guest(guest.userid)
            if state.state != "off" and await _plug(zhcp, guest, volume, link):
                online = state.reachable and await dasd_online(zhcp, guest.userid, link.vdev)
        except BaseException:
            if fresh:
                await asyncio.shield(_undo(zhcp, guest, volume, link))
            raise
        return Attached(guest.userid, link.vdev, link.mode, online)


async def detach(mn: ManagementNode, guest: GuestNode, uuid: str) -> None:
    """Take a volume away; one that the guest does not have does no harm.

    :raises Refused: the guest is not ours.
    :raises zvm.zhcp.errors.Refused: the guest uses the device, e.g. has it mounted.
    """
    async with mn.locked([guest.node, f"volume {uuid}"]), guest.host.zhcp() as zhcp:
        link = _found(await guests.own_entry(zhcp, guest), userid_of(uuid))
        if link is not None:
            await _remove(zhcp, guest, link)


def _found(entry: Entry, owner: str) -> Link | None:
    return next((link for link in entry.find(Link) if link.userid == owner), None)


async def _check_others(zhcp: ZhcpClient, volume: Volume, mode: str) -> None:
    """Refuse what CP would refuse at the next logon, when both guests want to write and not both say so.

    :raises Refused: another guest's entry has the volume to write.
    """
    for userid, link in await catalog.holders(zhcp, volume):
        if "RR" not in (mode, link.mode) and not mode == link.mode == "MW":
            raise Refused(
                f"{userid} has volume {volume.uuid} as {link.vdev} to write, in mode {link.mode}",
                next_step=f"detach it from {userid}; only volumes with multiattach have several writers",
            )


async def _plug(zhcp: ZhcpClient, guest: GuestNode, volume: Volume, link: Link) -> bool:
    """Link the volume in the running guest; return False when that logged off meanwhile."""
    try:
        await zhcp.smapi("Image_Disk_Share", guest.userid, _words(link) | {"read_write_mode": link.mode})
    except zhcp_errors.Refused as error:
        codes = (error.rc, error.rs)
        if codes == _LOGGED_OFF:
            return False
        if codes not in (_TAKEN, _IN_USE):
            raise
        linked = await catalog.linked(zhcp, volume)
        if _has(guest, link, linked):
            return True
        if codes == _TAKEN:
            raise taken(error, guest.userid, link.vdev) from error
        who = ", ".join(f"{userid} {vdev} ({access})" for userid, vdev, access in linked) or "somebody"
        text = f"volume {volume.uuid} cannot be linked in mode {link.mode}: {who} has it"
        raise error.retold(text, "detach it there first") from error
    return True


def _has(guest: GuestNode, link: Link, linked: list[tuple[str, str, str]]) -> bool:
    """Return whether one of the links at this moment is that of the running guest."""
    return any((userid, vdev) == (guest.userid, link.vdev) for userid, vdev, _ in linked)


async def _remove(zhcp: ZhcpClient, guest: GuestNode, link: Link) -> None:
    state = await zhcp.guest(guest.userid)
    if state.state != "off":
        if state.reachable:
            await dasd_offline(zhcp, guest.userid, link.vdev)
        with zhcp_errors.accepted(*_NOT_THERE):
            await zhcp.smapi("Image_Disk_Unshare", guest.userid, {"image_disk_number": link.vdev})
    await _forget(zhcp, guest, link)


async def _forget(zhcp: ZhcpClient, guest: GuestNode, link: Link) -> None:
    with zhcp_errors.accepted(_NOT_DEFINED):
        await zhcp.smapi("Image_Disk_Unshare_DM", guest.userid, _words(link))


async def _undo(zhcp: ZhcpClient, guest: GuestNode, volume: Volume, link: Link) -> None:
    """Take the link away again, and nothing else that the running guest has at its number.

    Never raises: what made it fail is what matters.
    """
    try:
        if _has(guest, link, await catalog.linked(zhcp, volume)):
            await _remove(zhcp, guest, link)
        else:
            await _forget(zhcp, guest, link)
    except zhcp_errors.ZhcpError as error:
        LOG.error("the link %s of %s is left behind: %s", link.vdev, guest.userid, error)


def _words(link: Link) -> dict[str, str]:
    """Return the parameters that the Image_Disk_Share and Unshare functions have in common."""
    return {
        "image_disk_number": link.vdev,
        "target_image_name": link.userid,
        "target_image_disk_number": link.source,
    }
