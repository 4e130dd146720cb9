# SPDX-License-Identifier: Apache-2.0
"""What else DEFINE makes, and DETACH takes away: switches, guest LANs, temporary disks, channel adapters."""

from __future__ import annotations

from collections.abc import Callable

from zvm.directory import InvalidName, names
from zvm.simulator.cp.command import Context, Handler, abbreviates, lines
from zvm.simulator.cp_error import CpError
from zvm.simulator.link import temporary_volume
from zvm.simulator.virtual_devices import Ctca, Disk
from zvm.simulator.vswitch import Lan, Vswitch

#: Operand of DEFINE, as its abbreviation is written, to the privilege classes and the handler.
DEFINITIONS: dict[str, tuple[str, Handler]] = {}
_ANY = "ABCDEFG"
#: Cylinders and blocks of the largest temporary disk.
_MOST = {"3390": 65520, "9336": 4194296}


def definition(name: str, classes: str = _ANY) -> Callable[[Handler], Handler]:
    """Declare the decorated function as an operand of DEFINE."""

    def declare(handler: Handler) -> Handler:
        DEFINITIONS[name] = (classes, handler)
        return handler

    return declare


def find(word: str, context: Context) -> Handler | None:
    """Return what carries out DEFINE ``word`` for the issuer, or None."""
    for name, (classes, handler) in DEFINITIONS.items():
        if abbreviates(name, word) and context.has_class(classes):
            return handler
    return None


@definition("VSWITCH", "B")
def define_vswitch(context: Context) -> str:
    """Make a switch that lasts until IPL.

    ``DEFINE VSWITCH name [RDEV rdev ...] [ETHernet|IP] [VLAN AWARE|UNAWARE|n] [NATive n] [PORTtype t]``.
    """
    switch = Vswitch(_name(context, 1), transport="IP", persist=False)
    words = context.words[2:]
    while words:
        word = words.pop(0)
        if word == "RDEV":
            while words and len(words[0]) <= 4 and all(digit in "0123456789ABCDEF" for digit in words[0]):
                switch.rdevs.append(words.pop(0).zfill(4))
        elif abbreviates("ETHernet", word):
            switch.transport = "ETHERNET"
        elif word == "IP":
            switch.transport = "IP"
        elif word == "VLAN" and words:
            _vlan(switch, words.pop(0))
        elif abbreviates("NATive", word) and words and words[0].isdigit():
            switch.native_vlan = int(words.pop(0))
        elif abbreviates("PORTtype", word) and words[:1] in (["ACCESS"], ["TRUNK"]):
            switch.port_type = words.pop(0)
        elif word in ("USERBASED", "PORTBASED"):
            switch.based = word
        elif abbreviates("CONTRoller", word) and words:
            switch.controller = words.pop(0)
        else:
            raise CpError("SWS", 3, f"Invalid option - {word}")
    context.system.network.create_vswitch(switch)
    return lines(f"VSWITCH SYSTEM {switch.name} is created")


def _vlan(switch: Vswitch, word: str) -> None:
    if word in ("AWARE", "UNAWARE"):
        switch.vlan_aware = word == "AWARE"
    elif word.isdigit() and 1 <= int(word) <= 4094:
        switch.vlan_aware, switch.vlan = True, int(word)
    else:
        raise CpError("SWS", 2812, f"VLAN {word} is not valid")
    if switch.vlan_aware:
        switch.vlan = switch.vlan or 1
        switch.native_vlan = switch.native_vlan or 1


@definition("LAN")
def define_lan(context: Context) -> str:
    """``DEFINE LAN name [OWNERid userid|SYSTEM] [TYPE QDIO|HIPERsockets] [IP|ETHernet] [REStricted]``."""
    lan = Lan(_name(context, 1), context.machine.userid, type="HIPERS", persist=False)
    words = context.words[2:]
    while words:
        word = words.pop(0)
        if abbreviates("OWNERid", word) and words:
            owner = words.pop(0)
            lan.owner = context.machine.userid if owner == "*" else owner
        elif word == "TYPE" and words:
            kind = words.pop(0)
            lan.type = "HIPERS" if abbreviates("HIPERsockets", kind) else "QDIO"
        elif abbreviates("ETHernet", word) or word == "IP":
            lan.transport = "IP" if word == "IP" else "ETHERNET"
        elif abbreviates("REStricted", word) or abbreviates("UNREStricted", word):
            lan.restricted = abbreviates("REStricted", word)
        else:
            raise CpError("NDL", 3, f"Invalid option - {word}")
    if lan.owner != context.machine.userid and not context.has_class("B"):
        raise CpError("NDL", 3, f"Invalid option - {lan.owner}")
    context.system.network.create_lan(lan)
    return lines(f"LAN {lan.owner} {lan.name} is created")


@definition("CTCA")
def define_ctca(context: Context) -> str:
    """``DEFINE CTCA vdev``."""
    vdev = _new_vdev(context, 1, "CTCA")
    context.machine.devices[vdev] = Ctca(vdev)
    return lines(f"CTCA {vdev} DEFINED")


@definition("VFB-512")
def define_vdisk(context: Context) -> str:
    """``DEFINE VFB-512 [AS] vdev [BLK] blocks``."""
    return _temporary(context, "9336", "V-DISK", "BLK")


@definition("T3390")
def define_tdisk(context: Context) -> str:
    """``DEFINE T3390 [AS] vdev [CYL] cylinders``."""
    return _temporary(context, "3390", "T-DISK", "CYL")


def _temporary(context: Context, devtype: str, kind: str, unit: str) -> str:
    context.words = [word for word in context.words if word not in ("AS", "BLK", "CYL")]
    vdev, size = _new_vdev(context, 1, "DASD"), context.word(2)
    if not size.isdigit() or not 1 <= int(size) <= _MOST[devtype]:
        raise CpError("DEF", 26, f"Operand missing or invalid - {size}")
    userid = context.machine.userid
    volume = temporary_volume(context.system, userid, vdev)
    context.system.dasd.add_volume(volume, devtype, cylinders=int(size), blocks=int(size))
    context.machine.devices[vdev] = Disk(vdev, userid, vdev, devtype, volume, 0, int(size), True, kind)
    return lines(f"DASD {vdev} DEFINED")


def detach_network(context: Context, kind: str) -> str:
    """``DETACH VSWITCH name``, ``DETACH LAN name [OWNERid userid]``."""
    name = context.word(1)
    if kind == "VSWITCH":
        if not context.has_class("B"):
            raise CpError("SWS", 3, "Invalid option - VSWITCH")
        context.system.network.delete_vswitch(name)
        return lines(f"VSWITCH SYSTEM {name} is destroyed")
    owner = context.words[-1] if len(context.words) > 2 else context.machine.userid
    if owner != context.machine.userid and not context.has_class("B"):
        raise CpError("NDL", 3, f"Invalid option - {owner}")
    context.system.network.delete_lan(owner, name)
    return lines(f"LAN {owner} {name} is destroyed")


def _name(context: Context, at: int) -> str:
    try:
        return names.vswitch(context.word(at))
    except InvalidName:
        raise CpError("DEF", 26, f"Operand missing or invalid - {context.word(at)}") from None


def _new_vdev(context: Context, at: int, word: str) -> str:
    vdev = context.vdev(at)
    if vdev in context.machine.devices or context.system.network.occupies(context.machine.userid, vdev):
        raise CpError("DEF", 91, f"{word} {vdev} not defined; device number already defined")
    return vdev
