# SPDX-License-Identifier: Apache-2.0
"""``imgcapture``: makes an image of a guest's root disk.

Arguments: ``profile=``; ``compress=`` is accepted and means nothing, for images are stored as plain blocks.
As in xCAT a guest that is on is shut down first and stays off; when the capture fails it is started again.
The root disk is the one that the directory entry IPLs, else the only one: nothing is run in the guest.
"""

from __future__ import annotations

from contextlib import suppress

from zvm.directory import Entry, Ipl
from zvm.manager import guests
from zvm.manager.commands import rpower
from zvm.manager.commands.base import Call, Report, each, step
from zvm.manager.commands.images import named
from zvm.manager.errors import Invalid, Refused
from zvm.manager.images.store import checked
from zvm.manager.service import GuestNode, ManagementNode
from zvm.manager.tables.rows import select_row
from zvm.xcat.envelope import Response
from zvm.zhcp.client import ZhcpClient
from zvm.zhcp.errors import ZhcpError


async def run(mn: ManagementNode, call: Call) -> list[Response]:
    """Capture each node."""
    profile = call.pairs().get("profile", "")

    async def one(node: str, report: Report) -> None:
        guest = await mn.guest(node)
        mn.check_userid(guest.userid)
        row = await mn.database.read(select_row, "nodetype", {"node": node}) or {}
        name = checked(named(row, profile or node))
        async with guest.host.zhcp() as zhcp:
            with step(f"Getting the directory entry of {guest.userid}"):
                vdev = root_disk(await guests.entry_of(zhcp, guest.userid))
            was_on = await guests.is_on(zhcp, guest)
            try:
                if was_on:
                    call.progress.at("shutting the guest down", 1)
                    with step(f"Deactivating {guest.userid}"), suppress(rpower.AlreadyOff):
                        await rpower.shut_down(zhcp, guest.userid)
                report.info("Capturing the image using zHCP node")
                await _captured(mn, zhcp, guest, vdev, name, call)
            except BaseException:
                if was_on:
                    with suppress(ZhcpError):
                        await zhcp.smapi("Image_Activate", guest.userid)
                raise
        image = await mn.database.read(select_row, "linuximage", {"imagename": name}) or {}
        report.info(f"Completed capturing the image({name}) and stored at {image.get('rootimgdir', '')}")

    return await each(call, one, at_once=2)


async def _captured(
    mn: ManagementNode, zhcp: ZhcpClient, guest: GuestNode, vdev: str, name: str, call: Call
) -> None:
    with step(f"Reading the disk {vdev} of {guest.userid}"):
        async with zhcp.read_disk(guest.userid, vdev) as chunks:
            # As raw: a disk that begins like an image file of some format is a disk nevertheless.
            origin = f"{guest.userid} {vdev}"
            await mn.images.put(name, chunks, form="raw", origin=origin, progress=call.progress)


def root_disk(entry: Entry) -> str:
    """Return the device number of the disk that a guest boots from.

    :raises Refused: the entry does not tell it.
    """
    vdevs = [disk.vdev for disk in entry.minidisks() if disk.allocation == "PERM"]
    for ipl in entry.find(Ipl):
        try:
            number = f"{int(ipl.system.split()[0], 16):04X}"
        except (ValueError, IndexError):
            continue
        if number in vdevs:
            return number
    if len(vdevs) == 1:
        return vdevs[0]
    if not vdevs:
        raise Refused("Unable to find the root disk: the directory entry has no minidisk")
    raise Invalid(f"Unable to tell which of the disks {', '.join(vdevs)} is the root disk: none is IPLed")
