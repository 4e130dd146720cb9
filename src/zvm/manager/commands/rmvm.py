# SPDX-License-Identifier: Apache-2.0
"""``rmvm``: logs a guest off and removes it with all it has, its node too; one that is gone does no harm.

With the query key ``objectid``, the instance's uuid, an entry that carries no mark or another one is refused.
"""

from __future__ import annotations

from contextlib import suppress

from zvm.directory import marked_uuid
from zvm.manager import entry_lock, guests, noderange, zfcp_pools
from zvm.manager.commands import grants
from zvm.manager.commands.base import Call, Report, each, step
from zvm.manager.commands.rpower import AlreadyOff, log_off
from zvm.manager.definition import marked_as
from zvm.manager.errors import Refused
from zvm.manager.service import GuestNode, ManagementNode
from zvm.manager.tables import objects
from zvm.xcat.envelope import Response
from zvm.xcat.smcli_text import done
from zvm.zhcp import errors as zhcp_errors
from zvm.zhcp.client import ZhcpClient


async def run(mn: ManagementNode, call: Call) -> list[Response]:
    """Remove each guest."""

    async def one(node: str, report: Report) -> None:
        guest = await mn.guest(node)
        if noderange.is_adopted(guest.row):
            raise Refused(
                f"the guest {guest.userid} was there before it became that of the instance {guest.uuid}",
                next_step="delete the server, which leaves the guest as it is",
            )
        report.info(done(await remove(mn, guest, call.objectid)) + "\n")

    return await each(call, one)


async def remove(mn: ManagementNode, guest: GuestNode, objectid: str = "") -> str:
    """Log a guest off and remove it with its node; return the sentence that says so.

    :param objectid: the instance whose mark its entry has to carry; "": it is not looked at.
    :raises StepFailed: z/VM refused.
    :raises Refused: the userid is protected, or the entry somebody else's.
    """
    mn.check_userid(guest.userid)
    sentence = f"Deleting {guest.userid} from the directory"
    async with guest.host.zhcp() as zhcp:
        with step(sentence):
            exists = await _may_go(zhcp, guest, objectid)
            if exists:
                with suppress(AlreadyOff):
                    await log_off(zhcp, guest.userid, "IMMED")
                await zhcp.purge_spool(guest.userid)
        await grants.revoke_all(mn, zhcp, guest)
        if exists:
            await entry_lock.release(mn, zhcp, guest)
            with step(sentence):
                await _delete(zhcp, guest.userid, guest.host.options.data_security_erase)
    await mn.transports.forget(guest.node)
    await mn.database.write(zfcp_pools.forget_owner, guest.host.hcp, guest.userid)
    await mn.database.write(objects.remove, objects.TYPES["node"], guest.node)
    return sentence


async def _may_go(zhcp: ZhcpClient, guest: GuestNode, objectid: str) -> bool:
    """Return whether the entry exists.

    :raises Refused: it belongs to somebody else.
    """
    entry = await guests.find_entry(zhcp, guest.userid)
    if entry is None:
        return False
    wanted = marked_as(objectid)
    owner = marked_uuid(entry)
    if wanted is not None and owner != wanted:
        whose = f"is marked as the instance {owner}" if owner else "carries no mark of an instance"
        raise Refused(
            f"the directory entry of {guest.userid} {whose}, not {wanted}; it was left alone",
            next_step=f"see whose guest {guest.userid} is",
        )
    return True


async def _delete(zhcp: ZhcpClient, userid: str, erase: int) -> None:
    with zhcp_errors.accepted(guests.NO_ENTRY):
        await zhcp.smapi("Image_Delete_DM", userid, {"data_security_erase": erase})
