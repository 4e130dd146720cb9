# SPDX-License-Identifier: Apache-2.0
"""Reads and writes rows of xCAT's tables over a connection; transactions are the caller's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    bindparam,
    delete,
    insert,
    select,
    true,
    update,
)

from zvm.directory.errors import InvalidName
from zvm.manager.errors import Invalid, UnknownColumn, UnknownTable
from zvm.manager.tables.models import XCAT
from zvm.manager.tables.schemas import SCHEMAS, Schema

Row = dict[str, str]


def schema_of(table: str) -> Schema:
    """Return the schema of ``table``.

    :raises UnknownTable: there is no such table.
    """
    try:
        return SCHEMAS[table]
    except KeyError:
        raise UnknownTable(table) from None


def select_rows(connection: Connection, table: str, where: Mapping[str, str] | None = None) -> list[Row]:
    """Return the rows whose columns have the values ``where``, in the order of insertion."""
    wanted = where or {}
    _check(schema_of(table), wanted)
    query = _selection(table, tuple(sorted(wanted)))
    return [dict(row) for row in connection.execute(query, dict(wanted)).mappings()]


def select_row(connection: Connection, table: str, where: Mapping[str, str]) -> Row | None:
    """Return the first such row, or None."""
    rows = select_rows(connection, table, where)
    return rows[0] if rows else None


def select_in(connection: Connection, table: str, column: str, values: Sequence[str]) -> list[Row]:
    """Return the rows whose ``column`` has one of ``values``, in the order of insertion."""
    _check(schema_of(table), {column: ""})
    query = _selection_in(table, column)
    found: list[Row] = []
    for start in range(0, len(values), 500):  # databases limit the parameters of one statement
        wanted = {"wanted": values[start : start + 500]}
        found.extend(dict(row) for row in connection.execute(query, wanted).mappings())
    return found


def upsert(connection: Connection, table: str, where: Mapping[str, str], values: Mapping[str, str]) -> None:
    """Set ``values`` in the rows found by ``where``; make one such row when there is none.

    With an empty ``where`` the table's keys among ``values`` find the row.

    :raises Invalid: a value breaks the grammar of its column.
    """
    schema = schema_of(table)
    keys = where or {key: values[key] for key in schema.keys if key in values}
    model, condition = _found(table, keys)
    _check(schema, values)
    if keys and connection.execute(select(model.c.row_).where(condition).limit(1)).first() is not None:
        if values:
            _check_grammar(schema, values)
            connection.execute(update(model).where(condition).values(**values))
        return
    row = {**keys, **values}
    _check_grammar(schema, row)
    connection.execute(insert(model).values(**row))


def delete_rows(connection: Connection, table: str, where: Mapping[str, str]) -> int:
    """Delete the rows found by ``where`` (all for an empty one) and return their number."""
    model, condition = _found(table, where)
    return connection.execute(delete(model).where(condition)).rowcount


@cache
def _selection(table: str, columns: tuple[str, ...]) -> Select[Any]:
    """Return the query for rows by these columns; each request makes some, so they are kept."""
    model = XCAT[table]
    return _all(table).where(*(model.c[name] == bindparam(name) for name in columns))


@cache
def _selection_in(table: str, column: str) -> Select[Any]:
    return _all(table).where(XCAT[table].c[column].in_(bindparam("wanted", expanding=True)))


def _all(table: str) -> Select[Any]:
    model = XCAT[table]
    return select(*(model.c[name] for name in SCHEMAS[table].columns)).order_by(model.c.row_)


def _check(schema: Schema, columns: Mapping[str, str]) -> None:
    for column in columns:
        if column not in schema.columns:
            raise UnknownColumn(schema.name, column)


def _check_grammar(schema: Schema, values: Mapping[str, str]) -> None:
    for column, check in schema.grammar.items():
        try:
            if values.get(column):
                check(values[column])
        except InvalidName as problem:
            raise Invalid(f"The value of the attribute '{column}' is not valid: {problem}") from problem


def _found(table: str, where: Mapping[str, str]) -> tuple[Table, ColumnElement[bool]]:
    schema = schema_of(table)
    _check(schema, where)
    model = XCAT[table]
    return model, and_(true(), *(model.c[name] == value for name, value in where.items()))
