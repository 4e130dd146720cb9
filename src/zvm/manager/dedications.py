# SPDX-License-Identifier: Apache-2.0
"""Real devices that the directory dedicates to guests: DEDICATE statements, written, found and taken away.

The statement is a reservation and there is no other. It outlives logoffs, z/VM's IPL and this program, and
goes with the entry.
"""

from __future__ import annotations

from dataclasses import dataclass

from zvm.directory import Dedicate
from zvm.manager import guests
from zvm.manager.service import ManagementNode
from zvm.manager.tables.rows import select_rows
from zvm.zhcp import errors as zhcp_errors
from zvm.zhcp.client import ZhcpClient

#: Directory_Manager_Search_DM: nothing matched.
_NOTHING = (0, 28)
#: Image_Device_Dedicate(_DM) and Image_Device_Undedicate(_DM): it is so already.
HAS, HAS_NOT = ((404, 4), (204, 4)), ((404, 8), (204, 8))
LOGGED_OFF = (200, 12)


@dataclass(frozen=True, slots=True)
class Dedication:
    """A real device that the directory dedicates to a guest, which has it as ``vdev``."""

    userid: str
    vdev: str
    rdev: str


async def of_system(mn: ManagementNode, zhcp: ZhcpClient, hcp: str) -> list[Dedication]:
    """Return every DEDICATE statement that is about a device of one z/VM system (one SMAPI call).

    :param hcp: host name of the zHCP of the system.
    """
    return (await of_cluster(mn, zhcp, hcp))[0]


async def of_cluster(
    mn: ManagementNode, zhcp: ZhcpClient, hcp: str
) -> tuple[list[Dedication], list[Dedication]]:
    """Return every DEDICATE statement: about devices of one z/VM system, and of other members of its cluster.

    The members share the directory, not the devices: those of guests known to be another member's are its.

    :param hcp: host name of the zHCP of the system.
    """
    try:
        answer = await zhcp.smapi("Directory_Manager_Search_DM", "MAINT", {"search_pattern": "DEDICATE *"})
    except zhcp_errors.Refused as error:
        if (error.rc, error.rs) == _NOTHING:
            return [], []
        raise
    rows = await mn.database.read(select_rows, "zvm")
    elsewhere = {row["userid"].upper() for row in rows if row["userid"] and row["hcp"] != hcp}
    found: tuple[list[Dedication], list[Dedication]] = ([], [])
    for item in answer.reply.get("statementList") or ():
        words = item["statement"].split()
        if len(words) >= 3:
            vdev, rdev = (word.zfill(4).upper() for word in words[1:3])
            found[item["targetId"] in elsewhere].append(Dedication(item["targetId"], vdev, rdev))
    return found


async def dedicate(zhcp: ZhcpClient, userid: str, vdev: str, rdev: str, *, readonly: bool = False) -> None:
    """Write a DEDICATE statement; after a lost answer look for it."""
    parameters = {"vdev": vdev, "rdev": rdev, "readonly": int(readonly)}
    try:
        await zhcp.smapi("Image_Device_Dedicate_DM", userid, parameters)
    except zhcp_errors.OutcomeUnknown:
        found = await guests.entry_of(zhcp, userid)
        if not any((item.vdev, item.rdev) == (vdev, rdev) for item in found.find(Dedicate)):
            raise


async def undedicate(zhcp: ZhcpClient, userid: str, vdev: str) -> None:
    """Take a DEDICATE statement away; one that is not there does no harm."""
    with zhcp_errors.accepted(*HAS_NOT):
        await zhcp.smapi("Image_Device_Undedicate_DM", userid, {"image_device_number": vdev})


async def take(zhcp: ZhcpClient, userid: str, vdev: str) -> None:
    """Detach a device from the running guest; its reservation stays."""
    with zhcp_errors.accepted(*HAS_NOT, LOGGED_OFF):
        await zhcp.smapi("Image_Device_Undedicate", userid, {"image_device_number": vdev})
