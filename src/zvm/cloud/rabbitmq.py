# SPDX-License-Identifier: Apache-2.0
"""A RabbitMQ broker of the cloud's own, with an epmd of its own, both on the loopback alone."""

from __future__ import annotations

import json
import os
from pathlib import Path

from zvm.cloud.errors import CloudError
from zvm.cloud.layout import HOST, Layout, write_private
from zvm.cloud.mariadb import program
from zvm.cloud.processes import Service
from zvm.cloud.readiness import listens

ACCOUNT = "openstack"
#: The virtual host of Nova's cell; the API, the super conductor and the schedulers use "/".
CELL = "cell1"
#: Debian's /usr/sbin/rabbitmq-server changes to the user rabbitmq; this is what it starts.
_BROKER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")


def url(layout: Layout, cell: bool = False) -> str:
    """Return oslo.messaging's transport URL."""
    account = f"{ACCOUNT}:{layout.password('rabbitmq')}"
    return f"rabbit://{account}@{HOST}:{layout.port('rabbitmq')}/{CELL if cell else ''}"


def services(layout: Layout) -> list[Service]:
    """Return epmd, by which Erlang nodes find each other, and the broker.

    :raises CloudError: RabbitMQ is not installed.
    """
    if not _BROKER.exists():
        raise CloudError("RabbitMQ is not installed", next_step="On Debian: apt-get install rabbitmq-server")
    folder = layout.root / "rabbitmq"
    folder.mkdir(exist_ok=True)
    port = layout.port("epmd")
    epmd = Service(
        name="epmd",
        port=port,
        command=[program("epmd", "rabbitmq-server"), "-address", HOST, "-port", str(port)],
        ready=listens(port),
    )
    return [epmd, _broker(layout, folder)]


def _broker(layout: Layout, folder: Path) -> Service:
    definitions = folder / "definitions.json"
    write_private(definitions, json.dumps(_definitions(layout.password("rabbitmq"))))
    (folder / "enabled_plugins").write_text("[].\n")
    (folder / "env.conf").write_text("")
    write_private(
        folder / "rabbitmq.conf",
        f"listeners.tcp.1 = {HOST}:{layout.port('rabbitmq')}\nload_definitions = {definitions}\n",
    )
    return Service(
        name="rabbitmq",
        port=layout.port("rabbitmq"),
        command=[str(_BROKER)],
        # The account is loaded last, after the port listens.
        ready=lambda: _account_is_known(layout),
        environment={
            "HOME": str(folder),
            "PATH": f"{os.environ.get('PATH', os.defpath)}:/usr/sbin",
            "ERL_EPMD_ADDRESS": HOST,
            "ERL_EPMD_PORT": str(layout.port("epmd")),
            "RABBITMQ_NODENAME": "zvm@localhost",
            "RABBITMQ_DIST_PORT": str(layout.port("rabbitmq-distribution")),
            "RABBITMQ_MNESIA_BASE": str(folder / "data"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
            "RABBITMQ_CONF_ENV_FILE": str(folder / "env.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "advanced.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            # Loopback for the distribution too; schedulers that do not spin while there is nothing to do.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1} +sbwt none",
        },
    )


def _definitions(password: str) -> dict[str, object]:
    """Return what the broker is filled with at each start: one account, Nova's cell beside the default."""
    everything = {"configure": ".*", "write": ".*", "read": ".*"}
    return {
        "users": [{"name": ACCOUNT, "password": password, "tags": ""}],
        "vhosts": [{"name": name} for name in ("/", CELL)],
        "permissions": [{"user": ACCOUNT, "vhost": name, **everything} for name in ("/", CELL)],
    }


def _account_is_known(layout: Layout) -> bool:
    if not listens(layout.port("rabbitmq"))():
        return False
    from amqp import Connection
    from amqp.exceptions import AMQPError

    connection = Connection(
        host=f"{HOST}:{layout.port('rabbitmq')}",
        userid=ACCOUNT,
        password=layout.password("rabbitmq"),
        virtual_host=CELL,
        connect_timeout=5,
        read_timeout=5,
    )
    try:
        connection.connect()
        connection.close()
    except (AMQPError, OSError):
        return False
    return True
