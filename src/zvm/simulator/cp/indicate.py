# SPDX-License-Identifier: Apache-2.0
"""INDICATE: how busy the system is, and what a guest has used."""

from __future__ import annotations

from zvm.simulator.cp.command import Context, abbreviates, command, lines
from zvm.simulator.cp_error import CpError
from zvm.simulator.virtual_machine import VirtualMachine, format_storage

_PAGE = 4096


@command("INDicate", "INDicate [LOAD] | USER [userid | *]", "IND", "ABCEG")
def indicate(context: Context) -> str:
    """The load of the system, or the resources of one guest; another's needs class E."""
    word = context.words[0] if context.words else "LOAD"
    if abbreviates("LOAD", word):
        return _load(context)
    if not abbreviates("USER", word):
        raise CpError("IND", 3, f"Invalid option - {word}")
    userid = context.userid(1) if len(context.words) > 1 else context.machine.userid
    if userid != context.machine.userid and not context.has_class("E"):
        raise CpError("IND", 3, f"Invalid option - {userid}")
    return _user(context, context.system.guests.existing(userid, "IND"))


def _load(context: Context) -> str:
    facts = context.system.config.system
    machines = context.system.guests.logged_on()
    average = min(99, sum(len(machine.cpus) for machine in machines) // facts.cpus)
    processors = [f"PROC {cpu:04}-{average:03}% {facts.cpu_type:<4}" for cpu in range(facts.cpus)]
    rows = ["      ".join(processors[at : at + 2]) for at in range(0, len(processors), 2)]
    shown = [
        f"AVGPROC-{average:03}% {facts.cpus:02}",
        "MDC READS-000000/SEC WRITES-000000/SEC HIT RATIO-000%",
        "PAGING-0/SEC",
        f"Q0-00000(00000)                           DORMANT-{len(machines):05}",
        "Q1-00000(00000)           E1-00000(00000)",
        "Q2-00000(00000) EXPAN-000 E2-00000(00000)",
        "Q3-00000(00000) EXPAN-000 E3-00000(00000)",
    ]
    return lines(*shown, *rows, "LIMITED-00000")


def _user(context: Context, machine: VirtualMachine) -> str:
    """A light guest uses a quarter of its storage."""
    pages = machine.storage // 4 // _PAGE
    used = int(machine.cpu_seconds)
    connected = used * 100 // max(1, len(machine.cpus))
    kind = context.system.config.system.cpu_type
    ipl = f"DEV {machine.ipl_device}" if machine.ipl_device else "NONE"
    shown = [
        f"USERID={machine.userid:<8} MACH=ESA STOR={format_storage(machine.storage)} VIRT=V XSTORE=NONE",
        f"IPLSYS={ipl:<8} DEVNUM={len(machine.devices):05}",
        f"PAGES: RES={pages:08} WS={pages:08} LOCKEDREAL=00000000 RESVD=00000000",
        "NPREF=00000000 PREF=00000000 READS=00000000 WRITES=00000000",
        "XSTORE=000000 READS=000000 WRITES=000000 MIGRATES=000000",
    ]
    for cpu in machine.cpus:
        share = used // len(machine.cpus)
        shown += [
            f"CPU {cpu}: CTIME={connected // 3600:02}:{connected // 60 % 60:02}"
            f" VTIME={share // 60:03}:{share % 60:02} TTIME={share // 60:03}:{share % 60:02} IO=000000",
            f"        RDR=000000 PRT=000000 PCH=000000 TYPE={kind:<4} CPUAFFIN=ON",
        ]
    return lines(*shown)
