# SPDX-License-Identifier: Apache-2.0
"""One process that is a z/VM system or a cluster: SMAPI, platform sockets of zHCPs, the control API."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import signal
import socket
import ssl
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from zvm.simulator import socket_paths
from zvm.simulator.cluster_control import ClusterControl
from zvm.simulator.config import Config, ConfigError, load_config
from zvm.simulator.control_server import Control
from zvm.simulator.platform_server import Platform
from zvm.simulator.smapi_server import SmapiServer
from zvm.simulator.ssi import Ssi, open_systems
from zvm.simulator.system import System

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Addresses:
    """Where the simulator listens; port 0 is any free one, a socket that is ``None`` lies below the state."""

    smapi_port: int = 0
    smapi_socket: Path | None = None
    platform_socket: Path | None = None
    control_port: int = 0
    tls: ssl.SSLContext | None = None


class _HttpServer(uvicorn.Server):
    """uvicorn beside others in one loop: signals are the simulator's business."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Simulator:
    """Everything that listens for one system, or for the members of a cluster.

    :param config: the system to start with when ``state`` holds none yet.
    :param state: the folder that survives.
    """

    def __init__(self, config: Config, state: Path, addresses: Addresses = Addresses()) -> None:
        self._addresses = addresses
        self._state = state
        opened = open_systems(config, state)
        self._ssi = opened if isinstance(opened, Ssi) else None
        #: The system, or the first member of the cluster.
        self.system = opened.members[0] if isinstance(opened, Ssi) else opened
        self._smapi: list[SmapiServer] = []
        self._servers: list[tuple[_HttpServer, asyncio.Task[None]]] = []
        self._sockets: list[str] = []
        self.ready: dict[str, Any] = {}

    async def start(self) -> dict[str, Any]:
        """Open all sockets and let time pass on; return the ready line's contents.

        That of a cluster names its first member as that of a single system names this, and lists all of them.
        """
        control = _tcp_socket(self._addresses.control_port)
        url = f"http://{LOOPBACK}:{control.getsockname()[1]}"
        members = [await self._open(member, at) for at, member in enumerate(self.system.members)]
        self.ready = {"ready": True, **members[0], "control": url}
        if self._ssi:
            await self._serve(ClusterControl(self._ssi).app(), control)
            for member in members:
                member["control"] = f"{url}/members/{member['system']}"
            self.ready |= {"ssi": self._ssi.name, "members": members}
            self._ssi.resume()
        else:
            await self._serve(Control(self.system).app(), control)
            self.system.guests.resume()
        self.system.commit()
        return self.ready

    async def stop(self) -> None:
        """Close everything; the state is kept."""
        for smapi in self._smapi:
            await smapi.close()
        for server, _ in self._servers:
            server.should_exit = True
        await asyncio.gather(*(task for _, task in self._servers))
        _remove(*self._sockets)
        if (folder := socket_paths.folder(self._state)) != self._state:
            folder.rmdir()
        for member in self.system.members:
            member.guests.close()
        if self._ssi:
            self._ssi.close()
        else:
            self.system.close()

    async def _open(self, member: System, at: int) -> dict[str, Any]:
        """Listen for one member; return what the ready line says about it."""
        addresses = self._addresses
        folder = socket_paths.folder(self._state)
        smapi_socket = _of_member(addresses.smapi_socket or folder / "smapi.sock", member, at)
        platform_socket = _of_member(addresses.platform_socket or folder / "platform.sock", member, at)
        smapi = SmapiServer(member)
        self._smapi.append(smapi)
        wanted = addresses.smapi_port + at if addresses.smapi_port else 0
        port = await smapi.listen_tcp(LOOPBACK, wanted, addresses.tls)
        await smapi.listen_unix(smapi_socket)
        platform = Platform(member, member.config.smapi.peer)
        await self._serve(platform.app(), _unix_socket(platform_socket))
        self._sockets += [str(smapi_socket), str(platform_socket)]
        return {
            "system": member.name,
            "smapi_port": port,
            "smapi_socket": str(smapi_socket),
            "platform_socket": str(platform_socket),
        }

    async def _serve(self, app: ASGIApp, listening: socket.socket) -> None:
        config = uvicorn.Config(
            app, log_level="warning", lifespan="off", ws="websockets-sansio", timeout_graceful_shutdown=2
        )
        server = _HttpServer(config)
        task = asyncio.create_task(server.serve(sockets=[listening]))
        self._servers.append((server, task))
        while not server.started:
            if task.done():
                await task
                raise RuntimeError("a server ended while it was being started")
            await asyncio.sleep(0.01)


async def serve(config: Config, state: Path, addresses: Addresses) -> None:
    """Run a simulator until SIGTERM or SIGINT; one JSON line on stdout tells when and where it is ready."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    simulator = Simulator(config, state, addresses)
    try:
        ready = await simulator.start()
        sys.stdout.write(json.dumps(ready) + "\n")
        sys.stdout.flush()
        await ended.wait()
    finally:
        await simulator.stop()


def _of_member(path: Path, member: System, at: int) -> Path:
    """Return the path for the first member, for others one with their name in it: ``smapi-zvm2.sock``."""
    return path.with_stem(f"{path.stem}-{member.name.lower()}") if at else path


def _remove(*paths: str | None) -> None:
    for path in filter(None, paths):
        Path(path).unlink(missing_ok=True)


def _tcp_socket(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind((LOOPBACK, port))
    return listening


def _unix_socket(path: Path) -> socket.socket:
    path.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.bind(str(path))
    path.chmod(0o600)
    return listening


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    start = argparse.ArgumentParser(
        prog="zvm simulator", description="Runs one z/VM system without a mainframe, until it is told to end."
    )
    start.add_argument("command", nargs="?", choices=["run"], help="may be left out")
    start.add_argument("--state", type=Path, required=True, metavar="DIR", help="what survives a restart")
    start.add_argument("--config", type=Path, metavar="FILE", help="TOML or YAML over the built-in one")
    start.add_argument("--instant", action="store_true", help="nothing takes any time")
    start.add_argument("--smapi-port", type=int, default=0, metavar="N", help="default: any free one")
    start.add_argument("--smapi-socket", type=Path, metavar="PATH", help="default: smapi.sock in the state")
    start.add_argument("--platform-socket", type=Path, metavar="PATH", help="default: platform.sock there")
    start.add_argument("--control-port", type=int, default=0, metavar="N", help="default: any free one")
    start.add_argument("--tls-cert", type=Path, metavar="FILE", help="SMAPI over TCP with TLS")
    start.add_argument("--tls-key", type=Path, metavar="FILE")
    return start


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line ``argv``; return the exit code."""
    arguments = parser().parse_args(argv)
    try:
        config = load_config(arguments.config)
    except (ConfigError, OSError) as error:
        sys.stderr.write(f"zvm simulator: {error}\n")
        return 2
    wanted = (arguments.smapi_socket, arguments.platform_socket)
    if wrong := next(filter(None, map(socket_paths.problem, wanted)), None):
        sys.stderr.write(f"zvm simulator: {wrong}\n")
        return 2
    tls = None
    if arguments.tls_cert:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(arguments.tls_cert, arguments.tls_key)
    addresses = Addresses(
        smapi_port=arguments.smapi_port,
        smapi_socket=arguments.smapi_socket,
        platform_socket=arguments.platform_socket,
        control_port=arguments.control_port,
        tls=tls,
    )
    asyncio.run(serve(config.instant() if arguments.instant else config, arguments.state, addresses))
    return 0
