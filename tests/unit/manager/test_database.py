# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import Connection

from zvm.manager.database import Database
from zvm.manager.tables import rows


@pytest.fixture
def database(tmp_path: Path) -> Database:
    made = Database(f"sqlite:///{tmp_path / 'new' / 'manager.sqlite'}")
    made.migrate()
    made.migrate()
    return made


def _count(connection: Connection) -> None:
    row = rows.select_row(connection, "site", {"key": "n"}) or {"value": "0"}
    rows.upsert(connection, "site", {"key": "n"}, {"value": str(int(row["value"]) + 1)})


async def test_writers_do_not_lose_each_others_work(database: Database, tmp_path: Path) -> None:
    other = Database(f"sqlite:///{tmp_path / 'new' / 'manager.sqlite'}")
    await asyncio.gather(*(item.write(_count) for _ in range(25) for item in (database, other)))
    found = await database.read(rows.select_row, "site", {"key": "n"})
    assert found is not None
    assert found["value"] == "50"
    for item in (database, other):
        item.close()


async def test_a_failure_undoes_the_whole(database: Database) -> None:
    def half(connection: Connection) -> None:
        rows.upsert(connection, "site", {"key": "a"}, {"value": "1"})
        raise RuntimeError("half way")

    with pytest.raises(RuntimeError):
        await database.write(half)
    assert await database.read(rows.select_rows, "site") == []
    database.close()


async def test_the_version_tells_of_every_change(database: Database, tmp_path: Path) -> None:
    other = Database(f"sqlite:///{tmp_path / 'new' / 'manager.sqlite'}")
    first = database.version()
    assert first is not None
    assert database.version() == first
    await database.write(_count)
    second = database.version()
    await other.write(_count)  # as another process does it
    assert len({first, second, database.version()}) == 3
    for item in (database, other):
        item.close()
