# SPDX-License-Identifier: Apache-2.0
"""A PostgreSQL server of the tests' own, on loopback, its data in a temporary folder."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.daemon import ENDS_WITH_US
from tests.support.nova_chain import free_port
from tests.support.polling import wait_until
from tests.support.programs import missing

_ACCOUNT = "zvm"
_SECONDS = 120


def _program(name: str) -> str | None:
    """Return the path of one of PostgreSQL's programs; Debian keeps them out of PATH."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found = (shutil.which(name, path=str(folder)) for folder in folders)
    return next((path for path in found if path), None) or shutil.which(name)


def _as_somebody() -> list[str]:
    """Return what stands before a command so that it is not root who runs it: PostgreSQL refuses that."""
    return ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"] if os.geteuid() == 0 else []


class PostgreSQL:
    """The server; ``folder`` must be within reach of another user."""

    def __init__(self, folder: Path) -> None:
        initdb, postgres = _program("initdb"), _program("postgres")
        if not initdb or not postgres:
            pytest.skip(missing("postgresql", "initdb"))
        self._data, self.port = folder / "data", free_port()
        self._data.mkdir()
        before = _as_somebody()
        if before:
            shutil.chown(self._data, "nobody", "nogroup")
        subprocess.run(
            [*before, initdb, "-D", self._data, "-U", _ACCOUNT, "-A", "trust", "-E", "UTF8", "--no-sync"],
            check=True,
            capture_output=True,
            timeout=_SECONDS,
            cwd="/",
        )
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "fsync": "off",
            "max_connections": "100",
        }
        settings = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        with (folder / "postgres.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*before, *ENDS_WITH_US, postgres, "-D", self._data, *settings],
                stdout=log,
                stderr=log,
                cwd="/",
            )

    def database(self, name: str) -> str:
        """Make a database and return its URL."""
        import psycopg

        server = f"host=127.0.0.1 port={self.port} user={_ACCOUNT} dbname=postgres connect_timeout=5"
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(name)))
        return f"postgresql://{_ACCOUNT}@127.0.0.1:{self.port}/{name}"

    def ready(self) -> bool:
        """Return whether it takes connections."""
        import psycopg

        assert self.process.poll() is None, "PostgreSQL ended"
        try:
            psycopg.connect(
                f"host=127.0.0.1 port={self.port} user={_ACCOUNT} dbname=postgres connect_timeout=5"
            ).close()
        except psycopg.OperationalError:
            return False
        return True

    def wait(self) -> None:
        """Return once it takes connections."""
        wait_until(self.ready, _SECONDS)

    def stop(self) -> None:
        """End it, whoever is connected."""
        self.process.send_signal(signal.SIGINT)  # its "fast" shutdown
        self.process.wait(_SECONDS)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """One server for all tests of a run: each takes a database of its own."""
    with tempfile.TemporaryDirectory(prefix="zvm-pg-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        server = PostgreSQL(Path(folder))
        try:
            server.wait()
            yield server
        finally:
            server.stop()
