# SPDX-License-Identifier: Apache-2.0
"""Network cards of guests that exist: added and taken away, in the directory and in the running guest.

A card is written down before it is made, and what fails on the way is undone, so that the tables, the
directory and the running guest tell the same. Both verbs may be repeated.
"""

from __future__ import annotations

import logging
from dataclasses import replace

from sqlalchemy import Connection

from zvm.directory import Entry
from zvm.manager import guests, network, vlans
from zvm.manager.commands import grants
from zvm.manager.commands.base import StepFailed
from zvm.manager.definition import Nic
from zvm.manager.errors import NotFound, Refused
from zvm.manager.service import GuestNode, ManagementNode
from zvm.manager.tables.rows import Row, delete_rows, select_rows, upsert
from zvm.zhcp import errors as zhcp_errors
from zvm.zhcp.client import ZhcpClient

LOG = logging.getLogger(__name__)

#: Device numbers of cards; each takes three (read, write, data).
_FIRST, _LAST, _DEVICES = 0x1000, 0x1FFF, 3
#: Refusals that say that there is no such card, in the directory and in the running guest.
_NOT_DEFINED, _NOT_THERE = (404, 8), ((200, 12), (204, 8))
#: Refusals that say that it is not coupled, likewise; and that the very same grant is there.
_NOT_COUPLED_DM, _NOT_COUPLED, _GRANTED = (412, 16), ((200, 12), (204, 8), (204, 48)), (212, 44)


async def attach(mn: ManagementNode, guest: GuestNode, card: Nic) -> str:
    """Give the guest a card and return its device number; a port that it has already keeps its card.

    :param card: without a device number: the first free one is taken.
    :raises Refused: the guest is not ours, or has no device number left.
    :raises zvm.zhcp.errors.ZhcpError: z/VM refused; the guest is as it was.
    """
    async with mn.locked([guest.node]), guest.host.zhcp() as zhcp:
        entry = await guests.own_entry(zhcp, guest)
        vdev = await mn.database.read(_of_port, guest.node, card.port) if card.port else ""
        if not vdev or entry.nic(vdev) is None:
            card = replace(card, vdev=_free(entry))
            await mn.database.write(_record, guest.node, card)
            try:
                await _define(zhcp, guest, card)
            except zhcp_errors.OutcomeUnknown:
                await _undo(mn, zhcp, guest, card)
                raise
            except BaseException:
                await mn.database.write(_forget, guest.node, card.vdev)
                raise
        else:
            card = replace(card, vdev=vdev)
        try:
            if guest.host.options.grants:
                await _grant(mn, zhcp, guest, card.vswitch)
            if await guests.is_on(zhcp, guest):
                await _plug(zhcp, guest, card)
        except BaseException:
            await _undo(mn, zhcp, guest, card)
            raise
        return card.vdev


async def change(mn: ManagementNode, guest: GuestNode, card: Nic, *, coupled: bool) -> bool:
    """Make a card that was made for a port be as ``card`` says; its port and MAC address stay.

    What changes is uncoupled first, since CP looks at a NICDEF only as the card is coupled: for a moment the
    guest has no network there. The table says that the card is changed until all is done, so that the next
    call goes on where a kill ended this one.

    :param coupled: let it be connected to its switch, or neither now nor at the next logon.
    :return: whether the guest is on and the card is coupled.
    :raises NotFound: the guest has no such card.
    :raises zvm.zhcp.errors.ZhcpError: z/VM refused.
    """
    async with mn.locked([guest.node]), guest.host.zhcp() as zhcp:
        entry = await guests.own_entry(zhcp, guest)
        switch, mac = await mn.database.read(_recorded, guest.node, card.vdev)
        if switch is None:
            raise NotFound(f"{guest.node} has no network card {card.vdev} that was made for a port")
        card = replace(card, mac=mac, port=switch["port"])
        old, nic = entry.nic(card.vdev), card.statement()
        same = (
            switch["vlan"] != vlans.PENDING
            and old is not None
            and (old.vlan, old.port_type == "TRUNK") == (nic.vlan, nic.port_type == "TRUNK")
            and old.lan_name in (nic.lan_name, *(() if coupled else ("",)))
        )
        if not same:
            await mn.database.write(_record, guest.node, replace(card, vlan=vlans.PENDING, trunk=()))
            if old is not None and old.vlan and not nic.vlan:
                await _gone(zhcp, guest, "Virtual_Network_Adapter_Delete_DM", card.vdev, (_NOT_DEFINED,))
            await _define(zhcp, guest, card, was_trunk=old is not None and old.port_type == "TRUNK")
        if not coupled:
            await _gone(zhcp, guest, "Virtual_Network_Adapter_Disconnect_DM", card.vdev, (_NOT_COUPLED_DM,))
        elif guest.host.options.grants:
            await _grant(mn, zhcp, guest, card.vswitch)
        on = await guests.is_on(zhcp, guest)
        if on:
            live = (await network.adapters(guest.host)).get((guest.userid, card.vdev))
            if live and not (coupled and same and live.vswitch == card.vswitch):
                await _gone(zhcp, guest, "Virtual_Network_Adapter_Disconnect", card.vdev, _NOT_COUPLED)
                live = None
            if coupled and not live:
                await _plug(zhcp, guest, card)
        await mn.database.write(_record, guest.node, card)
        return on and coupled


