# SPDX-License-Identifier: Apache-2.0
"""The database: xCAT's tables as declared, and the few of our own, as SQLAlchemy tables.

A change here needs a migration in ``zvm/manager/migrations/versions``.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, Integer, MetaData, String, Table, Text, UniqueConstraint

from zvm.manager.tables.schemas import SCHEMAS

metadata = MetaData()

#: Longest key value: what PostgreSQL and MariaDB can index.
_KEY = String(255)


def _xcat_table(name: str) -> Table:
    """Return the table of the schema ``name``; ``row_`` keeps the order of insertion, which clients see."""
    schema = SCHEMAS[name]
    columns = [
        Column(column, _KEY if column in schema.keys else Text, nullable=False, server_default="")
        for column in schema.columns
    ]
    return Table(
        f"xcat_{name}",
        metadata,
        Column("row_", Integer, primary_key=True, autoincrement=True),
        *columns,
        UniqueConstraint(*schema.keys, name=f"uq_xcat_{name}"),
    )


XCAT: dict[str, Table] = {name: _xcat_table(name) for name in SCHEMAS}

#: Images in the store. ``state`` is importing or complete; ``content_sha256`` is of the plain blocks.
images = Table(
    "images",
    metadata,
    Column("name", _KEY, primary_key=True),
    Column("state", String(16), nullable=False),
    Column("format", String(16), nullable=False, server_default=""),
    Column("bytes", BigInteger, nullable=False, server_default="0"),
    Column("sha256", String(64), nullable=False, server_default=""),
    Column("content_sha256", String(64), nullable=False, server_default=""),
    Column("origin", Text, nullable=False, server_default=""),
    Column("updated", Float, nullable=False),
)

#: Golden minidisks: written down before they are created. ``state`` is creating or complete.
goldens = Table(
    "goldens",
    metadata,
    Column("hcp", _KEY, primary_key=True),
    Column("vdev", String(4), primary_key=True),
    Column("image", _KEY, nullable=False),
    Column("content_sha256", String(64), nullable=False),
    Column("device_type", String(8), nullable=False),
    Column("pool", String(8), nullable=False),
    Column("state", String(16), nullable=False),
    Column("used", Float, nullable=False),
    UniqueConstraint("hcp", "content_sha256", "device_type", name="uq_goldens"),
)

#: Grants on virtual switches that were made for guests: written down before they are made.
grants = Table(
    "grants",
    metadata,
    Column("node", _KEY, primary_key=True),
    Column("vswitch", String(8), primary_key=True),
)

#: Files that wait for the first boot of a guest; their content is in the state directory.
transports = Table(
    "transports",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("node", _KEY, nullable=False),
    Column("name", String(8), nullable=False),
    Column("type", String(8), nullable=False),
    Column("created", Float, nullable=False),
)

#: Commands that change something, and what became of them.
tasks = Table(
    "tasks",
    metadata,
    Column("id", _KEY, primary_key=True),
    Column("requestid", _KEY, nullable=False, index=True),
    Column("user", Text, nullable=False),
    Column("command", Text, nullable=False),
    Column("node", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("percent", Integer, nullable=False, server_default="0"),
    Column("bytes", BigInteger, nullable=False, server_default="0"),
    Column("step", Text, nullable=False, server_default=""),
    Column("status", Integer, nullable=False, server_default="0"),
    Column("answer", Text, nullable=False, server_default=""),
    Column("updated", Float, nullable=False, index=True),
)

#: SCSI disks of pools, see :mod:`zvm.manager.zfcp_pools`.
zfcp_devices = Table(
    "zfcp_devices",
    metadata,
    Column("row", Integer, primary_key=True, autoincrement=True),
    Column("hcp", _KEY, nullable=False, index=True),
    Column("pool", String(64), nullable=False),
    *(
        Column(name, Text, nullable=False, server_default="")
        for name in ("wwpn", "lun", "status", "size", "range", "owner", "channel", "tag")
    ),
)
