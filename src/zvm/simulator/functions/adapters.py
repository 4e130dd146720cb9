# SPDX-License-Identifier: Apache-2.0
"""Virtual network adapters: NICDEF records of the directory, and network cards of running guests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from zvm.directory import Entry, NicDef, names
from zvm.simulator.functions.activation import active
from zvm.simulator.functions.entries import unlocked
from zvm.simulator.functions.registry import Call, checked, done, serves
from zvm.simulator.network import NetworkError
from zvm.simulator.refused import Refused
from zvm.simulator.vswitch import Adapter
from zvm.smapi.frames import Reply

T = TypeVar("T")

_TYPES = {1: "HIPERS", 2: "QDIO"}
_TYPE_WORDS = {"1": 1, "2": 2, "HIPERS": 1, "HIPERSOCKETS": 1, "QDIO": 2}
_DEVICES = 3
_NOT_COUPLED, _NOT_ACTIVE, _ACTIVE = 0, 1, 2
_SYSTEM = "SYSTEM"

#: SMAPI's codes for what CP refuses.
_CODES = {
    "adapter_exists": (204, 4),
    "no_adapter": (204, 8),
    "already_coupled": (204, 20),
    "not_coupled": (204, 48),
    "no_lan": (212, 12),
    "not_authorized": (212, 8),
    "wrong_type": (212, 28),
}


def asked(action: Callable[[], T], **codes: tuple[int, int]) -> T:
    """Return ``action()``; what CP refuses in it is refused with SMAPI's codes, ``codes`` before others."""
    try:
        return action()
    except NetworkError as error:
        raise Refused(*(codes.get(error.kind) or _CODES.get(error.kind) or (396, error.number))) from error


# In the directory


@serves("Virtual_Network_Adapter_Create_DM")
def adapter_create_dm(call: Call) -> Reply:
    return _create_dm(call, call.vdev("vdev"), call["type"], call["devices"], "chpid", "macid")


@serves("Virtual_Network_Adapter_Create_Extended_DM")
def adapter_create_extended_dm(call: Call) -> Reply:
    vdev = checked(names.vdev, call.text("image_device_number"), Refused(8, 3003))
    return _create_dm(call, vdev, _type(call), _devices(call), "channel_path_id", "mac_id")


def _type(call: Call) -> int:
    kind = _TYPE_WORDS.get(call.text("adapter_type"))
    if kind is None:
        raise Refused(8, 3003, f"UNKNOWN_PARAMETER_OPERAND={call['adapter_type']}")
    return kind


def _devices(call: Call) -> int:
    text = call.text("devices") or str(_DEVICES)
    if not text.isdecimal():
        raise Refused(8, 3003, f"UNKNOWN_PARAMETER_OPERAND={text}")
    return int(text)


def _create_dm(call: Call, vdev: str, kind: int, devices: int, chpid: str, macid: str) -> Reply:
    entry = unlocked(call, vdev)
    if call.system.directory.resolved(entry.userid).devices(vdev):
        raise Refused(404, 4)
    mac = call.text(macid)
    if mac:
        checked(names.macid, mac, Refused(24, 514))
    nic = NicDef(vdev, _TYPES[kind], devices or _DEVICES, macid=mac, chpid=call.text(chpid))
    call.system.directory.update(entry.with_statement(nic))
    return done()


@serves("Virtual_Network_Adapter_Delete_DM")
def adapter_delete_dm(call: Call) -> Reply:
    vdev = call.vdev()
    entry = unlocked(call, vdev)
    records = _records(entry, vdev)
    call.system.directory.update(entry.without(*records))
    return done()


@serves("Virtual_Network_Adapter_Connect_Vswitch_DM")
def adapter_connect_vswitch_dm(call: Call) -> Reply:
    return _connect_dm(call, _SYSTEM, call.text("switch_name"))


@serves("Virtual_Network_Adapter_Connect_LAN_DM")
def adapter_connect_lan_dm(call: Call) -> Reply:
    return _connect_dm(call, call.text("lan_owner"), call.text("lan_name"))


@serves("Virtual_Network_Adapter_Disconnect_DM")
def adapter_disconnect_dm(call: Call) -> Reply:
    return _connect_dm(call, "", "")


def _connect_dm(call: Call, owner: str, name: str) -> Reply:
    """Write into the NICDEF what the card connects to at logon; "" for nothing."""
    vdev = call.vdev()
    entry = unlocked(call, vdev)
    records = _records(entry, vdev)
    coupled = next((nic for nic in records if nic.lan_name), None)
    if not name and coupled is None:
        raise Refused(412, 16)
    old = coupled or records[0]
    card = entry.nic(vdev)
    if owner == _SYSTEM and card and card.type == _TYPES[1]:
        raise Refused(412, 28)
    if name:
        name = checked(names.vswitch, name, Refused(24, 218))
    new = replace(old, lan_owner=owner, lan_name=name)
    call.system.directory.update(entry.with_statement(new, instead_of=old))
    return done()


