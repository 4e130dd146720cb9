# SPDX-License-Identifier: Apache-2.0
"""Takes a CP command line apart, checks who issues it, and runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from zvm.simulator.cp import (  # the families declare their commands when they are imported
    devices,
    disks,
    fcp,
    guests,
    indicate,
    network,
    operator,
    query,
    query_network,
    query_real,
    query_virtual,
    relocation,
    settings,
    spooling,
    vary,
)
from zvm.simulator.cp.command import COMMANDS, QUERIES, Command, Context, pick
from zvm.simulator.cp_error import CpError
from zvm.simulator.network import NetworkError

if TYPE_CHECKING:
    from zvm.simulator.system import System
    from zvm.simulator.virtual_machine import VirtualMachine

FAMILIES = (
    devices,
    disks,
    fcp,
    guests,
    indicate,
    network,
    operator,
    query,
    query_network,
    query_real,
    query_virtual,
    relocation,
    settings,
    spooling,
    vary,
)


class CpResult(NamedTuple):
    """CP's return code and its answer, lines that each end with a line end."""

    rc: int
    text: str


class Cp:
    """The command interpreter of one system."""

    def __init__(self, system: System) -> None:
        self._system = system
        system.guests.run_command = lambda machine, line: self.run(machine, line).text.rstrip("\n")

    def run(self, machine: VirtualMachine, line: str) -> CpResult:
        """Run one command under the authority of ``machine``; never raises for what CP refuses."""
        self._system.guests.get(machine.userid)  # what it does may change the issuer
        try:
            result = CpResult(0, self._dispatch(machine, line.strip()))
        except CpError as error:
            result = CpResult(error.number, f"{error.message}\n")
        except NetworkError as error:
            result = CpResult(error.number, f"{error.text}\n")
        self._system.calls.cp(machine.userid, line, result.rc)
        return result

    def _dispatch(self, machine: VirtualMachine, line: str) -> str:
        if not line:
            return ""
        name, _, rest = line.partition(" ")
        found = pick(COMMANDS, name.upper())
        # Operands are in CP's own characters; what a digit of another script means to it is nothing.
        plain = rest.encode("ascii", "replace").decode("ascii")
        context = Context(self._system, machine, plain.upper().split(), rest.strip())
        if found is not None and found.name == "Query":
            return self._query(context)
        if found is None:
            raise CpError("CMD", 1, f"Unknown CP command: {name.upper()}")
        return _run(found, context)

    def _query(self, context: Context) -> str:
        word = context.word(0)
        if word in ("*", ""):
            word = context.machine.userid
        found = pick(QUERIES, word)
        if found is None:
            context.words = ["", *context.words]
            return query.user(context)
        context.words, context.raw = context.words[1:], context.raw.partition(" ")[2].strip()
        return _run(found, context)


def _run(found: Command, context: Context) -> str:
    if not context.has_class(found.classes):
        # CP does not tell a user about commands of classes he lacks.
        raise CpError("CMD", 1, f"Unknown CP command: {found.name.upper()}")
    context.module = found.module
    return found.handler(context)


__all__ = ["FAMILIES", "Cp", "CpResult"]
