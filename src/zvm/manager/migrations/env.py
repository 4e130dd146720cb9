# SPDX-License-Identifier: Apache-2.0
"""What Alembic runs: migrates over the connection that ``Database.migrate`` gives."""

from __future__ import annotations

from alembic import context

from zvm.manager.tables.models import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
