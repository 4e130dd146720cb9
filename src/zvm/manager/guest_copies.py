# SPDX-License-Identifier: Apache-2.0
"""One block device of a running guest copied to another one, by programs in the guest.

The guest alone can say whether it uses a device, and sees volumes of every kind as devices. The source is
read-only from before the first octet is copied; it stays so when the copy is complete, since what would be
written then would be lost with it.
"""

from __future__ import annotations

from zvm.manager import guest_devices, guest_programs, guests
from zvm.manager.errors import Refused
from zvm.manager.service import GuestNode, ManagementNode

#: Seconds that a copy may take.
LONGEST = 3600.0
_UNMOUNT = "unmount it in the guest; what is written while a volume is copied would be lost"


async def copy(mn: ManagementNode, guest: GuestNode, source: str, target: str) -> int:
    """Copy a device and return how many octets; the source is read-only then. May be repeated.

    :param source: link below /dev/disk.
    :param target: the same; what is on it is lost.
    :raises Refused: the guest is off, or uses one of the two, or the target is the smaller one.
    :raises zhcp_errors.ZhcpError: the copy failed; the source can be written to as before.
    """
    for device in (source, target):
        guest_devices.check_link(device)
    async with mn.locked([guest.node]), guest.host.zhcp() as zhcp:
        if not await guests.is_on(zhcp, guest):
            raise Refused(
                f"{guest.userid} is off, and nobody else can copy its devices",
                next_step="start the server",
            )
        for device in (source, target):
            await guest_devices.check_unused(zhcp, guest.userid, device, _UNMOUNT)
        octets, room = [await guest_devices.size(zhcp, guest.userid, device) for device in (source, target)]
        if room < octets:
            raise Refused(f"{source} has {octets} bytes, which {target} with {room} cannot hold")
        await guest_programs.must(zhcp, guest.userid, "blockdev", "--setro", source)
        try:
            # Looked at again: a mount between the first look and --setro may still write.
            await guest_devices.check_unused(zhcp, guest.userid, source, _UNMOUNT)
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
    guest_devices.check_link(device)
    async with mn.locked([guest.node]), guest.host.zhcp() as zhcp:
        if await guests.is_on(zhcp, guest):
            await guest_programs.must(zhcp, guest.userid, "blockdev", "--setrw", device)
