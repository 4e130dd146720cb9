# SPDX-License-Identifier: Apache-2.0
"""Running virtual machines: start, stop, pause, status, performance, console."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from zvm.directory import Share
from zvm.simulator.functions.registry import Call, done, serves
from zvm.simulator.refused import Refused
from zvm.simulator.virtual_devices import ConsoleDevice, Disk, UnitRecord, VirtualDevice
from zvm.simulator.virtual_machine import State, VirtualMachine
from zvm.smapi import functions
from zvm.smapi.frames import Reply

_UNDEFINED, _INACTIVE = (200, 4), (200, 12)
_BAD_TIME = Refused(24, 118)
#: Seconds: the longest interval that CP's FORCE and SIGNAL SHUTDOWN take.
_LONGEST = 65535
_BASE, _STOPPED, _NOT_BASE = 1, 2, 4
_UNIT_RECORD = {"RDR": 2, "PUN": 3, "PRT": 4}


def active(call: Call) -> VirtualMachine:
    """Return the guest the call is about.

    Raises:
        Refused: 200/12 not active, 200/16 being deactivated; 200/4 not defined, by functions that tell.
    """
    machine = call.system.guests.get(call.target)
    if machine is None:
        unknown = call.system.directory.find(call.target) is None
        tells = _UNDEFINED in functions.get(call.request.function).codes
        raise Refused(*(_UNDEFINED if unknown and tells else _INACTIVE))
    if machine.state is State.LOGGING_OFF:
        raise Refused(200, 16)
    return machine


def activate(call: Call) -> Reply:
    """Log the target on; IPL is the directory's business."""
    if not call.system.directory.can_log_on(call.target):
        raise Refused(200, 4)
    machine = call.system.guests.get(call.target)
    if machine:
        raise Refused(200, 16 if machine.state is State.LOGGING_OFF else 8)
    if call.system.elsewhere(call.target):
        raise Refused(200, 8)
    call.system.guests.logon(call.target, by="VSMWORK1")
    return done()


def deactivate(call: Call) -> Reply:
    """Log the target off, at once or after it was told to shut down."""
    seconds = _force_time(call.text("force_time"), call.system.trouble.now())
    active(call)
    if seconds == 0:
        call.system.guests.force(call.target, by="VSMWORK1")
    else:
        call.system.guests.signal_shutdown(call.target, seconds, by="VSMWORK1")
    return done()


def _force_time(text: str, now: datetime) -> float | None:
    """Return how many seconds a guest has to shut down; None for the system's default.

    Raises:
        Refused: 24/118, the text is none of ``IMMED``, ``WITHIN n`` and ``BY hh:mm[:ss]``; 200/36, it is
            longer than CP allows.
    """
    if not text:
        return None
    if text == "IMMED":
        return 0.0
    if found := re.fullmatch(r"WITHIN (\d{1,5})", text):
        if int(found[1]) > _LONGEST:
            raise Refused(200, 36)
        return float(found[1])
    found = re.fullmatch(r"BY (\d{1,2}):(\d\d)(?::(\d\d))?", text)
    if not found or int(found[1]) > 23 or int(found[2]) > 59 or int(found[3] or 0) > 59:
        raise _BAD_TIME
    end = now.replace(hour=int(found[1]), minute=int(found[2]), second=int(found[3] or 0), microsecond=0)
    if end < now:
        end += timedelta(days=1)
    return (end - now).total_seconds()


def recycle(call: Call) -> Reply:
    """IPL the target again."""
    machine = active(call)
    call.system.guests.reboot(machine)
    return done()


@serves("Image_Pause")
def image_pause(call: Call) -> Reply:
    if call.system.guests.get(call.target) is None:
        return done(12)
    active(call)
    if call.text("action") == "PAUSE":
        call.system.guests.stop(call.target)
    else:
        call.system.guests.begin(call.target)
    return done()


@serves("Image_Status_Query")
def image_status_query(call: Call) -> Reply:
    guests = call.system.guests
    if call.target == "*":
        return done(imageNameList=[machine.userid for machine in guests.logged_on()])
    if guests.get(call.target) is None:
        return done(12)
    return done(imageNameList=[call.target])


