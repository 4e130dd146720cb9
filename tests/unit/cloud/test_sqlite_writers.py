# SPDX-License-Identifier: Apache-2.0
"""Two threads that read and then write the same SQLite database through oslo.db, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

#: Each thread reads, lets the other commit, and writes: what plain oslo.db is refused for.
RACE = """
import sys, threading
import sqlalchemy as sa
from oslo_db.sqlalchemy import enginefacade
if sys.argv[2] == "installed":
    from zvm.cloud import sqlite_writers
    sqlite_writers.install()
manager = enginefacade.transaction_context()
manager.configure(connection=f"sqlite:///{sys.argv[1]}?timeout=20", sqlite_fk=False)
class Context: pass
enginefacade.transaction_context_provider(Context)
both = threading.Barrier(2)
def add():
    with manager.writer.using(Context()) as session:
        found = session.execute(sa.text("select n from t")).scalar()
        try: both.wait(1.0)
        except threading.BrokenBarrierError: pass
        session.execute(sa.text("update t set n = :n"), {"n": found + 1})
failures = []
def run():
    try: add()
    except Exception as error: failures.append(error)
threads = [threading.Thread(target=run) for _ in range(2)]
[t.start() for t in threads]; [t.join() for t in threads]
with manager.reader.using(Context()) as session:
    print(len(failures), session.execute(sa.text("select n from t")).scalar())
"""


@pytest.mark.parametrize(("mode", "expected"), [("plain", "1 1"), ("installed", "0 2")])
def test_writers_wait_their_turn(tmp_path: Path, mode: str, expected: str) -> None:
    from sqlite3 import connect

    file = tmp_path / "a"
    database = connect(file)
    database.execute("PRAGMA journal_mode=WAL")
    database.executescript("create table t (n int); insert into t values (0);")
    database.close()
    done = subprocess.run(
        [sys.executable, "-c", RACE, str(file), mode], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == expected, done.stderr
