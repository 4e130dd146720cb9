# SPDX-License-Identifier: Apache-2.0
"""What one definition keyword changes in a directory entry."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from zvm.directory import (
    Account,
    Command,
    Console,
    Cpu,
    Dedicate,
    Entry,
    Include,
    InvalidStatement,
    Ipl,
    Link,
    Machine,
    Mdisk,
    NicDef,
    Option,
    Share,
    Spool,
    Statement,
    User,
    VmRelocate,
    names,
)
from zvm.simulator.functions.registry import Call
from zvm.simulator.refused import Refused

Operands = dict[str, str]
#: Takes the call, the entry, the operands, and the list to which new minidisks are added; returns the entry.
Change = Callable[[Call, Entry, Operands, list[Mdisk]], Entry]
#: How the CP commands of the COMMAND_ keywords begin.
COMMANDS = {
    "COMMAND_DEFINE_CPU": "DEFINE CPU",
    "COMMAND_SET_CPUAFFINITY": "SET CPUAFFINITY",
    "COMMAND_SET_SHARE": "SET SHARE",
    "COMMAND_SET_VCONFIG": "SET VCONFIG",
}
_STORAGE = "[0-9]{1,7}[KMGTPE]"
_NIC_TYPES = ("", "QDIO", "HIPERS", "IEDN", "INMN")
_LAST_CPU = 63
#: 512-byte blocks of the largest V-DISK (CP Planning and Administration, MDISK statement).
_MOST_BLOCKS = 4194296
#: The operand without a name, as in ``STORAGE_INITIAL=2G``.
BARE = ""


def operands(text: str) -> Operands:
    """Return the ``NAME=value`` words of ``text``; what has no name is together under ``BARE``."""
    found: Operands = {}
    bare = []
    for word in text.split():
        name, separator, value = word.partition("=")
        if separator and name.isidentifier():
            found[name.upper()] = value
        else:
            bare.append(word)
    if bare:
        found[BARE] = " ".join(bare)
    return found


def update(call: Call, entry: Entry, keyword: str, given: Operands, new: list[Mdisk]) -> Entry:
    """Return the entry with one definition added or changed.

    Raises:
        Refused: z/VM would refuse it.
        DirectoryError: an operand breaks the directory's grammar.
        KeyError: an operand is missing.
    """
    change = _UPDATES.get(keyword)
    if change is None:
        raise Refused(8, 3002, f"UNKNOWN_DIRECTORY_KEYWORD_PARAMETER={keyword}")
    return change(call, entry, given, new)


def delete(call: Call, entry: Entry, keyword: str, given: Operands, new: list[Mdisk]) -> Entry:
    """Return the entry without what one definition names.

    Raises:
        Refused: there is nothing of that kind (404/8, 408/8, 460/4, 520/30), or 8/3002.
        KeyError: an operand is missing.
    """
    match keyword:
        case "MDISK":
            disk = entry.minidisk(given["VDEV"])
            call.system.directory.locks.check(entry.userid, names.vdev(given["VDEV"]), 408)
            return _without(entry, [disk] if disk else [], Refused(408, 8))
        case "NICDEF" | "DEDICATE" | "LINK" | "CONSOLE" | "SPOOL":
            vdev = given.get("VDEV") or given["VDEV2"]
            found = [item for item in entry.devices(vdev) if item.keyword == keyword]
            return _without(entry, found, Refused(404, 8))
        case "IPL":
            return _without(entry, entry.find(Ipl), Refused(460, 4))
        case "CPU":
            address = given["CPUADDR"].zfill(2).upper()
            return _without(
                entry, [cpu for cpu in entry.find(Cpu) if cpu.address == address], Refused(520, 30)
            )
        case "INCLUDE" | "OPTION" | "SHARE" | "VMRELOCATE" | "ACCOUNT" | "CPU_MAXIMUM":
            statement = "MACHINE" if keyword == "CPU_MAXIMUM" else keyword
            found = [item for item in entry.statements if item.keyword == statement]
            return _without(entry, found, Refused(8, 4))
        case _ if keyword in COMMANDS:
            start = command_text(COMMANDS[keyword], given) if given else COMMANDS[keyword]
            commands = [
                item for item in entry.find(Command) if f"{item.command.upper()} ".startswith(f"{start} ")
            ]
            return _without(entry, commands, Refused(8, 4))
    raise Refused(8, 3002, f"UNKNOWN_DIRECTORY_KEYWORD_PARAMETER={keyword}")


def _without(entry: Entry, found: Sequence[Statement], missing: Refused) -> Entry:
    if not found:
        raise missing
    return entry.without(*found)


def _bare(given: Operands) -> str:
    """Return the operand without a name.

    Raises:
        KeyError: there is none.
    """
    if BARE not in given:
        raise KeyError("VALUE")
    return given[BARE].upper()


def _nicdef(call: Call, entry: Entry, given: Operands, new: list[Mdisk]) -> Entry:
    vdev = names.vdev(given["VDEV"])
    call.system.directory.locks.check(entry.userid, vdev, 404)
    old = entry.nic(vdev)
    if old is None and call.system.directory.resolved(entry.userid).devices(vdev):
        raise Refused(404, 4)
    lan = given.get("SWITCHNAME") or given.get("LANNAME", "")
    kind, devices = given.get("TYPE", "" if old else "QDIO").upper(), given.get("DEVICES", "")
    if kind not in _NIC_TYPES or not _is_number(devices or "3", 3072):
        raise InvalidStatement("NICDEF", "type or devices")
    nic = NicDef(
        vdev,
        kind,
        int(devices) if devices else None,
        (given.get("LAN") or "SYSTEM").upper() if lan else "",
        lan,
        given.get("MACID", ""),
        given.get("CHPID", "").upper(),
        tuple(given["VLAN"].replace(",", " ").split()) if given.get("VLAN") else (),
        port_type=given.get("PORTTYPE", "").upper(),
    )
    if old is None:
        return entry.with_statement(nic)
    records = [item for item in entry.find(NicDef) if item.vdev == vdev]
    return entry.with_statement(old.merged(nic), instead_of=records[0]).without(*records[1:])


def _mdisk(call: Call, entry: Entry, given: Operands, new: list[Mdisk]) -> Entry:
    vdev = names.vdev(given["VDEV"])
    if any(disk.vdev == vdev for disk in new) or call.system.directory.resolved(entry.userid).devices(vdev):
        raise Refused(408, 4)
    how = given.get("DISKTYPE", "").upper()
    devtype = "9336" if given.get("DEVTYPE", "").upper() in ("9336", "FB-512") else "3390"
    area = (given.get("NAME") or given.get("VOLID") or "").upper()
    read, write, multi = (given.get(f"{kind}PASSWORD", "").upper() for kind in ("READ", "WRITE", "MULTI"))
    mode = given.get("MODE", "MR").upper()
    kind = "3390" if devtype == "3390" else "FB-512"
    if how in ("V-DISK", "T-DISK") and _is_number(given["COUNT"], _MOST_BLOCKS):
        size = int(given["COUNT"])
        return entry.with_statement(Mdisk(vdev, kind, None, size, "", mode, read, write, multi, how))
    if how == "PERM":
        how = given["START"]
    if not given["COUNT"].isdecimal() or not (how.isdecimal() or how in ("AUTOG", "AUTOR", "AUTOV")):
        raise InvalidStatement("MDISK", "place or size")
    reserved = [place for disk in new if (place := call.system.extents.place_of(disk))]
    place = call.system.extents.allocate(how, area, devtype, int(given["COUNT"]), reserved)
    disk = Mdisk(vdev, kind, place.start, place.size, place.volume, mode, read, write, multi)
    new.append(disk)
    return entry.with_statement(disk)


def _link(call: Call, entry: Entry, given: Operands, new: list[Mdisk]) -> Entry:
    source = given["VDEV1"]
    mode = given.get("MODE", "RR").upper()
    link = Link(given["USERID"].upper(), source, given.get("VDEV2") or source, mode)
    if call.system.directory.resolved(entry.userid).devices(link.vdev):
        raise Refused(404, 4)
    return entry.with_statement(link)


def _dedicate(call: Call, entry: Entry, given: Operands, new: list[Mdisk]) -> Entry:
    statement = Dedicate(given["VDEV"], given["RDEV"])
    if call.system.directory.resolved(entry.userid).devices(statement.vdev):
        raise Refused(404, 4)
    return entry.with_statement(statement)


def _cpu(call: Call, entry: Entry, given: Operands, new: list[Mdisk]) -> Entry:
    options = [name for name in ("BASE", "DEDICATE") if given.get(name, "").upper() == "YES"]
    if given.get("DEDICATE", "").upper() == "NO":
        options.append("NODEDICATE")
    cpu = Cpu(given["CPUADDR"], tuple(options))
    if int(cpu.address, 16) > _LAST_CPU:
        raise Refused(520, 28)
    old = next((item for item in entry.find(Cpu) if item.address == cpu.address), None)
    return entry.with_statement(cpu, instead_of=old)


def _cpu_maximum(call: Call, entry: Entry, given: Operands, new: list[Mdisk]) -> Entry:
    if not _is_number(given["COUNT"], _LAST_CPU + 1):
        raise InvalidStatement("MACHINE", "COUNT is 1 to 64")
    machine = Machine(given.get("TYPE", "ESA"), int(given["COUNT"]))
    return _single(entry, machine)


def _ipl(call: Call, entry: Entry, given: Operands, new: list[Mdisk]) -> Entry:
    parameters = " ".join(filter(None, (given.get("PARM", ""), given.get(BARE, ""))))
    return _single(entry, Ipl(given["VDEV"].upper(), given.get("LOADPARM", ""), parameters))


def _include(call: Call, entry: Entry, given: Operands, new: list[Mdisk]) -> Entry:
    include = Include(_bare(given))
    if include.profile not in {profile.userid for profile in call.system.directory.profiles()}:
        raise Refused(436, 4)
    return _single(entry, include)


def _share(call: Call, entry: Entry, given: Operands, new: list[Mdisk]) -> Entry:
    for kind in ("RELATIVE", "ABSOLUTE"):
        if kind in given:
            limit = given.get("LIMIT", "").upper()
            words = (kind, given[kind].upper(), *([limit] if limit not in ("", "NOLIMIT") else []))
            return _single(entry, Share(words))
    return _single(entry, Share(tuple(_bare(given).split())))


def _option(call: Call, entry: Entry, given: Operands, new: list[Mdisk]) -> Entry:
    return _single(entry, Option(tuple(_bare(given).split())))


def _vmrelocate(call: Call, entry: Entry, given: Operands, new: list[Mdisk]) -> Entry:
    return _single(entry, VmRelocate(tuple(_bare(given).split())))


def _account(call: Call, entry: Entry, given: Operands, new: list[Mdisk]) -> Entry:
    return _single(entry, Account(tuple(_bare(given).split())))


def _single(entry: Entry, statement: Statement) -> Entry:
    """Return the entry with a statement of which there is only one."""
    old = next((item for item in entry.statements if type(item) is type(statement)), None)
    return entry.with_statement(statement, instead_of=old)


def _unit_record(kind: type[Console] | type[Spool]) -> Change:
    def change(call: Call, entry: Entry, given: Operands, new: list[Mdisk]) -> Entry:
        devtype, _, queue = given["DEVTYPE"].upper().partition("_")
        words = (queue, given.get("CLASS", "").upper())
        statement = kind(given["VDEV"], devtype, tuple(filter(None, words)))
        old = next((item for item in entry.find(kind) if item.vdev == statement.vdev), None)
        if old is None and entry.devices(statement.vdev):
            raise Refused(404, 4)
        return entry.with_statement(statement, instead_of=old)

    return change


def _header(
    change_header: Callable[[User, str], User], grammar: str, refused: Refused | None = None
) -> Change:
    """Return what changes an operand of the USER statement, which is to match ``grammar``."""

    def change(call: Call, entry: Entry, given: Operands, new: list[Mdisk]) -> Entry:
        header, value = entry.header, _bare(given)
        if not isinstance(header, User):
            raise Refused(8, 3003)
        if not re.fullmatch(grammar, value):
            raise refused or InvalidStatement(header.keyword, f"{value} is not what belongs there")
        return replace(entry, header=change_header(header, value))

    return change


def command_text(start: str, given: Operands) -> str:
    """Return the CP command for the operands of a COMMAND_ keyword."""
    words = [value if name in (BARE, "CPUADDR") else f"{name} {value}" for name, value in given.items()]
    return " ".join([start, *words]).upper()


def command_operands(start: str, command: str) -> str:
    """Return the operands of a COMMAND_ keyword for a CP command that begins with ``start``."""
    words = command.removeprefix(start).split()
    if start == "DEFINE CPU" and len(words) == 3 and words[1] == "TYPE":
        return f"CPUADDR={words[0]} TYPE={words[2]}"
    if start == "SET VCONFIG" and len(words) == 2:
        return f"{words[0]}={words[1]}"
    return " ".join(words)


def _command(start: str) -> Change:
    def change(call: Call, entry: Entry, given: Operands, new: list[Mdisk]) -> Entry:
        command = Command(command_text(start, given))
        return entry if command in entry.statements else entry.with_statement(command)

    return change


def _is_number(text: str, most: int) -> bool:
    return text.isascii() and text.isdigit() and 1 <= int(text) <= most


_UPDATES: dict[str, Change] = {
    "ACCOUNT": _account,
    "CONSOLE": _unit_record(Console),
    "CPU": _cpu,
    "CPU_MAXIMUM": _cpu_maximum,
    "DEDICATE": _dedicate,
    "INCLUDE": _include,
    "IPL": _ipl,
    "LINK": _link,
    "MDISK": _mdisk,
    "NICDEF": _nicdef,
    "OPTION": _option,
    "PASSWORD": _header(lambda user, value: replace(user, password=value), "[!-~]{1,8}", Refused(444, 0)),
    "PRIVILEGE_CLASSES": _header(lambda user, value: replace(user, classes=value), "[A-Z1-6]{1,32}"),
    "SHARE": _share,
    "SPOOL": _unit_record(Spool),
    "STORAGE_INITIAL": _header(lambda user, value: replace(user, storage=value), _STORAGE),
    "STORAGE_MAXIMUM": _header(
        lambda user, value: replace(user, storage=user.storage or value, maximum_storage=value), _STORAGE
    ),
    "VMRELOCATE": _vmrelocate,
} | {keyword: _command(start) for keyword, start in COMMANDS.items()}
