# SPDX-License-Identifier: Apache-2.0
"""Serial consoles of servers, through nova-serialproxy's own code."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import websocket

from tests.support.console_proxy import Proxy, free_ports
from tests.support.servers import Servers


class Screen:
    """A user's browser with the console in it."""

    def __init__(self, port: int, url: str) -> None:
        self.text = ""
        query = urlsplit(url).query
        self._socket = websocket.create_connection(f"ws://127.0.0.1:{port}/?{query}", timeout=30)

    def types(self, keys: str) -> None:
        """Press keys."""
        self._socket.send_binary(keys.encode())

    def shows(self, text: str) -> bool:
        """Wait for a text after what was shown before; return False when the console ends instead."""
        while text not in self.text:
            try:
                data = self._socket.recv()
            except websocket.WebSocketConnectionClosedException:
                return False
            if not data:
                return False
            self.text += data.decode()
        self.text = self.text.partition(text)[2]
        return True

    def has_ended(self) -> bool:
        """Wait for the end of the console."""
        while self.shows("\n"):
            pass
        return True


class SerialConsoles(Servers):
    """Servers whose serial consoles are opened."""

    def setUp(self) -> None:
        self.first = free_ports(3)
        self.flags(group="serial_console", enabled=True, port_range=f"{self.first}:{self.first + 3}")
        super().setUp()
        self.proxy = Proxy()
        self.addCleanup(self.proxy.stop)

    def console(self, server: dict[str, Any]) -> str:
        """Return the URL of the server's serial console."""
        body = {"remote_console": {"protocol": "serial", "type": "serial"}}
        answer = self.api.api_post(f"/servers/{server['id']}/remote-consoles", body)
        return answer.body["remote_console"]["url"]

    def screen(self, server: dict[str, Any]) -> Screen:
        """Open the server's console."""
        return Screen(self.proxy.port, self.console(server))
