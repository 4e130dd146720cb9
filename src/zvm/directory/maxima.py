# SPDX-License-Identifier: Apache-2.0
"""The maxima of a guest: what it can have, as it runs, beyond what it is logged on with.

::

    USER LINUX01 AUTOONLY 2048M 8192M G
    MACHINE ESA 4
    COMMAND DEFINE STORAGE INITIAL STANDBY REMAINDER

CP lets the guest have four processors, and gives it all memory between 2 and 8 GiB as standby storage, which
its Linux can bring online. Source: CP Planning and Administration, USER and MACHINE statements; CP Commands
and Utilities, DEFINE STORAGE.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from zvm.directory.entry import Entry
from zvm.directory.statement_base import Statement
from zvm.directory.statements import Command, Machine, User

_SIZE = re.compile(r"(\d+)([KMGTPE]?)\Z")
_DEFINE_STORAGE = "DEFINE STORAGE "
_STANDBY = Command(f"{_DEFINE_STORAGE}INITIAL STANDBY REMAINDER")
#: Keywords of the statements that say the maxima.
KEYWORDS = (Machine.keyword, Command.keyword)


@dataclass(frozen=True, slots=True)
class Maxima:
    """``cpus``, 0: no more than it has; ``storage`` such as ``8192M``, "": likewise."""

    cpus: int = 0
    storage: str = ""

    def statements(self) -> list[Statement]:
        """Return the statements for them, beside the USER statement."""
        found: list[Statement] = [Machine("ESA", self.cpus)] if self.cpus else []
        return [*found, _STANDBY] if self.storage else found


def octets(storage: str) -> int:
    """Return the octets of a size as the directory writes it, ``2G``, ``512M``, or a bare number of them.

    What is no size is 0.
    """
    found = _SIZE.match(storage.upper())
    return int(found[1]) << 10 * " KMGTPE".index(found[2] or " ") if found else 0


def statements(entry: Entry) -> list[Statement]:
    """Return the statements by which an entry says its maxima."""
    commands = [item for item in entry.find(Command) if item.command.upper().startswith(_DEFINE_STORAGE)]
    return [*(item for item in entry.find(Machine) if item.cpus), *commands]


def kept_storage(entry: Entry, storage: str) -> str:
    """Return the maximum of memory for an entry that is given the memory ``storage`` and keeps its maxima.

    An entry whose maximum is its memory, without an order about standby storage, has none to keep.
    """
    header = entry.header
    if not isinstance(header, User):
        return storage
    most = octets(header.maximum_storage)
    has_own = most != octets(header.storage) or any(isinstance(item, Command) for item in statements(entry))
    return header.maximum_storage if has_own and most >= octets(storage) else storage


def with_cpus(entry: Entry, count: int) -> Entry:
    """Return the entry with a maximum of processors, where it says one, of at least ``count``."""
    for machine in entry.find(Machine):
        if machine.cpus and machine.cpus < count:
            entry = entry.with_statement(replace(machine, cpus=count), instead_of=machine)
    return entry


def most_cpus(entry: Entry) -> int:
    """Return the maximum of processors; 0: the entry says none."""
    return next((item.cpus for item in entry.find(Machine) if item.cpus), 0)


def replaced(entry: Entry, wanted: Iterable[Statement]) -> Entry:
    """Return the entry with other statements about its maxima."""
    entry = entry.without(*statements(entry))
    for statement in wanted:
        entry = entry.with_statement(statement)
    return entry
