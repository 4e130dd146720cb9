# SPDX-License-Identifier: Apache-2.0
"""A SMAPI server that follows a script: one action per connection, each request kept for the test."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path

from zvm.smapi.frames import Reply, Request, decode_request, encode_reply, encode_request_id

REQUEST_ID = 4711
Action = Callable[[socket.socket, Request], None]


def reply(
    rc: int = 0, rs: int = 0, /, request_id: int = REQUEST_ID, piece: int = 1 << 20, **values: object
) -> Action:
    """Answer; the octets go out ``piece`` by piece."""

    def act(connection: socket.socket, request: Request) -> None:
        octets = encode_request_id(request_id)
        octets += encode_reply(request.function, request_id, Reply(rc, rs, values))
        for start in range(0, len(octets), piece):
            connection.sendall(octets[start : start + piece])

    return act


def octets(raw: bytes) -> Action:
    """Send ``raw`` and close."""
    return lambda connection, request: connection.sendall(raw)


def die_after_id(connection: socket.socket, request: Request) -> None:
    """Give the request an id and close."""
    connection.sendall(encode_request_id(REQUEST_ID))


def die(connection: socket.socket, request: Request) -> None:
    """Close without a word."""


def fall_silent(connection: socket.socket, request: Request) -> None:
    """Give the request an id and nothing more until the client gives up."""
    connection.sendall(encode_request_id(REQUEST_ID))
    with contextlib.suppress(OSError):
        connection.recv(1)


class ScriptedServer:
    """Serves one connection per action, then no more.

    :ivar requests: what was asked, in order.
    """

    def __init__(
        self, *script: Action, path: Path | None = None, ssl_context: ssl.SSLContext | None = None
    ) -> None:
        self.requests: list[Request] = []
        self._script = script
        self._ssl_context = ssl_context
        if path is None:
            self._listener = socket.create_server(("127.0.0.1", 0))
        else:
            self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._listener.bind(str(path))
            self._listener.listen()
        self._listener.settimeout(10)
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def port(self) -> int:
        """The TCP port."""
        port: int = self._listener.getsockname()[1]
        return port

    def __enter__(self) -> ScriptedServer:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)
        assert not self._thread.is_alive()

    def _serve(self) -> None:
        for action in self._script:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                connection.settimeout(10)
                if self._ssl_context is None:
                    self._answer(connection, action)
                else:
                    with self._ssl_context.wrap_socket(connection, server_side=True) as secured:
                        self._answer(secured, action)

    def _answer(self, connection: socket.socket, action: Action) -> None:
        length = int.from_bytes(_read(connection, 4), "big")
        request = decode_request(_read(connection, length))
        self.requests.append(request)
        action(connection, request)


class DeafServer:
    """Accepts a connection and never reads; resets it when left."""

    def __enter__(self) -> DeafServer:
        self._listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen()
        self.port: int = self._listener.getsockname()[1]
        return self

    def __exit__(self, *exception: object) -> None:
        self._listener.close()


def free_port() -> int:
    """Return a port of the loopback that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _read(connection: socket.socket, length: int) -> bytes:
    data = b""
    while len(data) < length:
        piece = connection.recv(length - len(data))
        if not piece:
            raise ConnectionError("the client closed")
        data += piece
    return data
