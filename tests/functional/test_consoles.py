# SPDX-License-Identifier: Apache-2.0
"""Consoles of servers: the live one through nova-serialproxy's own code, and a log that loses nothing."""

from __future__ import annotations

from typing import Any

import pytest
from nova.tests.functional.api import client

from tests.support.serial_consoles import Screen, SerialConsoles


class TestConsoles(SerialConsoles):
    def log(self, server: dict[str, Any]) -> str:
        """Return the server's console log."""
        body = {"os-getConsoleOutput": {}}
        return self.api.api_post(f"/servers/{server['id']}/action", body).body["output"]

    def test_a_login(self) -> None:
        posted = self.post()
        server = self.until(lambda: self.seen(posted, "ACTIVE"))
        screen = self.screen(server)
        assert screen.shows("login: ")
        for key in "root\r":
            screen.types(key)
        assert screen.shows("root\r\nPassword: ")
        screen.types(posted["adminPass"] + "\r")
        assert screen.shows("]# ")
        screen.types("hostname\r")
        assert screen.shows(f"{server['OS-EXT-SRV-ATTR:hostname']}\r\n")
        assert posted["adminPass"] not in self.log(server)
        self.act(server, {"os-stop": None}, "SHUTOFF")
        assert screen.has_ended()
        with self.assertRaises(client.OpenStackApiException) as refused:
            self.console(server)
        assert refused.exception.response.status_code == 409
        self.act(server, {"os-start": None})
        again = self.screen(server)
        assert again.shows("login: ")
        self.delete(server)
        assert again.has_ended()
        assert self.compute.driver._serial_consoles._doors == {}

    def test_one_port_for_each_server_and_no_more_than_there_are(self) -> None:
        servers = [self.boot() for _ in range(4)]
        doors = self.compute.driver._serial_consoles
        urls = [self.console(server) for server in servers[:3]]
        assert sorted(door.port for door in doors._doors.values()) == [
            self.first + number for number in range(3)
        ]
        with self.assertRaises(client.OpenStackApiException):
            self.console(servers[3])
        # A token opens its own server's console only, whatever else there is.
        assert not Screen(self.proxy.port, urls[0][:-4] + "0000").shows("login: ")
        self.delete(servers[0])
        assert Screen(self.proxy.port, self.console(servers[3])).shows("login: ")
        for server in servers[1:]:
            self.delete(server)

    @pytest.mark.faults
    def test_a_dead_node_ends_the_console_and_it_comes_back(self) -> None:
        server = self.boot()
        screen = self.screen(server)
        assert screen.shows("login: ")
        self.chain.manager.kill()
        try:
            assert screen.has_ended()
        finally:
            self.chain.manager.start()
        screen = self.screen(server)
        assert screen.shows("login: ")
        self.chain.zhcp.kill()
        try:
            assert screen.has_ended()
        finally:
            self.chain.zhcp.start()
        self.until(lambda: self.compute.driver._session.guests.get(fresh=True)[0].state == "running")
        assert self.screen(server).shows("login: ")
        self.delete(server)

    def test_a_port_is_open_while_it_is_wanted_and_to_this_host_only(self) -> None:
        server = self.boot()
        doors = self.compute.driver._serial_consoles._doors
        self.flags(group="consoleauth", token_ttl=0)
        self.console(server)
        [door] = doors.values()
        self.until(lambda: not door.is_open)
        self.flags(group="consoleauth", token_ttl=60)
        assert self.screen(server).shows("login: ")
        self.flags(group="serial_console", proxyclient_address="0.0.0.0")
        with self.assertRaises(client.OpenStackApiException) as refused:
            self.console(server)
        assert refused.exception.response.status_code == 400
        self.flags(group="zvm_xcat", serial_console_cleartext=True)
        self.console(server)
        self.delete(server)

    def test_the_log_loses_nothing(self) -> None:
        server = self.boot()
        lines = [self.log(server)]
        for part in (self.chain.manager, self.chain.zhcp):
            part.kill()
            part.start()
            self.until(lambda: self.compute.driver._session.guests.get(fresh=True)[0].state == "running")
            lines.append(self.log(server))
            assert lines[-1].startswith(lines[-2])
            self.act(server, {"reboot": {"type": "HARD"}})
        self.restart_compute_service(self.compute)
        log = self.log(server)
        assert log.startswith(lines[-1])
        assert log.count("Linux version") == log.count("cloud-init: finished") == 3
        assert self.log(server) == log
        self.delete(server)
