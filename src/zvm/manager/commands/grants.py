# SPDX-License-Identifier: Apache-2.0
"""Grants on virtual switches: each is written down before it is made, and taken back with its guest."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, delete, insert, select

from zvm.manager.commands.base import step
from zvm.manager.service import GuestNode, ManagementNode
from zvm.manager.tables.models import grants
from zvm.zhcp import errors as zhcp_errors
from zvm.zhcp.client import ZhcpClient


async def grant(
    mn: ManagementNode, zhcp: ZhcpClient, guest: GuestNode, vswitch: str, *, vlan: str = ""
) -> None:
    """Let the guest use a virtual switch; written down first, so that it can be taken back."""
    await mn.database.write(_grant, guest.node, vswitch)
    wanted = {"switch_name": vswitch, "grant_userid": guest.userid, "persist": "YES"}
    if vlan:
        wanted["user_vlan_id"] = vlan
    with step(f"Granting VSwitch ({vswitch}) access for {guest.userid}"):
        await zhcp.smapi("Virtual_Network_Vswitch_Set_Extended", "SYSTEM", wanted)


async def revoke_all(
    mn: ManagementNode, zhcp: ZhcpClient, guest: GuestNode, *, but: Collection[str] = ()
) -> None:
    """Take back every grant that was made for the guest, ``but`` those for some switches."""
    for vswitch in await mn.database.read(_granted, guest.node):
        if vswitch in but:
            continue
        await _revoke(zhcp, guest, vswitch)
        await mn.database.write(_ungrant, guest.node, vswitch)


async def withdraw(mn: ManagementNode, zhcp: ZhcpClient, guest: GuestNode) -> None:
    """Take back the guest's grants on a system that it has left; those where it is now stay written down."""
    for vswitch in await mn.database.read(_granted, guest.node):
        await _revoke(zhcp, guest, vswitch)


async def _revoke(zhcp: ZhcpClient, guest: GuestNode, vswitch: str) -> None:
    with step(f"Revoking VSwitch ({vswitch}) access for {guest.userid}"):
        try:
            await zhcp.smapi(
                "Virtual_Network_Vswitch_Set_Extended",
                "SYSTEM",
                {"switch_name": vswitch, "revoke_userid": guest.userid, "persist": "YES"},
            )
        except zhcp_errors.Refused as error:
            if error.rc != 212:  # the switch, or the grant, is gone
                raise


def _grant(connection: Connection, node: str, vswitch: str) -> None:
    _ungrant(connection, node, vswitch)
    connection.execute(insert(grants).values(node=node, vswitch=vswitch))


def _granted(connection: Connection, node: str) -> list[str]:
    return list(connection.execute(select(grants.c.vswitch).where(grants.c.node == node)).scalars())


def _ungrant(connection: Connection, node: str, vswitch: str) -> None:
    connection.execute(delete(grants).where(grants.c.node == node, grants.c.vswitch == vswitch))
