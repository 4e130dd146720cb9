# SPDX-License-Identifier: Apache-2.0
"""What an operator types: messages, warnings, SHUTDOWN, and what commands and limits there are."""

from __future__ import annotations

from zvm.directory import Share
from zvm.simulator.cp.command import COMMANDS, QUERIES, Context, abbreviates, command, lines, query
from zvm.simulator.cp.settings import setting
from zvm.simulator.cp_error import CpError
from zvm.simulator.virtual_machine import VirtualMachine

_PER_LINE = 5
_MOST_USERS = 99999


@command("MSGNoh", "MSGNoh userid text", "MSG", "B")
def msgnoh(context: Context) -> str:
    """Show a line on somebody's console without saying whose it is."""
    machine = context.system.guests.existing(context.userid(0), "MSG")
    machine.console.write(context.raw.partition(" ")[2])
    return ""


@command("Warning", "Warning userid | ALL text", "WNG", "ABC")
@command("WNG", "WNG userid | ALL text", "WNG", "ABC")
def warning(context: Context) -> str:
    """Show a warning on somebody's console, or on everybody's."""
    text = f"* WNG FROM {context.machine.userid:<8}: {context.raw.partition(' ')[2]}"
    for machine in _addressed(context, "WNG"):
        machine.console.write(text)
    return ""


@command("SMsg", "SMsg userid text", "SMG")
def smsg(context: Context) -> str:
    """Send a line to a program of somebody's; the simulator's guests run none that takes it."""
    userid = context.userid(0)
    context.system.guests.existing(userid, "SMG")
    raise CpError("SMG", 57, f"{userid} not receiving")


def _addressed(context: Context, module: str) -> list[VirtualMachine]:
    if context.word(0) == "ALL":
        return list(context.system.guests.logged_on())
    return [context.system.guests.existing(context.userid(0), module)]


@command("DISConnect", "DISConnect", "DSC")
def disconnect(context: Context) -> str:
    """Leave one's machine running without a terminal, as all are here."""
    return lines("DISCONNECTED")


@command("RESET", "RESET vdev", "RST")
def reset_device(context: Context) -> str:
    """Clear what is pending at a device."""
    vdev = context.vdev(0)
    known = vdev in context.machine.devices or context.system.network.adapter(context.machine.userid, vdev)
    if not known:
        raise CpError("RST", 40, f"Device {vdev} does not exist")
    return lines("DEVICE RESET")


@command("READY", "READY vdev", "RDY")
def ready(context: Context) -> str:
    """Make a device end pending."""
    vdev = context.vdev(0)
    if vdev not in context.machine.devices:
        raise CpError("RDY", 40, f"Device {vdev} does not exist")
    return ""


@command("SHUTDOWN", "SHUTDOWN [REIPL] [IMMEDIATE]", "SHU", "A")
def shutdown(context: Context) -> str:
    """Log everybody off, the issuer too; with REIPL start the system again."""
    again = False
    for word in context.words:
        if abbreviates("REIPL", word):
            again = True
        elif not abbreviates("IMMEDiate", word):
            raise CpError("SHU", 3, f"Invalid option - {word}")
    if again:
        context.system.ipl()
    else:
        context.system.halt()
    return ""


@query("COMMands", "COMMands", "CQC")
def commands(context: Context) -> str:
    """The commands that the issuer may give."""
    known = sorted({item.name.upper() for item in COMMANDS if context.has_class(item.classes)})
    rows = [known[at : at + _PER_LINE] for at in range(0, len(known), _PER_LINE)]
    return lines(*("  ".join(f"{name:<12}" for name in row).rstrip() for row in rows))


@query("QUERies", "QUERies", "CQC")
def queries(context: Context) -> str:
    """What the issuer may ask for."""
    known = sorted({item.name.upper() for item in QUERIES if context.has_class(item.classes)})
    rows = [known[at : at + _PER_LINE] for at in range(0, len(known), _PER_LINE)]
    return lines(*("  ".join(f"{name:<12}" for name in row).rstrip() for row in rows))


@query("MAXUsers", "MAXUsers", "CQM", "ABCDE")
def maxusers(context: Context) -> str:
    """How many may be logged on."""
    return lines(f"MAX USERS SYSTEM - {_MOST_USERS}")


@query("LOGmsg", "LOGmsg", "CQL")
def logmsg(context: Context) -> str:
    """What is shown at logon: nothing."""
    return lines("There is no logmsg data")


@query("SHARE", "SHARE userid", "QSH", "AEG")
def query_share(context: Context) -> str:
    """A guest's share of the processors: what was set last, or what its directory entry says."""
    machine = _mine_or_anybody(context, "QSH")
    words = machine.share.split() or _directory_share(context, machine.userid)
    kind, value = ("ABSOLUTE" if words[0].startswith("ABS") else "RELATIVE"), words[1]
    return lines(f"USER {machine.userid:<8}: {kind} SHARE = {value}", "  MAXIMUM SHARE = NOLIMIT")


@setting("SHARE", "SHARE userid ABSolute n% | RELative n", "A")
def set_share(context: Context) -> str:
    """Change a guest's share until it logs off."""
    machine = context.system.guests.existing(context.userid(0), "SET")
    kind, value = context.word(1), context.word(2)
    if abbreviates("ABSolute", kind) and value.rstrip("%").isdigit():
        machine.share = f"ABSOLUTE {value.rstrip('%')}%"
    elif abbreviates("RELative", kind) and value.isdigit() and 1 <= int(value) <= 10000:
        machine.share = f"RELATIVE {value}"
    else:
        raise CpError("SET", 26, f"Operand missing or invalid - {value}")
    context.words = [machine.userid]
    return query_share(context)


def _directory_share(context: Context, userid: str) -> list[str]:
    entry = context.system.directory.find(userid)
    for share in entry.find(Share) if entry else []:
        if len(share.words) > 1:
            return list(share.words)
    return ["RELATIVE", "100"]


def _mine_or_anybody(context: Context, module: str) -> VirtualMachine:
    userid = context.userid(0) if context.words else context.machine.userid
    if userid != context.machine.userid and not context.has_class("AE"):
        raise CpError(module, 3, f"Invalid option - {userid}")
    return context.system.guests.existing(userid, module)
