# SPDX-License-Identifier: Apache-2.0
"""Our own processes below OpenStack: the simulator, the zHCP of its z/VM system, the management node."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from zvm.cloud import config_files
from zvm.cloud.layout import HOST, Layout, write_private
from zvm.cloud.processes import Service
from zvm.cloud.profiles import Profile
from zvm.cloud.readiness import answers
from zvm.cloud.settings.site import CHPIDS, DISK_POOL, FCP_COUNT, FIRST, XCAT_MASTER, XCAT_USER, Member

#: Sockets are named relative to the cloud's folder, where each process starts: an absolute path may be longer
#: than the 107 bytes that a socket's address holds (unix(7)).
PLATFORM_SOCKET, SMAPI_SOCKET = "run/platform.socket", "run/smapi.socket"


def write_settings(layout: Layout, profile: Profile) -> None:
    """Write the configuration of the simulator, of each zHCP and of each management node."""
    token = layout.config("zhcp", "token")
    token.parent.mkdir(parents=True, exist_ok=True)
    write_private(token, layout.password("zhcp") + "\n")
    if len(profile.members) > 1:
        file = layout.config("simulator", "cluster.toml")
        file.parent.mkdir(parents=True, exist_ok=True)
        write_private(file, cluster(profile.members))
    for member in profile.members:
        config_files.write(
            layout.config("zhcp", f"{member.zhcp}.conf"), {"DEFAULT": _zhcp(layout, token, member)}
        )
    for name in managers(profile):
        own = [member for member in profile.members if member.manager == name]
        config_files.write(layout.config("manager", f"{name}.conf"), _manager(layout, token, name, own))


def managers(profile: Profile) -> list[str]:
    """Return the names of the management nodes, that of the first member first."""
    return list(dict.fromkeys(member.manager for member in profile.members))


def _manager(layout: Layout, token: Path, name: str, members: Sequence[Member]) -> config_files.Groups:
    groups: dict[str, dict[str, config_files.Value]] = {
        "DEFAULT": {
            "bind_host": HOST,
            "bind_port": layout.port(name),
            "database": f"sqlite:///{layout.database(name)}",
            "state_directory": layout.root / name,
            "master": XCAT_MASTER,
        }
    }
    for member in members:
        groups[f"zhcp:{member.zhcp}"] = {
            "url": layout.url(member.zhcp),
            "token_file": token,
            "hostname": f"{member.zhcp}.example.com",
            "host": member.name,
            "pools": DISK_POOL,
            "golden_userid": member.golden_userid,
        }
    return groups


def _zhcp(layout: Layout, token: Path, member: Member) -> dict[str, config_files.Value]:
    return {
        "bind_host": HOST,
        "bind_port": layout.port(member.zhcp),
        "token_file": token,
        "state_directory": layout.root / member.zhcp,
        "platform": "simulator",
        "simulator_platform_socket": _socket(PLATFORM_SOCKET, member),
        "smapi_socket": _socket(SMAPI_SOCKET, member),
    }


def _socket(path: str, member: Member) -> str:
    """Return the socket of ``member``: those of all members but the first have its name in theirs."""
    own = Path(path)
    return path if member == FIRST else str(own.with_stem(f"{own.stem}-{member.system.lower()}"))


def cluster(members: Sequence[Member]) -> str:
    """Return the simulator's configuration of a cluster of ``members`` with room for some hundred guests."""
    fcp = [int(rdev, 16) + at for rdev in CHPIDS.values() for at in range(FCP_COUNT)]
    eqids = ", ".join(['"0600" = "OSA1"', *(f'"{rdev:04X}" = "FCP{rdev:04X}"' for rdev in fcp)])
    tables = ['[ssi]\nname = "ZVMSSI"\npdr_volume = "M01RES"']
    for at, member in enumerate(members, 1):
        lines = [f'name = "{member.system}"', f'mac_prefix = "02001{at}"', f"eqid = {{ {eqids} }}"]
        tables.append("\n".join(["[[member]]", *lines]))
        for chpid, rdev in CHPIDS.items():
            wwpn = f"C05076E0F3{at:02}{rdev}"
            own = {"rdev": rdev, "npiv_wwpn": wwpn, "wwpn": f"C05076E0F300{at:02}{chpid}", "chpid": chpid}
            lines = [f'{key} = "{value}"' for key, value in own.items()]
            tables.append("\n".join(["[[member.fcp]]", *lines, f"count = {FCP_COUNT}"]))
    volumes = [("M01RES", 10017, "OWNED"), *((f"ZVM{at:03}", 262668, "SYSTEM") for at in range(1, 5))]
    for at, (volser, cylinders, use) in enumerate(volumes):
        lines = [
            f'volser = "{volser}"',
            'devtype = "3390"',
            f"cylinders = {cylinders}",
            f'rdev = "{0x2000 + at:04X}"',
        ]
        tables.append("\n".join(["[[volume]]", *lines, f'use = "{use}"']))
    regions = ", ".join(f'"{volser}"' for volser, _, use in volumes if use == "SYSTEM")
    tables.append(f'[[pool]]\nname = "{DISK_POOL}"\nmethod = "ROTATING"\nregions = [{regions}]')
    return "\n\n".join(tables) + "\n"


def simulator(layout: Layout, profile: Profile) -> Service:
    """Return the z/VM system, or the cluster of them."""
    file = layout.config("simulator", "cluster.toml")
    return Service(
        name="simulator",
        port=layout.port("simulator"),
        command=[
            *(sys.executable, "-m", "zvm.simulator", "run"),
            *(("--config", str(file)) if len(profile.members) > 1 else ()),
            *("--state", str(layout.root / "simulator")),
            *("--platform-socket", PLATFORM_SOCKET),
            *("--smapi-socket", SMAPI_SOCKET),
            *("--smapi-port", str(layout.port("smapi"))),
            *("--control-port", str(layout.port("simulator"))),
        ],
        ready=answers(layout.url("simulator") + "/healthz"),
    )


def zhcp(layout: Layout, member: Member) -> Service:
    """Return the hardware control point of a z/VM system."""
    return Service(
        name=member.zhcp,
        port=layout.port(member.zhcp),
        command=[
            *(sys.executable, "-m", "zvm.zhcp", "run"),
            *("--config-file", str(layout.config("zhcp", f"{member.zhcp}.conf"))),
        ],
        ready=answers(layout.url(member.zhcp) + "/healthz"),
    )


def add_user(layout: Layout, name: str) -> list[str]:
    """Return the command that makes the user of a management node; it reads the password."""
    config = str(layout.config("manager", f"{name}.conf"))
    return [sys.executable, "-m", "zvm.manager", "user", "add", XCAT_USER, "--config-file", config]


def manager(layout: Layout, name: str) -> Service:
    """Return a management node."""
    return Service(
        name=name,
        port=layout.port(name),
        command=[
            *(sys.executable, "-m", "zvm.manager", "run"),
            *("--config-file", str(layout.config("manager", f"{name}.conf"))),
        ],
        ready=answers(layout.url(name) + "/healthz"),
    )
