# SPDX-License-Identifier: Apache-2.0
"""Directory entries and the whole directory: from records and back. Everything is immutable."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeVar

from zvm.directory.device_statements import Mdisk, NicDef
from zvm.directory.errors import InvalidEntry, SeveralHeaders
from zvm.directory.names import vdev as canonical_vdev
from zvm.directory.statement_base import Statement
from zvm.directory.statements import Comment, Header, read_statements

T = TypeVar("T", bound=Statement)


@dataclass(frozen=True, slots=True)
class Entry:
    """A USER, IDENTITY, SUBCONFIG or PROFILE statement and the statements that follow it, in order."""

    header: Header
    statements: tuple[Statement, ...] = ()

    @property
    def userid(self) -> str:
        """Whom the entry is for (the profile's name for a PROFILE)."""
        return self.header.name

    @property
    def kind(self) -> str:
        """``USER``, ``IDENTITY``, ``SUBCONFIG`` or ``PROFILE``."""
        return self.header.keyword

    def records(self) -> list[str]:
        """Return the entry as records of at most 72 columns."""
        return [record for statement in (self.header, *self.statements) for record in statement.records()]

    def text(self) -> str:
        """Return the records as one text, a line each."""
        return "".join(f"{record}\n" for record in self.records())

    def find(self, kind: type[T]) -> list[T]:
        """Return the statements of class ``kind``, in order."""
        return [statement for statement in self.statements if isinstance(statement, kind)]

    def minidisks(self) -> list[Mdisk]:
        """Return the MDISK statements."""
        return self.find(Mdisk)

    def nics(self) -> list[NicDef]:
        """Return the network cards: the NICDEF records of one device as one."""
        cards: dict[str, NicDef] = {}
        for nic in self.find(NicDef):
            cards[nic.vdev] = cards[nic.vdev].merged(nic) if nic.vdev in cards else nic
        return list(cards.values())

    def minidisk(self, vdev: str) -> Mdisk | None:
        """Return the minidisk at ``vdev``, or None."""
        wanted = canonical_vdev(vdev)
        return next((disk for disk in self.minidisks() if disk.vdev == wanted), None)

    def nic(self, vdev: str) -> NicDef | None:
        """Return the network card at ``vdev``, or None."""
        wanted = canonical_vdev(vdev)
        return next((nic for nic in self.nics() if nic.vdev == wanted), None)

    def devices(self, vdev: str) -> list[Statement]:
        """Return the device statements for ``vdev``: none, one, or the several NICDEFs of one card."""
        wanted = canonical_vdev(vdev)
        return [item for item in self.statements if item.device and getattr(item, "vdev", None) == wanted]

    def with_statement(self, statement: Statement, *, instead_of: Statement | None = None) -> Entry:
        """Return the entry with ``statement`` added, or in the place of ``instead_of``.

        What is no device goes before the first device, as CP wants the statements ordered.
        """
        items = list(self.statements)
        if instead_of is not None:
            items[items.index(instead_of)] = statement
        elif statement.device or isinstance(statement, Comment):
            items.append(statement)
        else:
            first = next((at for at, item in enumerate(items) if item.device), len(items))
            items.insert(first, statement)
        return replace(self, statements=tuple(items))

    def without(self, *statements: Statement) -> Entry:
        """Return the entry without the given statements; those it does not have do no harm."""
        return replace(self, statements=tuple(item for item in self.statements if item not in statements))


class Profile(Entry):
    """The entry of a profile: statements that entries INCLUDE."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Directory:
    """A whole directory: what stands before the first entry, and the entries in order."""

    prologue: tuple[Statement, ...] = ()
    entries: tuple[Entry, ...] = ()

    def records(self) -> list[str]:
        """Return the directory as records of at most 72 columns."""
        before = [record for statement in self.prologue for record in statement.records()]
        return before + [record for entry in self.entries for record in entry.records()]


def _lines(text: str | Iterable[str]) -> Iterable[str]:
    return text.splitlines() if isinstance(text, str) else text


def _entry(header: Header, statements: Iterable[Statement]) -> Entry:
    kind = Profile if header.keyword == "PROFILE" else Entry
    return kind(header, tuple(statements))


def parse_entry(text: str | Iterable[str]) -> Entry:
    """Return the entry on the records ``text``. Comments before its first statement move behind that.

    Raises:
        SeveralHeaders: more than one USER, IDENTITY, SUBCONFIG or PROFILE statement.
        InvalidEntry: none, or another statement before it.
    """
    statements = read_statements(_lines(text))
    headers = [item for item in statements if isinstance(item, Header)]
    if len(headers) > 1:
        raise SeveralHeaders(f"{len(headers)} statements that begin an entry")
    first = next((item for item in statements if not isinstance(item, Comment)), None)
    if not headers or first is not headers[0]:
        raise InvalidEntry("an entry begins with a USER, IDENTITY, SUBCONFIG or PROFILE statement")
    return _entry(headers[0], (item for item in statements if item is not headers[0]))


def parse_directory(text: str | Iterable[str]) -> Directory:
    """Return the directory on the records ``text``."""
    prologue: list[Statement] = []
    entries: list[tuple[Header, list[Statement]]] = []
    for statement in read_statements(_lines(text)):
        if isinstance(statement, Header):
            entries.append((statement, []))
        elif entries:
            entries[-1][1].append(statement)
        else:
            prologue.append(statement)
    return Directory(tuple(prologue), tuple(_entry(header, items) for header, items in entries))
