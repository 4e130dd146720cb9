# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from zvm.manager.tables.models import metadata


def test_migrations_lead_to_the_declared_tables(connection: Connection) -> None:
    assert compare_metadata(MigrationContext.configure(connection), metadata) == []
