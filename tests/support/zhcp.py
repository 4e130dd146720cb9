# SPDX-License-Identifier: Apache-2.0
"""A zHCP as a process before a simulated system, or the one that the owner of a real z/VM names.

To run the behaviour tests against a real zHCP set ``ZVM_TEST_ZHCP_URL``, ``ZVM_TEST_ZHCP_TOKEN_FILE``, and
where they differ from the simulator's: ``ZVM_TEST_POOL``, ``ZVM_TEST_PROFILE``, ``ZVM_TEST_USERID_PREFIX``.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.daemon import Daemon
from tests.support.simulator import SimulatorProcess
from zvm.zhcp.client import ZhcpClient

TOKEN = "a-token-for-tests-only"
POOL = os.environ.get("ZVM_TEST_POOL", "POOL1")
PROFILE = os.environ.get("ZVM_TEST_PROFILE", "LNXDFLT")
PREFIX = os.environ.get("ZVM_TEST_USERID_PREFIX", "ZT")


class Zhcp(Daemon):
    """``python -m zvm.zhcp run`` for a simulator.

    :param options: further options of the configuration file.
    """

    def __init__(self, simulator: SimulatorProcess, folder: Path, **options: Any) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "token").write_text(TOKEN + "\n")
        settings = {
            "bind_port": 0,
            "token_file": folder / "token",
            "state_directory": folder / "state",
            "platform": "simulator",
            "simulator_platform_socket": simulator.ready["platform_socket"],
            "smapi_socket": simulator.ready["smapi_socket"],
            "busy_interval": 0.02,
            "poll_interval": 0.02,
            "crash_check_after": 0.1,
            "crash_check_interval": 0.2,
            "events_interval": 0.1,
            "shutdown_timeout": 5,
            **options,
        }
        lines = [f"{name} = {value}" for name, value in settings.items() if value is not None]
        config = folder / "zhcp.conf"
        config.write_text("\n".join(["[DEFAULT]", *lines, ""]))
        super().__init__("zvm.zhcp", ["run", "--config-file", config], folder / "zhcp.log")

    @property
    def url(self) -> str:
        """Where its API is."""
        return str(self.ready["url"])

    def client(self, **options: Any) -> ZhcpClient:
        """Return a client with the right token."""
        return ZhcpClient(self.url, **{"token": TOKEN, **options})


@pytest.fixture(scope="session")
def simulator() -> Iterator[SimulatorProcess]:
    """One simulated system for all tests of a run: each test takes userids of its own."""
    with (
        tempfile.TemporaryDirectory(prefix="zvm-", ignore_cleanup_errors=True) as folder,
        SimulatorProcess(Path(folder), "--instant") as running,
    ):
        yield running


@pytest.fixture(scope="session")
def zhcp_process(simulator: SimulatorProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zhcp]:
    """One zHCP for all tests of a run that need no settings of their own."""
    running = Zhcp(simulator, tmp_path_factory.mktemp("zhcp"))
    yield running
    running.stop()


@pytest.fixture
async def zhcp(request: pytest.FixtureRequest) -> AsyncIterator[ZhcpClient]:
    """A client of the zHCP under test."""
    async with real_zhcp() or request.getfixturevalue("zhcp_process").client() as client:
        yield client


def real_zhcp() -> ZhcpClient | None:
    """Return a client of the zHCP that the environment names, if it does."""
    url = os.environ.get("ZVM_TEST_ZHCP_URL")
    if not url:
        return None
    return ZhcpClient(url, token=Path(os.environ["ZVM_TEST_ZHCP_TOKEN_FILE"]).read_text().strip())
