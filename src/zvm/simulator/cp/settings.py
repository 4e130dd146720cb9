# SPDX-License-Identifier: Apache-2.0
"""SET: each operand with the privilege classes that may set it; secondary users and observers."""

from __future__ import annotations

from collections.abc import Callable

from zvm.simulator.cp.command import ANY, Command, Context, Handler, abbreviates, command, lines, pick, query
from zvm.simulator.cp_error import CpError
from zvm.simulator.virtual_machine import VirtualMachine

#: What a guest sets for itself without effect here.
_IGNORED = ("RUN", "VCONFIG", "SVC76", "MSG", "IMSG", "EMSG", "SMSG", "WNG", "ACNT", "LINEDIT", "TIMER")

#: The operands of SET; filled by the modules of the families.
SETTINGS: list[Command] = []


def setting(name: str, syntax: str, classes: str = ANY) -> Callable[[Handler], Handler]:
    """Declare the decorated function as an operand of SET."""

    def declare(handler: Handler) -> Handler:
        SETTINGS.append(Command(name, classes, f"SET {syntax}", "SET", handler))
        return handler

    return declare


@command("SET", "SET operand ...", "SET")
def set_command(context: Context) -> str:
    """Change a setting; an operand of classes the issuer lacks does not exist for him."""
    word = context.word(0)
    if word in _IGNORED:
        return ""
    found = pick(SETTINGS, word)
    if found is None or not context.has_class(found.classes):
        raise CpError("SET", 3, f"Invalid option - {word}")
    context.words, context.raw = context.words[1:], context.raw.partition(" ")[2].strip()
    context.module = found.module
    return found.handler(context)


@setting("SECUSER", "SECUSER [userid] OFF | * | secuser", "ACG")
def set_secuser(context: Context) -> str:
    """Say who gets a disconnected guest's console output and may SEND to it."""
    machine, other = _pair(context)
    machine.secuser = other
    if machine is context.machine and not other:
        return lines("Secondary user disabled")
    return lines(
        f"SECUSER of {machine.userid} initiated: {other}" if other else f"SECUSER of {machine.userid} ended"
    )


@setting("OBSERVER", "OBSERVER [userid] OFF | * | observer", "ACG")
def set_observer(context: Context) -> str:
    """Say who sees a guest's console output; he may not SEND to it."""
    machine, other = _pair(context)
    machine.observer = other
    return lines(
        f"OBSERVER of {machine.userid} initiated: {other}" if other else f"OBSERVER of {machine.userid} ended"
    )


@query("SECUSER", "SECUSER [userid]", "QSE", "ABCEG")
def query_secuser(context: Context) -> str:
    """The secondary user of a guest."""
    machine = _asked(context)
    return lines(_shown("SECUSER", machine.userid, machine.secuser, context))


@query("OBSERVER", "OBSERVER [userid]", "QSE", "ABCEG")
def query_observer(context: Context) -> str:
    """The observer of a guest."""
    machine = _asked(context)
    return lines(_shown("OBSERVER", machine.userid, machine.observer, context))


def _pair(context: Context) -> tuple[VirtualMachine, str]:
    """Return whose setting is meant and the new value."""
    machine, at = context.machine, 0
    if len(context.words) > 1:
        userid = context.userid(0)
        if userid != machine.userid and not context.has_class("AC"):
            raise CpError("SET", 3, f"Invalid option - {userid}")
        machine, at = context.system.guests.existing(userid, "SET"), 1
    context.no_more_than(at + 1)
    word = context.word(at)
    if abbreviates("OFF", word):
        return machine, ""
    other = context.userid(at)
    if context.system.directory.find(other) is None:
        raise CpError("SET", 53, f"{other} not in CP directory")
    return machine, other


def _asked(context: Context) -> VirtualMachine:
    userid = context.userid(0) if context.words else context.machine.userid
    if userid != context.machine.userid and not context.has_class("ABCE"):
        raise CpError(context.module, 3, f"Invalid option - {userid}")
    return context.system.guests.existing(userid, context.module)


def _shown(what: str, userid: str, other: str, context: Context) -> str:
    if not other:
        return f"{what} of {userid} is not set"
    on = context.system.guests.is_on(other)
    return f"{what} of {userid} is {other}, {'logged on' if on else 'not logged on'}"
