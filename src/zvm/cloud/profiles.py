# SPDX-License-Identifier: Apache-2.0
"""The ways a cloud can be laid out: where its data lies and how its services talk to each other."""

from __future__ import annotations

from typing import Protocol

from zvm.cloud.config_files import Value
from zvm.cloud.layout import Layout


class Profile(Protocol):
    """What the services' settings differ in from one way to another."""

    name: str

    def database(self, layout: Layout, name: str) -> dict[str, Value]:
        """Return oslo.db's options for the database ``name``."""

    def transport(self, layout: Layout) -> str:
        """Return oslo.messaging's transport URL."""


class Embedded:
    """The demo: a file per database, and each service whole in one process, so that no broker is needed."""

    name = "embedded"

    def database(self, layout: Layout, name: str) -> dict[str, Value]:
        """Return the options of an SQLite file, with patience for other writers."""
        return {
            "connection": f"sqlite:///{layout.database(name)}?timeout=60",
            "sqlite_synchronous": False,
            "max_pool_size": 10,
            "max_overflow": 20,
        }

    def transport(self, layout: Layout) -> str:
        """Return the in-process transport."""
        return "fake://"
