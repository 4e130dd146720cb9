# SPDX-License-Identifier: Apache-2.0
"""The ways a cloud can be laid out: where its data lies, and which processes its services are."""

from __future__ import annotations

import sqlite3
from typing import Protocol

from zvm.cloud import openstack_services
from zvm.cloud.config_files import Value
from zvm.cloud.layout import Layout
from zvm.cloud.processes import Processes, Service
from zvm.cloud.settings.site import FIRST, Member

#: The databases that each service keeps.
DATABASES = {
    "keystone": ("keystone",),
    "placement": ("placement",),
    "glance": ("glance",),
    "neutron": ("neutron",),
    "nova": ("nova_api", "nova_cell0", "nova"),
    "cinder": ("cinder",),
}


class Profile(Protocol):
    """What differs from one way to another.

    :ivar name: the word for it in ``zvm cloud up --profile``.
    :ivar members: the z/VM systems.
    :ivar services: the services of OpenStack, those with the most work first.
    :ivar volumes: what Cinder's volumes are: minidisk, or fibre-channel; empty without Cinder.
    """

    name: str
    members: tuple[Member, ...]
    services: tuple[str, ...]
    volumes: str

    def database(self, layout: Layout, name: str) -> dict[str, Value]:
        """Return oslo.db's options for the database ``name``."""

    def transport(self, layout: Layout, cell: bool = False) -> str:
        """Return oslo.messaging's transport URL.

        :param cell: of Nova's cell, where conductor and nova-computes talk to each other.
        """

    def infrastructure(self, layout: Layout, processes: Processes) -> list[Service]:
        """Return what all services need, in the order of its start: a database server, a message broker.

        :param processes: runs what has to be done before the first start.
        :raises CloudError: a program is not installed.
        """

    def processes(self, layout: Layout, service: str) -> list[Service]:
        """Return the processes of the OpenStack service ``service``, in the order of their start."""

    def prepare(self, layout: Layout, service: str) -> None:
        """Make the empty databases of ``service``, in place of what an interrupted attempt left."""


class Embedded:
    """The demo: a file per database, and each service whole in one process, so that no broker is needed."""

    name = "embedded"
    members: tuple[Member, ...] = (FIRST,)
    services: tuple[str, ...] = ("nova", "keystone", "neutron", "glance", "placement")
    volumes = ""

    def database(self, layout: Layout, name: str) -> dict[str, Value]:
        """Return the options of an SQLite file, with patience for other writers."""
        return {
            "connection": f"sqlite:///{layout.database(name)}?timeout=60",
            "sqlite_synchronous": False,
            "max_pool_size": 10,
            "max_overflow": 20,
        }

    def transport(self, layout: Layout, cell: bool = False) -> str:
        """Return the in-process transport."""
        return "fake://"

    def infrastructure(self, layout: Layout, processes: Processes) -> list[Service]:
        """Return nothing."""
        return []

    def processes(self, layout: Layout, service: str) -> list[Service]:
        """Return the one process."""
        return [openstack_services.SERVICES[service](layout)]

    def prepare(self, layout: Layout, service: str) -> None:
        """Make SQLite files whose readers do not wait for writers (write-ahead log; kept in the file)."""
        for name in DATABASES[service]:
            file = layout.database(name)
            for left in (file, file.with_name(f"{name}-wal"), file.with_name(f"{name}-shm")):
                left.unlink(missing_ok=True)
            database = sqlite3.connect(file)
            database.execute("PRAGMA journal_mode=WAL")
            database.close()
