# SPDX-License-Identifier: Apache-2.0
"""Spooling commands: QUERY RDR/PRT/PUN, SPOOL, CHANGE, TRANSFER, PURGE, CLOSE, TAG."""

from __future__ import annotations

from collections.abc import Sequence

from zvm.simulator.cp.command import Context, abbreviates, command, lines, query
from zvm.simulator.cp_error import CpError
from zvm.simulator.spool import SpoolFile, SpoolFull

_HEADER = "ORIGINID FILE CLASS RECORDS  CPY HOLD DATE  TIME     NAME      TYPE     DIST"
_QUEUES = {"Reader": "RDR", "RDR": "RDR", "PRinter": "PRT", "PRT": "PRT", "PUnch": "PUN"}
#: Class B (and D) may work on everybody's files.
_OTHERS = "ABD"
_FLAGS = ("STArt", "STOp", "HOLD", "NOHold", "KEEP", "NOKeep", "CONT", "NOCont", "EOF", "NOEof")


@query("RDR", "RDR [[USERid] userid | *] [spoolid | CLass c | ALL]", "CSQ")
@query("Reader", "Reader [[USERid] userid | *] [spoolid | CLass c | ALL]", "CSQ")
def reader(context: Context) -> str:
    """The files in a reader."""
    return _list(context, "RDR")


@query("PRinter", "PRinter [[USERid] userid | *] [spoolid | CLass c | ALL]", "CSQ")
@query("PRT", "PRT [[USERid] userid | *] [spoolid | CLass c | ALL]", "CSQ")
def printer(context: Context) -> str:
    """The files that wait for a printer."""
    return _list(context, "PRT")


@query("PUnch", "PUnch [[USERid] userid | *] [spoolid | CLass c | ALL]", "CSQ")
def punch(context: Context) -> str:
    """The files that wait for a punch."""
    return _list(context, "PUN")


@command(
    "SPool",
    "SPool CONsole|READer|PUNch|PRinter|vdev [STArt|STOp] [TO userid|*] [CLass c] [HOLD|NOHOLD]",
    "SPO",
)
def spool(context: Context) -> str:
    """Set the attributes of a spooling device."""
    device = context.word(0)
    options = _options(context, 1)
    console = abbreviates("CONsole", device) or device == "C" or _is_console(context, device)
    to = options.get("TO")
    target = context.machine.userid if to == "*" else to
    if console:
        settings = context.machine.console
        if "START" in options or "STOP" in options:
            settings.spooling = "START" in options
        if target is not None:
            settings.spool_to = target
        settings.spool_class = options.get("CLASS", settings.spool_class)
        return ""
    queue = _queue(device)
    unit = context.machine.unit_record(queue) if queue else None
    if unit is None:
        raise CpError("SPO", 40, f"Device {device} does not exist")
    unit.cls = options.get("CLASS", unit.cls)
    unit.to = unit.to if target is None else target
    unit.hold = "HOLD" in options or (unit.hold and "NOHOLD" not in options)
    return ""


@command(
    "CHange",
    "CHange [userid] Reader|PRinter|PUnch spoolid|CLass c|ALL [CLass c] [NAME n [t]] [HOLD|NOHOLD]",
    "CSC",
)
def change(context: Context) -> str:
    """Change attributes of spool files."""
    files, rest = _selected(context)
    options = _options(context, rest)
    for file in files:
        file.cls = options.get("CLASS", file.cls)
        if "NAME" in options:
            file.name, _, file.type = options["NAME"].partition(" ")
        if "HOLD" in options or "NOHOLD" in options:
            file.hold = "USER" if "HOLD" in options else "NONE"
        file.dist = options.get("DIST", file.dist)
    return _counted(files, "CHANGED")


