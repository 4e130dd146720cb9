# SPDX-License-Identifier: Apache-2.0
"""DEFINE, COUPLE, UNCOUPLE, ATTACH, GIVE: the issuer's own network cards, CPUs, storage and devices."""

from __future__ import annotations

from zvm.simulator import dedicate
from zvm.simulator.cp import define as definitions
from zvm.simulator.cp.command import Context, abbreviates, command, lines
from zvm.simulator.cp_error import CpError
from zvm.simulator.virtual_devices import Dedicated
from zvm.simulator.virtual_machine import format_storage, parse_storage

_MOST_CPUS = 64


@command(
    "DEFine",
    "DEFine NIC vdev [TYPE QDIO|HIPERs] [DEVices n] | CPU addr[-addr]"
    " | STORage [size|INITial] [STANDBY size|REMAINDER] [RESERVED size|REMAINDER]"
    " | VSWITCH name ... | LAN name ... | VFB-512 vdev blocks | T3390 vdev cylinders | CTCA vdev",
    "DEF",
)
def define(context: Context) -> str:
    """Add a network card or CPUs, or change the storage."""
    kind = context.word(0)
    if kind == "NIC":
        return _nic(context)
    if abbreviates("CPU", kind):
        return _cpus(context)
    if abbreviates("STORage", kind):
        return _storage(context)
    if handler := definitions.find(kind, context):
        return handler(context)
    raise CpError("DEF", 3, f"Invalid option - {kind}")


@command("COUPLE", "COUPLE vdev [TO] SYSTEM|owner name", "CPL")
def couple(context: Context) -> str:
    """Connect a network card to a virtual switch or guest LAN."""
    context.words = [word for word in context.words if word != "TO"]
    vdev, owner, name = context.vdev(0), context.userid(1), context.word(2)
    return lines(context.system.network.couple(context.machine.userid, vdev, owner, name))


@command("UNCOUPLE", "UNCOUPLE vdev", "CPL")
def uncouple(context: Context) -> str:
    """Disconnect a network card."""
    vdev = context.vdev(0)
    adapter = context.system.network.adapter(context.machine.userid, vdev)
    where = f"{adapter.lan_owner} {adapter.lan_name}" if adapter else ""
    context.system.network.uncouple(context.machine.userid, vdev)
    return lines(f"NIC {vdev} is disconnected from LAN {where}")


@command("ATTach", "ATTach rdev [TO] userid [AS] vdev", "ATR", "B")
def attach(context: Context) -> str:
    """Give a real device to a guest."""
    context.words = [word for word in context.words if word not in ("TO", "AS")]
    rdev, userid = context.vdev(0), context.userid(1)
    vdev = context.vdev(2) if len(context.words) > 2 else rdev
    machine = context.system.guests.existing(userid, "ATR")
    return lines(dedicate.attach(context.system, machine, rdev, vdev))


@command("GIVE", "GIVE vdev [TO] userid [AS] [vdev]", "GIV", "B")
def give(context: Context) -> str:
    """Pass a real device that the issuer has on to another guest."""
    context.words = [word for word in context.words if word not in ("TO", "AS")]
    mine, userid = context.vdev(0), context.userid(1)
    vdev = context.vdev(2) if len(context.words) > 2 else mine
    device = context.machine.devices.get(mine)
    if device is None:
        raise CpError("GIV", 40, f"Device {mine} does not exist")
    if not isinstance(device, Dedicated):
        raise CpError("GIV", 6, f"Invalid device type - {mine}")
    machine = context.system.guests.existing(userid, "GIV")
    word = dedicate.kind(context.system, device.rdev)
    if vdev in machine.devices or context.system.network.occupies(userid, vdev):
        raise CpError("GIV", 123, f"{word} {device.rdev} not given; {userid} {vdev} already defined")
    del context.machine.devices[mine]
    machine.devices[vdev] = dedicate.device(context.system, machine, device.rdev, vdev, device.readonly)
    return lines(f"{word} {device.rdev} GIVEN TO {userid} {vdev}")