async def _grant(mn: ManagementNode, zhcp: ZhcpClient, guest: GuestNode, vswitch: str) -> None:
    """Let the guest use a switch with the VLANs of all its cards there; a grant that it has is fine."""
    cards = (await guests.entry_of(zhcp, guest.userid)).nics()
    try:
        await grants.grant(mn, zhcp, guest, vswitch, vlan=vlans.wanted_on(cards, vswitch))
    except StepFailed as error:
        cause = error.__cause__
        if not (isinstance(cause, zhcp_errors.Refused) and (cause.rc, cause.rs) == _GRANTED):
            raise


async def detach(mn: ManagementNode, guest: GuestNode, vdev: str) -> None:
    """Take a card away; one that is not there does no harm.

    :raises Refused: the guest is not ours.
    """
    async with mn.locked([guest.node]), guest.host.zhcp() as zhcp:
        await guests.own_entry(zhcp, guest)
        await _remove(mn, zhcp, guest, vdev)


def _free(entry: Entry) -> str:
    """Return the first device number from which on a card finds room."""
    for first in range(_FIRST, _LAST - _DEVICES + 2, _DEVICES):
        if not any(entry.devices(f"{number:04X}") for number in range(first, first + _DEVICES)):
            return f"{first:04X}"
    raise Refused(f"{entry.userid} has no room for another network card")


async def _define(zhcp: ZhcpClient, guest: GuestNode, card: Nic, *, was_trunk: bool = False) -> None:
    """Write the card's NICDEF, or change what it has.

    :param was_trunk: the NICDEF that is there says PORTTYPE TRUNK.

    Source: Image_Definition_Update_DM, keyword NICDEF.
    """
    nic = card.statement()
    words = [
        f"VDEV={nic.vdev}",
        "TYPE=QDIO",
        f"DEVICES={_DEVICES}",
        "LAN=SYSTEM",
        f"SWITCHNAME={nic.lan_name}",
    ]
    words += [f"MACID={nic.macid}"] if nic.macid else []
    words += [f"VLAN={','.join(nic.vlan)}"] if nic.vlan else []
    words += ["PORTTYPE=TRUNK"] if card.trunk else ["PORTTYPE=ACCESS"] if was_trunk else []
    definitions = [f"NICDEF={' '.join(words)}"]
    await zhcp.smapi("Image_Definition_Update_DM", guest.userid, {"definitions": definitions})


async def _plug(zhcp: ZhcpClient, guest: GuestNode, card: Nic) -> None:
    """Define the card in the running guest, its MAC address as the directory says, and couple it."""
    made = {"image_device_number": card.vdev, "adapter_type": "QDIO", "devices": str(_DEVICES)}
    try:
        await zhcp.smapi("Virtual_Network_Adapter_Create_Extended", guest.userid, made)
    except zhcp_errors.Refused as error:
        if (error.rc, error.rs) == (200, 12):
            return  # logged off meanwhile
        if (error.rc, error.rs) != (204, 4):
            raise
    coupled = {"image_device_number": card.vdev, "switch_name": card.vswitch}
    with zhcp_errors.accepted((200, 12), (204, 20)):
        await zhcp.smapi("Virtual_Network_Adapter_Connect_Vswitch", guest.userid, coupled)


async def _remove(mn: ManagementNode, zhcp: ZhcpClient, guest: GuestNode, vdev: str) -> None:
    if await guests.is_on(zhcp, guest):
        await _gone(zhcp, guest, "Virtual_Network_Adapter_Delete", vdev, _NOT_THERE)
    await _gone(zhcp, guest, "Virtual_Network_Adapter_Delete_DM", vdev, (_NOT_DEFINED,))
    await mn.database.write(_forget, guest.node, vdev)
    left = {nic.lan_name for nic in (await guests.entry_of(zhcp, guest.userid)).nics()}
    await grants.revoke_all(mn, zhcp, guest, but=left)


async def _gone(
    zhcp: ZhcpClient, guest: GuestNode, function: str, vdev: str, fine: tuple[tuple[int, int], ...]
) -> None:
    with zhcp_errors.accepted(*fine):
        await zhcp.smapi(function, guest.userid, {"image_device_number": vdev})


async def _undo(mn: ManagementNode, zhcp: ZhcpClient, guest: GuestNode, card: Nic) -> None:
    """Take away what there is of the card. Never raises: what made it fail is what matters."""
    try:
        await _remove(mn, zhcp, guest, card.vdev)
    except zhcp_errors.ZhcpError as error:
        LOG.error("card %s of %s is left behind: %s", card.vdev, guest.userid, error)


def _of_port(connection: Connection, node: str, port: str) -> str:
    rows = select_rows(connection, "switch", {"node": node, "port": port})
    return rows[0]["interface"].upper().zfill(4) if rows else ""


def _recorded(connection: Connection, node: str, vdev: str) -> tuple[Row | None, str]:
    """Return the card's row of the table switch, if there is one, and its MAC address."""
    where = {"node": node, "interface": vdev}
    switches, macs = (select_rows(connection, table, where) for table in ("switch", "mac"))
    return (switches[0] if switches else None), (macs[0]["mac"] if macs else "")


def _record(connection: Connection, node: str, card: Nic) -> None:
    where = {"node": node, "interface": card.vdev}
    upsert(connection, "mac", where, {"mac": card.mac})
    vlan = vlans.column(card.vlan, card.trunk)
    upsert(connection, "switch", where, {"switch": card.vswitch, "port": card.port, "vlan": vlan})


def _forget(connection: Connection, node: str, vdev: str) -> None:
    for table in ("mac", "switch"):
        delete_rows(connection, table, {"node": node, "interface": vdev})
