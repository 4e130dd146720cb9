# SPDX-License-Identifier: Apache-2.0
"""Everything below Nova as processes: simulator, zHCP and management node, each on the one before."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.daemon import Daemon
from tests.support.simulator import SimulatorProcess
from tests.support.zhcp import TOKEN, Zhcp
from zvm.xcat import Client, Extension

USER, PASSWORD = "nova", "a password: with = and ü"
HCP, HOST, POOL = "zhcp.example.com", "zvmsim1", "POOL1"


class Manager(Daemon):
    """``python -m zvm.manager run`` for one or more zHCPs.

    :param zhcps: name → options of its ``[zhcp:NAME]`` group, of which url is needed.
    :param options: further options of ``[DEFAULT]``.
    """

    def __init__(self, folder: Path, zhcps: dict[str, dict[str, Any]], **options: Any) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "token").write_text(TOKEN + "\n")
        settings = {
            "bind_port": 0,
            "database": f"sqlite:///{folder / 'manager.sqlite'}",
            "state_directory": folder / "state",
            "shutdown_timeout": 5,
            **options,
        }
        lines = ["[DEFAULT]", *(f"{name} = {value}" for name, value in settings.items())]
        for name, group in zhcps.items():
            defaults = {"token_file": folder / "token", "pools": POOL}
            lines += [f"[zhcp:{name}]", *(f"{key} = {value}" for key, value in (defaults | group).items())]
        self.config = folder / "manager.conf"
        self.config.write_text("\n".join([*lines, ""]))
        subprocess.run(
            [sys.executable, "-m", "zvm.manager", "user", "add", USER, "--config-file", str(self.config)],
            input=PASSWORD + "\n",
            text=True,
            check=True,
            timeout=300,
        )
        super().__init__("zvm.manager", ["run", "--config-file", self.config], folder / "manager.log")

    @property
    def url(self) -> str:
        """Where its APIs are."""
        return str(self.ready["url"])

    def client(self, **options: Any) -> Client:
        """Return a client with the right credentials."""
        return Client(self.url, USER, PASSWORD, **options)


class Chain:
    """The three, in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.simulator = SimulatorProcess(folder / "sim", "--instant")
        self.simulator.start()
        try:
            self.zhcp = Zhcp(self.simulator, folder / "zhcp")
            try:
                group = {"url": self.zhcp.url, "hostname": HCP, "host": HOST}
                self.manager = Manager(folder / "manager", {"zhcp": group})
            except BaseException:
                self.zhcp.stop()
                raise
        except BaseException:
            self.simulator.end()
            raise
        self.client = self.manager.client()
        self.zvm = Extension(self.client)

    def stop(self) -> None:
        """End all of them."""
        self.client.close()
        self.manager.stop()
        self.zhcp.stop()
        self.simulator.end()

    def calls(self) -> list[dict[str, Any]]:
        """Return the SMAPI calls and CP commands since :meth:`forget_calls`."""
        return list(self.simulator.control("GET", "/calls"))

    def smapi_calls(self) -> list[str]:
        """Return the names of the SMAPI functions called since :meth:`forget_calls`."""
        return [call["function"] for call in self.calls() if call["kind"] == "smapi"]

    def forget_calls(self) -> None:
        """Begin to count anew."""
        self.simulator.control("DELETE", "/calls")

    def fault(self, function: str, **what: Any) -> None:
        """Make the next call of a SMAPI function go wrong."""
        self.simulator.control("POST", "/faults", {"function": function, **what})


@pytest.fixture(scope="session")
def chain() -> Iterator[Chain]:
    """One chain for all tests of a run: each test takes nodes and userids of its own."""
    with tempfile.TemporaryDirectory(prefix="zvm-", ignore_cleanup_errors=True) as folder:
        running = Chain(Path(folder))
        yield running
        running.stop()
