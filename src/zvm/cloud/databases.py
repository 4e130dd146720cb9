# SPDX-License-Identifier: Apache-2.0
"""Makes one service's tables: ``python -m zvm.cloud.databases SERVICE FOLDER``.

Calls what the services' own ``…-manage`` commands call, one process per service instead of one per
command. All of it can be run again on what is there. Placement makes its tables when it starts
(``sync_on_startup``).
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

from zvm.cloud.layout import Layout

#: SQLite files that each service keeps.
FILES = {
    "keystone": ("keystone",),
    "placement": ("placement",),
    "glance": ("glance",),
    "neutron": ("neutron",),
    "nova": ("nova_api", "nova_cell0", "nova"),
}


def prepare_file(path: Path) -> None:
    """Make an SQLite file whose readers do not wait for its writers (write-ahead log; kept in the file)."""
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA journal_mode=WAL")
    database.close()


def keystone(layout: Layout) -> None:
    """Make Keystone's tables and fill them with what a cloud needs."""
    import keystone.conf
    from keystone.common import sql
    from keystone.common.sql import upgrades

    from zvm.cloud import identity
    from zvm.cloud.layout import ACCOUNTS

    keystone.conf.configure()
    sql.initialize()
    file = str(layout.config("keystone", "keystone.conf"))
    keystone.conf.CONF([], project="keystone", default_config_files=[file])
    keystone.conf.set_external_opts_defaults()
    upgrades.offline_sync_database_to_version()
    services = ("keystone", *(name for name, _ in identity.CATALOGUE.values()))
    identity.fill(
        passwords={name: layout.password(name) for name in ACCOUNTS},
        urls={name: layout.url(name) for name in services},
    )


def glance(layout: Layout) -> None:
    """Make Glance's tables."""
    from glance.cmd import manage

    sys.argv = [
        "glance-manage",
        "--config-file",
        str(layout.config("glance", "glance-api.conf")),
        "db",
        "sync",
    ]
    manage.main()


def neutron(layout: Layout) -> None:
    """Make Neutron's tables from its models: its migration scripts are written for MySQL."""
    import sqlalchemy
    from neutron.db.migration.models import head  # noqa: F401  (all models are known once it is loaded)
    from neutron_lib.db import model_base

    engine = sqlalchemy.create_engine(f"sqlite:///{layout.database('neutron')}")
    model_base.BASEV2.metadata.create_all(engine)


def nova(layout: Layout) -> None:
    """Make the tables of Nova's API, of cell 0 and of the one cell, and enter both cells."""
    from nova.cmd import manage  # first, as it chooses between threads and eventlet

    manage.config.parse_args(["nova-manage", "--config-file", str(layout.config("nova", "nova.conf"))])
    manage.objects.register_all()
    cells = manage.CellV2Commands()
    manage.ApiDbCommands().sync()
    cells.map_cell0(f"sqlite:///{layout.database('nova_cell0')}?timeout=60")
    manage.DbCommands().sync()
    cells.create_cell("cell1")


TABLES: dict[str, Callable[[Layout], None]] = {
    "keystone": keystone,
    "glance": glance,
    "neutron": neutron,
    "nova": nova,
}

if __name__ == "__main__":
    TABLES[sys.argv[1]](Layout(Path(sys.argv[2])))
