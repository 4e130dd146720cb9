# SPDX-License-Identifier: Apache-2.0
"""Block devices as a running guest sees them, asked for by programs in the guest."""

from __future__ import annotations

import re

from zvm.manager import guest_programs
from zvm.manager.errors import Invalid, Refused
from zvm.zhcp.client import ZhcpClient

#: Names that stay the same whatever else the guest has: links made by udev. Those to LUNs over iSCSI are the
#: longest: the name of the target in them has up to 223 characters.
_LINK = re.compile(r"/dev/disk/by-(?:id|path)/[A-Za-z0-9][A-Za-z0-9._:-]{0,319}\Z")
#: What lsblk lists above a disk that is no use of it by itself. Source: lsblk(8).
_PLAIN = frozenset({"disk", "part", "mpath"})


def check_link(device: str) -> None:
    """Check that a device is named by a link that stays.

    :raises Invalid: it is not.
    """
    if not _LINK.match(device):
        raise Invalid("a device is named by its link below /dev/disk/by-id or /dev/disk/by-path")


async def size(zhcp: ZhcpClient, userid: str, device: str) -> int:
    """Return the size of a device in bytes.

    :raises zhcp_errors.Refused: the guest does not see it.
    """
    return int(await guest_programs.must(zhcp, userid, "blockdev", "--getsize64", device))


async def tree(zhcp: ZhcpClient, userid: str, device: str) -> list[tuple[str, str, str]]:
    """Return name, type and mount point ("" for none) of a device and of all that is built upon it.

    Source: lsblk(8).
    """
    words = ("lsblk", "--noheadings", "--raw", "--output", "NAME,TYPE,MOUNTPOINT", device)
    found = []
    for line in (await guest_programs.must(zhcp, userid, *words)).splitlines():
        name, type_, mountpoint = (*line.split(" "), "", "")[:3]
        found.append((name, type_, mountpoint))
    return found


async def check_unused(zhcp: ZhcpClient, userid: str, device: str, next_step: str) -> None:
    """Check that nothing is mounted from a device of a guest and nothing is built upon it.

    :param next_step: what the refusal advises.
    :raises Refused: something is; the message says what.
    """
    uses = []
    for name, type_, mountpoint in await tree(zhcp, userid, device):
        if mountpoint:
            uses.append(f"{name} at {mountpoint}")
        elif type_ not in _PLAIN:
            uses.append(f"{name} ({type_})")
    if uses:
        raise Refused(f"{userid} uses {device}: {', '.join(uses)}", next_step=next_step)