def _nic(context: Context) -> str:
    vdev, words = context.vdev(1), context.words[2:]
    kind, devices = "QDIO", 3
    while words:
        word = words.pop(0)
        if word == "TYPE" and words:
            word = words.pop(0)
        if word in ("QDIO", "IEDN", "INTRANET"):
            kind = word
        elif abbreviates("HIPERs", word):
            kind = "HIPERS"
        elif abbreviates("DEVices", word) and words and words[0].isdigit():
            devices = int(words.pop(0))
        else:
            raise CpError("DEF", 3, f"Invalid option - {word}")
    if vdev in context.machine.devices:
        raise CpError("DEF", 91, f"NIC {vdev} not defined; device number already defined")
    adapter = context.system.network.define(context.machine.userid, vdev, kind, devices)
    return lines(f"NIC {vdev} is created; devices {vdev}-{adapter.last_vdev} defined")


def _cpus(context: Context) -> str:
    first, _, last = context.word(1).partition("-")
    try:
        numbers = range(int(first, 16), int(last or first, 16) + 1)
    except ValueError:
        raise CpError("DEF", 26, f"Operand missing or invalid - {context.word(1)}") from None
    if not numbers or numbers[-1] >= _MOST_CPUS:
        raise CpError("DEF", 1450, f"CPU {last or first} is not valid")
    new = [f"{number:02X}" for number in numbers]
    if known := set(new) & set(context.machine.cpus):
        raise CpError("DEF", 1458, f"CPU {min(known)} already defined")
    most = context.machine.max_cpus
    if most and len(context.machine.cpus) + len(new) > most:
        raise CpError("DEF", 1450, f"CPU {new[-1]} is not valid")
    context.machine.define_cpus(new)
    return lines(*(f"CPU {address} defined" for address in new))


def _storage(context: Context) -> str:
    """``DEFINE STORAGE [size|INITIAL] [STANDBY size|REMAINDER] [RESERVED size|REMAINDER]``.

    Without a size what is online stays as it is, and so does the program that runs there.
    """
    machine, words = context.machine, context.words[1:]
    size = None
    if words and not _more_storage(words[0]):
        size = machine.core_storage if abbreviates("INITial", words[0]) else _size(context, words[0])
        words = words[1:]
    left = machine.max_storage - (size or machine.storage)
    if left < 0:
        raise _exceeds(machine.max_storage, context.words[1])
    more = {"STANDBY": 0, "RESERVED": 0}
    if not words and size is None:
        raise CpError("DEF", 26, "Operand missing or invalid")
    while words:
        kind, words = words[0], words[1:]
        if not _more_storage(kind) or not words:
            raise CpError("DEF", 26, "Operand missing or invalid")
        more[kind] = left if words[0] == "REMAINDER" else _size(context, words[0])
        if more[kind] > left:
            raise _exceeds(machine.max_storage, words[0])
        left, words = left - more[kind], words[1:]
    machine.standby = more["STANDBY"]
    if size is None:
        return lines(
            f"STORAGE = {format_storage(machine.storage)} STANDBY = {format_storage(machine.standby)}"
        )
    machine.storage = machine.core_storage = size
    context.system.guests.reset(machine)  # all of storage is cleared
    shown = f"STORAGE = {format_storage(size)}"
    shown += f" STANDBY = {format_storage(machine.standby)}" if machine.standby else ""
    return lines(shown, "Storage cleared - system reset.")


def _more_storage(word: str) -> bool:
    return word in ("STANDBY", "RESERVED")


def _size(context: Context, word: str) -> int:
    try:
        return parse_storage(word)
    except ValueError:
        raise CpError("DEF", 26, f"Operand missing or invalid - {word}") from None


def _exceeds(most: int, word: str) -> CpError:
    return CpError("DEF", 94, f"Storage {word} exceeds allowed maximum {format_storage(most)}")
