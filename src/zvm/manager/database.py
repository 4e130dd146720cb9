# SPDX-License-Identifier: Apache-2.0
"""The database: one engine, used from threads so that the event loop never waits for a disk.

SQLite by default; PostgreSQL where several management nodes share one. In either there is one writer at a
time: what a transaction reads before it writes is still so when it writes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import alembic.command
import alembic.config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, event, func, select
from sqlalchemy.engine import make_url

from zvm.manager.locks import Locks

P = ParamSpec("P")
T = TypeVar("T")

#: PostgreSQL's advisory lock that a writer has; a pair, so that it is none of :mod:`zvm.manager.locks`.
_WRITER = 0x7A766D, 1


class Database:
    """The tables.

    :param url: as SQLAlchemy has it: ``sqlite:////var/lib/zvm/manager.sqlite``, ``postgresql://user@host/name``.
    :ivar locks: locks by name, which all that use the database respect.
    """

    def __init__(self, url: str) -> None:
        where = make_url(url)
        #: Whether other management nodes may use the same database.
        self.shared = where.get_backend_name() != "sqlite"
        if not self.shared:
            if file := where.database:
                Path(file).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.engine = create_engine(url, connect_args={"timeout": 30}, pool_size=10, max_overflow=30)
            event.listen(self.engine, "connect", _tune_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
        else:
            if where.drivername == "postgresql":
                where = where.set(drivername="postgresql+psycopg")
            self.engine = create_engine(where, pool_pre_ping=True, pool_size=10, max_overflow=30)
            event.listen(self.engine, "begin", _begin_postgresql)
        self.locks = Locks(self.engine if self.shared else None)
        self._watcher: Any = None

    def close(self) -> None:
        """Close the connections."""
        self.locks.close()
        if self._watcher is not None:
            self._watcher.close()
        self.engine.dispose()

    def version(self) -> int | None:
        """Return a number that is another one once anybody has changed the tables; None where none tells.

        It is SQLite's own (``PRAGMA data_version``), which it reads from memory that all who have the file
        open share: this may be called in the event loop.
        """
        if self.shared or not self.engine.url.database:
            return None
        if self._watcher is None:  # it never writes: a connection's own changes do not count for it
            self._watcher = self.engine.raw_connection()
        cursor = self._watcher.cursor()
        try:
            return int(cursor.execute("PRAGMA data_version").fetchone()[0])
        finally:
            cursor.close()

    async def read(
        self, function: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run ``function(connection, ...)``, which only reads, in a thread."""
        return await asyncio.to_thread(partial(self._read, function, *args, **kwargs))

    async def write(
        self, function: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run ``function(connection, ...)`` in a thread, in one transaction; an exception undoes it."""
        # The transaction ends even if the request that asked for it is given up meanwhile.
        return await asyncio.shield(asyncio.to_thread(partial(self.write_now, function, *args, **kwargs)))

    def _read(
        self, function: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        with self.engine.connect() as connection:
            return function(connection, *args, **kwargs)

    def write_now(
        self, function: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run ``function(connection, ...)`` here, in one transaction."""
        with self.engine.connect().execution_options(zvm_write=True) as connection, connection.begin():
            return function(connection, *args, **kwargs)

    def migrate(self) -> None:
        """Bring the tables to the newest form; quick when they already are."""
        config = alembic.config.Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        with self.engine.connect().execution_options(zvm_write=True) as connection:
            current = MigrationContext.configure(connection).get_current_revision()
            if current == ScriptDirectory.from_config(config).get_current_head():
                return
            config.attributes["connection"] = connection
            alembic.command.upgrade(config, "head")
            connection.commit()


def _tune_sqlite(dbapi_connection: Any, _record: object) -> None:
    dbapi_connection.isolation_level = None  # we begin transactions ourselves, below
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        dbapi_connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes its lock at once: one that first reads could meet another and neither could go on.
    write = connection.get_execution_options().get("zvm_write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _begin_postgresql(connection: Connection) -> None:
    if connection.get_execution_options().get("zvm_write"):
        connection.execute(select(func.pg_advisory_xact_lock(*_WRITER)))
