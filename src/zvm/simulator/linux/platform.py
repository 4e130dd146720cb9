# SPDX-License-Identifier: Apache-2.0
"""How the stand-ins reach the simulator: the platform socket named by ``ZVM_PLATFORM_SOCKET``."""

from __future__ import annotations

import http.client
import json
import os
import socket
import sys
from typing import Any

SOCKET = "ZVM_PLATFORM_SOCKET"


class Failed(Exception):
    """The command ends with ``code`` and this text on stderr."""

    def __init__(self, text: str, code: int = 1) -> None:
        super().__init__(text)
        self.code = code


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("platform", timeout=600)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def socket_path() -> str:
    """Return the platform's socket.

    :raises Failed: the environment names none.
    """
    path = os.environ.get(SOCKET, "")
    if not path:
        raise Failed(f"the environment does not name the platform socket: {SOCKET}")
    return path


def ask(method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
    """Return HTTP status and body of the platform's answer.

    :raises Failed: it does not answer.
    """
    connection = _Connection(socket_path())
    try:
        connection.request(method, path, body)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise Failed(f"the platform at {socket_path()} does not answer: {error}") from error
    finally:
        connection.close()


def ask_json(method: str, path: str, body: object = None) -> Any:
    """Return the decoded answer.

    :raises Failed: it refuses or does not answer.
    """
    status, data = ask(method, path, None if body is None else json.dumps(body).encode())
    if status >= 400:
        raise Failed(data.decode("utf-8", "replace").strip())
    return json.loads(data) if data else None


def cp(command: str) -> tuple[int, str]:
    """Run a CP command; return CP's code and answer."""
    answer = ask_json("POST", "/cp", {"command": command})
    return answer["rc"], answer["text"]


def say(text: str) -> None:
    """Write to stdout what has its line ends already."""
    sys.stdout.write(text)


def complain(text: str) -> None:
    """Write a line to stderr."""
    sys.stderr.write(f"{text}\n")
