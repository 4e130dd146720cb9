# SPDX-License-Identifier: Apache-2.0
"""One block device of a running guest copied to another one, by programs in the guest.

The guest alone can say whether it uses a device, and sees volumes of every kind as devices. The source is
read-only from before the first octet is copied; it stays so when the copy is complete, since what would be
written then would be lost with it.
"""

from __future__ import annotations

import re

from zvm.manager import guest_programs, guests
from zvm.manager.errors import Invalid, Refused
from zvm.manager.service import GuestNode, ManagementNode
from zvm.zhcp.client import ZhcpClient

#: Names that stay the same whatever else the guest has: links made by udev.
_DEVICE = re.compile(r"/dev/disk/by-(?:id|path)/[A-Za-z0-9][A-Za-z0-9._:-]{0,127}\Z")
#: Seconds that a copy may take.
LONGEST = 3600.0
_NEXT_STEP = "unmount it in the guest; what is written while a volume is copied would be lost"
#: What lsblk lists above a disk that is no use of it by itself. Source: lsblk(8).
_PLAIN = frozenset({"disk", "part", "mpath"})


async def copy(mn: ManagementNode, guest: GuestNode, source: str, target: str) -> int:
    """Copy a device and return how many octets; the source is read-only then. May be repeated.

    :param source: link below /dev/disk.
    :param target: the same; what is on it is lost.
    :raises Refused: the guest is off, or uses one of the two, or the target is the smaller one.
    :raises zhcp_errors.ZhcpError: the copy failed; the source can be written to as before.
    """
    for device in (source, target):
        _check(device)
    async with mn.locked([guest.node]), guest.host.zhcp() as zhcp:
        if not await guests.is_on(zhcp, guest):
            raise Refused(
                f"{guest.userid} is off, and nobody else can copy its devices",
                next_step="start the server",
            )
        for device in (source, target):
            await check_unused(zhcp, guest.userid, device)
        octets, room = [await _size(zhcp, guest.userid, device) for device in (source, target)]
        if room < octets:
            raise Refused(f"{source} has {octets} bytes, which {target} with {room} cannot hold")
        await guest_programs.must(zhcp, guest.userid, "blockdev", "--setro", source)
        try:
            # Looked at again: a mount between the first look and --setro may still write.
            await check_unused(zhcp, guest.userid, source)
            await guest_programs.must(
                zhcp,
                guest.userid,
                "dd",
                f"if={source}",
                f"of={target}",
                "bs=1M",
                "conv=fsync",
                timeout=LONGEST,
            )
        except BaseException:
            await guest_programs.run(zhcp, guest.userid, "blockdev", "--setrw", source)
            raise
        return octets


async def writable(mn: ManagementNode, guest: GuestNode, device: str) -> None:
    """Let the guest write to a device again that was copied."""
    _check(device)
    async with mn.locked([guest.node]), guest.host.zhcp() as zhcp:
        if await guests.is_on(zhcp, guest):
            await guest_programs.must(zhcp, guest.userid, "blockdev", "--setrw", device)


def _check(device: str) -> None:
    if not _DEVICE.match(device):
        raise Invalid("a device is named by its link below /dev/disk/by-id or /dev/disk/by-path")


async def _size(zhcp: ZhcpClient, userid: str, device: str) -> int:
    return int(await guest_programs.must(zhcp, userid, "blockdev", "--getsize64", device))


async def check_unused(zhcp: ZhcpClient, userid: str, device: str, next_step: str = _NEXT_STEP) -> None:
    """Check that nothing is mounted from a device of a guest and nothing is built upon it.

    :raises Refused: something is; the message says what.
    """
    words = ("lsblk", "--noheadings", "--raw", "--output", "NAME,TYPE,MOUNTPOINT", device)
    uses = []
    for line in (await guest_programs.must(zhcp, userid, *words)).splitlines():
        name, type_, mountpoint = (*line.split(" "), "", "")[:3]
        if mountpoint:
            uses.append(f"{name} at {mountpoint}")
        elif type_ not in _PLAIN:
            uses.append(f"{name} ({type_})")
    if uses:
        raise Refused(
            f"{userid} uses {device}: {', '.join(uses)}",
            next_step=next_step,
        )
