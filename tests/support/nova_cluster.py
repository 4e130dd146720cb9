# SPDX-License-Identifier: Apache-2.0
"""A chain of two z/VM systems in one cluster: a zHCP on each, one management node for both.

``python -m zvm.simulator`` is one process that is both members. Nothing takes time in it, unless a test sets
``memory_pass`` and ``quiesce`` (:meth:`NovaCluster.relocations_take`).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.chain import Manager
from tests.support.nova_chain import free_port
from tests.support.simulator import SimulatorProcess
from tests.support.zhcp import Zhcp

SSI = "PLEX"
#: Node name of a z/VM system -> its name as a member.
MEMBERS = {"zvmsim1": "ZVMSIM1", "zvmsim2": "ZVMSIM2"}

#: An equivalency id for each FCP device, but for the last two of a channel path, which share theirs.
_FCP = {f"1F{group}{number}": min(number, 6) for group in "AB" for number in range(8)}
_EQIDS = ", ".join(['"0600" = "NET1"', *(f'"{rdev}" = "SAN{rdev[2]}{at}"' for rdev, at in _FCP.items())])
_CONFIG = f"""
[ssi]
name = "{SSI}"
pdr_volume = "M01RES"

[[member]]
name = "ZVMSIM1"
mac_prefix = "020001"
eqid = {{ {_EQIDS} }}

[[member]]
name = "ZVMSIM2"
mac_prefix = "020002"
eqid = {{ {_EQIDS} }}

[[member.fcp]]
rdev = "1FA0"
count = 8
npiv_wwpn = "C05076E0F4001FA0"
wwpn = "C05076E0F4000001"
chpid = "50"

[[member.fcp]]
rdev = "1FB0"
count = 8
npiv_wwpn = "C05076E0F4001FB0"
wwpn = "C05076E0F4000002"
chpid = "51"
"""


class NovaCluster:
    """The cluster in ``folder``; zHCPs and management node at fixed ports so that they can be restarted.

    :ivar members: node name of a z/VM system -> a way to ask its simulator.
    :ivar zhcps: node name of a z/VM system -> its zHCP.
    """

    def __init__(self, folder: Path) -> None:
        config = folder / "cluster.toml"
        config.write_text(_CONFIG)
        self.simulator = SimulatorProcess(folder / "sim", "--instant", "--config", str(config))
        self.simulator.start()
        self.members = {host: self.simulator.member(name) for host, name in MEMBERS.items()}
        self.zhcps = {
            host: Zhcp(member, folder / host, bind_port=free_port()) for host, member in self.members.items()
        }
        groups = {
            f"zhcp-{host}": {"url": zhcp.url, "hostname": f"zhcp-{host}.example.com", "host": host}
            for host, zhcp in self.zhcps.items()
        }
        self.manager = Manager(folder / "manager", groups, bind_port=free_port())

    def stop(self) -> None:
        """End all of it."""
        self.manager.stop()
        for zhcp in self.zhcps.values():
            zhcp.stop()
        self.simulator.end()

    def relocations_take(self, memory_pass: float, quiesce: float = 0.0) -> None:
        """Let the next relocations take time: seconds of the first pass for each GiB, and of the quiesce."""
        self.simulator.control("POST", "/settings", {"memory_pass": memory_pass, "quiesce": quiesce})

    def set_state(self, host: str, state: str) -> None:
        """Let a member fail with all its guests (``Down``), or IPL it (``Joined``)."""
        self.simulator.control("PUT", f"/members/{MEMBERS[host]}", {"state": state})

    def where(self, userid: str) -> list[str]:
        """Return the node names of the z/VM systems that a guest is logged on to."""
        return [host for host in self.members if userid in self.inventory(host)["guests"]]

    def inventory(self, host: str) -> dict[str, Any]:
        """Return the whole state of a member, without what counts or tells the time."""
        found: dict[str, Any] = self.members[host].control("GET", "/inventory")
        del found["counters"]
        return found


@pytest.fixture(scope="session")
def nova_cluster() -> Iterator[NovaCluster]:
    """One cluster for all tests with Nova."""
    with tempfile.TemporaryDirectory(prefix="zvm-", ignore_cleanup_errors=True) as folder:
        running = NovaCluster(Path(folder))
        yield running
        running.stop()
