# SPDX-License-Identifier: Apache-2.0
"""The lock on a guest's directory entry, under which alone DirMaint lets the whole entry be replaced.

The lock is written down in the node's row before it is taken, so that one that a kill left is known to be
ours and is taken off: by the next change, the guest's removal, or when the management node comes back.
"""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from zvm.manager import noderange
from zvm.manager.hosts import Host
from zvm.manager.tables.rows import Row, select_row, select_rows
from zvm.zhcp import errors as zhcp_errors
from zvm.zhcp.client import ZhcpClient

if TYPE_CHECKING:
    from zvm.manager.service import GuestNode, ManagementNode

LOG = logging.getLogger(__name__)

#: Flag of a node whose entry is locked; its value is since when.
_FLAG = "ENTRYLOCK"
#: The entry is not locked.
_NOT_LOCKED = (400, 24)


@asynccontextmanager
async def held(mn: ManagementNode, zhcp: ZhcpClient, guest: GuestNode) -> AsyncIterator[None]:
    """Hold the lock on the guest's entry meanwhile; without it Image_Replace_DM answers 400/24.

    :raises zvm.zhcp.errors.Refused: 400/12: somebody else has locked it.
    """
    await release(mn, zhcp, guest)
    await mn.database.write(noderange.set_flag, guest.node, _FLAG, str(int(time.time())))
    try:
        await zhcp.smapi("Image_Lock_DM", guest.userid)
    except zhcp_errors.Refused:
        await mn.database.write(noderange.set_flag, guest.node, _FLAG, None)
        raise
    try:
        yield
    finally:
        await release(mn, zhcp, guest)


async def release(mn: ManagementNode, zhcp: ZhcpClient, guest: GuestNode) -> None:
    """Take off the lock on the guest's entry that is written down, if one is."""
    if not await mn.database.read(_since, guest.node):
        return
    with zhcp_errors.accepted(_NOT_LOCKED, (400, 4)):
        await zhcp.smapi("Image_Unlock_DM", guest.userid)
    await mn.database.write(noderange.set_flag, guest.node, _FLAG, None)


async def release_left(mn: ManagementNode, host: Host) -> None:
    """Take off what locks a killed management node left on the guests of a system."""
    for row in await mn.database.read(_locked, host.hcp):
        try:
            async with mn.locked([row["node"]]), host.zhcp() as zhcp:
                await release(mn, zhcp, await mn.guest(row["node"]))
        except zhcp_errors.ZhcpError as error:
            LOG.warning("the entry of %s stays locked: %s", row["userid"], error)


def _since(connection: Connection, node: str) -> str | None:
    row = select_row(connection, "zvm", {"node": node})
    return noderange.status_flags(row).get(_FLAG) if row else None


def _locked(connection: Connection, hcp: str) -> list[Row]:
    return [row for row in select_rows(connection, "zvm") if row["hcp"] == hcp and _FLAG in row["status"]]
