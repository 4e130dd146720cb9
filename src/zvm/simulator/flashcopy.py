# SPDX-License-Identifier: Apache-2.0
"""FlashCopy relations: which bytes of a target are still to be read from its source.

A relation is made in no time whatever its length; its *pending* intervals shrink as tracks of either side are
written. Relations are kept in a SQLite file of their own, because they must change together with the volumes
(between two writes of one stream), not together with the rest of the system's state.
"""

from __future__ import annotations

import sqlite3
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

#: What is copied as a whole when a part of it is written (bytes of a 3390 track; also used for FBA).
GRAIN = 49152

_COLUMNS = "source, source_offset, target, target_offset, length"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS relation (
    id INTEGER PRIMARY KEY, source TEXT NOT NULL, source_offset INTEGER NOT NULL,
    target TEXT NOT NULL, target_offset INTEGER NOT NULL, length INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS pending (
    relation INTEGER NOT NULL, start INTEGER NOT NULL, stop INTEGER NOT NULL, PRIMARY KEY (relation, start));
"""


class IntervalSet:
    """Disjoint half-open integer intervals in ascending order."""

    def __init__(self, intervals: Iterable[tuple[int, int]] = ()) -> None:
        self._starts: list[int] = []
        self._stops: list[int] = []
        for start, stop in sorted(intervals):
            self._starts.append(start)
            self._stops.append(stop)

    def __bool__(self) -> bool:
        return bool(self._starts)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return iter(zip(self._starts, self._stops, strict=True))

    def within(self, start: int, stop: int) -> list[tuple[int, int]]:
        """Return the parts of the set inside ``start``..``stop``."""
        low, high = self._touching(start, stop)
        return [(max(self._starts[i], start), min(self._stops[i], stop)) for i in range(low, high)]

    def remove(self, start: int, stop: int) -> tuple[list[int], list[tuple[int, int]]]:
        """Take ``start``..``stop`` out of the set.

        :returns: the starts of the intervals that went, and the intervals that came in their place.
        """
        low, high = self._touching(start, stop)
        if low == high:
            return [], []
        gone = self._starts[low:high]
        rest = [(self._starts[low], start)] if self._starts[low] < start else []
        if self._stops[high - 1] > stop:
            rest.append((stop, self._stops[high - 1]))
        self._starts[low:high] = [a for a, _ in rest]
        self._stops[low:high] = [b for _, b in rest]
        return gone, rest

    def _touching(self, start: int, stop: int) -> tuple[int, int]:
        return bisect_right(self._stops, start), bisect_left(self._starts, stop)


@dataclass
class Relation:
    """A target range that shows what its source held when it was copied. Offsets and lengths in bytes."""

    id: int
    source: str
    source_offset: int
    target: str
    target_offset: int
    length: int
    pending: IntervalSet = field(repr=False)

    def overlap(self, at: int, start: int, stop: int) -> tuple[int, int] | None:
        """Return what of a volume's ``start``..``stop`` lies in the side beginning ``at``, from there."""
        low, high = max(start - at, 0), min(stop - at, self.length)
        return (low, high) if low < high else None

    def whole_grains(self, start: int, stop: int) -> tuple[int, int]:
        """Return ``start``..``stop`` widened to whole tracks of the relation."""
        return start - start % GRAIN, min(-(-stop // GRAIN) * GRAIN, self.length)


class Relations:
    """All relations of one system, in memory and on disk.

    :param path: the SQLite file.
    """

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        # A killed process loses nothing: what was handed to the kernel stays. A power failure could hurt.
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=OFF")
        self._db.executescript(_SCHEMA)
        self._by_id: dict[int, Relation] = {}
        select = f"SELECT id, {_COLUMNS} FROM relation"  # noqa: S608 - a constant
        for number, source, at, target, onto, length in self._db.execute(select).fetchall():
            intervals = self._db.execute("SELECT start, stop FROM pending WHERE relation = ?", (number,))
            self._by_id[number] = Relation(number, source, at, target, onto, length, IntervalSet(intervals))

    def __iter__(self) -> Iterator[Relation]:
        return iter(self._by_id.values())

    def __len__(self) -> int:
        return len(self._by_id)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def from_source(self, volume: str, start: int, stop: int) -> list[tuple[Relation, int, int]]:
        """Return the relations that read bytes ``start``..``stop`` of ``volume``, each with its part."""
        return [
            (relation, *part)
            for relation in self._by_id.values()
            if relation.source == volume and (part := relation.overlap(relation.source_offset, start, stop))
        ]

    def onto_target(self, volume: str, start: int, stop: int) -> list[tuple[Relation, int, int]]:
        """Return the relations whose target is in bytes ``start``..``stop`` of ``volume``, with the part."""
        return [
            (relation, *part)
            for relation in self._by_id.values()
            if relation.target == volume and (part := relation.overlap(relation.target_offset, start, stop))
        ]

    def add(self, source: str, source_offset: int, target: str, target_offset: int, length: int) -> Relation:
        """Establish a relation; nothing is copied."""
        values = (source, source_offset, target, target_offset, length)
        self._db.execute("BEGIN")
        insert = f"INSERT INTO relation ({_COLUMNS}) VALUES (?, ?, ?, ?, ?)"  # noqa: S608 - a constant
        cursor = self._db.execute(insert, values)
        number = int(cursor.lastrowid or 0)
        self._db.execute("INSERT INTO pending VALUES (?, 0, ?)", (number, length))
        self._db.execute("COMMIT")
        relation = Relation(number, *values, IntervalSet([(0, length)]))
        self._by_id[number] = relation
        return relation

    def settle(self, parts: Iterable[tuple[Relation, int, int]]) -> None:
        """Record that these parts of targets stand on their own; a relation with nothing pending ends."""
        changes = [(relation, *relation.pending.remove(start, stop)) for relation, start, stop in parts]
        if not any(gone for _, gone, _ in changes):
            return
        self._db.execute("BEGIN")
        for relation, gone, rest in changes:
            self._db.executemany(
                "DELETE FROM pending WHERE relation = ? AND start = ?", [(relation.id, a) for a in gone]
            )
            self._db.executemany(
                "INSERT INTO pending VALUES (?, ?, ?)", [(relation.id, a, b) for a, b in rest]
            )
            if not relation.pending and relation.id in self._by_id:
                del self._by_id[relation.id]
                self._db.execute("DELETE FROM relation WHERE id = ?", (relation.id,))
        self._db.execute("COMMIT")
