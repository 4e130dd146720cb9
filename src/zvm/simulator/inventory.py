# SPDX-License-Identifier: Apache-2.0
"""The whole state of a system as one JSON document that is equal when the states are equal.

What counts or tells the time (spool ids, CPU time, timestamps, operation ids) is kept apart under
``counters``; so are console files, which are the log of what happened.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from zvm.simulator.spool import Spool, SpoolFile

if TYPE_CHECKING:
    from zvm.simulator.system import System
    from zvm.simulator.virtual_machine import VirtualMachine


def inventory(system: System) -> dict[str, Any]:
    """Return the state of ``system``."""
    network = system.network.dump()
    mac_counter = network.pop("mac")
    pools = system.extents.dump()
    groups = [dict(group) for group in pools["groups"]]
    pools["groups"] = groups
    last_regions = {group["name"]: group.pop("last", "") for group in groups}
    machines = sorted(system.guests.logged_on(), key=lambda machine: machine.userid)
    return {
        "system": {"name": system.name, "level": system.config.system.level},
        "directory": {entry.userid: entry.records() for entry in system.directory.entries()},
        "profiles": {entry.userid: entry.records() for entry in system.directory.profiles()},
        "locks": system.directory.locks.dump(),
        "volumes": system.dasd.dump()["volumes"],
        "offline": system.offline.dump(),
        "edevs": system.edevs.dump(),
        "pools": pools,
        "network": network,
        "guests": {machine.userid: _guest(system, machine) for machine in machines},
        "spool": sorted(
            (_file(system.spool, file) for file in system.spool.all_files() if file.device != "CON"),
            key=lambda file: sorted(file.items()),
        ),
        "counters": {
            "ipl_time": system.ipl_time,
            "mac": mac_counter,
            "last_regions": last_regions,
            "operations": system.operations.dump(),
            "flashcopy_relations": len(system.dasd.relations),
            "logon_times": {machine.userid: machine.logon_time for machine in machines},
            "cpu_seconds": {machine.userid: round(machine.cpu_seconds, 2) for machine in machines},
            "console_lines": {machine.userid: len(machine.console.lines) for machine in machines},
            "spoolids": {
                owner: sorted(file.spoolid for file in system.spool.all_files() if file.owner == owner)
                for owner in sorted({file.owner for file in system.spool.all_files()})
            },
        },
    }


def _guest(system: System, machine: VirtualMachine) -> dict[str, Any]:
    linux = system.guests.linux(machine)
    return {
        "state": machine.state.value,
        "privclasses": machine.privclasses,
        "storage": machine.storage,
        "max_storage": machine.max_storage,
        "cpus": machine.cpus,
        "ipl_device": machine.ipl_device,
        "booted": machine.booted,
        "devices": {vdev: device.dump() for vdev, device in sorted(machine.devices.items())},
        "linux": linux.dump() if linux else None,
    }


def _file(spool: Spool, file: SpoolFile) -> dict[str, Any]:
    """Describe a spool file without its id."""
    return {
        "owner": file.owner,
        "queue": file.queue,
        "origin": file.origin,
        "class": file.cls,
        "device": file.device,
        "name": file.name,
        "type": file.type,
        "hold": file.hold,
        "sha256": hashlib.sha256(spool.data(file)).hexdigest(),
    }
