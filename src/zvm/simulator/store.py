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
        self._seen: dict[str, Mapping[str, Any]] = {}
        self._saved: dict[str, dict[str, str]] = {}
        for component, key, body in self._database.execute("SELECT component, key, body FROM document"):
            self._saved.setdefault(component, {})[key] = body

    def read(self) -> dict[str, dict[str, Any]]:
        """Return all documents; empty for a new store."""
        return {
            component: {key: json.loads(body) for key, body in documents.items()}
            for component, documents in self._saved.items()
        }

    def write(self, state: State) -> int:
        """Make the store hold exactly ``state``; return how many documents had to be written or removed.

        A document that is the very object of the last time is taken to be unchanged, and so are all documents
        of a component in the very mapping of the last time.
        """
        saved: dict[str, dict[str, str]] = {}
        changed: list[tuple[str, str, str]] = []
        gone: list[tuple[str, str]] = []
        for component in self._saved.keys() | state.keys():
            documents, known = state.get(component, {}), self._saved.get(component, {})
            seen = self._seen.get(component, {})
            if documents and documents is seen:
                saved[component] = known
                continue
            wanted = {}
            for key, document in documents.items():
                body = known.get(key)
                if body is None or seen.get(key) is not document:
                    body = json.dumps(document, separators=(",", ":"))
                    if body != known.get(key):
                        changed.append((component, key, body))
                wanted[key] = body
            gone += [(component, key) for key in known.keys() - wanted.keys()]
            saved[component] = wanted
        if changed or gone:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                self._database.executemany("REPLACE INTO document VALUES (?, ?, ?)", changed)
                self._database.executemany("DELETE FROM document WHERE component = ? AND key = ?", gone)
            except sqlite3.Error:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")
            self._saved = saved
        self._seen = dict(state)
        return len(changed) + len(gone)

    def close(self) -> None:
        """Close the file."""
        self._database.close()