@command(
    "TRANsfer", "TRANsfer [userid] Reader|PRinter|PUnch spoolid|ALL [TO] userid [Reader|PRinter|PUnch]", "CST"
)
def transfer(context: Context) -> str:
    """Move spool files to somebody's queue."""
    files, rest = _selected(context)
    rest += context.words[rest : rest + 1] == ["TO"]
    target = context.userid(rest)
    if context.system.directory.find(target) is None:
        raise CpError("CST", 53, f"{target} not in CP directory")
    queue = (_queue(context.words[rest + 1]) if len(context.words) > rest + 1 else "") or "RDR"
    told = []
    for file in files:
        before = file.spoolid
        try:
            context.system.spool.transfer(file, target, queue)
        except SpoolFull:
            raise CpError("CST", 49, f"{target} spool fileid limit reached") from None
        hold = "NOHOLD" if file.hold == "NONE" else "HOLD  "
        told.append(
            f"RDR FILE {before:04} SENT TO   {target:<8} {queue} AS  {file.spoolid:04} RECS {_records(file)}"
            f" CPY  {file.copies:03} {file.cls} {hold} NOKEEP"
        )
        receiver = context.system.guests.get(target)
        if receiver is not None and target != context.machine.userid:
            receiver.console.write(
                f"RDR FILE {file.spoolid:04} SENT FROM {file.origin:<8} PUN WAS {before:04}"
            )
    return lines(*told)


@command("PURge", "PURge [userid] Reader|PRinter|PUnch|ALL spoolid ...|CLass c|ALL", "CSP")
def purge(context: Context) -> str:
    """Delete spool files."""
    files, _ = _selected(context)
    for file in files:
        context.system.spool.purge(file)
    return _counted(files, "PURGED")


@command("Close", "Close CONsole|Reader|PUnch|PRinter|vdev [TO userid] [NAME n t]", "CSL")
def close(context: Context) -> str:
    """Close a spooling device: for the console, make its spool file."""
    device = context.word(0)
    if not (abbreviates("CONsole", device) or device == "C" or _is_console(context, device)):
        return ""
    options = _options(context, 1)
    to = options.get("TO", "")
    target = context.machine.userid if to == "*" else to
    file = context.system.guests.close_console(context.machine, target)
    if file is None:
        return ""
    sent = f"CON FILE {file.spoolid:04} SENT TO   {file.owner:<8} RDR AS  {file.spoolid:04}"
    return lines(f"{sent} RECS {_records(file)} CPY  {file.copies:03} {file.cls} NOHOLD NOKEEP")


@command("TAG", "TAG DEV vdev text | TAG FILE spoolid text | TAG QUERY FILE spoolid", "CSG")
def tag(context: Context) -> str:
    """Attach a text to a spool file, or show it."""
    asked = abbreviates("Query", context.word(0))
    at = 1 if asked else 0
    if context.word(at) != "FILE":
        return ""
    spoolid = context.word(at + 1)
    file = context.system.spool.get(context.machine.userid, int(spoolid)) if spoolid.isdigit() else None
    if file is None:
        raise CpError("CSG", 42, f"Spool file {spoolid} does not exist")
    if asked:
        return lines(file.tag)
    file.tag = " ".join(context.raw.split()[at + 2 :])
    return ""


def _queue(word: str) -> str:
    return next((queue for name, queue in _QUEUES.items() if abbreviates(name, word)), "")


def _is_console(context: Context, word: str) -> bool:
    device = context.machine.devices.get(word.zfill(4))
    return device is not None and device.kind == "CONS"


def _owner_and_queue(context: Context) -> tuple[str, str, int]:
    """Return whose files are meant, in which queue, and where the next operand is."""
    if queue := _queue(context.word(0)):
        return context.machine.userid, queue, 1
    owner = context.userid(0)
    if owner != context.machine.userid and not context.has_class(_OTHERS):
        raise CpError(context.module, 3, f"Invalid option - {owner}")
    queue = _queue(context.word(1))
    if not queue:
        raise CpError(context.module, 3, f"Invalid option - {context.word(1)}")
    return owner, queue, 2


