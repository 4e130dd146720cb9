# SPDX-License-Identifier: Apache-2.0
"""A simulator process for tests, and ways to talk to its platform socket and control API."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

from tests.support.daemon import ENDS_WITH_US
from zvm.smapi.client import Client
from zvm.smapi.endpoint import UnixEndpoint

#: What IPL finds at the beginning of a bootable disk: a PSW and two channel command words.
IPL_RECORD = bytes.fromhex("000800008000200006002000600010000800200000000000")


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("simulator", timeout=30)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class SimulatorProcess:
    """One ``python -m zvm.simulator run``; ``options`` are added to its command line."""

    def __init__(self, state: Path, *options: str) -> None:
        self.state = state
        self._options = options
        self._process: subprocess.Popen[str] | None = None
        self._below = ""
        self.ready: dict[str, Any] = {}

    def start(self) -> None:
        """Start it and wait until it is ready."""
        command = [*ENDS_WITH_US, sys.executable, "-m", "zvm.simulator", "run", "--state", str(self.state)]
        command += self._options
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the simulator ended before it was ready"
        self.ready = json.loads(line)

    @property
    def pid(self) -> int:
        """The number of the process."""
        assert self._process is not None
        return self._process.pid

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send it a signal and wait for its end; return the exit code."""
        assert self._process is not None
        process, self._process = self._process, None
        os.kill(process.pid, number)
        process.communicate(timeout=30)
        return process.returncode

    def __enter__(self) -> SimulatorProcess:
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        if self._process is not None:
            self.end(signal.SIGKILL)

    def member(self, name: str) -> SimulatorProcess:
        """Return a way to talk to one member of the cluster; the process stays this object's."""
        view = SimulatorProcess(self.state)
        [ready] = [item for item in self.ready["members"] if item["system"] == name]
        view.ready = ready | {"control": self.ready["control"]}
        view._below = f"/members/{name}"
        return view

    @property
    def smapi(self) -> Client:
        """A SMAPI client that is the privileged guest."""
        return Client(UnixEndpoint(self.ready["smapi_socket"]))

    def platform(
        self, method: str, path: str, body: bytes | dict[str, Any] | None = None
    ) -> tuple[int, bytes]:
        """Ask the platform socket; return HTTP status and body."""
        connection = _UnixConnection(self.ready["platform_socket"])
        try:
            data = json.dumps(body).encode() if isinstance(body, dict) else body
            connection.request(method, path, data)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def cp(self, command: str) -> tuple[int, str]:
        """Run a CP command as the privileged guest; return code and text."""
        status, body = self.platform("POST", "/cp", {"command": command})
        assert status == 200, body
        answer = json.loads(body)
        return answer["rc"], answer["text"]

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the control API; octets go as they are and come so, else JSON. Return the decoded answer."""
        sent = {"data": body} if isinstance(body, bytes) else {"json": body}
        url = urlsplit(self.ready["control"])
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(method, f"http://{url.netloc}{self._below}{path}", timeout=30, **sent)
        answer.raise_for_status()
        if "octet-stream" in answer.headers["content-type"]:
            return answer.content
        return answer.json() if "json" in answer.headers["content-type"] else answer.text
