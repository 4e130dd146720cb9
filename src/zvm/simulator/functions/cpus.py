# SPDX-License-Identifier: Apache-2.0
"""The virtual CPUs of running guests; those of the directory stand in ``entries``."""

from __future__ import annotations

from zvm.simulator.functions.registry import Call, done, serves
from zvm.simulator.refused import Refused
from zvm.simulator.virtual_machine import State, VirtualMachine
from zvm.smapi.frames import Reply

_LAST_ADDRESS = 63
_TYPES = {"CP": 1, "IFL": 2, "ZIIP": 3, "ICF": 4}
_STOPPED, _ACTIVE = 1, 3


def _active(call: Call) -> VirtualMachine:
    machine = call.system.guests.get(call.target)
    if machine is None or machine.state is State.LOGGING_OFF:
        raise Refused(216, 12)
    return machine


def _address(call: Call) -> str:
    address = int(call.text("cpu_address"), 16)
    if address > _LAST_ADDRESS:
        raise Refused(216, 2)
    return f"{address:02X}"


@serves("Image_CPU_Define")
def image_cpu_define(call: Call) -> Reply:
    machine, address = _active(call), _address(call)
    if address in machine.cpus:
        raise Refused(216, 24)
    if machine.max_cpus and len(machine.cpus) >= machine.max_cpus:
        raise Refused(216, 28)
    machine.define_cpus([address])
    return done()


@serves("Image_CPU_Delete")
def image_cpu_delete(call: Call) -> Reply:
    """Take a CPU away; the base CPU stays."""
    machine, address = _active(call), _address(call)
    if address not in machine.cpus:
        raise Refused(216, 4)
    if address == machine.cpus[0]:
        raise Refused(216, 2)
    machine.detach_cpu(address)
    return done()


@serves("Image_CPU_Query")
def image_cpu_query(call: Call) -> Reply:
    machine, facts = _active(call), call.system.config.system
    running = machine.state is State.RUNNING
    used = machine.online_cpus if machine.booted else machine.cpus[:1]
    return done(
        numberOfCpus=len(machine.cpus),
        cpuList=[
            {
                "cpuNumber": int(address, 16),
                "cpuId": facts.cpuid,
                "cpuBase": int(at == 0),
                "cpuStatus": _ACTIVE if running and address in used else _STOPPED,
                "cpuType": _TYPES.get(facts.cpu_type, 1),
            }
            for at, address in enumerate(machine.cpus)
        ],
    )
