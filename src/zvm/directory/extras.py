# SPDX-License-Identifier: Apache-2.0
"""What an entry says of a guest beside its size and its devices: profile, shares, the kind of its processors.

::

    INCLUDE LNXPROD
    CPU 00 BASE DEDICATE
    SHARE RELATIVE 200
    IOPRIORITY RELATIVE 1 9

Source: CP Planning and Administration, INCLUDE, CPU, SHARE and IOPRIORITY statements.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from zvm.directory.entry import Entry
from zvm.directory.statement_base import Statement
from zvm.directory.statements import Cpu, Include, IoPriority, Share

#: The classes of these statements, by keyword.
KINDS: Mapping[str, type[Statement]] = {kind.keyword: kind for kind in (Include, Cpu, Share, IoPriority)}
_DEDICATE, _NODEDICATE = "DEDICATE", "NODEDICATE"


@dataclass(frozen=True, slots=True)
class Extras:
    """What of this an entry is to say; what is not told stays as it is.

    :ivar statements: by keyword: the only such statement of the entry; None: it is to have none.
    :ivar dedicated: whether its processors are real ones of its own.
    """

    statements: Mapping[str, Statement | None] = field(default_factory=dict)
    dedicated: bool | None = None

    def is_in(self, entry: Entry) -> bool:
        """Return whether the entry says this already."""
        return self.put_in(entry) == entry

    def put_in(self, entry: Entry) -> Entry:
        """Return the entry with what it is to say."""
        for keyword, statement in self.statements.items():
            entry = replaced(entry, KINDS[keyword], [statement] if statement else [])
        if self.dedicated is None:
            return entry
        return replaced(entry, Cpu, [_as_told(cpu, dedicated=self.dedicated) for cpu in entry.find(Cpu)])


def replaced(entry: Entry, kind: type[Statement], wanted: Iterable[Statement]) -> Entry:
    """Return the entry with ``wanted`` in the place of all its statements of the class ``kind``.

    Where it has none, an INCLUDE goes before all others and what else is no device before the first device.
    """
    rest = [item for item in entry.statements if not isinstance(item, kind)]
    if len(rest) < len(entry.statements):
        at = next(at for at, item in enumerate(entry.statements) if isinstance(item, kind))
    elif kind is Include:
        at = 0
    else:
        at = next((at for at, item in enumerate(rest) if item.device), len(rest))
    return replace(entry, statements=(*rest[:at], *wanted, *rest[at:]))


def has_dedicated_cpus(entry: Entry) -> bool:
    """Return whether all processors of the entry, of which it has some, are dedicated."""
    cpus = entry.find(Cpu)
    return bool(cpus) and all(_DEDICATE in cpu.options for cpu in cpus)


def dedicated(cpu: Cpu) -> Cpu:
    """Return the processor as a real one of the guest's own."""
    return _as_told(cpu, dedicated=True)


def _as_told(cpu: Cpu, *, dedicated: bool) -> Cpu:
    if (_DEDICATE in cpu.options) == dedicated:
        return cpu
    others = tuple(item for item in cpu.options if item not in (_DEDICATE, _NODEDICATE))
    return replace(cpu, options=(*others, _DEDICATE) if dedicated else others)
