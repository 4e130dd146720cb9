# SPDX-License-Identifier: Apache-2.0
"""VMRELOCATE, SET VMRELOCATE, QUERY VMRELOCATE, QUERY SSI, AT: the commands of a cluster."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from zvm.simulator.cp.command import Context, abbreviates, command, lines, query
from zvm.simulator.cp.settings import setting
from zvm.simulator.cp_error import CpError
from zvm.simulator.eligibility import FORCES
from zvm.simulator.relocation import DEFAULT_QUIESCE, Limits

if TYPE_CHECKING:
    from zvm.simulator.ssi import Ssi

_ACTIONS = ("TEST", "MOVE", "STATus", "CANcel", "MODify")


@command(
    "VMRELOcate",
    "VMRELOcate [TEST|MOVE] [USER] userid [TO] member [FORCE ARCHITECTURE|DOMAIN|STORAGE]"
    " [IMMediate] [MAXTotal n|NOLIMit] [MAXQuiesce n|NOLIMit] [ASYNChronous|SYNChronous]"
    " | STATus [[USER] userid] | CANcel [USER] userid | MODify [USER] userid MAXTotal n MAXQuiesce n",
    "RLU",
    "A",
)
def vmrelocate(context: Context) -> str:
    """Move a running guest to another member of the cluster. The answer comes when the move has begun."""
    ssi = cluster(context)
    action = next((name.upper() for name in _ACTIONS if abbreviates(name, context.word(0))), "")
    words = [word for word in context.words[bool(action) :] if word not in ("USER", "TO")]
    context.words = words
    if action == "STATUS":
        return _status(context, ssi)
    userid = context.userid(0)
    if action == "CANCEL":
        relocation = ssi.relocations.get(userid)
        ssi.relocations.cancel(userid, context.machine.userid)
        return lines(
            f"Relocation of {userid} from {relocation.source} to {relocation.target} has been cancelled"
        )
    if action == "MODIFY":
        known = ssi.relocations.get(userid)
        limits, _ = _options(context, 1, Limits(known.total, known.quiesce))
        ssi.relocations.modify(userid, limits)
        return lines(f"Relocation of {userid} has been modified")
    target = context.word(1)
    if action == "TEST":
        _, force = _options(context, 2, Limits())
        ssi.relocations.test(context.system, userid, target, force)
        return lines(f"User {userid} is eligible for relocation to {target}")
    immediate = any(abbreviates("IMMediate", word) for word in words[2:])
    limits, force = _options(context, 2, Limits(None, None if immediate else DEFAULT_QUIESCE))
    relocation = ssi.relocations.move(
        context.system,
        userid,
        target,
        context.machine.userid,
        force=force,
        immediate=immediate,
        limits=limits,
    )
    where = f"from {relocation.source} to {relocation.target}"
    arrived = not context.system.guests.is_on(userid)
    return lines(
        f"Relocation of {userid} {where} started",
        f"User {userid} has been relocated {where}" if arrived else "",
    )


@setting("VMRELOcate", "VMRELOcate [userid] ON|OFF [DOMain name]", "AG")
def set_vmrelocate(context: Context) -> str:
    """Allow or forbid that a guest is relocated, and say within which domain. Without a cluster: nothing."""
    ssi = context.system.ssi
    if ssi is None:
        return ""
    machine, words = context.machine, list(context.words)
    if words and words[0] not in ("ON", "OFF") and not abbreviates("DOMain", words[0]):
        userid = context.userid(0)
        if userid != machine.userid and not context.has_class("A"):
            raise CpError("SET", 3, f"Invalid option - {userid}")
        machine = context.system.guests.existing(userid, "SET")
        words = words[1:]
    if words and words[0] in ("ON", "OFF"):
        machine.relocatable = words.pop(0) == "ON"
    if words:
        if not abbreviates("DOMain", words[0]) or len(words) < 2:
            raise CpError("SET", 3, f"Invalid option - {words[0]}")
        if not ssi.is_domain(words[1]):
            raise CpError("RLD", 1821, f"Relocation domain {words[1]} does not exist")
        machine.domain = words[1]
    return lines(_attributes(context, machine.userid))


@query("VMRELOcate", "VMRELOcate [userid]", "RLQ", "ABCEG")
def query_vmrelocate(context: Context) -> str:
    """Whether a guest may be relocated, and its domain."""
    cluster(context)
    userid = context.userid(0) if context.words else context.machine.userid
    return lines(_attributes(context, userid))


@query("SSI", "SSI", "SSI", "ABCDEG")
def query_ssi(context: Context) -> str:
    """The cluster and its members."""
    ssi = cluster(context)
    volume = context.system.dasd.volumes.get(ssi.settings.pdr_volume)
    pdr = f"{volume.volser} on {volume.rdev}" if volume else "NONE"
    now = f"{context.system.trouble.now():%Y-%m-%d %H:%M:%S}"
    rows = []
    for slot, member in enumerate(ssi.members, 1):
        beat = f"{now} {now}" if ssi.is_joined(member) else ""
        rows.append(f"   {slot} {member.name:<8} {ssi.state(member):<9} {beat}".rstrip())
    return lines(
        f"SSI Name: {ssi.name}",
        "SSI Mode: Stable",
        "Cross-System Timeouts: Enabled",
        f"SSI Persistent Data Record (PDR) device: {pdr}",
        "SLOT SYSTEMID STATE     PDR HEARTBEAT       RECEIVED HEARTBEAT",
        *rows,
    )


@command("AT", "AT member CMD command", "ATC", "ABCDEG")
def at(context: Context) -> str:
    """Issue a command on another member of the cluster."""
    ssi = cluster(context)
    member = ssi.member(context.word(0))
    if member is None or not ssi.is_joined(member):
        raise CpError("ATC", 3, f"Invalid option - {context.word(0)}")
    if not abbreviates("CMD", context.word(1)):
        raise CpError("ATC", 3, f"Invalid option - {context.word(1)}")
    line = context.raw.split(None, 2)[2] if len(context.words) > 2 else ""
    machine = member.guests.get(context.machine.userid) or context.machine
    result = member.cp.run(machine, line)
    if result.rc:
        raise CpError.told("ATC", result.rc, result.text.rstrip("\n"))
    return result.text


def cluster(context: Context) -> Ssi:
    """Return the cluster the system is in.

    :raises CpError: it is in none.
    """
    if context.system.ssi is None:
        raise CpError(context.module, 3, "Invalid option - not in an SSI cluster")
    return context.system.ssi


def _attributes(context: Context, userid: str) -> str:
    machine = context.system.guests.existing(userid, "RLQ")
    entry = context.system.directory.find(userid)
    single = entry is not None and entry.kind == "USER"
    on = "ON" if machine.relocatable and single else "OFF"
    return f"Running on member {context.system.name}; Relocation {on}; Domain {machine.domain or 'SSI'}"


def _status(context: Context, ssi: Ssi) -> str:
    wanted = context.words[0] if context.words and context.words[0] != "ALL" else ""
    active = [item for item in ssi.relocations.active() if wanted in ("", item.userid)]
    if not active:
        return lines("No active relocations found")
    return lines(
        "User     From     To       By       Since    Status",
        *(
            f"{item.userid:<8} {item.source:<8} {item.target:<8} {item.by:<8}"
            f" {datetime.fromtimestamp(item.started):%H:%M:%S} {item.status}"
            for item in active
        ),
    )


def _options(context: Context, at: int, limits: Limits) -> tuple[Limits, list[str]]:
    """Return the limits and what is forced."""
    words, force = context.words[at:], list[str]()
    while words:
        word = words.pop(0)
        if abbreviates("MAXTotal", word) and words:
            limits.total = _seconds(words.pop(0))
        elif abbreviates("MAXQuiesce", word) and words:
            limits.quiesce = _seconds(words.pop(0))
        elif word == "FORCE":
            while words and (name := next((item for item in FORCES if item.startswith(words[0])), "")):
                force.append(name)
                words.pop(0)
        elif not any(abbreviates(name, word) for name in ("IMMediate", "ASYNChronous", "SYNChronous")):
            raise CpError(context.module, 3, f"Invalid option - {word}")
    return limits, force


def _seconds(word: str) -> float | None:
    """Return a limit; ``None`` is NOLIMIT."""
    if abbreviates("NOLIMit", word):
        return None
    if not word.isdigit():
        raise CpError("RLU", 26, f"Operand missing or invalid - {word}")
    return float(word)
