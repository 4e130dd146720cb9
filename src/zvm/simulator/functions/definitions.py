# SPDX-License-Identifier: Apache-2.0
"""Directory entries by keyword: ``KEYWORD=SUBKEYWORD=value SUBKEYWORD=value ...``."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from zvm.directory import (
    Account,
    Command,
    Console,
    Cpu,
    Dedicate,
    DirectoryError,
    Entry,
    Include,
    Ipl,
    Link,
    Machine,
    Mdisk,
    NicDef,
    Option,
    Share,
    Spool,
    User,
    VmRelocate,
    names,
)
from zvm.simulator.functions import definition_updates
from zvm.simulator.functions.entries import unlocked
from zvm.simulator.functions.registry import Call, checked, done, serves
from zvm.simulator.refused import Refused
from zvm.smapi.frames import Reply

_ASYNCHRONOUS = (592, 4)
_SPOOL_DEVICES = {"READER": "2540_READER", "PUNCH": "2540_PUNCH"}


@serves("Image_Definition_Query_DM")
def image_definition_query(call: Call) -> Reply:
    entry = call.system.directory.get(call.target)
    asked = [keyword.strip().upper() for keyword in call["definitions"]]
    everything = "*" in asked
    lines: dict[str, list[str]] = {}
    for keyword in _KEYWORDS if everything else asked:
        show = _KEYWORDS.get(keyword)
        lines[keyword] = [f"{keyword}={value}" for value in (show(entry) if show else [])]
    # Of everything, z/VM tells first what there is and then what there is not.
    order = sorted(lines, key=lambda keyword: not lines[keyword]) if everything else list(lines)
    told = [line for keyword in order for line in lines[keyword] or [f"{keyword}="]]
    if everything and isinstance(entry.header, User):
        told.append(entry.header.password)
    return done(definitions=told)


def _pairs(**values: object) -> str:
    """Return ``NAME=value`` words for the values that are not empty."""
    return " ".join(f"{name}={value}" for name, value in values.items() if value not in ("", None))


def _cpu(cpu: Cpu) -> str:
    dedicated = "YES" if "DEDICATE" in cpu.options else "NO" if "NODEDICATE" in cpu.options else ""
    return _pairs(CPUADDR=cpu.address, BASE="YES" if cpu.base else "", DEDICATE=dedicated)


def _mdisk(disk: Mdisk) -> str:
    return _pairs(
        VDEV=disk.vdev,
        DEVTYPE=disk.devtype,
        DISKTYPE=disk.allocation,
        START=disk.start,
        COUNT="END" if disk.size is None else disk.size,
        VOLID=disk.volume,
        MODE=disk.mode,
        READPASSWORD=disk.read_password,
        WRITEPASSWORD=disk.write_password,
        MULTIPASSWORD=disk.multi_password,
    )


def _nic(nic: NicDef) -> str:
    return _pairs(
        VDEV=nic.vdev,
        TYPE=nic.type,
        DEVICES=nic.devices,
        LAN=nic.lan_owner,
        SWITCHNAME=nic.lan_name,
        MACID=nic.macid,
        VLAN=",".join(nic.vlan),
        PORTTYPE=nic.port_type,
    )


def _spool(spool: Spool) -> str:
    kind = next((name for word, name in _SPOOL_DEVICES.items() if word in spool.more), spool.devtype)
    cls = next((word for word in spool.more if word not in _SPOOL_DEVICES), "")
    return _pairs(VDEV=spool.vdev, DEVTYPE=kind, CLASS=cls)


def _header(field: str) -> Callable[[Entry], Iterable[str]]:
    return lambda entry: [value] if (value := getattr(entry.header, field, "")) else []


def _maximum(entry: Entry) -> Iterable[str]:
    for machine in entry.find(Machine):
        if machine.cpus:
            yield f"COUNT={machine.cpus} TYPE={machine.architecture}"


def _commands(text: str) -> Callable[[Entry], Iterable[str]]:
    return lambda entry: [
        definition_updates.command_operands(text, command.command.upper())
        for command in entry.find(Command)
        if command.command.upper().startswith(text)
    ]


def _share(share: Share) -> str:
    kind, value, *limit = (*share.words, "")
    return f"{kind}={value} LIMIT={' '.join(limit).strip() or 'NOLIMIT'}"


_KEYWORDS: dict[str, Callable[[Entry], Iterable[str]]] = {
    "ACCOUNT": lambda entry: [" ".join(item.words) for item in entry.find(Account)],
    "COMMAND_DEFINE_CPU": _commands("DEFINE CPU"),
    "COMMAND_SET_CPUAFFINITY": _commands("SET CPUAFFINITY"),
    "COMMAND_SET_SHARE": _commands("SET SHARE"),
    "COMMAND_SET_VCONFIG": _commands("SET VCONFIG"),
    "CONSOLE": lambda entry: [
        _pairs(VDEV=item.vdev, DEVTYPE=item.devtype, CLASS=item.more[0] if item.more else "")
        for item in entry.find(Console)
    ],
    "CPU": lambda entry: map(_cpu, entry.find(Cpu)),
    "CPU_MAXIMUM": _maximum,
    "DEDICATE": lambda entry: [_pairs(VDEV=item.vdev, RDEV=item.rdev) for item in entry.find(Dedicate)],
    "INCLUDE": lambda entry: [item.profile for item in entry.find(Include)],
    "IPL": lambda entry: [
        _pairs(VDEV=item.system, LOADPARM=item.load_parameter, PARM=item.parameters)
        for item in entry.find(Ipl)
    ],
    "LINK": lambda entry: [
        _pairs(USERID=item.userid, VDEV1=item.source, VDEV2=item.vdev, MODE=item.mode)
        for item in entry.find(Link)
    ],
    "MDISK": lambda entry: map(_mdisk, entry.find(Mdisk)),
    "NICDEF": lambda entry: map(_nic, entry.nics()),
    "OPTION": lambda entry: [" ".join(item.words) for item in entry.find(Option)],
    "PRIVILEGE_CLASSES": _header("classes"),
    "SHARE": lambda entry: map(_share, entry.find(Share)),
    "SPOOL": lambda entry: map(_spool, entry.find(Spool)),
    "STORAGE_INITIAL": _header("storage"),
    "STORAGE_MAXIMUM": _header("maximum_storage"),
    "VMRELOCATE": lambda entry: [" ".join(item.words) for item in entry.find(VmRelocate)],
}


@serves("Image_Definition_Create_DM")
def image_definition_create(call: Call) -> Reply:
    """Make an entry of definitions; one that cannot be made whole is not made."""
    directory = call.system.directory
    userid = checked(names.userid, call.target, Refused(24, 418))
    entry = directory.create(userid, [f"USER {userid} NOLOG 32M 32M G"])
    try:
        new_disks: list[Mdisk] = []
        for definition in call["definitions"]:
            entry = _changed(definition_updates.update, call, entry, definition, new_disks)
        directory.update(entry)
    except Refused:
        directory.delete(userid)
        raise
    return _finished(call)


@serves("Image_Definition_Update_DM")
def image_definition_update(call: Call) -> Reply:
    """Make all changes or none: the entry is put back whole."""
    entry = unlocked(call)
    new_disks: list[Mdisk] = []
    for definition in call["definitions"]:
        entry = _changed(definition_updates.update, call, entry, definition, new_disks)
    call.system.directory.update(entry)
    return _finished(call)


@serves("Image_Definition_Delete_DM")
def image_definition_delete(call: Call) -> Reply:
    entry = unlocked(call)
    for definition in call["definitions"]:
        entry = _changed(definition_updates.delete, call, entry, definition, [])
    call.system.directory.update(entry)
    return _finished(call)


@serves("Image_Definition_Async_Updates")
def image_definition_async_updates(call: Call) -> Reply:
    """Say whether the result of changes by keyword is told as an event instead of in the reply."""
    call.system.smapi_files.definition_events = call.text("enabled") == "YES"
    return done()


def _finished(call: Call) -> Reply:
    """Answer a change that is made: at once, or 592/4 with the id that the event with its result bears."""
    if not call.system.smapi_files.definition_events:
        return done()
    operation = call.system.operations.start(call.target)
    call.system.events.definition_result(operation, 0, 0)
    return Reply(*_ASYNCHRONOUS, {"asynchIds": [str(operation)]})


def _changed(
    change: Callable[[Call, Entry, str, dict[str, str], list[Mdisk]], Entry],
    call: Call,
    entry: Entry,
    definition: str,
    new_disks: list[Mdisk],
) -> Entry:
    keyword, _, text = definition.partition("=")
    keyword = keyword.strip().upper()
    try:
        return change(call, entry, keyword, definition_updates.operands(text), new_disks)
    except DirectoryError as error:
        raise Refused(8, 3003, f"UNKNOWN_PARAMETER_OPERAND={definition}") from error
    except KeyError as error:
        raise Refused(8, 3004, f"MISSING_{keyword}_KEYWORD={error.args[0]}") from error
