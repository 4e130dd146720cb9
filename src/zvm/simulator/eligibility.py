# SPDX-License-Identifier: Apache-2.0
"""Whether CP would relocate a guest: every reason why not, each with its message number.

The numbers are those a real cluster was seen to answer (1940 and its reasons 1944, 1981, 1996); the wording
of the reasons is ours. Source: CP Planning and Administration, "Preparing for live guest relocation".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from zvm.simulator.virtual_devices import Dedicated, Disk
from zvm.simulator.virtual_machine import State, VirtualMachine, parse_storage

if TYPE_CHECKING:
    from zvm.simulator.ssi import Ssi
    from zvm.simulator.system import System
    from zvm.simulator.vswitch import Adapter

NOT_ELIGIBLE, DOMAIN, DESTINATION, DEVICE = 1940, 1944, 1981, 1996
ARCHITECTURE_FORCE, DOMAIN_FORCE, STORAGE_FORCE = "ARCHITECTURE", "DOMAIN", "STORAGE"
FORCES = (ARCHITECTURE_FORCE, DOMAIN_FORCE, STORAGE_FORCE)
_MOVABLE = (State.RUNNING, State.STOPPED)


@dataclass(frozen=True)
class Reason:
    """Why a guest cannot be relocated."""

    number: int
    text: str


def reasons(
    ssi: Ssi, machine: VirtualMachine, source: System, target: System, force: tuple[str, ...] = ()
) -> list[Reason]:
    """Return why ``machine`` cannot move from ``source`` to ``target``; empty when it can.

    Parameters:
        force: of ARCHITECTURE, DOMAIN and STORAGE, what is not to be looked at.
    """
    found = [*_guest(machine, source), *_destination(ssi, machine, source, target)]
    if found:
        return found
    if not ssi.in_domain(machine.domain, target) and DOMAIN_FORCE not in force:
        found.append(Reason(DOMAIN, f"{target.name} is not in relocation domain {machine.domain}"))
    old, new = source.config.system.machine_type, target.config.system.machine_type
    if new < old and not {ARCHITECTURE_FORCE, DOMAIN_FORCE} & set(force):
        found.append(Reason(DOMAIN, f"machine type {new} of {target.name} lacks facilities of {old}"))
    if STORAGE_FORCE not in force and _storage_in_use(target) + machine.storage > _storage(target):
        found.append(Reason(DESTINATION, f"{target.name} has too little storage"))
    for vdev, rdev in equivalents(machine, source, target).items():
        if not rdev:
            text = f"device {vdev} has no equivalent on {target.name}"
            found.append(Reason(DEVICE, text))
    for device in machine.devices.values():
        if isinstance(device, Disk) and device.temporary:
            found.append(Reason(DEVICE, f"device {device.vdev} is a {device.temporary}"))
    for adapter in source.network.adapters(machine.userid):
        found += _adapter(adapter, source, target)
    return found


def equivalents(machine: VirtualMachine, source: System, target: System) -> dict[str, str]:
    """Return the guest's device numbers of real devices → the real devices that it gets on ``target``.

    They are free and online, each another one, and have the same equivalency id; "" where there is none.
    """
    found: dict[str, str] = {}
    usable = target.real_devices() - target.offline.devices
    for device in machine.devices.values():
        if isinstance(device, Dedicated):
            eqid = source.config.eqids.get(device.rdev)
            free = (
                rdev
                for rdev, other in sorted(target.config.eqids.items())
                if eqid and other == eqid and rdev in usable - set(found.values())
            )
            found[device.vdev] = next((rdev for rdev in free if not target.dedicated_to(rdev)), "")
    return found


def _guest(machine: VirtualMachine, source: System) -> list[Reason]:
    entry = source.directory.find(machine.userid)
    if entry is None or entry.kind != "USER":
        return [Reason(DEVICE, "it is no single-configuration virtual machine")]
    found = []
    if not machine.relocatable:
        found.append(Reason(DEVICE, "relocation is off for this virtual machine"))
    if machine.state not in _MOVABLE:
        found.append(Reason(DEVICE, f"the virtual machine is in state {machine.state}"))
    return found


def _destination(ssi: Ssi, machine: VirtualMachine, source: System, target: System) -> list[Reason]:
    if source is target:
        return [Reason(DESTINATION, f"it runs on {target.name} already")]
    if not ssi.is_joined(target):
        return [Reason(DESTINATION, f"member {target.name} is down")]
    if target.guests.is_on(machine.userid):
        return [Reason(DESTINATION, f"it is logged on to {target.name}")]
    return []


def _adapter(adapter: Adapter, source: System, target: System) -> list[Reason]:
    if not adapter.coupled:
        return []
    if adapter.lan_owner != "SYSTEM" or adapter.lan_name not in source.network.vswitches:
        return [Reason(DEVICE, f"NIC {adapter.vdev} is coupled to guest LAN {adapter.lan_name}")]
    name = adapter.lan_name
    there = target.network.vswitches.get(name)
    if there is None:
        return [Reason(DESTINATION, f"NIC {adapter.vdev}: {target.name} has no VSWITCH {name}")]
    ours, theirs = (_eqids(system, name) for system in (source, target))
    if ours != theirs and not ours & theirs:
        return [Reason(DESTINATION, f"NIC {adapter.vdev}: the EQIDs of VSWITCH {name} differ")]
    if not target.network.admits(adapter, name):
        return [Reason(DESTINATION, f"NIC {adapter.vdev}: not authorized for VSWITCH {name} there")]
    return []


def _eqids(system: System, vswitch: str) -> set[str]:
    rdevs = system.network.vswitch(vswitch).rdevs
    return {eqid for rdev in rdevs if (eqid := system.config.eqids.get(rdev))}


def _storage(system: System) -> int:
    return parse_storage(system.config.system.storage)


def _storage_in_use(system: System) -> int:
    """Return the bytes in use: a light guest uses a quarter of its storage."""
    return sum(machine.storage // 4 for machine in system.guests.logged_on())
