# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from zvm.manager.database import Database


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    database = Database(f"sqlite:///{tmp_path / 'manager.sqlite'}")
    database.migrate()
    with database.engine.connect() as connection:
        yield connection
    database.close()
