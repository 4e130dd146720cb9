# SPDX-License-Identifier: Apache-2.0
"""Consoles of servers as a picture, through nova-novncproxy's own code."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import websocket
from nova.console.securityproxy import rfb
from nova.tests.functional.api import client

from tests.support.console_proxy import Proxy, free_ports
from tests.support.servers import Servers
from tests.support.vnc_viewer import Viewer

RETURN, BACKSPACE = 0xFF0D, 0xFF08


class TestVncConsoles(Servers):
    def setUp(self) -> None:
        self.first = free_ports(1)
        super().setUp()
        self.proxy = Proxy(rfb.RFBSecurityProxy())
        self.addCleanup(self.proxy.stop)

    def _configure(self) -> None:
        super()._configure()
        self.flags(group="zvm_xcat", vnc_port_range=f"{self.first}:{self.first + 1}")

    def console(self, server: dict[str, Any]) -> str:
        """Return the URL of the server's VNC console."""
        body = {"remote_console": {"protocol": "vnc", "type": "novnc"}}
        answer = self.api.api_post(f"/servers/{server['id']}/remote-consoles", body)
        return answer.body["remote_console"]["url"]

    def viewer(self, server: dict[str, Any]) -> Viewer:
        """Open the server's console as noVNC does."""
        [path] = parse_qs(urlsplit(self.console(server)).query)["path"]
        stream = websocket.create_connection(f"ws://127.0.0.1:{self.proxy.port}/{path}", timeout=60)
        self.addCleanup(stream.close)

        def receive() -> bytes:
            try:
                while not (data := stream.recv()):  # the proxy sends an empty frame before the first pixels
                    continue
            except (websocket.WebSocketConnectionClosedException, ConnectionError):
                return b""
            return data

        return Viewer(receive, stream.send_binary)

    def test_a_login(self) -> None:
        posted = self.post()
        server = self.until(lambda: self.seen(posted, "ACTIVE"))
        viewer = self.viewer(server)
        assert (viewer.width, viewer.height) == (480, 312)
        assert viewer.shows("login: ")
        viewer.types("roo7", BACKSPACE, "t", RETURN)
        assert viewer.shows("Password: ")
        viewer.types(posted["adminPass"], RETURN)
        assert viewer.shows("]# ")
        viewer.types("hostname", RETURN)
        assert viewer.shows("]# hostname")
        assert viewer.shows(f"{server['OS-EXT-SRV-ATTR:hostname']}  ")
        with self.assertRaises(client.OpenStackApiException):
            self.console(self.boot())  # the only port is taken
        self.act(server, {"os-stop": None}, "SHUTOFF")
        assert viewer.has_ended()
        with self.assertRaises(client.OpenStackApiException) as refused:
            self.console(server)
        assert refused.exception.response.status_code == 409
        assert self.compute.driver._vnc_consoles._doors == {}

    @pytest.mark.faults
    def test_a_dead_node_and_other_addresses(self) -> None:
        server = self.boot()
        viewer = self.viewer(server)
        assert viewer.shows("login: ")
        self.console(server)
        self.chain.manager.kill()
        try:
            assert viewer.has_ended()
        finally:
            self.chain.manager.start()
        self.until(lambda: self.compute.driver._session.guests.get(fresh=True)[0].state == "running")
        assert self.viewer(server).shows("login: ")
        self.flags(group="vnc", server_listen="0.0.0.0")
        with self.assertRaises(client.OpenStackApiException) as refused:
            self.console(server)
        assert refused.exception.response.status_code == 400
        self.flags(group="zvm_xcat", vnc_console_cleartext=True)
        self.console(server)
        self.delete(server)
        assert self.compute.driver._vnc_consoles._doors == {}
