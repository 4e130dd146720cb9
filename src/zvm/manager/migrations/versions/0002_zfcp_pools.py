# SPDX-License-Identifier: Apache-2.0
"""Pools of SCSI disks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "zfcp_devices",
        sa.Column("row", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("hcp", sa.String(255), nullable=False, index=True),
        sa.Column("pool", sa.String(64), nullable=False),
        *(
            sa.Column(name, sa.Text, nullable=False, server_default="")
            for name in ("wwpn", "lun", "status", "size", "range", "owner", "channel", "tag")
        ),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("zfcp_devices")
