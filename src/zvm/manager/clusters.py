# SPDX-License-Identifier: Apache-2.0
"""Clusters of z/VM systems (SSI), and on which member a guest is.

The members of a cluster share their directory, and CP lets a user log on once in all of it. A node's ``hcp``
says which zHCP looks after the guest; when the guest was moved, by us or by an operator, the row follows what
CP says. The name of a system's cluster stands in the table ``hypervisor``, so that it is known while the
system is down.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from zvm.manager.errors import Refused
from zvm.manager.hosts import Host
from zvm.manager.tables.rows import Row, select_row, select_rows, upsert
from zvm.zhcp.errors import Unreachable, ZhcpError

if TYPE_CHECKING:
    from zvm.manager.service import GuestNode, ManagementNode

LOG = logging.getLogger(__name__)


async def learn(mn: ManagementNode, host: Host) -> None:
    """Write down of which cluster a system that answers is a member."""
    try:
        member = await host.member()
    except ZhcpError as error:
        LOG.warning("it is not known of which cluster %s is a member: %s", host.name, error)
        return
    await mn.database.write(_set_cluster, host.name, member.ssi)


async def siblings(mn: ManagementNode, host: Host) -> list[Host]:
    """Return the other systems of the cluster that ``host`` is a member of, as last known."""
    clusters = await mn.database.read(_clusters)
    ssi = clusters.get(host.name)
    if not ssi:
        return []
    return [other for other in mn.hosts.all() if other is not host and clusters.get(other.name) == ssi]


async def check_siblings(mn: ManagementNode, source: Host, destination: Host) -> None:
    """Return if two systems are members of one cluster.

    :raises Refused: they are not.
    """
    for host in (source, destination):
        if not host.down:
            await learn(mn, host)
    if destination not in await siblings(mn, source):
        raise Refused(
            f"{source.name} and {destination.name} are not members of one cluster (SSI)",
            next_step="choose a z/VM system of the same cluster",
        )


async def owner(mn: ManagementNode, host: Host, userid: str) -> Host | None:
    """Return the other member of the cluster on which a guest is logged on, None when none says so."""

    async def here(other: Host) -> bool:
        try:
            async with other.zhcp() as zhcp:
                return (await zhcp.relocation(userid)).where == "here"
        except ZhcpError as error:
            LOG.warning("%s cannot say whether %s is there: %s", other.name, userid, error)
            return False

    others = await siblings(mn, host)
    found = await asyncio.gather(*(here(other) for other in others))
    return next((other for other, yes in zip(others, found, strict=True) if yes), None)


async def follow(mn: ManagementNode, node: str, host: Host) -> None:
    """Let a node be looked after by the zHCP of the system that its guest is on now."""
    LOG.info("the guest of node %s is on %s now", node, host.name)
    await mn.database.write(_set_hcp, node, host)


async def take_over(mn: ManagementNode, guest: GuestNode, destination: Host) -> None:
    """Let another member look after a guest that is logged on nowhere, as after the failure of its system.

    :raises Refused: the guest is logged on at a member that is up, or the systems share no cluster.
    :raises zvm.zhcp.errors.Unreachable: neither of the two can be asked.
    """
    if guest.host is destination:
        return
    await check_siblings(mn, guest.host, destination)
    async with mn.locked([guest.node]):
        if not await _may_go(guest, destination):
            raise Refused(
                f"{guest.userid} is logged on at another member of the cluster; it must not run twice",
                next_step=f"log it off, or relocate it to {destination.name}",
            )
        await follow(mn, guest.node, destination)


async def _may_go(guest: GuestNode, destination: Host) -> bool:
    """Return whether the guest is logged on nowhere but at the destination, as either of the two says."""
    try:
        async with destination.zhcp() as zhcp:
            return (await zhcp.relocation(guest.userid)).where in ("here", "off")
    except Unreachable:
        async with guest.host.zhcp() as zhcp:
            return (await zhcp.relocation(guest.userid)).where == "off"


def _set_cluster(connection: Connection, node: str, ssi: str) -> None:
    row = select_row(connection, "hypervisor", {"node": node})
    if row is None or row["cluster"] != ssi:
        upsert(connection, "hypervisor", {"node": node}, {"cluster": ssi})


def _clusters(connection: Connection) -> dict[str, str]:
    return {row["node"]: row["cluster"] for row in select_rows(connection, "hypervisor") if row["cluster"]}


def _set_hcp(connection: Connection, node: str, host: Host) -> None:
    row: Row | None = select_row(connection, "zvm", {"node": node})
    if row is not None:
        parent = {"parent": host.name} if row["parent"] else {}
        upsert(connection, "zvm", {"node": node}, {"hcp": host.hcp, **parent})
