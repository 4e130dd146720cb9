# SPDX-License-Identifier: Apache-2.0
"""Nova's own proxies of consoles, in this process."""

from __future__ import annotations

import os
import socket
import threading
from contextlib import ExitStack, suppress
from typing import Any

from nova.console import websocketproxy
from nova.console.securityproxy.base import SecurityProxy


def free_ports(count: int) -> int:
    """Return the first of ``count`` ports in a row that nobody listens on."""
    for first in range(20000 + os.getpid() % 8000, 32000, count):
        with suppress(OSError), ExitStack() as stack:
            for port in range(first, first + count):
                stack.enter_context(socket.create_server(("127.0.0.1", port)))
            return first
    raise AssertionError("no ports are free")


class Proxy:
    """The server of nova-serialproxy or nova-novncproxy, its connections in threads instead of processes.

    :param security: what makes the first exchange with the compute service; None for serial consoles.
    """

    def __init__(self, security: SecurityProxy | None = None) -> None:
        self._server = websocketproxy.NovaWebSocketProxy(
            listen_host="127.0.0.1",
            listen_port=0,
            RequestHandlerClass=websocketproxy.NovaProxyRequestHandler,
            security_proxy=security,
        )
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                caller, address = self._listener.accept()
                threading.Thread(target=self._serve, args=(caller, address), daemon=True).start()

    def _serve(self, caller: socket.socket, address: Any) -> None:
        with caller, suppress(Exception):
            self._server.top_new_client(caller, address)

    def stop(self) -> None:
        """Listen no more."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
