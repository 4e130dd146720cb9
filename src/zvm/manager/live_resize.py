# SPDX-License-Identifier: Apache-2.0
"""Other processors and memory for a guest as it runs, within its maxima.

The directory entry is changed first, and says what the guest was before and that it runs on; then the guest
is brought to what the entry says. So a kill at any moment leaves an entry that says what is wanted, which the
same call goes on with, :func:`zvm.manager.resize.revert` takes back, and the next logon has anyway.
"""

from __future__ import annotations

import logging

from zvm.directory import Entry, maxima
from zvm.directory import resize as entries
from zvm.manager import guest_size, guests, resize
from zvm.manager.resize import Size
from zvm.manager.service import GuestNode, ManagementNode
from zvm.zhcp import errors as zhcp_errors
from zvm.zhcp.client import ZhcpClient

LOG = logging.getLogger(__name__)


async def run(mn: ManagementNode, guest: GuestNode, size: Size) -> str:
    """Give the guest the processors and the memory of ``size``; return "", or why it cannot be as it runs.

    Nothing was changed where it cannot be. What is refused on the way is taken back; what of it the guest
    does not give back it keeps until its next logon, and the directory is as it was.

    :raises Refused: the guest is not ours.
    :raises zhcp_errors.Refused: CP or the guest's Linux refused.
    :raises zhcp_errors.OutcomeUnknown: the directory may have the new size; :func:`zvm.manager.resize.revert`
        takes it back.
    """
    async with mn.locked([guest.node]), guest.host.zhcp() as zhcp:
        entry = await guests.own_entry(zhcp, guest)
        was = entries.former(entry)
        if was is None or not was.live or not entries.has_size(entry, size.cpus, size.storage):
            if reason := await _why_not(zhcp, guest, entry, size):
                return reason
            if was is not None:
                LOG.warning("an earlier resize of %s was never confirmed; it is now", guest.userid)
                await resize.settle(mn, zhcp, guest, entry)
            await resize.change(
                mn, zhcp, guest, lambda now: entries.resized_live(now, size.cpus, size.storage)
            )
        try:
            if await guests.is_on(zhcp, guest):
                await _take(zhcp, guest, size)
        except zhcp_errors.ZhcpError as problem:
            await _go_back(mn, zhcp, guest, problem)
            raise
    return ""


async def _why_not(zhcp: ZhcpClient, guest: GuestNode, entry: Entry, size: Size) -> str:
    if not await guests.is_on(zhcp, guest):
        return f"{guest.userid} is off"
    most = max(maxima.most_cpus(entry), entries.cpus(entry))
    if size.cpus > most:
        return f"the directory lets {guest.userid} have {most} processors"
    try:
        running = await guest_size.read(zhcp, guest.userid)
    except zhcp_errors.ZhcpError as problem:
        return problem.message
    reason = running.why_not(size.memory_mb)
    return f"{guest.userid}: {reason}" if reason else ""


async def _take(zhcp: ZhcpClient, guest: GuestNode, size: Size) -> None:
    try:
        await guest_size.take(zhcp, guest.userid, size.cpus, size.memory_mb)
    except zhcp_errors.OutcomeUnknown as lost:
        LOG.warning("%s; it is looked at again", lost.message)
        await guest_size.take(zhcp, guest.userid, size.cpus, size.memory_mb)


async def _go_back(
    mn: ManagementNode, zhcp: ZhcpClient, guest: GuestNode, problem: zhcp_errors.ZhcpError
) -> None:
    """Take back what of a live resize was done before ``problem``.

    :raises zhcp_errors.OutcomeUnknown: the directory may still have the new size.
    """
    try:
        was = entries.former(await guests.own_entry(zhcp, guest))
        if was is None:
            return
        try:
            await guest_size.take(zhcp, guest.userid, was.cpus, maxima.octets(was.storage) >> 20)
        except zhcp_errors.ZhcpError as further:
            LOG.error(
                "%s may keep processors or memory until its next logon: %s", guest.userid, further.message
            )
        await resize.change(mn, zhcp, guest, entries.reverted)
    except zhcp_errors.ZhcpError as further:
        raise zhcp_errors.OutcomeUnknown(
            f"{problem.message}; and it was not taken back: {further.message}",
            function=problem.function,
            target=guest.userid,
            next_step="revert the resize, or repeat it",
        ) from problem
