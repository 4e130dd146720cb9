# SPDX-License-Identifier: Apache-2.0
"""The FCP devices that a running guest gets on another member of its cluster, known before it moves.

CP gives a guest that it relocates devices of the destination with the same equivalency ids (EQID) as those
it has. Where an EQID stands for one device of each member, and that has the same number on both, it is known
which device it will be, hence its port name, which the storage server can let in beforehand. The DEDICATE
statement, which the members share, is right on both then: nothing has to be changed, and nothing undone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from zvm.manager import clusters, fcp
from zvm.manager.errors import Refused
from zvm.manager.fcp import Fcp, Reserved
from zvm.manager.guests import entry_of
from zvm.manager.hosts import Host
from zvm.manager.service import GuestNode, ManagementNode
from zvm.zhcp import errors as zhcp_errors
from zvm.zhcp.client import ZhcpClient

#: System_EQID_Query: no device has one.
_NONE = (4, 8)


async def arriving(
    mn: ManagementNode, guest: GuestNode, destination: Host, allowed: Sequence[tuple[int, int]]
) -> list[Reserved]:
    """Return the FCP devices that a guest will have after its relocation; none when it has none now.

    :param allowed: ranges of device numbers that guests of the destination may have; empty: all.
    :raises Refused: it cannot be known, or one of them is not free; or the systems share no cluster.
    """
    if destination is guest.host:
        return await fcp.of_guest(guest)
    await clusters.check_siblings(mn, guest.host, destination)
    async with guest.host.zhcp() as zhcp:
        entry = await entry_of(zhcp, guest.userid)
        if not fcp.dedicated(entry):
            return []
        mine = fcp.held(entry, await fcp.devices(zhcp), "")
        here = await _eqids(zhcp)
    async with destination.zhcp() as zhcp:
        known = {item.rdev: item for item in await fcp.devices(zhcp)}
        there = await _eqids(zhcp)
        taken = await fcp.reservations(mn, zhcp, destination.hcp)
    wwnn = destination.options.fcp_node_name
    found = []
    for item in mine:
        if problem := why_unknown(item.rdev, here, there, destination.name):
            raise Refused(
                f"which port names {guest.userid} would have is not known beforehand: FCP device {problem}",
                next_step=f"give {item.rdev} of both systems, and no other device, the same EQID (RDEVICE "
                f"{item.rdev} EQID name TYPE FCP in SYSTEM CONFIG), or migrate the server cold (openstack "
                "server migrate)",
            )
        device = known.get(item.rdev)
        if problem := why_not(item.rdev, device, taken, allowed):
            raise Refused(
                f"{guest.userid} would get FCP device {item.rdev} of {destination.name}, which {problem}",
                next_step="free it, or migrate the server cold (openstack server migrate)",
            )
        if device is not None:
            name = wwnn or device.permanent_wwpn or device.wwpn
            found.append(Reserved(item.vdev, device.rdev, device.wwpn, name, device.chpid))
    return found


def why_unknown(rdev: str, here: Mapping[str, str], there: Mapping[str, str], name: str) -> str:
    """Return why it is not known which device CP gives a guest for ``rdev``; "": it is that of its number.

    :param here: equivalency ids of the system that the guest is on, by device number.
    :param there: those of the other one, whose name is ``name``.
    """
    eqid = here.get(rdev)
    if not eqid:
        return f"{rdev} has no EQID"
    same = sorted(other for other, known in there.items() if known == eqid)
    return "" if same == [rdev] else f"{rdev} has EQID {eqid}, as on {name} {', '.join(same) or 'no device'}"


def why_not(
    rdev: str, device: Fcp | None, taken: Mapping[str, str], allowed: Sequence[tuple[int, int]]
) -> str:
    """Return why a guest cannot have a device, or ""."""
    if device is None:
        return "does not exist"
    if allowed and not fcp.within(rdev, allowed):
        return "is none that guests may have there (option fcp_devices)"
    if rdev in taken:
        return f"is reserved for {taken[rdev]}"
    if device.status != "free":
        return f"is {device.status}" + (f": {device.owner} has it" if device.owner else "")
    return "" if device.wwpn else "has no port name"


async def _eqids(zhcp: ZhcpClient) -> dict[str, str]:
    """Return real device number → equivalency id, of all devices that have one."""
    try:
        answer = await zhcp.smapi("System_EQID_Query", "MAINT", {"eqid_for": "ALL"})
    except zhcp_errors.Refused as error:
        if (error.rc, error.rs) == _NONE:
            return {}
        raise
    words = (line.split() for line in answer.reply["eqidInfoStructureArray"])
    return {word[0][-4:].upper(): word[1] for word in words if len(word) > 1}