def _records(entry: Entry, vdev: str) -> list[NicDef]:
    found = [nic for nic in entry.find(NicDef) if nic.vdev == vdev]
    if not found:
        raise Refused(404, 8)
    return found


# In the running guest


@serves("Virtual_Network_Adapter_Create")
def adapter_create(call: Call) -> Reply:
    vdev, devices = call.vdev(), call["network_adapter_devices"]
    return _create(call, vdev, call["adapter_type"], devices)


@serves("Virtual_Network_Adapter_Create_Extended")
def adapter_create_extended(call: Call) -> Reply:
    vdev = checked(names.vdev, call.text("image_device_number"), Refused(8, 3003))
    return _create(call, vdev, _type(call), _devices(call))


def _create(call: Call, vdev: str, kind: int, devices: int) -> Reply:
    machine = active(call)
    numbers = range(int(vdev, 16), int(vdev, 16) + (devices or _DEVICES))
    if any(f"{number:04X}" in machine.devices for number in numbers):
        raise Refused(204, 4)
    entry = call.system.directory.find(call.target)
    nic = entry.nic(vdev) if entry else None
    macid = nic.macid if nic else ""
    network = call.system.network
    asked(lambda: network.define(call.target, vdev, _TYPES[kind], devices or _DEVICES, macid))
    return done()


@serves("Virtual_Network_Adapter_Delete")
def adapter_delete(call: Call) -> Reply:
    active(call)
    asked(lambda: call.system.network.destroy(call.target, call.vdev()))
    return done()


@serves("Virtual_Network_Adapter_Connect_Vswitch", "Virtual_Network_Adapter_Connect_Vswitch_Extended")
def adapter_connect_vswitch(call: Call) -> Reply:
    active(call)
    vdev = checked(names.vdev, call.text("image_device_number"), Refused(8, 3003))
    name = call.text("switch_name")
    network = call.system.network
    asked(lambda: network.couple(call.target, vdev, _SYSTEM, name), no_lan=(212, 40))
    return done()


@serves("Virtual_Network_Adapter_Connect_LAN")
def adapter_connect_lan(call: Call) -> Reply:
    active(call)
    owner, name = call.text("lan_owner"), call.text("lan_name")
    asked(lambda: call.system.network.couple(call.target, call.vdev(), owner, name))
    return done()


@serves("Virtual_Network_Adapter_Disconnect")
def adapter_disconnect(call: Call) -> Reply:
    active(call)
    asked(lambda: call.system.network.uncouple(call.target, call.vdev()))
    return done()


@serves("Virtual_Network_Adapter_Query")
def adapter_query(call: Call) -> Reply:
    return done(adapterList=[_described(call, adapter) for adapter in _wanted(call)])


def _status(call: Call, adapter: Adapter) -> int:
    """Return whether the card is coupled, and whether the guest's system works with it."""
    machine = call.system.guests.get(adapter.owner)
    return _NOT_COUPLED if not adapter.coupled else _ACTIVE if machine and machine.booted else _NOT_ACTIVE


def _described(call: Call, adapter: Adapter) -> dict[str, Any]:
    return {
        "imageDeviceNumber": adapter.vdev,
        "adapterType": 1 if adapter.type == "HIPERS" else 2,
        "networkAdapterDevices": adapter.devices,
        "adapterStatus": _status(call, adapter),
        "lanOwner": adapter.lan_owner,
        "lanName": adapter.lan_name,
    }


@serves("Virtual_Network_Adapter_Query_Extended")
def adapter_query_extended(call: Call) -> Reply:
    adapters = _wanted(call)
    lines = [f"adapter_count={len(adapters)}"]
    for adapter in adapters:
        lines += [
            f"adapter_address={adapter.vdev}",
            f"port_type={'ACCESS' if adapter.coupled else 'NONE'}",
            "extended_port_status=00",
            f"adapter_type={adapter.type}",
            f"network_device_count={adapter.devices}",
            f"adapter_status={_status(call, adapter):02}",
            f"lan_owner={adapter.lan_owner}",
            f"lan_name={adapter.lan_name}",
            "adapter_info_end",
        ]
    return done(adapterInfo=lines)


def _wanted(call: Call) -> list[Adapter]:
    """Return the adapter that was asked for, or all for ``*``.

    Raises:
        Refused: 200/12 not active, 204/8 no such adapter.
    """
    active(call)
    adapters = call.system.network.adapters(call.target)
    if call.text("image_device_number") != "*":
        vdev = checked(names.vdev, call.text("image_device_number"), Refused(24, 115))
        adapters = [adapter for adapter in adapters if adapter.vdev == vdev]
    if not adapters:
        raise Refused(204, 8)
    return adapters
