# SPDX-License-Identifier: Apache-2.0
"""Guests that exist become the instances' of a cloud, and cease to be: nodes come and go, no guest changes.

Nothing is written into z/VM's directory, not even the mark of a guest that was made for its instance. So
whatever changes or removes an entry refuses that of an adopted guest, as it refuses everybody else's. All
that is known of the adoption stands in the node's rows; who looks after the guest may switch it on and off.
"""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection

from zvm.directory import Entry, Include, parse_entry
from zvm.manager import adoption_checks, clusters, guests, network, noderange, pools
from zvm.manager.adoption_checks import Wanted
from zvm.manager.commands import rmvm
from zvm.manager.definition import Nic
from zvm.manager.errors import NotFound, Refused
from zvm.manager.hosts import Host
from zvm.manager.service import GuestNode, ManagementNode
from zvm.manager.tables import objects
from zvm.manager.tables.rows import Row, select_row, select_rows, upsert
from zvm.zhcp.client import ZhcpClient


async def adopt(mn: ManagementNode, node: str, host: Host, wanted: Wanted) -> GuestNode:
    """Let the node be that of a guest that exists; one that is so already stays as it is.

    Everything is checked before the node is made; the guest is looked at and left alone.

    :raises Refused: the guest is not what is wanted, is somebody else's, or is on another member.
    :raises NotFound: there is no such userid.
    :raises zvm.zhcp.errors.ZhcpError: z/VM cannot be asked.
    """
    noderange.checked(node)
    mn.check_userid(wanted.userid)
    async with mn.locked([node, f"of {wanted.userid}"]), host.zhcp() as zhcp:
        if await _is_done(mn, node, host, wanted):
            return await mn.guest(node)
        entry = await guests.find_entry(zhcp, wanted.userid)
        if entry is None:
            raise NotFound(
                f"the directory of {host.name} has no userid {wanted.userid}",
                next_step="check the spelling, and on which z/VM system or cluster the guest is",
            )
        adoption_checks.check_owner(entry)
        whole = await with_profile(zhcp, entry)
        adoption_checks.check_size(whole, wanted)
        if wanted.disk_gb:
            adoption_checks.check_pool(whole, wanted, await pools.used_of(zhcp, wanted.pool))
        await _check_place(mn, zhcp, host, wanted.userid)
        known = await network.adapters(host)
        coupled = {vdev: adapter for (userid, vdev), adapter in known.items() if userid == wanted.userid}
        cards = adoption_checks.matched(whole, wanted, coupled)
        await mn.database.write(_record, node, host.hcp, wanted, cards)
        return await mn.guest(node)


async def release(mn: ManagementNode, node: str, uuid: str, *, purge: bool = False) -> None:
    """Let a guest be nobody's again: its node goes, the guest stays as it is and runs on if it runs.

    :param purge: remove the guest too, with its disks and its directory entry.
    :raises NotFound: there is no such node.
    :raises Refused: its guest was not adopted, or for another instance.
    """
    async with mn.locked([node]):
        guest = await mn.guest(node)
        if not noderange.is_adopted(guest.row) or guest.uuid != uuid:
            was = "adopted for" if noderange.is_adopted(guest.row) else "made for, not adopted by,"
            raise Refused(
                f"the guest {guest.userid} of node {node} was {was} the instance {guest.uuid or '(none)'}",
                next_step=f"see whose guest {guest.userid} is",
            )
        if purge:
            await rmvm.remove(mn, guest)
            return
        await mn.transports.forget(node)
        await mn.database.write(objects.remove, objects.TYPES["node"], node)


async def with_profile(zhcp: ZhcpClient, entry: Entry) -> Entry:
    """Return the entry with the statements of the profile that it includes before its own, which prevail."""
    found = entry
    for include in entry.find(Include):
        answer = await zhcp.smapi("Profile_Query_DM", include.profile)
        profile = parse_entry(record.rstrip() for record in answer.reply["profile_record_array"])
        found = replace(found, statements=(*profile.statements, *found.statements))
    return found


async def _check_place(mn: ManagementNode, zhcp: ZhcpClient, host: Host, userid: str) -> None:
    """Check that a guest is logged on here or nowhere."""
    if (await zhcp.relocation(userid)).where != "elsewhere":
        return
    owner = await clusters.owner(mn, host, userid)
    where = owner.name if owner else "another member of its cluster"
    raise Refused(
        f"{userid} is logged on at {where}, not at {host.name}",
        next_step=f"adopt it on the compute service of {where}, or log it off or relocate it first",
    )


async def _is_done(mn: ManagementNode, node: str, host: Host, wanted: Wanted) -> bool:
    """Return whether the node is that of the guest already.

    :raises Refused: the node, or the guest, is another one's.
    """
    hcps = {host.hcp, *(other.hcp for other in await clusters.siblings(mn, host))}
    row, rows = await mn.database.read(_rows, node)
    is_its_own = row is not None and row.get("userid", "").upper() == wanted.userid
    if row is not None and is_its_own and noderange.is_adopted(row) and noderange.uuid_of(row) == wanted.uuid:
        return True
    for other in rows:
        if other["userid"].upper() == wanted.userid and other["hcp"] in hcps and noderange.uuid_of(other):
            raise Refused(
                f"{wanted.userid} is the guest of the instance {noderange.uuid_of(other)} already"
                f" (node {other['node']})",
                next_step="delete that server first; an adopted guest stays as it is",
            )
    if row is not None:
        raise Refused(
            f"there is a node {node} already, with the userid {row.get('userid') or '(none)'}",
            next_step=f"if the node is not needed, remove it: rmdef {node}",
        )
    return False


def _rows(connection: Connection, node: str) -> tuple[Row | None, list[Row]]:
    """Return what there is of the node, and all guests."""
    row = select_row(connection, "zvm", {"node": node}) or select_row(connection, "nodelist", {"node": node})
    return row, select_rows(connection, "zvm")


def _record(connection: Connection, node: str, hcp: str, wanted: Wanted, cards: tuple[Nic, ...]) -> None:
    attributes = {"userid": wanted.userid, "hcp": hcp, "mgt": "zvm", "groups": "all"}
    objects.write(connection, objects.TYPES["node"], node, attributes)
    comments, status = noderange.comment(wanted.uuid), noderange.adopted(wanted.disk_gb, wanted.pool)
    upsert(connection, "zvm", {"node": node}, {"comments": comments, "status": status})
    for vdev, card in adoption_checks.described(cards).items():
        where = {"node": node, "interface": vdev}
        upsert(connection, "mac", where, {"mac": card.pop("mac")})
        upsert(connection, "switch", where, card)
