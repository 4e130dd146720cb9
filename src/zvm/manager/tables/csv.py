# SPDX-License-Identifier: Apache-2.0
"""``tabdump``'s form of a table: ``#col,col,...`` and a line per row.

Every value that is not empty stands in double quotes, one within it doubled. Clients split at commas without
looking at the quotes, so what we write ourselves holds none.
"""

from __future__ import annotations

from collections.abc import Iterable

from zvm.manager.tables.rows import Row
from zvm.manager.tables.schemas import Schema


def header(schema: Schema) -> str:
    """Return the first line."""
    return "#" + ",".join(schema.columns)


def line(schema: Schema, row: Row) -> str:
    """Return the line of ``row``."""
    return ",".join(_quoted(row[column]) for column in schema.columns)


def dump(schema: Schema, rows: Iterable[Row]) -> list[str]:
    """Return all lines."""
    return [header(schema), *(line(schema, row) for row in rows)]


def _quoted(value: str) -> str:
    return '"' + value.replace('"', '""') + '"' if value else ""
