# SPDX-License-Identifier: Apache-2.0
"""What survives a restart, kill -9 included: one document per component and key in a SQLite file."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

#: Component -> key -> document (anything JSON can hold).
State = Mapping[str, Mapping[str, Any]]


class Store:
    """The documents of one system. Only those that changed are written, all in one transaction."""

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = NORMAL")
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS document"
            " (component TEXT, key TEXT, body TEXT NOT NULL, PRIMARY KEY (component, key)) WITHOUT ROWID"
        )
        self._seen: dict[tuple[str, str], Any] = {}
        self._saved: dict[tuple[str, str], str] = {
            (component, key): body
            for component, key, body in self._database.execute("SELECT component, key, body FROM document")
        }

    def read(self) -> dict[str, dict[str, Any]]:
        """Return all documents; empty for a new store."""
        state: dict[str, dict[str, Any]] = {}
        for (component, key), body in self._saved.items():
            state.setdefault(component, {})[key] = json.loads(body)
        return state

    def write(self, state: State) -> int:
        """Make the store hold exactly ``state``; return how many documents had to be written or removed.

        A document that is the very object of the last time is taken to be unchanged.
        """
        wanted: dict[tuple[str, str], str] = {}
        seen: dict[tuple[str, str], Any] = {}
        for component, documents in state.items():
            for key, document in documents.items():
                name = (component, key)
                same = name in self._seen and self._seen[name] is document
                wanted[name] = self._saved[name] if same else json.dumps(document, separators=(",", ":"))
                seen[name] = document
        changed = [(*name, body) for name, body in wanted.items() if self._saved.get(name) != body]
        gone = [name for name in self._saved if name not in wanted]
        if changed or gone:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                self._database.executemany("REPLACE INTO document VALUES (?, ?, ?)", changed)
                self._database.executemany("DELETE FROM document WHERE component = ? AND key = ?", gone)
            except sqlite3.Error:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")
            self._saved = wanted
        self._seen = seen
        return len(changed) + len(gone)

    def close(self) -> None:
        """Close the file."""
        self._database.close()
