# SPDX-License-Identifier: Apache-2.0
"""FCP devices of a z/VM system, and which guest has which.

With NPIV every FCP device has a port name (WWPN) of its own, which the storage network knows; whoever has the
device has the name. A guest's reservation is the DEDICATE statement in its directory entry and nothing else:
it outlives logoffs, z/VM's IPL and this program, and goes with the entry. Which devices are free is found
by asking CP (System_WWPN_Query) and the directory (Directory_Manager_Search_DM): two calls for all.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from zvm.directory import Dedicate, Entry, User, mark, marked_uuid, names, passwords
from zvm.manager import clusters, dedications, guests, noderange
from zvm.manager.definition import marked_as
from zvm.manager.errors import Invalid, Refused
from zvm.manager.service import GuestNode, ManagementNode
from zvm.manager.tables import objects
from zvm.manager.tables.rows import upsert
from zvm.zhcp import errors as zhcp_errors
from zvm.zhcp.client import ZhcpClient

LOG = logging.getLogger(__name__)

#: Device numbers of FCP devices in a guest.
FIRST, LAST = 0x0400, 0x047F
_STATUS = {"1": "active", "2": "free", "3": "offline"}
#: System_WWPN_Query: there is none.
_NONE = (4, 28)


@dataclass(frozen=True, slots=True)
class Fcp:
    """An FCP device: its number, port names (the one in use, the channel's own), channel path and state.

    :ivar owner: userid that CP has given it to, or "".
    """

    rdev: str
    wwpn: str
    permanent_wwpn: str
    chpid: str
    status: str
    owner: str


@dataclass(frozen=True, slots=True)
class Reserved:
    """An FCP device of a guest: ``vdev`` is its number there, ``wwnn`` the node name beside its port name."""

    vdev: str
    rdev: str
    wwpn: str
    wwnn: str
    chpid: str


def ranges(text: str) -> list[tuple[int, int]]:
    """Return the device numbers in ``1FA0-1FAF;1FB0``, as 2013's ``zvm_fcp_list`` has them too.

    :raises Invalid: a part is no device number.
    """
    try:
        return names.vdev_ranges(text)
    except names.InvalidName as problem:
        raise Invalid(f"'{text}' is no range of device numbers, nor several: {problem}") from problem


async def devices(zhcp: ZhcpClient) -> list[Fcp]:
    """Return the FCP devices of the system."""
    try:
        answer = await zhcp.smapi("System_WWPN_Query", "MAINT", {"owner": "YES"})
    except zhcp_errors.Refused as error:
        if (error.rc, error.rs) == _NONE:
            return []
        raise
    found = []
    for line in answer.reply["wwpnArray"]:
        rdev, npiv, chpid, permanent, status, *owner = line.split()
        name, own = ("" if word == "NONE" else word.upper() for word in (npiv, permanent))
        whose = owner[0] if owner and owner[0] != "NONE" else ""
        found.append(Fcp(rdev.zfill(4).upper(), name or own, own, chpid, _STATUS.get(status, ""), whose))
    return found


async def reservations(mn: ManagementNode, zhcp: ZhcpClient, hcp: str) -> dict[str, str]:
    """Return real device number → userid that the directory dedicates it to.

    :param hcp: host name of the zHCP of the system.
    """
    return {item.rdev: item.userid for item in await dedications.of_system(mn, zhcp, hcp)}


def held(entry: Entry, known: Iterable[Fcp], wwnn: str) -> list[Reserved]:
    """Return the FCP devices that an entry dedicates."""
    by_number = {item.rdev: item for item in known}
    return [
        Reserved(item.vdev, item.rdev, fcp.wwpn, wwnn or fcp.permanent_wwpn or fcp.wwpn, fcp.chpid)
        for item in entry.find(Dedicate)
        if (fcp := by_number.get(item.rdev)) is not None
    ]


async def of_guest(guest: GuestNode) -> list[Reserved]:
    """Return the FCP devices of a guest; none when there is no such guest."""
    async with guest.host.zhcp() as zhcp:
        entry = await guests.find_entry(zhcp, guest.userid)
        if entry is None or not entry.find(Dedicate):
            return []
        return held(entry, await devices(zhcp), guest.host.options.fcp_node_name)


async def reserve(
    mn: ManagementNode, guest: GuestNode, uuid: str, paths: int, allowed: Sequence[tuple[int, int]]
) -> list[Reserved]:
    """Let a guest have FCP devices on ``paths`` channel paths; those it has already stay.

    Where the guest does not exist yet an entry is made that holds the devices and nothing else until the
    guest is made. A system whose allowed devices lie on fewer channel paths gives as many as it has.

    :param uuid: the instance's.
    :param allowed: ranges of device numbers that may be taken; empty: all.
    :raises Refused: the guest is somebody else's, or no device is free: the message has the numbers.
    """
    wanted = marked_as(uuid)
    if wanted is None:
        raise Invalid("uuid is the instance's id")
    async with mn.locked([f"fcp of {guest.host.name}", guest.node]), guest.host.zhcp() as zhcp:
        entry = await guests.find_entry(zhcp, guest.userid)
        if entry is not None:
            _check_mark(entry, guest, wanted)
        known = await devices(zhcp)
        usable = [item for item in known if not allowed or within(item.rdev, allowed)]
        mine = held(entry, usable, "") if entry else []
        channels = {item.chpid for item in usable}
        missing = min(paths, len(channels)) - len({item.chpid for item in mine})
        if missing > 0 or not usable:
            here, elsewhere = await dedications.of_cluster(mn, zhcp, guest.host.hcp)
            taken = {item.rdev: item.userid for item in here}
            used = {item.chpid for item in mine}
            fitting = [item for item in usable if item.chpid not in used]
            chosen = _choose(fitting, taken, missing, {item.rdev for item in elsewhere})
            if len(chosen) < max(missing, 1):
                raise _none_free(guest, usable, taken, paths)
            if entry is None:
                # Written down first: the node says whose the entry is.
                await mn.database.write(_record, guest.node, wanted)
                await _hold(zhcp, guest, wanted, chosen)
            else:
                await _dedicate_all(zhcp, guest, entry, chosen)
            entry = await guests.entry_of(zhcp, guest.userid)
        return held(entry, usable, guest.host.options.fcp_node_name) if entry else []


async def on_its_way(mn: ManagementNode, guest: GuestNode, host: str) -> GuestNode:
    """Return a guest as looked after by ``host``, another member of its cluster that it is about to move to.

    :raises Refused: it is logged on, and its devices are those of the system that it is on; or the systems
        are not members of one cluster.
    """
    destination = mn.hosts.named(host)
    if destination is guest.host:
        return guest
    await clusters.check_siblings(mn, guest.host, destination)
    async with guest.host.zhcp() as zhcp:
        if await guests.is_on(zhcp, guest):
            raise Refused(
                f"{guest.userid} is on {guest.host.name} and has its FCP devices; "
                f"it can have those of {host} when it is off",
                next_step="migrate the server cold (openstack server migrate)",
            )
    return replace(guest, host=destination)


async def define(mn: ManagementNode, node: str, userid: str, host: str) -> None:
    """Define the node of a guest that holds devices before it is made; one that exists stays as it is."""
    attributes = {"userid": userid, "hcp": mn.hosts.named(host).hcp, "mgt": "zvm", "groups": "all"}
    await mn.database.write(_define, node, attributes)


def _define(connection: Connection, node: str, attributes: Mapping[str, str]) -> None:
    kind = objects.TYPES["node"]
    if not objects.read(connection, kind, [node]):
        objects.write(connection, kind, node, attributes)


async def release(guest: GuestNode, uuid: str) -> None:
    """Take all its FCP devices from a guest; a guest or device that is not there does no harm.

    An entry that holds devices for a guest that was never made goes with them.
    """
    async with guest.host.zhcp() as zhcp:
        entry = await guests.find_entry(zhcp, guest.userid)
        if entry is None:
            return
        _check_mark(entry, guest, marked_as(uuid) or "")
        if is_placeholder(entry):
            with zhcp_errors.accepted(guests.NO_ENTRY):
                await zhcp.smapi("Image_Delete_DM", guest.userid, {"data_security_erase": 1})
            return
        mine = dedicated(entry)  # those of another member of the cluster too, from before the guest moved
        on = bool(mine) and await guests.is_on(zhcp, guest)
        for device in mine:
            if on:
                await dedications.take(zhcp, guest.userid, device.vdev)
            await dedications.undedicate(zhcp, guest.userid, device.vdev)


async def give(zhcp: ZhcpClient, guest: GuestNode, device: Reserved) -> bool:
    """Attach a reserved device to the running guest; return whether it did not have it yet."""
    parameters = {"vdev": device.vdev, "rdev": device.rdev, "readonly": 0}
    try:
        await zhcp.smapi("Image_Device_Dedicate", guest.userid, parameters)
    except zhcp_errors.Refused as error:
        if (error.rc, error.rs) not in dedications.HAS:
            raise
        return False
    return True


async def take(zhcp: ZhcpClient, guest: GuestNode, vdev: str) -> None:
    """Detach a device from the running guest; its reservation stays."""
    await dedications.take(zhcp, guest.userid, vdev)


def is_placeholder(entry: Entry) -> bool:
    """Return whether an entry only holds FCP devices for a guest to come: nobody can log on to it."""
    header = entry.header
    return isinstance(header, User) and header.password == passwords.NOLOG and marked_uuid(entry) is not None


def dedicated(entry: Entry) -> tuple[Dedicate, ...]:
    """Return the DEDICATE statements of an entry's FCP devices."""
    return tuple(item for item in entry.find(Dedicate) if FIRST <= int(item.vdev, 16) <= LAST)


def _record(connection: Connection, node: str, uuid: str) -> None:
    upsert(connection, "zvm", {"node": node}, {"comments": noderange.comment(uuid)})


def _check_mark(entry: Entry, guest: GuestNode, uuid: str) -> None:
    if marked_uuid(entry) != uuid:
        raise Refused(
            f"the directory entry of {guest.userid} is not marked as the instance {uuid}; it was left alone",
            next_step=f"see whose guest {guest.userid} is",
        )


def within(rdev: str, allowed: Sequence[tuple[int, int]]) -> bool:
    """Return whether a device number is in one of the ranges."""
    return any(first <= int(rdev, 16) <= last for first, last in allowed)


def _choose(usable: Sequence[Fcp], taken: dict[str, str], count: int, elsewhere: Set[str]) -> list[Fcp]:
    """Return free devices, each on another channel path, from the paths with the most free ones first.

    :param elsewhere: numbers that guests of other members of the cluster have there; as long as there are
        others these are left free here, so that such guests can move here live.
    """
    free = [item for item in usable if item.status == "free" and item.wwpn and item.rdev not in taken]
    room = Counter(item.chpid for item in free)
    chosen: dict[str, Fcp] = {}
    for item in sorted(
        free, key=lambda item: (-room[item.chpid], item.chpid, item.rdev in elsewhere, item.rdev)
    ):
        chosen.setdefault(item.chpid, item)
    return list(chosen.values())[:count]


def _none_free(guest: GuestNode, usable: Sequence[Fcp], taken: dict[str, str], paths: int) -> Refused:
    """Return the refusal with the numbers of each channel path."""
    told = []
    for chpid in sorted({item.chpid for item in usable}):
        own = [item for item in usable if item.chpid == chpid]
        offline = sum(item.status not in ("free", "active") for item in own)
        reserved = sum(item.rdev in taken or item.status == "active" for item in own)
        free = len(own) - offline - reserved
        told.append(f"CHPID {chpid}: {len(own)} devices, {reserved} in use, {offline} offline, {free} free")
    return Refused(
        f"no free FCP device for {guest.userid} on {guest.host.name}: {paths} paths wanted; "
        + ("; ".join(told) or "the system has none, or none in the allowed ranges"),
        next_step="detach volumes from other servers, or let more FCP devices be used (option fcp_devices)",
    )


async def _hold(zhcp: ZhcpClient, guest: GuestNode, uuid: str, chosen: Sequence[Fcp]) -> None:
    """Make the entry that holds devices until the guest is made; after a lost answer look for it."""
    statements = [Dedicate(f"{FIRST + at:04X}", item.rdev) for at, item in enumerate(chosen)]
    entry = Entry(User(guest.userid, passwords.NOLOG, "32M", "32M", "G"), (mark(uuid), *statements))
    try:
        await zhcp.smapi("Image_Create_DM", guest.userid, {"image_record_array": entry.records()})
    except zhcp_errors.OutcomeUnknown:
        found = await guests.find_entry(zhcp, guest.userid)
        if found is None or marked_uuid(found) != uuid:
            raise


async def _dedicate_all(zhcp: ZhcpClient, guest: GuestNode, entry: Entry, chosen: Sequence[Fcp]) -> None:
    """Write DEDICATE statements into the guest's entry, all of them or none."""
    free = (f"{number:04X}" for number in range(FIRST, LAST + 1) if not entry.devices(f"{number:04X}"))
    written: list[str] = []
    try:
        for item, vdev in zip(chosen, free, strict=False):
            written.append(vdev)
            await dedications.dedicate(zhcp, guest.userid, vdev, item.rdev)
        if len(written) < len(chosen):
            raise Refused(f"{guest.userid} has no device number left for another FCP device")
    except BaseException:
        for vdev in written:
            try:
                await dedications.undedicate(zhcp, guest.userid, vdev)
            except zhcp_errors.ZhcpError as error:
                LOG.error("FCP device %s of %s is left reserved: %s", vdev, guest.userid, error)
        raise
