# SPDX-License-Identifier: Apache-2.0
"""Our own processes below OpenStack: the simulator, the zHCP of its z/VM system, the management node."""

from __future__ import annotations

import sys

from zvm.cloud import config_files
from zvm.cloud.layout import HOST, Layout, write_private
from zvm.cloud.processes import Service
from zvm.cloud.readiness import answers
from zvm.cloud.settings.site import DISK_POOL, HYPERVISOR, XCAT_MASTER, XCAT_USER, ZHCP_NODE

#: Sockets are named relative to the cloud's folder, where each process starts: an absolute path may be longer
#: than the 107 bytes that a socket's address holds (unix(7)).
PLATFORM_SOCKET, SMAPI_SOCKET = "run/platform.socket", "run/smapi.socket"


def write_settings(layout: Layout) -> None:
    """Write the configuration of zHCP and management node."""
    token = layout.config("zhcp", "token")
    token.parent.mkdir(parents=True, exist_ok=True)
    write_private(token, layout.password("zhcp") + "\n")
    config_files.write(
        layout.config("zhcp", "zhcp.conf"),
        {
            "DEFAULT": {
                "bind_host": HOST,
                "bind_port": layout.port("zhcp"),
                "token_file": token,
                "state_directory": layout.root / "zhcp",
                "platform": "simulator",
                "simulator_platform_socket": PLATFORM_SOCKET,
                "smapi_socket": SMAPI_SOCKET,
            }
        },
    )
    config_files.write(
        layout.config("manager", "manager.conf"),
        {
            "DEFAULT": {
                "bind_host": HOST,
                "bind_port": layout.port("manager"),
                "database": f"sqlite:///{layout.database('manager')}",
                "state_directory": layout.root / "manager",
                "master": XCAT_MASTER,
            },
            f"zhcp:{ZHCP_NODE}": {
                "url": layout.url("zhcp"),
                "token_file": token,
                "hostname": f"{ZHCP_NODE}.example.com",
                "host": HYPERVISOR,
                "pools": DISK_POOL,
            },
        },
    )


def simulator(layout: Layout) -> Service:
    """Return the z/VM system."""
    return Service(
        name="simulator",
        port=layout.port("simulator"),
        command=[
            *(sys.executable, "-m", "zvm.simulator", "run"),
            *("--state", str(layout.root / "simulator")),
            *("--platform-socket", PLATFORM_SOCKET),
            *("--smapi-socket", SMAPI_SOCKET),
            *("--smapi-port", str(layout.port("smapi"))),
            *("--control-port", str(layout.port("simulator"))),
        ],
        ready=answers(layout.url("simulator") + "/healthz"),
    )


def zhcp(layout: Layout) -> Service:
    """Return the z/VM system's hardware control point."""
    return Service(
        name="zhcp",
        port=layout.port("zhcp"),
        command=[
            *(sys.executable, "-m", "zvm.zhcp", "run"),
            *("--config-file", str(layout.config("zhcp", "zhcp.conf"))),
        ],
        ready=answers(layout.url("zhcp") + "/healthz"),
    )


def add_user(layout: Layout) -> list[str]:
    """Return the command that makes the management node's user; it reads the password."""
    config = str(layout.config("manager", "manager.conf"))
    return [sys.executable, "-m", "zvm.manager", "user", "add", XCAT_USER, "--config-file", config]


def manager(layout: Layout) -> Service:
    """Return the management node."""
    return Service(
        name="manager",
        port=layout.port("manager"),
        command=[
            *(sys.executable, "-m", "zvm.manager", "run"),
            *("--config-file", str(layout.config("manager", "manager.conf"))),
        ],
        ready=answers(layout.url("manager") + "/healthz"),
    )
