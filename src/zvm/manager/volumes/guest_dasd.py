# SPDX-License-Identifier: Apache-2.0
"""A DASD inside a running guest: set online, and offline again, by its agent with the tools of s390-tools."""

from __future__ import annotations

import logging

from zvm.directory import Entry
from zvm.manager import guest_programs
from zvm.manager.errors import Refused
from zvm.manager.guest_programs import Ended
from zvm.zhcp import errors as zhcp_errors
from zvm.zhcp.client import ZhcpClient

LOG = logging.getLogger(__name__)

#: Seconds that a device has.
_PATIENCE = 60.0
#: What does it, the first that the guest has: for now and every later start, or for now only.
_CHZDEV, _CHCCWDEV = ("chzdev", "--quiet", "--yes", "--no-root-update"), ("chccwdev",)
#: Exit codes of chzdev: it does not know the type of device; there is no such device. Source: chzdev(8).
_UNKNOWN_TYPE, _NOT_FOUND = 3, 6


def free_number(entry: Entry, first: int, last: int) -> str:
    """Return the lowest device number from ``first`` to ``last`` that the entry does not use.

    :raises Refused: it uses all of them.
    """
    for number in range(first, last + 1):
        if not entry.devices(f"{number:04X}"):
            return f"{number:04X}"
    raise Refused(f"{entry.userid} has no device number left between {first:04X} and {last:04X}")


def taken(error: zhcp_errors.Refused, userid: str, vdev: str) -> zhcp_errors.Refused:
    """Return CP's refusal to give a running guest a device at a number that is in use there."""
    return error.retold(
        f"{userid} has another device {vdev}, which its directory entry does not name",
        f"detach {vdev} in {userid}, or log it off and on",
    )


async def dasd_online(zhcp: ZhcpClient, userid: str, vdev: str) -> bool:
    """Set a DASD online; return whether the guest did. One that cannot finds it at its next start."""
    ended = await _switch(zhcp, userid, "-e", vdev)
    if ended is not None and ended.code:
        LOG.warning("%s did not set 0.0.%s online: %s", userid, vdev, (ended.err or ended.out).strip())
    return ended is not None and not ended.code


async def dasd_offline(zhcp: ZhcpClient, userid: str, vdev: str) -> None:
    """Set a DASD offline; a guest that has no tool for it does it without.

    :raises zhcp_errors.Refused: the guest uses it.
    """
    ended = await _switch(zhcp, userid, "-d", vdev)
    if ended is not None and ended.code not in (0, _NOT_FOUND):
        refused = guest_programs.refused(userid, ("chzdev", "-d", vdev), ended)
        refused.next_step = f"unmount what is on 0.0.{vdev.lower()} in the guest, or stop the guest"
        raise refused


async def _switch(zhcp: ZhcpClient, userid: str, how: str, vdev: str) -> Ended | None:
    """Return how the first tool that the guest has ended, None when it has none or nobody tells."""
    bus_id = f"0.0.{vdev.lower()}"
    for words in ((*_CHZDEV, how, "dasd", bus_id), (*_CHCCWDEV, how, bus_id)):
        try:
            ended = await guest_programs.run(zhcp, userid, *words, timeout=_PATIENCE)
        except zhcp_errors.Refused as problem:
            LOG.info("%s has no %s: %s", userid, words[0], problem.message)
        except (zhcp_errors.Unreachable, zhcp_errors.OutcomeUnknown) as problem:
            LOG.info("the agent in %s does not tell of 0.0.%s: %s", userid, vdev, problem.message)
            return None
        if ended.code != _UNKNOWN_TYPE:
            return ended
    return None
