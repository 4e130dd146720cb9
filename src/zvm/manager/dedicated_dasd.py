# SPDX-License-Identifier: Apache-2.0
"""Real DASD of guests, each the whole volume of one guest: ECKD volumes of storage servers.

The DEDICATE statement in the guest's entry says who has which. It is written first when a volume comes and
goes last when it leaves; a running guest has the device at once, and its agent sets it online or offline in
between. Both verbs may be repeated.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass

from zvm.directory import Dedicate, Entry, names
from zvm.manager import dedications, guests
from zvm.manager.dedications import Dedication
from zvm.manager.errors import Invalid, NotFound, Refused
from zvm.manager.hosts import Host
from zvm.manager.service import GuestNode, ManagementNode
from zvm.manager.volumes.guest_dasd import dasd_offline, dasd_online, free_number, taken
from zvm.zhcp import errors as zhcp_errors
from zvm.zhcp.client import ZhcpClient

LOG = logging.getLogger(__name__)

#: Device numbers of such DASD in a guest.
FIRST, LAST = 0x0300, 0x03FF
#: Refusals of Image_Device_Dedicate: the guest has a device of this number; not to be had.
_TAKEN, _NOT_AVAILABLE = (204, 4), (204, 16)
#: System_Disk_Query, and Image_Disk_Query of a guest: there is no such device.
_NO_DEVICE = (8, 8)
#: What System_Disk_Query says of a device that nobody has, and of those that CP has for itself.
_FREE, _OFFLINE, _CP = "FREE", "OFFLINE", ("OWNED", "SYSTEM")


@dataclass(frozen=True, slots=True)
class Attached:
    """Where a guest has a real DASD; ``online``: its Linux has taken the device up."""

    vdev: str
    rdev: str
    online: bool


async def all_of(mn: ManagementNode, host: Host) -> list[Dedication]:
    """Return the real DASD that guests of a system have, in one call however many they are."""
    async with host.zhcp() as zhcp:
        return [item for item in await dedications.of_system(mn, zhcp, host.hcp) if _ours(item.vdev)]


async def of_guest(guest: GuestNode) -> list[Dedicate]:
    """Return the statements about real DASD in a guest's entry; none when there is no such guest.

    :raises Refused: the guest is not ours.
    """
    found: list[Dedicate] = []
    async with guest.host.zhcp() as zhcp:
        with zhcp_errors.accepted(guests.NO_ENTRY):
            found = _statements(await guests.own_entry(zhcp, guest))
    return found


async def attach(mn: ManagementNode, guest: GuestNode, rdev: str, *, readonly: bool) -> Attached:
    """Give the guest a real DASD; one that it has keeps its device number.

    A device that is offline on the z/VM system is brought online first: a volume that was made after z/VM's
    IPL is.

    :raises Refused: the guest is not ours, or somebody else has the device, or it cannot be had.
    :raises NotFound: the system has no such DASD.
    """
    rdev = _checked(rdev)
    async with mn.locked([guest.node, f"DASD {rdev} of {guest.host.name}"]), guest.host.zhcp() as zhcp:
        entry = await guests.own_entry(zhcp, guest)
        statement = _found(entry, rdev)
        fresh = statement is None
        if statement is None:
            await _check_free(mn, zhcp, guest, rdev)
            statement = Dedicate(free_number(entry, FIRST, LAST), rdev)
        try:
            if fresh:
                await dedications.dedicate(zhcp, guest.userid, statement.vdev, rdev, readonly=readonly)
            state, online = await zhcp.guest(guest.userid), False
            if state.state != "off" and await _plug(zhcp, guest, statement, readonly=readonly):
                online = state.reachable and await dasd_online(zhcp, guest.userid, statement.vdev)
        except BaseException:
            if fresh:
                await asyncio.shield(_undo(zhcp, guest, statement))
            raise
        return Attached(statement.vdev, rdev, online)


async def detach(mn: ManagementNode, guest: GuestNode, rdev: str) -> None:
    """Take a real DASD from the guest; one that it does not have does no harm.

    :raises Refused: the guest is not ours.
    :raises zvm.zhcp.errors.Refused: the guest uses the device, e.g. has it mounted.
    """
    rdev = _checked(rdev)
    async with mn.locked([guest.node, f"DASD {rdev} of {guest.host.name}"]), guest.host.zhcp() as zhcp:
        statement = _found(await guests.own_entry(zhcp, guest), rdev)
        if statement is not None:
            await _remove(zhcp, guest, statement.vdev)


def _checked(rdev: str) -> str:
    try:
        return names.vdev(rdev)
    except names.InvalidName as problem:
        raise Invalid(f"'{rdev}' is no real device number: {problem}") from problem


def _ours(vdev: str) -> bool:
    return FIRST <= int(vdev, 16) <= LAST


def _statements(entry: Entry) -> list[Dedicate]:
    return [item for item in entry.find(Dedicate) if _ours(item.vdev)]


def _found(entry: Entry, rdev: str) -> Dedicate | None:
    return next((item for item in _statements(entry) if item.rdev == rdev), None)


async def _check_free(mn: ManagementNode, zhcp: ZhcpClient, guest: GuestNode, rdev: str) -> None:
    """Refuse a device that the directory or CP has given to somebody, or that is not there.

    :raises Refused: the message says who has it.
    :raises NotFound: there is none.
    """
    what = f"DASD {rdev} of {guest.host.name}"
    for item in await dedications.of_system(mn, zhcp, guest.host.hcp):
        if item.rdev == rdev:
            raise Refused(
                f"{what} is in use by {item.userid}, whose directory entry has it as {item.vdev}",
                next_step=f"detach it from {item.userid}; a real DASD is one guest's alone",
            )
    kind, use = await _state(zhcp, guest, rdev)
    if use == _OFFLINE:
        await zhcp.smapi("System_Disk_Add", "MAINT", {"dev_num": rdev})
        kind, use = await _state(zhcp, guest, rdev)
    if use in _CP:
        raise Refused(
            f"{what} is a volume of CP ({use}): no guest can have it",
            next_step="see whether the control unit of the volume begins at another device number",
        )
    if use != _FREE:
        raise Refused(f"{what} is {use}, not {_FREE}", next_step=f"see QUERY DASD {rdev}, VARY ONLINE {rdev}")
    if not kind.startswith("3390"):
        raise Refused(f"{what} is a {kind}, not a 3390")


async def _state(zhcp: ZhcpClient, guest: GuestNode, rdev: str) -> tuple[str, str]:
    """Return model and use of a real DASD as System_Disk_Query tells them, e.g. 3390-0C and FREE.

    :raises NotFound: there is none.
    """
    try:
        answer = await zhcp.smapi("System_Disk_Query", "MAINT", {"dev_num": rdev})
    except zhcp_errors.Refused as error:
        if (error.rc, error.rs) != _NO_DEVICE:
            raise
        raise NotFound(
            f"{guest.host.name} has no real DASD {rdev}",
            next_step="see QUERY DASD, and at which device number the volume's control unit begins",
        ) from error
    _, kind, use, *_ = answer.reply["diskInfoArray"][0].split()
    return kind, use


async def _plug(zhcp: ZhcpClient, guest: GuestNode, statement: Dedicate, *, readonly: bool) -> bool:
    """Attach the device to the running guest; return False when that logged off meanwhile."""
    parameters = {"vdev": statement.vdev, "rdev": statement.rdev, "readonly": int(readonly)}
    try:
        await zhcp.smapi("Image_Device_Dedicate", guest.userid, parameters)
    except zhcp_errors.Refused as error:
        codes = (error.rc, error.rs)
        if codes == dedications.LOGGED_OFF:
            return False
        if codes == _TAKEN:
            if await _has(zhcp, guest, statement):
                return True
            raise taken(error, guest.userid, statement.vdev) from error
        if codes == _NOT_AVAILABLE:
            _, use = await _state(zhcp, guest, statement.rdev)
            what = f"DASD {statement.rdev} of {guest.host.name}"
            text = f"{what} cannot be attached to {guest.userid}: it is {use}"
            raise error.retold(text, f"QUERY DASD {statement.rdev} says who has it") from error
        raise
    return True


async def _has(zhcp: ZhcpClient, guest: GuestNode, statement: Dedicate) -> bool:
    """Return whether the running guest has just this real DASD under the number."""
    rdevs: list[str] = []
    with zhcp_errors.accepted(_NO_DEVICE, dedications.LOGGED_OFF):
        answer = await zhcp.smapi("Image_Disk_Query", guest.userid, {"vdasd_id": statement.vdev})
        rdevs = [item["rdev"].zfill(4).upper() for item in answer.reply["dasdList"]]
    return statement.rdev in rdevs


async def _remove(zhcp: ZhcpClient, guest: GuestNode, vdev: str) -> None:
    state = await zhcp.guest(guest.userid)
    if state.state != "off":
        if state.reachable:
            await dasd_offline(zhcp, guest.userid, vdev)
        await dedications.take(zhcp, guest.userid, vdev)
    await dedications.undedicate(zhcp, guest.userid, vdev)


async def _undo(zhcp: ZhcpClient, guest: GuestNode, statement: Dedicate) -> None:
    """Take the device away again, and nothing else that the running guest has at its number.

    Never raises: what made it fail is what matters.
    """
    try:
        if await _has(zhcp, guest, statement):
            await _remove(zhcp, guest, statement.vdev)
        else:
            await dedications.undedicate(zhcp, guest.userid, statement.vdev)
    except zhcp_errors.ZhcpError as error:
        LOG.error("the DEDICATE statement %s of %s is left behind: %s", statement.vdev, guest.userid, error)
