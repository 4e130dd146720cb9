# SPDX-License-Identifier: Apache-2.0
"""What CP does at logon: the virtual machine its directory entry describes, device by device."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zvm.directory import Console, Cpu, Dedicate, Entry, Link, Machine, Mdisk, Spool, User
from zvm.directory.statements import Identity, VmRelocate
from zvm.simulator import dedicate, link
from zvm.simulator.cp_error import CpError
from zvm.simulator.virtual_devices import ConsoleDevice, Disk, UnitRecord
from zvm.simulator.virtual_machine import VirtualMachine, parse_storage

if TYPE_CHECKING:
    from zvm.simulator.system import System

_DEFAULT_STORAGE = "32M"
_QUEUES = {
    "2540": "RDR",
    "3505": "RDR",
    "3525": "PUN",
    "1403": "PRT",
    "3203": "PRT",
    "3211": "PRT",
    "3800": "PRT",
}


def build(system: System, entry: Entry, by: str) -> VirtualMachine:
    """Return the virtual machine of an entry whose profile is included, still without devices."""
    header = entry.header
    storage = maximum = classes = ""
    if isinstance(header, User | Identity):
        storage, maximum, classes = header.storage, header.maximum_storage, header.classes
    relocation = [word for statement in entry.find(VmRelocate) for word in statement.words]
    return VirtualMachine(
        relocatable="OFF" not in relocation,
        domain=relocation[relocation.index("DOMAIN") + 1] if "DOMAIN" in relocation[:-1] else "",
        userid=entry.userid,
        privclasses=classes or "G",
        storage=parse_storage(storage or _DEFAULT_STORAGE),
        core_storage=parse_storage(storage or _DEFAULT_STORAGE),
        max_cpus=next((item.cpus for item in reversed(entry.find(Machine)) if item.cpus), 0),
        max_storage=parse_storage(maximum or storage or _DEFAULT_STORAGE),
        cpus=sorted({cpu.address for cpu in entry.find(Cpu)}) or ["00"],
        logon_time=system.trouble.time(),
        by=by,
    )


def greet(system: System, machine: VirtualMachine) -> None:
    """Write CP's first lines to the console."""
    files = {queue: len(system.spool.files(machine.userid, queue)) for queue in ("RDR", "PRT", "PUN")}
    shown = ", ".join(f"{f'{count:04}' if count else '  NO'} {queue}" for queue, count in files.items())
    zone = system.config.system.timezone
    machine.console.write(f"{system.config.system.version},")
    machine.console.write("built on IBM Virtualization Technology")
    machine.console.write("There is no logmsg data")
    machine.console.write(f"FILES: {shown}")
    machine.console.write(
        f"LOGON AT {system.trouble.now():%H:%M:%S} {zone} {system.trouble.now():%A %m/%d/%y}".upper()
    )


def connect(system: System, machine: VirtualMachine, entry: Entry) -> None:
    """Build the devices of the entry; what cannot be had is told on the console."""
    for statement in entry.statements:
        try:
            match statement:
                case Spool():
                    reader = "READER" in statement.more or statement.devtype in ("3505", "2501")
                    punch = "PUNCH" in statement.more
                    queue = "RDR" if reader else "PUN" if punch else _QUEUES.get(statement.devtype, "PRT")
                    cls = next((word for word in statement.more if len(word) == 1), "A")
                    machine.devices[statement.vdev] = UnitRecord(statement.vdev, queue, cls)
                case Console():
                    machine.devices[statement.vdev] = ConsoleDevice(statement.vdev)
                    machine.console.spool_class = (*statement.more, "T")[0]
                    machine.secuser = (*statement.more, "", "")[1]
                    if "OBSERVER" in statement.more[2:]:
                        machine.observer, machine.secuser = machine.secuser, ""
                case Mdisk():
                    machine.console.show(minidisk(system, machine, statement))
                case Link():
                    owner = machine.userid if statement.userid == "*" else statement.userid
                    machine.console.show(_link(system, machine, statement, owner))
                case Dedicate():
                    dedicate.attach(system, machine, statement.rdev, statement.vdev, statement.readonly)
        except CpError as error:
            machine.console.write(error.message)
    for text in system.network.logon(machine.userid, entry.nics()):
        machine.console.write(text)


def disconnect(system: System, machine: VirtualMachine) -> None:
    """Take the devices away: temporary disks are deleted, adapters removed."""
    for disk in machine.disks:
        if disk.temporary:
            system.dasd.remove_volume(disk.volume)
    machine.devices.clear()
    system.network.logoff(machine.userid)


def minidisk(system: System, machine: VirtualMachine, mdisk: Mdisk) -> str:
    """Give a guest a minidisk of its own, a temporary one empty; return CP's message.

    :raises CpError: as ``link.attach``.
    """
    if mdisk.allocation in ("V-DISK", "T-DISK"):
        volume = link.temporary_volume(system, machine.userid, mdisk.vdev)
        devtype = "3390" if mdisk.devtype.startswith("33") else "9336"
        size = mdisk.size or 0
        system.dasd.add_volume(volume, devtype, cylinders=size, blocks=size)
        machine.devices[mdisk.vdev] = Disk(
            mdisk.vdev, machine.userid, mdisk.vdev, devtype, volume, 0, size, True, mdisk.allocation
        )
        return ""
    return link.attach(system, machine, mdisk, machine.userid, mdisk.vdev, link.directory_mode(mdisk))


def _link(system: System, machine: VirtualMachine, statement: Link, owner: str) -> str:
    """A LINK statement needs no password: the directory is the authority."""
    entry = system.directory.find(owner, online=True)
    mdisk = entry.minidisk(statement.source) if entry else None
    if mdisk is None:
        raise CpError("LNM", 107, f"{owner} {statement.source} not linked; not in CP directory")
    return link.attach(system, machine, mdisk, owner, statement.vdev, statement.mode or "RR")
