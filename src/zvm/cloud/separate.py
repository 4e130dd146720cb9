# SPDX-License-Identifier: Apache-2.0
"""A process per service, MariaDB and RabbitMQ, two z/VM systems of one cluster: as it is run in earnest."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from zvm.cloud import access, mariadb, openstack_services, rabbitmq
from zvm.cloud.config_files import Value
from zvm.cloud.layout import Layout
from zvm.cloud.openstack_services import environment
from zvm.cloud.processes import Processes, Service
from zvm.cloud.profiles import DATABASES
from zvm.cloud.readiness import listens
from zvm.cloud.settings import cinder
from zvm.cloud.settings.nova import NOVNC
from zvm.cloud.settings.site import FIRST, SECOND, SECOND_ALONE, Member


class Separate:
    """A process per service."""

    name = "separate"
    members: tuple[Member, ...] = (FIRST, SECOND)
    services: tuple[str, ...] = ("nova", "keystone", "neutron", "cinder", "glance", "placement")
    volumes = "minidisk"

    def database(self, layout: Layout, name: str) -> dict[str, Value]:
        """Return the options of a database of the MariaDB server."""
        return {"connection": mariadb.url(layout, name), "max_pool_size": 5, "max_overflow": 50}

    def transport(self, layout: Layout, cell: bool = False) -> str:
        """Return the address of the broker."""
        return rabbitmq.url(layout, cell)

    def infrastructure(self, layout: Layout, processes: Processes) -> list[Service]:
        """Return database server and broker."""
        return [mariadb.service(layout, processes), *rabbitmq.services(layout)]

    def prepare(self, layout: Layout, service: str) -> None:
        """Make empty databases."""
        mariadb.create(layout, DATABASES[service])

    def processes(self, layout: Layout, service: str) -> list[Service]:
        """Return the processes of a service."""
        special = {"nova": self._nova, "neutron": self._neutron, "cinder": self._cinder}
        if service in special:
            return special[service](layout)
        return [openstack_services.SERVICES[service](layout)]

    def _nova(self, layout: Layout) -> list[Service]:
        return [
            *(
                _program(
                    *(layout, "nova", "nova-conductor", [file]),
                    _nova_reports(layout, database, "nova-conductor", host),
                    name=f"nova-{host}",
                )
                for host, file, database in (
                    ("super-conductor", "nova.conf", "nova_cell0"),
                    ("cell-conductor", "cell1.conf", "nova"),
                )
            ),
            _program(
                *(layout, "nova", "nova-scheduler", ["nova.conf"]),
                _nova_reports(layout, "nova_cell0", "nova-scheduler", "super-conductor"),
            ),
            openstack_services.api(layout, "nova", "nova.wsgi.osapi_compute", "/"),
            openstack_services.api(layout, "nova", "nova.wsgi.metadata", "/", name="nova-metadata"),
            self._proxy(layout, "nova-serialproxy"),
            *([self._proxy(layout, "nova-novncproxy")] if NOVNC.exists() else []),
            *(self._compute(layout, member.name) for member in self.members),
        ]

    def _proxy(self, layout: Layout, program: str) -> Service:
        port = layout.port(program)
        # Whoever may connect stands in the cell's database.
        proxy = _program(layout, "nova", program, ["nova.conf", "cell1.conf"], listens(port))
        # Of Nova's services the console proxies alone still are eventlet's.
        own = {name: value for name, value in proxy.environment.items() if "EVENTLET" not in name}
        return replace(proxy, port=port, environment=own)

    def _compute(self, layout: Layout, name: str) -> Service:
        # The first one with the file of 2013, for which our launcher is needed; the other as a stock program.
        program = "zvm-nova-compute" if name == self.members[0].name else "nova-compute"
        ready = _nova_reports(layout, "nova", "nova-compute", name)
        return _program(layout, "nova", program, [f"compute-{name}.conf"], ready, name=f"nova-compute-{name}")

    def _neutron(self, layout: Layout) -> list[Service]:
        return [
            # Ready when the agents are: their reports go through it.
            _program(layout, "neutron", "neutron-rpc-server", ["neutron.conf"], lambda: True),
            openstack_services.api(layout, "neutron", "neutron.wsgi.api", "/"),
            *(
                _program(
                    *(layout, "neutron", "zvm-neutron-agent"),
                    ["neutron.conf", f"agent-{member.name}.conf"],
                    _agent_reports(layout, member.name),
                    name=f"neutron-agent-{member.name}",
                )
                for member in self.members
            ),
        ]

    def _cinder(self, layout: Layout) -> list[Service]:
        return [
            openstack_services.api(
                *(layout, "cinder", "cinder.wsgi.api", "/"),
                *("--config-file", str(layout.config("cinder", "cinder.conf"))),
            ),
            *(
                _program(layout, "cinder", program, ["cinder.conf"], _cinder_reports(layout, program, host))
                for program, host in (
                    ("cinder-scheduler", FIRST.name),
                    ("cinder-volume", f"{FIRST.name}@{cinder.BACKEND}"),
                )
            ),
        ]


class SeparateNodes(Separate):
    """The same with a management node for each nova-compute: servers stay on their z/VM system."""

    name = "separate-nodes"
    members: tuple[Member, ...] = (FIRST, SECOND_ALONE)


class SeparateFibreChannel(Separate):
    """The same with volumes that are LUNs of the simulator's storage server, over Fibre Channel."""

    name = "separate-fibre-channel"
    volumes = "fibre-channel"


def _program(
    layout: Layout,
    service: str,
    program: str,
    files: Sequence[str],
    ready: Callable[[], bool],
    name: str = "",
) -> Service:
    """Return a process that listens on no port of its own.

    :param files: its configuration files, of the service's folder.
    :param name: where it is not that of the program.
    """
    arguments = [word for file in files for word in ("--config-file", str(layout.config(service, file)))]
    return Service(
        name=name or program,
        command=[sys.executable, str(access.programs() / program), *arguments],
        ready=ready,
        environment=environment(layout, service),
    )


def _nova_reports(layout: Layout, database: str, binary: str, host: str) -> Callable[[], bool]:
    """Return a check that a service of Nova's has reported itself since now."""
    query = (
        "SELECT COUNT(*) FROM services WHERE `binary` = %s AND host = %s AND deleted = 0"
        " AND GREATEST(created_at, COALESCE(last_seen_up, created_at)) >= %s"
    )
    since = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    return lambda: bool(mariadb.scalar(layout, database, query, (binary, host, since)))


def _cinder_reports(layout: Layout, binary: str, host: str) -> Callable[[], bool]:
    """Return a check that a service of Cinder's has reported itself since now."""
    query = (
        "SELECT COUNT(*) FROM services WHERE `binary` = %s AND host = %s AND deleted = 0"
        " AND GREATEST(created_at, COALESCE(updated_at, created_at)) >= %s"
    )
    since = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    return lambda: bool(mariadb.scalar(layout, "cinder", query, (binary, host, since)))


def _agent_reports(layout: Layout, host: str) -> Callable[[], bool]:
    """Return a check that the network agent of a host has reported itself since now."""
    query = "SELECT COUNT(*) FROM agents WHERE host = %s AND heartbeat_timestamp >= %s"
    since = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    return lambda: bool(mariadb.scalar(layout, "neutron", query, (host, since)))
