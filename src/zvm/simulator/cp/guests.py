# SPDX-License-Identifier: Apache-2.0
"""Commands for virtual machines: start, end, signal, stop, and talk to them."""

from __future__ import annotations

from zvm.simulator.cp.command import Context, abbreviates, command, lines
from zvm.simulator.cp_error import CpError, message
from zvm.simulator.spool import SpoolFull

_SIGNAL_LIMIT = 600


@command("XAUTOLOG", "XAUTOLOG userid", "AUT", "AB")
@command("AUTOLOG", "AUTOLOG userid", "AUT", "AB")
def xautolog(context: Context) -> str:
    """Log somebody on, disconnected."""
    context.system.guests.logon(context.userid(0), by=context.machine.userid)
    return lines("Command accepted")


@command("FORCE", "FORCE userid [LOGOFF] [IMMEDIATE]", "FOR", "A")
def force(context: Context) -> str:
    """Log somebody off. Unless IMMEDIATE it gets the signal first."""
    userid = context.userid(0)
    if any(abbreviates("IMMEDiate", word) for word in context.words[1:]):
        context.system.guests.force(userid, by=context.machine.userid)
        count = len(context.system.guests.logged_on()) - 1
        return lines(
            f"USER DSC   LOGOFF AS  {userid:<8} USERS = {count}    FORCED BY {context.machine.userid}"
        )
    context.system.guests.signal_shutdown(userid, _SIGNAL_LIMIT, by=context.machine.userid)
    return lines(
        message(
            "SIG", 2114, f"User {userid} termination may be delayed for up to {_SIGNAL_LIMIT} seconds", "I"
        )
    )


@command("SIGnal", "SIGnal SHUTDOWN [USER] userid [WITHIN seconds]", "SIG", "AC")
def signal(context: Context) -> str:
    """Ask somebody's operating system to shut down."""
    if not abbreviates("SHUTDown", context.word(0)):
        raise CpError("SIG", 3, f"Invalid option - {context.word(0)}")
    words = [word for word in context.words[1:] if word != "USER"]
    context.words = words
    userid = context.userid(0)
    within: float | None = None
    if len(words) > 1:
        if words[1] != "WITHIN" or len(words) < 3 or not words[2].isdigit():
            raise CpError("SIG", 26, "Operand missing or invalid")
        within = float(words[2])
    context.system.guests.signal_shutdown(userid, within, by=context.machine.userid)
    return ""


@command("STOP", "STOP [CPU ALL]", "CPC")
def stop(context: Context) -> str:
    """Stop one's own CPUs."""
    context.system.guests.stop(context.machine.userid)
    return ""


@command("Begin", "Begin", "CPC")
def begin(context: Context) -> str:
    """Let one's own CPUs run again."""
    context.system.guests.begin(context.machine.userid)
    return ""


@command("Ipl", "Ipl vdev | system [CLEAR] [LOADPARM text] [PARM text]", "IPL")
def ipl(context: Context) -> str:
    """IPL a device or a named system."""
    context.system.guests.ipl(context.machine, context.word(0))
    return ""


@command("SYStem", "SYStem RESTART | CLEAR | RESET", "SYS")
def system(context: Context) -> str:
    """Give one's own machine a restart interruption, or reset it."""
    word = context.word(0)
    if abbreviates("RESTart", word):
        context.system.guests.restart(context.machine)
    elif abbreviates("CLEAR", word) or abbreviates("RESET", word):
        context.system.guests.reset(context.machine)
    else:
        raise CpError("SYS", 3, f"Invalid option - {word}")
    return ""


@command("VMDUMP", "VMDUMP [0-END] [TO userid|*] [DCSS] [FORMAT type] [text]", "VDU")
def vmdump(context: Context) -> str:
    """Write the storage of one's own machine to a spool file of class V; a light guest's is its registers."""
    words, to = list(context.words), context.machine.userid
    if "TO" in words:
        at = words.index("TO") + 1
        to = context.userid(at)
    if context.system.directory.find(to) is None:
        raise CpError("VDU", 53, f"{to} not in CP directory")
    machine = context.machine
    text = f"VMDUMP OF {machine.userid} STATE {machine.state.upper()} STORAGE {machine.storage}\n"
    try:
        file = context.system.spool.create(
            to,
            text.encode(),
            origin=machine.userid,
            cls="V",
            device="PRT",
            name="VMDUMP",
            type="DUMP",
            records=1,
        )
    except SpoolFull:
        raise CpError("VDU", 49, f"{to} spool fileid limit reached") from None
    return lines(f"RDR FILE {file.spoolid:04} SENT TO   {to:<8} RDR AS  {file.spoolid:04} RECS 00000001")


@command("LOGoff", "LOGoff", "LOG")
def logoff(context: Context) -> str:
    """Log oneself off."""
    context.system.guests.force(context.machine.userid)
    return ""


@command("SEND", "SEND [CP] userid text", "SEC", "CG")
def send(context: Context) -> str:
    """Pass a line to somebody's console, or with CP a command to CP as if he had issued it.

    Without class C only his secondary user (of his CONSOLE statement, or SET SECUSER) may.
    """
    as_cp = context.word(0) == "CP" and len(context.words) > 2
    typed = context.raw.split(None, 2 if as_cp else 1)
    context.words = context.words[as_cp:]
    userid = context.userid(0)
    machine = context.system.guests.existing(userid, "CFX")
    if not context.has_class("C") and machine.secuser != context.machine.userid:
        raise CpError("SEC", 4, f"You are not the secondary user of {userid}")
    text = typed[2 if as_cp else 1] if len(typed) > (2 if as_cp else 1) else ""
    if as_cp:
        machine.console.show(context.system.guests.run_command(machine, text))
    else:
        context.system.guests.console_input(machine, text)
    return ""


@command("Message", "Message userid | ALL text", "MSG", "ABCDEFG")
@command("MSG", "MSG userid | ALL text", "MSG", "ABCDEFG")
def message_command(context: Context) -> str:
    """Show a line on somebody's console."""
    text = context.raw.partition(" ")[2]
    everybody = context.word(0) == "ALL" and context.has_class("A")
    guests = context.system.guests
    machines = guests.logged_on() if everybody else [guests.existing(context.userid(0), "MSG")]
    for machine in machines:
        machine.console.write(f"* MSG FROM {context.machine.userid:<8}: {text}")
    return ""
