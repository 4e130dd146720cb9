# SPDX-License-Identifier: Apache-2.0
"""Directory entries: create, delete, replace, query, lock, search; profiles and processors."""

from __future__ import annotations

import fnmatch
import re
from dataclasses import replace

from zvm.directory import Cpu, Entry, Machine, User, names
from zvm.simulator.functions.prototypes import records_for
from zvm.simulator.functions.registry import Call, checked, done, serves
from zvm.simulator.refused import Refused
from zvm.smapi.frames import Reply

SYNCHRONOUS = -1
_NOT_FOUND = 28
#: The highest CPU address of a virtual machine.
_LAST_CPU = 63


def unlocked(call: Call, vdev: str = "", rc: int = 404) -> Entry:
    """Return the entry a call is about, for changing it.

    Raises:
        Refused: 400/4 no such entry, 400/12 locked, rc/12 the device ``vdev`` is locked.
    """
    entry = call.system.directory.get(call.target)
    call.system.directory.locks.check(call.target)
    if vdev:
        call.system.directory.locks.check(call.target, vdev, rc)
    return entry


@serves("Image_Query_DM")
def image_query(call: Call) -> Reply:
    return done(image_record_array=call.system.directory.get(call.target).records())


@serves("Image_Name_Query_DM")
def image_name_query(call: Call) -> Reply:
    return done(nameList=sorted(entry.userid for entry in call.system.directory.entries()))


@serves("Image_Create_DM")
def image_create(call: Call) -> Reply:
    userid = checked(names.userid, call.target, Refused(24, 418))
    prototype = call.text("prototype_name")
    records = records_for(call, prototype, userid) if prototype else call["image_record_array"]
    password, account = _password(call, "initial_password"), call.text("initial_account")
    call.system.directory.create(userid, records, password, account)
    return done(operation_id=SYNCHRONOUS)


def _password(call: Call, name: str) -> str:
    """Return a directory password, or "".

    Raises:
        Refused: 500/20, it has more than 8 characters or others than are printed.
    """
    password = call.text(name)
    if not re.fullmatch("[!-~]{0,8}", password):
        raise Refused(500, 20)
    return password


@serves("Image_Delete_DM")
def image_delete(call: Call) -> Reply:
    call.system.directory.delete(call.target, call["data_security_erase"])
    return done(operation_id=SYNCHRONOUS)


@serves("Image_Replace_DM")
def image_replace(call: Call) -> Reply:
    call.system.directory.replace(call.target, call["image_record_array"], call.caller)
    return done()


@serves("Image_Lock_DM")
def image_lock(call: Call) -> Reply:
    entry = call.system.directory.get(call.target)
    vdev = call.vdev("device_address") if call.text("device_address") else ""
    if vdev and not entry.devices(vdev):
        raise Refused(404, 8)
    call.system.directory.locks.lock(call.target, vdev, call.caller)
    return done()


@serves("Image_Unlock_DM")
def image_unlock(call: Call) -> Reply:
    call.system.directory.get(call.target)
    vdev = call.vdev("device_address") if call.text("device_address") else ""
    call.system.directory.locks.unlock(call.target, vdev)
    return done()


@serves("Image_Lock_Query_DM")
def image_lock_query(call: Call) -> Reply:
    call.system.directory.get(call.target)
    locks = call.system.directory.locks
    holder, devices = locks.holder(call.target), locks.devices(call.target)
    if not holder and not devices:
        return done(24)
    return done(
        12,
        lockedTypeImageLockedBy=f"IMAGE {holder}" if holder else "",
        lockedDevList=[f"{vdev} {by}" for vdev, by in devices.items()],
    )


@serves("Image_Password_Set_DM")
def image_password_set(call: Call) -> Reply:
    password = _password(call, "image_password")
    entry = unlocked(call)
    if isinstance(entry.header, User):
        entry = replace(entry, header=replace(entry.header, password=password))
    call.system.directory.update(entry)
    return done()


@serves("Directory_Manager_Search_DM")
def directory_search(call: Call) -> Reply:
    """Find statements; ``*`` in the pattern stands for anything, blanks for one or more blanks."""
    pattern = " ".join(call.text("search_pattern").split())
    entries = [*call.system.directory.profiles(), *call.system.directory.entries()]
    found = [
        {"targetId": entry.userid, "statement": record}
        for entry in entries
        for record in entry.records()
        if fnmatch.fnmatchcase(" ".join(record.upper().split()), f"{pattern}*")
    ]
    return done(statementList=found) if found else done(_NOT_FOUND)


@serves("Image_CPU_Define_DM")
def image_cpu_define(call: Call) -> Reply:
    entry = unlocked(call)
    address = call.text("cpu_address").zfill(2)
    others = [cpu for cpu in entry.find(Cpu) if cpu.address != address]
    most = next((item.cpus for item in call.system.directory.resolved(call.target).find(Machine)), None)
    if int(address, 16) > _LAST_CPU:
        raise Refused(520, 28)
    if call["base_cpu"] and any(cpu.base for cpu in others):
        raise Refused(520, 24)
    if most and len(others) >= most:
        raise Refused(520, 32)
    options = ["BASE"] if call["base_cpu"] else []
    if call.text("cpuid"):
        options += ["CPUID", call.text("cpuid")]
    if call["dedicate"]:
        options.append("DEDICATE" if call["dedicate"] == 2 else "NODEDICATE")
    if call["crypto"]:
        options.append("CRYPTO")
    old = next((cpu for cpu in entry.find(Cpu) if cpu.address == address), None)
    call.system.directory.update(entry.with_statement(Cpu(address, tuple(options)), instead_of=old))
    return done()


@serves("Image_CPU_Delete_DM")
def image_cpu_delete(call: Call) -> Reply:
    entry = unlocked(call)
    call.system.directory.update(entry.without(_cpu(entry, call)))
    return done()


@serves("Image_CPU_Query_DM")
def image_cpu_query(call: Call) -> Reply:
    cpu = _cpu(call.system.directory.get(call.target), call)
    words = list(cpu.options)
    cpuid = words[words.index("CPUID") + 1] if "CPUID" in words[:-1] else ""
    return done(
        cpuAddress=cpu.address,
        baseCpu=1 if cpu.base else 0,
        cpuId=cpuid,
        cpuDedicate=2 if "DEDICATE" in words else 1 if "NODEDICATE" in words else 0,
        cpuCrypto=1 if "CRYPTO" in words else 0,
    )


def _cpu(entry: Entry, call: Call) -> Cpu:
    address = call.text("cpu_address").zfill(2)
    if int(address, 16) > _LAST_CPU:
        raise Refused(520, 28)
    for cpu in entry.find(Cpu):
        if cpu.address == address:
            return cpu
    raise Refused(520, 30)


@serves("Image_CPU_Set_Maximum_DM")
def image_cpu_set_maximum(call: Call) -> Reply:
    entry = unlocked(call)
    old = next(iter(entry.find(Machine)), None)
    machine = Machine(old.architecture if old else "ESA", call["max_cpu"])
    call.system.directory.update(entry.with_statement(machine, instead_of=old))
    return done()
