# SPDX-License-Identifier: Apache-2.0
"""Virtual channel-to-channel adapters: SPECIAL records of the directory, and devices of running guests."""

from __future__ import annotations

from zvm.directory import Entry, Statement, Unknown, names
from zvm.simulator.functions.activation import active
from zvm.simulator.functions.entries import unlocked
from zvm.simulator.functions.registry import Call, checked, done, serves
from zvm.simulator.refused import Refused
from zvm.simulator.virtual_devices import Ctca
from zvm.smapi.frames import Reply


@serves("Virtual_Channel_Connection_Create_DM")
def connection_create_dm(call: Call) -> Reply:
    vdev = call.vdev()
    entry = unlocked(call, vdev)
    if call.system.directory.resolved(entry.userid).devices(vdev) or _specials(entry, vdev):
        raise Refused(404, 4)
    partner = checked(names.userid, call.text("coupled_image_name"), Refused(24, 218))
    call.system.directory.update(entry.with_statement(Unknown((f"SPECIAL {vdev} CTCA {partner}",))))
    return done()


@serves("Virtual_Channel_Connection_Delete_DM")
def connection_delete_dm(call: Call) -> Reply:
    vdev = call.vdev()
    entry = unlocked(call, vdev)
    found = _specials(entry, vdev)
    if not found:
        raise Refused(404, 8)
    call.system.directory.update(entry.without(*found))
    return done()


def _specials(entry: Entry, vdev: str) -> list[Statement]:
    """Return the SPECIAL statements of a channel-to-channel adapter."""
    return [
        item
        for item in entry.find(Unknown)
        if (words := item.text().upper().split())[:1] == ["SPECIAL"]
        and len(words) > 2
        and words[1].zfill(4) == vdev
        and words[2] == "CTCA"
    ]


@serves("Virtual_Channel_Connection_Create")
def connection_create(call: Call) -> Reply:
    """Define an adapter in each of two guests and couple them."""
    machine, vdev = active(call), call.vdev()
    partner = call.system.guests.get(call.text("coupled_image_name"))
    other = call.vdev("coupled_image_device_number")
    if partner is None:
        raise Refused(212, 4)
    for guest, device in ((machine, vdev), (partner, other)):
        if device in guest.devices or call.system.network.adapter(guest.userid, device):
            raise Refused(204, 12)
    if machine is partner and vdev == other:
        raise Refused(212, 28)
    machine.devices[vdev] = Ctca(vdev, partner.userid, other)
    partner.devices[other] = Ctca(other, machine.userid, vdev)
    return done()


@serves("Virtual_Channel_Connection_Delete")
def connection_delete(call: Call) -> Reply:
    """Detach an adapter; the other end stays and is connected to nothing."""
    machine, vdev = active(call), call.vdev()
    device = machine.devices.get(vdev)
    if not isinstance(device, Ctca):
        raise Refused(204, 8)
    del machine.devices[vdev]
    partner = call.system.guests.get(device.user)
    end = partner.devices.get(device.partner) if partner else None
    if isinstance(end, Ctca) and end.user == call.target and end.partner == vdev:
        end.user = end.partner = ""
    return done()