def _selected(context: Context) -> tuple[list[SpoolFile], int]:
    """Return the files an operand list means, and where the operands after it begin.

    :raises CpError: 42, a spool id that does not exist.
    """
    owner, queue, at = _owner_and_queue(context)
    word = context.word(at)
    files = context.system.spool.files(owner, queue)
    if word == "ALL":
        return files, at + 1
    if abbreviates("CLass", word):
        cls = context.word(at + 1)
        return [file for file in files if file.cls == cls], at + 2
    chosen = []
    while at < len(context.words) and context.words[at].isdigit():
        spoolid = int(context.words[at])
        file = context.system.spool.get(owner, spoolid, queue)
        if file is not None:
            chosen.append(file)
        elif spoolid:  # spool id 0 means none: xCAT purges "reader 0" to see whether it may
            raise CpError(context.module, 42, f"Spool file {spoolid:04} does not exist")
        at += 1
    if not chosen and not context.words[at - 1].isdigit():
        raise CpError(context.module, 6, f"Invalid device type - {word}")
    return chosen, at


def _options(context: Context, at: int) -> dict[str, str]:
    """Return the attribute operands from ``at`` on, by their full names."""
    words, typed = context.words, context.raw.split()
    found: dict[str, str] = {}
    while at < len(words):
        word = words[at]
        for name in ("TO", "CLass", "DIST", "FORM", "FOR"):
            if abbreviates(name, word):
                found[name.upper()] = context.word(at + 1)
                at += 1
                break
        else:
            if word == "NAME":
                taken = typed[at + 1 : at + 3]
                if len(taken) == 2 and taken[1].upper() in ("CLASS", "HOLD", "NOHOLD", "TO", "DIST"):
                    taken = taken[:1]
                found["NAME"] = " ".join(taken)
                at += len(taken)
            elif flag := next((flag for flag in _FLAGS if abbreviates(flag, word)), ""):
                found[flag.upper()] = ""
            else:
                raise CpError(context.module, 3, f"Invalid option - {word}")
        at += 1
    return found


def _list(context: Context, queue: str) -> str:
    words = [word for word in context.words if word != "ALL"]
    if words[1:] and abbreviates("USERid", words[0]):
        words = words[1:]
    owner = context.machine.userid
    if words and not words[0].isdigit() and not abbreviates("CLass", words[0]):
        owner = owner if words[0] == "*" else context.userid(context.words.index(words[0]))
        words = words[1:]
    if owner != context.machine.userid and not context.has_class(_OTHERS + "CE"):
        raise CpError("CSQ", 3, f"Invalid option - {owner}")
    files = context.system.spool.files(owner, queue)
    if words and abbreviates("CLass", words[0]):
        context.words = words
        files = [file for file in files if file.cls == context.word(1)]
    elif words and not (words[0].isascii() and words[0].isdigit()):
        raise CpError("CSQ", 3, f"Invalid option - {words[0]}")
    elif words:
        files = [file for file in files if file.spoolid == int(words[0])]
        if not files:
            raise CpError("CSQ", 42, f"Spool file {words[0]} does not exist")
    if not files:
        return lines(f"NO {queue} FILES")
    return lines(_HEADER, *map(_line, files))


def _line(file: SpoolFile) -> str:
    """Return the line of a file: twelve words when it has a name."""
    return (
        f"{file.origin:<8} {file.spoolid:04} {file.cls} {file.device} {_records(file)}  {file.copies:03}"
        f" {file.hold} {file.date:%m/%d %H:%M:%S} {file.name:<9} {file.type:<8} {file.dist}"
    )


def _records(file: SpoolFile) -> str:
    return f"{file.records:08}"


def _counted(files: Sequence[SpoolFile], done: str) -> str:
    count = f"{len(files):07}" if files else "NO"
    return lines(f"{count} FILE{'' if len(files) == 1 else 'S'} {done}")
