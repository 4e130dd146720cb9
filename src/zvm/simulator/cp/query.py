# SPDX-License-Identifier: Apache-2.0
"""QUERY: who is here, and what system this is."""

from __future__ import annotations

from datetime import datetime

from zvm.simulator.cp.command import Context, command, lines, query
from zvm.simulator.cp_error import CpError
from zvm.simulator.virtual_machine import State

_PER_LINE = 4


@command("Query", "Query operand ...", "CQV")
def query_command(context: Context) -> str:
    """Only declared here: the dispatcher looks the operand up among the queries."""
    raise CpError("CQV", 26, "Operand missing or invalid")


@query("USERID", "USERID", "CQU")
def userid(context: Context) -> str:
    """``ZHCP     AT ZVMSIM1``."""
    return lines(f"{context.machine.userid:<8} AT {context.system.name}")


@query("User", "User userid", "CQU")
@query("USERS", "USERS [userid]", "CQU")
def user(context: Context) -> str:
    """``LINUX01  - DSC``, or 045 not logged on, 361 being logged off; 003 when there is no such userid."""
    if not context.words:
        count = len(context.system.guests.logged_on())
        return lines(f"{count:5} USERS,     0 DIALED,     0 NET")
    asked_plainly = context.words[0] == ""
    if asked_plainly:
        context.words = context.words[1:]
    context.module = "CQU"
    wanted = context.userid(0)
    machine = context.system.guests.get(wanted)
    if machine is None and context.system.elsewhere(wanted):
        return lines(f"{wanted:<8} - SSI")
    if machine is None:
        if asked_plainly and context.system.directory.find(wanted) is None:
            raise CpError("CQV", 3, f"Invalid option - {wanted}")
        raise CpError("CQU", 45, f"{wanted} not logged on")
    if machine.state is State.LOGGING_OFF:
        raise CpError("CQU", 361, f"LOGOFF/FORCE pending for user {wanted}")
    return lines(f"{wanted:<8} - DSC")


@query("Names", "Names", "CQN")
def names(context: Context) -> str:
    """All who are logged on, four on a line: ``OPERATOR - DSC , LINUX02  - SSI`` (on another member)."""
    shown = [f"{machine.userid:<8} - DSC " for machine in context.system.guests.logged_on()]
    shown += [
        f"{machine.userid:<8} - SSI "
        for machine in (context.system.everybody() if context.system.ssi else ())
        if context.system.elsewhere(machine.userid)
    ]
    rows = [shown[at : at + _PER_LINE] for at in range(0, len(shown), _PER_LINE)]
    return lines(*(", ".join(row) for row in rows))


@query("CPLEVEL", "CPLEVEL", "CPL")
def cplevel(context: Context) -> str:
    """Version, when it was generated, when it was IPLed."""
    facts = context.system.config.system
    ipl = datetime.fromtimestamp(context.system.ipl_time)
    return lines(
        facts.version,
        f"Generated at {facts.generated:%m/%d/%y %H:%M:%S} {facts.timezone}",
        f"IPL at {ipl:%m/%d/%y %H:%M:%S} {facts.timezone}",
    )


@query("Time", "Time", "CQT")
def time_(context: Context) -> str:
    """The time, and what the issuer has used."""
    now = context.system.trouble.now()
    connected = int(context.system.trouble.time() - context.machine.logon_time)
    used = context.machine.cpu_seconds
    return lines(
        f"TIME IS {now:%H:%M:%S} {context.system.config.system.timezone} {now:%A %m/%d/%y}".upper(),
        f"CONNECT= {connected // 3600:02}:{connected // 60 % 60:02}:{connected % 60:02}"
        f" VIRTCPU= {int(used) // 60:03}:{used % 60:05.2f} TOTCPU= {int(used) // 60:03}:{used % 60:05.2f}",
    )


@query("PRIVclass", "PRIVclass [userid]", "CQP")
def privclass(context: Context) -> str:
    """Privilege classes, current and in the directory."""
    wanted = context.userid(0) if context.words else context.machine.userid
    machine = context.system.guests.existing(wanted, "CQP")
    classes = machine.privclasses
    return lines(
        f"Privilege classes for user {wanted}",
        f"        Currently: {classes}",
        f"        Directory: {classes}",
    )


@query("Files", "Files", "CQF")
def files(context: Context) -> str:
    """How many spool files the issuer has."""
    spool = context.system.spool
    counts = {queue: len(spool.files(context.machine.userid, queue)) for queue in ("RDR", "PRT", "PUN")}
    return lines("FILES: " + ", ".join(f"{f'{n:04}' if n else '  NO'} {q}" for q, n in counts.items()))
