# SPDX-License-Identifier: Apache-2.0
"""Makes one service's tables: ``python -m zvm.cloud.databases SERVICE FOLDER``.

Calls what the services' own ``…-manage`` commands call, one process per service instead of one per
command. All of it can be run again on what is there. Placement makes its tables when it starts
(``sync_on_startup``).
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from zvm.cloud.layout import Layout
from zvm.cloud.ways import PROFILES


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
    identity.fill(
        passwords={name: layout.password(name) for name in ACCOUNTS},
        urls={name: layout.url(name) for name in PROFILES[layout.profile].services},
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
    """Make Neutron's tables: by its migration scripts, which are for MySQL alone, else from its models."""
    if layout.profile == "separate":
        from neutron.db.migration import cli

        file = layout.config("neutron", "neutron.conf")
        sys.argv = ["neutron-db-manage", "--config-file", str(file), "upgrade", "heads"]
        cli.main()
        return
    import sqlalchemy
    from neutron.db.migration.models import head  # noqa: F401  (all models are known once it is loaded)
    from neutron_lib.db import model_base
    from oslo_config import cfg

    conf = cfg.ConfigOpts()
    conf.register_opts([cfg.StrOpt("connection")], group="database")
    conf([], default_config_files=[str(layout.config("neutron", "neutron.conf"))])
    model_base.BASEV2.metadata.create_all(sqlalchemy.create_engine(conf.database.connection))


def nova(layout: Layout) -> None:
    """Make the tables of Nova's API, of cell 0 and of the one cell, and enter both cells."""
    from nova.cmd import manage  # first, as it chooses between threads and eventlet

    profile = PROFILES[layout.profile]
    file = layout.config("nova", "nova.conf" if profile.name == "embedded" else "manage.conf")
    manage.config.parse_args(["nova-manage", "--config-file", str(file)])
    manage.objects.register_all()
    cells = manage.CellV2Commands()
    manage.ApiDbCommands().sync()
    cells.map_cell0(str(profile.database(layout, "nova_cell0")["connection"]))
    database = str(profile.database(layout, "nova")["connection"])
    cells.create_cell(
        "cell1", database_connection=database, transport_url=profile.transport(layout, cell=True)
    )
    manage.DbCommands().sync()  # both cells


def cinder(layout: Layout) -> None:
    """Make Cinder's tables."""
    from cinder.cmd import manage

    sys.argv = ["cinder-manage", "--config-file", str(layout.config("cinder", "cinder.conf")), "db", "sync"]
    manage.main()


TABLES: dict[str, Callable[[Layout], None]] = {
    "keystone": keystone,
    "glance": glance,
    "neutron": neutron,
    "nova": nova,
    "cinder": cinder,
}

if __name__ == "__main__":
    TABLES[sys.argv[1]](Layout(Path(sys.argv[2])))
