# SPDX-License-Identifier: Apache-2.0
"""A simulated z/VM for other projects' tests: ``pytest_plugins = ["zvm.simulator.pytest_plugin"]``.

The fixture ``zvm_simulator`` is one process for the whole run; ``zvm_system`` is the same for one test, IPLed
before it and in order after it.
"""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from zvm.smapi.client import Client
from zvm.smapi.endpoint import UnixEndpoint


class SimulatedSystem:
    """A running simulator.

    :ivar ready: its ready line: ``system``, ``smapi_port``, ``smapi_socket``, ``platform_socket``,
        ``control``.
    """

    def __init__(self, state: Path, *options: str) -> None:
        self.state = state
        command = [sys.executable, "-m", "zvm.simulator", "run", "--state", str(state), *options]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            self._process.wait()
            raise RuntimeError("the simulator ended before it was ready; its messages are on stderr")
        self.ready: dict[str, Any] = json.loads(line)

    @property
    def smapi(self) -> Client:
        """A SMAPI client that is the privileged userid ZHCP, without a password."""
        return Client(UnixEndpoint(self.ready["smapi_socket"]))

    def cp(self, command: str) -> tuple[int, str]:
        """Run a CP command as ZHCP; return CP's code and text."""
        connection = http.client.HTTPConnection("simulator", timeout=60)
        connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.sock.settimeout(60)
        connection.sock.connect(self.ready["platform_socket"])
        answer = _asked(connection, "POST", "/cp", {"command": command})
        return answer["rc"], answer["text"]

    def control(self, method: str, path: str, body: object = None) -> Any:
        """Ask the control API; return its answer, decoded when it is JSON."""
        address = urlsplit(self.ready["control"])
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=60)
        return _asked(connection, method, path, body)

    def fault(self, function: str, **fault: Any) -> None:
        """Let the next calls of a function fail, by the fields of ``zvm.simulator.faults.Fault``."""
        self.control("POST", "/faults", {"function": function, **fault})

    def trouble(self, **conditions: Any) -> None:
        """Put something out of order: ``dirmaint="busy"``, ``full_pools=["POOL1"]``, ``smapi="dead"``."""
        self.control("POST", "/settings", conditions)

    def all_is_well(self) -> None:
        """End all faults and trouble."""
        self.control("DELETE", "/trouble")

    def end(self) -> None:
        """End the process."""
        self._process.send_signal(signal.SIGTERM)
        self._process.communicate(timeout=60)


def _asked(connection: http.client.HTTPConnection, method: str, path: str, body: object) -> Any:
    try:
        data = None if body is None else json.dumps(body)
        connection.request(method, path, data, {"Content-Type": "application/json"})
        response = connection.getresponse()
        text = response.read().decode()
    finally:
        connection.close()
    if response.status >= 400:
        raise RuntimeError(f"{method} {path}: {response.status} {text}")
    return json.loads(text) if "json" in response.headers.get("content-type", "") else text


@pytest.fixture(scope="session")
def zvm_simulator_options() -> list[str]:
    """Options of ``zvm simulator run``; override it for a configuration of your own."""
    return ["--instant"]


@pytest.fixture(scope="session")
def zvm_simulator(
    tmp_path_factory: pytest.TempPathFactory, zvm_simulator_options: list[str]
) -> Iterator[SimulatedSystem]:
    """A simulated z/VM system that all tests share."""
    system = SimulatedSystem(tmp_path_factory.mktemp("zvm"), *zvm_simulator_options)
    yield system
    system.end()


@pytest.fixture
def zvm_system(zvm_simulator: SimulatedSystem) -> Iterator[SimulatedSystem]:
    """The same, IPLed for one test, and in order again after it; its directory is kept."""
    zvm_simulator.control("POST", "/ipl")
    yield zvm_simulator
    zvm_simulator.all_is_well()
