# SPDX-License-Identifier: Apache-2.0
"""A MariaDB server of the cloud's own: its data below the cloud's folder, listening on the loopback alone."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import pymysql

from zvm.cloud.errors import CloudError
from zvm.cloud.layout import HOST, Layout, write_private
from zvm.cloud.processes import Processes, Service

#: Relative to its data, where the server works: a socket's address holds 107 bytes only (unix(7)).
SOCKET = "server.socket"
ACCOUNT = "openstack"
#: Where Debian puts servers; an ordinary user's PATH lacks it.
_SERVERS = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin"


def program(name: str, package: str) -> str:
    """Return the path of the program ``name``.

    :raises CloudError: it is not installed; the next step names Debian's ``package``.
    """
    found = shutil.which(name, path=_SERVERS)
    if not found:
        raise CloudError(f"{name} is not installed", next_step=f"On Debian: apt-get install {package}")
    return found


def url(layout: Layout, name: str) -> str:
    """Return SQLAlchemy's address of the database ``name``."""
    account = f"{ACCOUNT}:{layout.password('mariadb')}"
    return f"mysql+pymysql://{account}@{HOST}:{layout.port('mariadb')}/{name}?charset=utf8mb4"


def service(layout: Layout, processes: Processes) -> Service:
    """Return the server; its system tables are made first where there are none.

    :raises CloudError: MariaDB is not installed.
    """
    server = program("mariadbd", "mariadb-server")
    data = layout.root / "mariadb"
    common = ["--no-defaults", f"--datadir={data}"]
    if os.geteuid() == 0:
        common.append("--user=root")
    if not (data / "mysql").exists():
        install = program("mariadb-install-db", "mariadb-server")
        processes.run(
            "mariadb-install",
            [
                install,
                *common,
                "--skip-test-db",
                "--skip-name-resolve",
                "--auth-root-authentication-method=normal",
            ],
        )
    start = layout.config("mariadb", "start.sql")
    start.parent.mkdir(parents=True, exist_ok=True)
    _write_start(layout, start)
    return Service(
        name="mariadb",
        port=layout.port("mariadb"),
        command=[
            *(
                server,
                *common,
                f"--socket={SOCKET}",
                f"--bind-address={HOST}",
                f"--port={layout.port('mariadb')}",
            ),
            *("--skip-log-bin", "--skip-name-resolve", f"--init-file={start}", "--max-connections=1000"),
            # A crash of the machine may lose the last second; a crash of the server loses nothing.
            *("--innodb-flush-log-at-trx-commit=2", "--character-set-server=utf8mb4"),
        ],
        ready=lambda: _answers(layout),
    )


def _write_start(layout: Layout, path: Path) -> None:
    """Write what the server carries out as it starts: a password for root, and our account."""
    password = layout.password("mariadb")  # of URL-safe characters, none of which SQL quotes
    write_private(
        path,
        f"ALTER USER 'root'@'localhost' IDENTIFIED BY '{password}';\n"
        f"CREATE USER IF NOT EXISTS '{ACCOUNT}'@'{HOST}' IDENTIFIED BY '{password}';\n"
        f"GRANT ALL ON *.* TO '{ACCOUNT}'@'{HOST}';\n",
    )


def _connect(layout: Layout) -> pymysql.connections.Connection[pymysql.cursors.Cursor]:
    return pymysql.connect(
        host=HOST,
        port=layout.port("mariadb"),
        user=ACCOUNT,
        password=layout.password("mariadb"),
        connect_timeout=5,
    )


def _answers(layout: Layout) -> bool:
    try:
        _connect(layout).close()
    except pymysql.err.OperationalError:
        return False
    return True


def scalar(layout: Layout, database: str, query: str, values: Sequence[object]) -> object:
    """Return the first column of the first row that ``query`` finds, None when there is none."""
    with _connect(layout) as connection, connection.cursor() as cursor:
        connection.select_db(database)
        cursor.execute(query, values)
        row = cursor.fetchone()
        return row[0] if row else None


def create(layout: Layout, names: tuple[str, ...]) -> None:
    """Make the empty databases ``names``, in place of what an interrupted attempt left."""
    with _connect(layout) as connection, connection.cursor() as cursor:
        for name in names:
            cursor.execute(f"DROP DATABASE IF EXISTS `{name}`")
            cursor.execute(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4")
