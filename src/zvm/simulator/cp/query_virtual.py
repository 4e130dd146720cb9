# SPDX-License-Identifier: Apache-2.0
"""QUERY VIRTUAL: the issuer's own configuration."""

from __future__ import annotations

from zvm.simulator import dedicate
from zvm.simulator.cp.command import Context, abbreviates, lines, query
from zvm.simulator.cp.query_network import adapter_lines
from zvm.simulator.cp_error import CpError
from zvm.simulator.virtual_devices import ConsoleDevice, Ctca, Dedicated, Disk, UnitRecord, VirtualDevice
from zvm.simulator.virtual_machine import VirtualMachine, format_storage

_TYPES = {"RDR": "RDR", "PUN": "PUN", "PRT": "PRT"}


@query(
    "Virtual",
    "Virtual [ALL | DASD | CONsole | UR | OSA | FCP | NIC [vdev] | STORage | CPUS | vdev[-vdev]]",
    "QVD",
)
def virtual(context: Context) -> str:
    """Lines for all devices, one kind of them, or one device."""
    word = context.words[0] if context.words else "ALL"
    if abbreviates("NICs", word):
        context.words = context.words[1:]
        return nic(context)
    if abbreviates("STORage", word):
        return storage(context)
    if word in ("CPUS", "CPU"):
        return cpus(context)
    machine = context.machine
    known = sorted(machine.devices.values(), key=lambda device: device.vdev)
    if word == "ALL":
        adapters = context.system.network.adapters(machine.userid)
        osas = [
            f"OSA  {adapter.vdev} ON NIC  {adapter.vdev}  UNIT 000 SUBCHANNEL = 0000" for adapter in adapters
        ]
        head = [_storage_line(machine), "XSTORE = none", *cpus(context).splitlines()]
        return lines(*head, *(_line(context, device) for device in known), *osas)
    if abbreviates("DAsd", word):
        return _lines_or_none(context, [item for item in known if item.disk], "DASD")
    if word == "FCP":
        fcps = [item for item in known if isinstance(item, Dedicated) and context.system.san.fcp(item.rdev)]
        return _lines_or_none(context, fcps, "FCP")
    if abbreviates("CONsole", word):
        return _lines_or_none(context, [item for item in known if isinstance(item, ConsoleDevice)], "CONS")
    if word == "UR":
        return _lines_or_none(context, [item for item in known if isinstance(item, UnitRecord)], "UR")
    vdev = context.vdev(0)
    if vdev in machine.devices:
        return lines(_line(context, machine.devices[vdev]))
    if adapter := context.system.network.adapter(machine.userid, vdev):
        return lines(f"OSA  {vdev} ON NIC  {adapter.vdev}  UNIT 000 SUBCHANNEL = 0000")
    raise CpError("QVD", 40, f"Device {vdev} does not exist")


@query("NIC", "NIC [vdev]", "NDQ")
def nic(context: Context) -> str:
    """The issuer's network cards."""
    adapters = context.system.network.adapters(context.machine.userid)
    if context.words and context.words[0] not in ("ALL", "DETAILS"):
        vdev = context.vdev(0)
        adapters = [adapter for adapter in adapters if adapter.vdev == vdev]
        if not adapters:
            raise CpError("NDQ", 40, f"Device {vdev} does not exist")
    if not adapters:
        raise CpError("NDQ", 40, "Device NIC does not exist")
    return lines(*(line for adapter in adapters for line in adapter_lines(adapter)))


@query("STORage", "[Virtual] STORage", "QVS")
def storage(context: Context) -> str:
    """``STORAGE = 2G MAX = 64G INC = 1M STANDBY = 0  RESERVED = 62G``."""
    return lines(_storage_line(context.machine))


@query("CPUS", "[Virtual] CPUS", "QVC")
def cpus(context: Context) -> str:
    """A line per virtual CPU."""
    facts = context.system.config.system
    base = context.machine.cpus[0]
    return lines(
        *(
            f"CPU {address}  ID  {facts.cpuid} {'(BASE)' if address == base else 'STOPPED'}"
            f" {'IFL' if facts.cpu_type == 'IFL' else 'CP '}  CPUAFF ON"
            for address in context.machine.cpus
        )
    )


def _storage_line(machine: VirtualMachine) -> str:
    reserved = max(0, machine.max_storage - machine.storage - machine.standby)
    return (
        f"STORAGE = {format_storage(machine.storage)} MAX = {format_storage(machine.max_storage)} INC = 1M"
        f" STANDBY = {format_storage(machine.standby)}  RESERVED = {format_storage(reserved)}"
    )


def _lines_or_none(
    context: Context,
    devices: list[VirtualDevice] | list[Disk] | list[ConsoleDevice] | list[UnitRecord] | list[Dedicated],
    kind: str,
) -> str:
    if not devices:
        raise CpError("QVD", 40, f"Device {kind} does not exist")
    return lines(*(_line(context, device) for device in devices))


def _line(context: Context, device: VirtualDevice) -> str:
    """Return QUERY VIRTUAL's line for one device."""
    match device:
        case Disk():
            real = context.system.dasd.volumes[device.volume]
            temporary = {"V-DISK": "(VDSK)", "T-DISK": "(TEMP)"}.get(device.temporary, "")
            what = f"{device.devtype[:4]} {temporary or device.volume:<6} {device.access}"
            rdev = "VDSK" if device.temporary == "V-DISK" else real.rdev or "TEMP"
            return (
                f"DASD {device.vdev} {what} {device.size:10} {device.unit} ON DASD  {rdev} SUBCHANNEL = 0000"
            )
        case UnitRecord():
            hold = "HOLD" if device.hold else "NOHOLD"
            return f"{device.queue}  {device.vdev} CL {device.cls} NOCONT {hold} EOF READY"
        case ConsoleDevice():
            console = context.machine.console
            state = "START" if console.spooling else "STOP"
            return f"CONS {device.vdev} DISCONNECTED  TERM {state} CL {console.spool_class}"
        case Dedicated():
            word = dedicate.kind(context.system, device.rdev)
            return f"{word:<4} {device.vdev} ON {word:<4} {device.rdev} SUBCHANNEL = 0000"
        case Ctca():
            to = f"COUPLED TO {device.user} {device.partner}" if device.user else "NOT COUPLED"
            return f"CTCA {device.vdev} {to}"
    raise TypeError(device)
