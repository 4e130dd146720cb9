# SPDX-License-Identifier: Apache-2.0
"""Lets several threads of one process write to one SQLite database through oslo.db.

oslo.db begins each SQLite transaction with a plain BEGIN, which takes no lock until the first write. When
another thread commits between the first read and that write, SQLite refuses at once with "database is
locked", whatever the time-out: what was read is out of date. A transaction that is going to write
therefore has to say so when it begins (BEGIN IMMEDIATE, https://www.sqlite.org/lang_transaction.html),
and then waits its turn.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy
from oslo_db.sqlalchemy import enginefacade

#: Execution option of engines and connections whose transactions write.
WRITES = "zvm_writes"


def install() -> None:
    """Make oslo.db's writer transactions on SQLite in this process take the write lock as they begin."""
    factory = enginefacade._TransactionFactory
    create_session, create_connection = factory._create_session, factory._create_connection

    def session_that_says_so(self: Any, mode: Any, bind: Any = None) -> Any:
        session = create_session(self, mode, bind)
        if mode is enginefacade._WRITER and bind is None:
            session.bind = session.bind.execution_options(**{WRITES: True})
        return session

    def connection_that_says_so(self: Any, mode: Any) -> Any:
        connection = create_connection(self, mode)
        if mode is enginefacade._WRITER:
            connection = connection.execution_options(**{WRITES: True})
        return connection

    factory._create_session = session_that_says_so
    factory._create_connection = connection_that_says_so
    sqlalchemy.event.listen(sqlalchemy.engine.Engine, "begin", begin)


def begin(connection: sqlalchemy.engine.Connection) -> None:
    """Begin a writer's transaction; leave all others to oslo.db, whose own listener runs after this one."""
    if connection.dialect.name != "sqlite" or not connection.get_execution_options().get(WRITES):
        return
    if "in_transaction" not in connection.info:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        connection.info["in_transaction"] = True