@serves("Image_Query_Activate_Time")
def image_query_activate_time(call: Call) -> Reply:
    machine = active(call)
    logon = datetime.fromtimestamp(machine.logon_time)
    formats = ("%m/%d/%y", "%m/%d/%Y", "%y-%m-%d", "%Y-%m-%d", "%d/%m/%Y")
    date = logon.strftime(formats[call["date_format_indicator"] - 1])
    return done(imageName=call.target, activationDate=date, activationTime=f"{logon:%H:%M:%S}")


@serves("Image_Active_Configuration_Query")
def image_active_configuration_query(call: Call) -> Reply:
    machine = active(call)
    size, unit = next(
        (machine.storage >> shift, unit)
        for shift, unit in ((30, 3), (20, 2), (10, 1))
        if not machine.storage & ((1 << shift) - 1) or unit == 1
    )
    kind, value = _share(call)
    cpuid = call.system.config.system.cpuid
    return done(
        memorySize=size,
        memoryUnit=unit,
        shareType=kind,
        shareValue=value,
        numberOfCpus=len(machine.cpus),
        cpuInfoList=[
            {"cpuNumber": int(cpu, 16), "cpuId": cpuid, "cpuStatus": _cpu_status(machine, at, cpu)}
            for at, cpu in enumerate(machine.cpus)
        ],
        deviceList=[
            {"deviceType": kind, "deviceAddress": device.vdev}
            for device in sorted(machine.devices.values(), key=lambda item: item.vdev)
            if (kind := _device_type(device))
        ],
    )


def _cpu_status(machine: VirtualMachine, at: int, address: str) -> int:
    if at == 0:
        return _BASE
    return _NOT_BASE if address in machine.online_cpus else _STOPPED


def _share(call: Call) -> tuple[int, str]:
    """Return type (1 relative, 2 absolute) and value of the guest's SHARE; CP's default is RELATIVE 100."""
    entry = call.system.directory.find(call.target)
    for share in entry.find(Share) if entry else []:
        if len(share.words) > 1:
            return (2 if share.words[0].startswith("ABS") else 1), share.words[1]
    return 1, "100"


def _device_type(device: VirtualDevice) -> int:
    """Return 1 CONS, 2 RDR, 3 PUN, 4 PRT, 5 DASD; 0 for what old clients cannot read."""
    match device:
        case ConsoleDevice():
            return 1
        case UnitRecord():
            return _UNIT_RECORD.get(device.queue, 0)
        case Disk():
            return 5
        case _:
            return 0


@serves("Image_Performance_Query")
def image_performance_query(call: Call) -> Reply:
    """Answer for those of the named guests that are logged on."""
    names = [name for text in call["userids"] for name in text.upper().split()]
    machines = [machine for name in names if (machine := call.system.guests.get(name))]
    return done(performanceList=[_performance(call, machine) for machine in machines])


def _performance(call: Call, machine: VirtualMachine) -> dict[str, Any]:
    kilobytes = machine.storage >> 10
    facts = call.system.config.system
    return {
        "recordVersion": 1,
        "guestFlags": 0,
        "usedCPUTime": int(machine.cpu_seconds * 1_000_000),
        "elapsedTime": max(0, int((call.system.trouble.time() - machine.logon_time) * 1_000_000)),
        "minMemory": 0,
        "maxMemory": machine.max_storage >> 10,
        "sharedMemory": 0,
        "usedMemory": kilobytes // 4 if machine.booted else 0,
        "activeCPUsInCEC": facts.cpus,
        "logicalCPUsInVM": facts.cpus,
        "guestCPUs": len(machine.cpus),
        "minCPUCount": len(machine.cpus),
        "maxCPULimit": 10000,
        "processorShare": 100,
        "samplesCPUInUse": 1,
        "samplesCPUDelay": 0,
        "samplesPageWait": 0,
        "samplesIdle": 99,
        "samplesOther": 0,
        "samplesTotal": 100,
        "guestName": machine.userid,
    }


@serves("Image_Console_Get")
def image_console_get(call: Call) -> Reply:
    """Send what was spooled from the guest's console since the last time to the caller's reader, class T."""
    machine = call.system.guests.get(call.target)
    if machine is None or call.system.guests.close_console(machine, to=call.caller, cls="T") is None:
        raise Refused(8, 8)
    return done()
