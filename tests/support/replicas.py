# SPDX-License-Identifier: Apache-2.0
"""Two management nodes on one PostgreSQL and one state directory, and what spreads requests over them."""

from __future__ import annotations

import itertools
import socket
import socketserver
import tempfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.support.chain import HCP, HOST, PASSWORD, USER, Manager
from tests.support.nova_chain import free_port
from tests.support.postgresql import PostgreSQL, postgresql
from tests.support.simulator import SimulatorProcess
from tests.support.zhcp import Zhcp
from zvm.xcat import Client

__all__ = ["postgresql", "replica_chain"]

_KEEP, _CLOSE = b"Connection: keep-alive", b"Connection: close"


class Balancer(socketserver.ThreadingTCPServer):
    """Gives each request to the next server that takes connections, as haproxy does.

    A client that would keep its connection is made to close it, so that its next request goes elsewhere.
    """

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, servers: list[str]) -> None:
        super().__init__(("127.0.0.1", 0), _Exchange)
        self.request_queue_size = 128
        self.addresses = [(parts.hostname, parts.port) for parts in map(urlsplit, servers)]
        self.taken = [0] * len(servers)
        self._next = itertools.count()
        self._mutex = threading.Lock()
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()

    def connect(self) -> socket.socket | None:
        """Return a connection to the next server, None when no server takes any."""
        first = next(self._next)
        for turn in range(len(self.addresses)):
            number = (first + turn) % len(self.addresses)
            with suppress(OSError):
                connection = socket.create_connection(self.addresses[number], timeout=5)
                connection.settimeout(None)
                with self._mutex:
                    self.taken[number] += 1
                return connection
        return None

    def stop(self) -> None:
        """Take no more requests."""
        self.shutdown()
        self.server_close()


class _Exchange(socketserver.BaseRequestHandler):
    server: Balancer

    def handle(self) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            if not (data := self.request.recv(65536)):
                return
            head += data
        headers, blank, body = head.partition(b"\r\n\r\n")
        if (upstream := self.server.connect()) is None:
            return
        with upstream, suppress(OSError):
            upstream.sendall(headers.replace(_KEEP, _CLOSE) + blank + body)
            threading.Thread(target=_pump, args=(self.request, upstream), daemon=True).start()
            _pump(upstream, self.request)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(1 << 16):
            sink.sendall(data)
    for end in (source, sink):  # a side that is gone ends the other, so nobody waits for the dead
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


class Replicas:
    """The management nodes; to clients they are one, behind :attr:`url`."""

    def __init__(self, folder: Path, database: str, zhcps: dict[str, dict[str, Any]], **options: Any) -> None:
        shared = {"database": database, "state_directory": folder / "state", **options}
        self.nodes = [
            Manager(folder / name, zhcps, bind_port=free_port(), **shared) for name in ("one", "two")
        ]
        self.balancer = Balancer([node.url for node in self.nodes])
        self.url = self.balancer.url
        self.config = self.nodes[0].config

    def client(self, **options: Any) -> Client:
        """Return a client with the right credentials."""
        return Client(self.url, USER, PASSWORD, **options)

    def stop(self) -> None:
        """End all of it."""
        self.balancer.stop()
        for node in self.nodes:
            node.stop()


class ReplicaChain:
    """Simulator, zHCP, and two management nodes."""

    def __init__(self, folder: Path, database: str) -> None:
        self.simulator = SimulatorProcess(folder / "sim", "--instant")
        self.simulator.start()
        self.zhcp = Zhcp(self.simulator, folder / "zhcp", bind_port=free_port())
        group = {"url": self.zhcp.url, "hostname": HCP, "host": HOST}
        self.manager = Replicas(folder / "managers", database, {"zhcp": group})

    def stop(self) -> None:
        """End all of them."""
        self.manager.stop()
        self.zhcp.stop()
        self.simulator.end()


@pytest.fixture(scope="session")
def replica_chain(postgresql: PostgreSQL) -> Iterator[ReplicaChain]:
    """One such chain for all tests of a run."""
    with tempfile.TemporaryDirectory(prefix="zvm-", ignore_cleanup_errors=True) as folder:
        running = ReplicaChain(Path(folder), postgresql.database("replicas"))
        yield running
        running.stop()
