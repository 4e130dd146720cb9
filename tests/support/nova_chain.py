# SPDX-License-Identifier: Apache-2.0
"""A chain of Nova's own: no other test's guests are on it, and its daemons come back where they were."""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.chain import HCP, HOST, Manager
from tests.support.simulator import SimulatorProcess
from tests.support.zhcp import Zhcp


class NovaChain:
    """Simulator, zHCP and management node, the latter two at fixed ports so that they can be restarted.

    :param simulator: further options of the simulator.
    :param options: further options of the management node for the zHCP.
    """

    def __init__(self, folder: Path, *simulator: str, **options: str) -> None:
        self.simulator = SimulatorProcess(folder / "sim", "--instant", *simulator)
        self.simulator.start()
        self.zhcp = Zhcp(self.simulator, folder / "zhcp", bind_port=free_port())
        group = {"url": self.zhcp.url, "hostname": HCP, "host": HOST, **options}
        self.manager = Manager(folder / "manager", {"zhcp": group}, bind_port=free_port())

    def stop(self) -> None:
        """End all of them."""
        self.manager.stop()
        self.zhcp.stop()
        self.simulator.end()


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def nova_chain() -> Iterator[NovaChain]:
    """One chain for all tests with Nova."""
    with tempfile.TemporaryDirectory(prefix="zvm-", ignore_cleanup_errors=True) as folder:
        running = NovaChain(Path(folder))
        yield running
        running.stop()
