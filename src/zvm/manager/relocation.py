# SPDX-License-Identifier: Apache-2.0
"""Live guest relocation between the z/VM systems of one cluster; the node follows its guest.

While the zHCP of the source does not answer, the other members are asked: one on which the guest is logged on
has it, and one that says "not logged on" says so for the whole cluster.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from zvm.manager import clusters, vlans
from zvm.manager.commands import grants
from zvm.manager.guests import entry_of
from zvm.manager.hosts import Host
from zvm.manager.service import GuestNode, ManagementNode
from zvm.zhcp import errors as zhcp_errors
from zvm.zhcp.client import Relocation


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where a guest is.

    :ivar host: the system that looks after it now.
    :ivar state: ``moving``, ``idle``, or ``unknown``: on a member that cannot be asked.
    :ivar where: ``on``, ``off`` or ``elsewhere``: on a member that cannot be asked or is none of ours.
    :ivar relocation: what the zHCP says of the relocation, when one is under way.
    """

    host: Host
    state: str
    where: str
    relocation: Relocation | None = None


async def check(mn: ManagementNode, guest: GuestNode, destination: Host, force: Sequence[str] = ()) -> None:
    """Return if CP would relocate the guest now.

    :raises zvm.manager.errors.Refused: the systems are not members of one cluster.
    :raises zvm.zhcp.errors.Refused: CP would not; all its reasons are in ``details``.
    """
    await clusters.check_siblings(mn, guest.host, destination)
    member = await destination.member()
    async with guest.host.zhcp() as zhcp:
        await zhcp.relocate(guest.userid, member.system, test=True, force=force)


async def start(
    mn: ManagementNode,
    guest: GuestNode,
    destination: Host,
    *,
    force: Sequence[str] = (),
    immediate: bool = False,
    max_total: int | None = None,
    max_quiesce: int | None = None,
) -> Whereabouts:
    """Begin to relocate the guest; see :meth:`zvm.zhcp.client.ZhcpClient.relocate`."""
    await clusters.check_siblings(mn, guest.host, destination)
    member = await destination.member()
    async with guest.host.zhcp() as zhcp:
        if destination.options.grants:
            entry = await entry_of(zhcp, guest.userid)
            async with destination.zhcp() as there:
                cards = entry.nics()
                for vswitch in dict.fromkeys(card.lan_name for card in cards if card.lan_name):
                    vlan = vlans.wanted_on(cards, vswitch)
                    await grants.grant(mn, there, guest, vswitch, vlan=vlan)
        await zhcp.relocate(
            guest.userid,
            member.system,
            force=force,
            immediate=immediate,
            max_total=max_total,
            max_quiesce=max_quiesce,
        )
    return await state(mn, guest)


async def state(mn: ManagementNode, guest: GuestNode) -> Whereabouts:
    """Return where the guest is and how far its relocation; its node follows it to another member.

    :raises zvm.zhcp.errors.Unreachable: neither its own zHCP nor that of another member answers.
    """
    try:
        async with guest.host.zhcp() as zhcp:
            seen = await zhcp.relocation(guest.userid)
    except (zhcp_errors.Unreachable, zhcp_errors.OutcomeUnknown):
        return await _from_afar(mn, guest)
    if seen.where != "elsewhere":
        return Whereabouts(guest.host, seen.state, "on" if seen.where == "here" else "off", seen)
    other = await clusters.owner(mn, guest.host, guest.userid)
    if other is None:
        return Whereabouts(guest.host, "unknown", "elsewhere")
    await _arrived(mn, guest, other)
    return Whereabouts(other, "idle", "on")


async def _from_afar(mn: ManagementNode, guest: GuestNode) -> Whereabouts:
    """Ask the other members, since the guest's own does not answer."""
    told = False
    for other in await clusters.siblings(mn, guest.host):
        try:
            async with other.zhcp() as zhcp:
                seen = await zhcp.relocation(guest.userid)
        except zhcp_errors.ZhcpError:
            continue
        if seen.where == "here":
            await clusters.follow(mn, guest.node, other)
            return Whereabouts(other, "idle", "on")
        if seen.where == "off":
            return Whereabouts(guest.host, "idle", "off")
        told = True
    if told:
        return Whereabouts(guest.host, "unknown", "elsewhere")
    raise zhcp_errors.Unreachable(
        f"no zHCP that could say where {guest.userid} is answers",
        target=guest.userid,
        next_step=f"start the zHCP {guest.host.hcp}",
    )


async def _arrived(mn: ManagementNode, guest: GuestNode, destination: Host) -> None:
    """Let the node follow, and take back what the guest was granted on the system that it left."""
    await clusters.follow(mn, guest.node, destination)
    if guest.host.options.grants:
        async with guest.host.zhcp() as zhcp:
            await grants.withdraw(mn, zhcp, guest)


async def modify(
    mn: ManagementNode, guest: GuestNode, *, max_total: int | None, max_quiesce: int | None
) -> bool:
    """Set other limits in seconds, None: none; return whether there was a relocation."""
    async with guest.host.zhcp() as zhcp:
        return await zhcp.modify_relocation(guest.userid, max_total=max_total, max_quiesce=max_quiesce)


async def cancel(mn: ManagementNode, guest: GuestNode) -> bool:
    """Cancel the guest's relocation; return whether there was one."""
    async with guest.host.zhcp() as zhcp:
        return await zhcp.cancel_relocation(guest.userid)
