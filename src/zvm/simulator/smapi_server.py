# SPDX-License-Identifier: Apache-2.0
"""The SMAPI request server: TCP, TLS and UNIX sockets, one request per connection.

The request id goes out as soon as the request is in; the answer follows when the work is done.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import ssl
import struct
from pathlib import Path

from zvm.simulator.smapi_dispatch import Dispatcher, Dropped, Mangled, Peer, Subscribed
from zvm.simulator.system import System
from zvm.smapi.frames import MAX_REQUEST, encode_request_id

#: Seconds a client has to send its request.
READ_TIMEOUT = 240.0


class SmapiServer:
    """Listens for SMAPI requests to one system."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._dispatcher = Dispatcher(system)
        self._servers: list[asyncio.Server] = []
        self._connections: set[asyncio.Task[None]] = set()
        self._answers: set[asyncio.Task[bytes]] = set()

    async def listen_tcp(
        self, host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None
    ) -> int:
        """Listen on a TCP port, with TLS when ``tls`` is given; return the port."""
        server = await asyncio.start_server(
            lambda reader, writer: self._served(reader, writer, Peer()), host, port, ssl=tls
        )
        self._servers.append(server)
        bound: int = server.sockets[0].getsockname()[1]
        return bound

    async def listen_unix(self, path: Path) -> None:
        """Listen on a UNIX socket, whose peers are the configured userid when they say nothing else."""
        peer = Peer(self._system.config.smapi.peer)
        server = await asyncio.start_unix_server(
            lambda reader, writer: self._served(reader, writer, peer), path
        )
        os.chmod(path, 0o600)
        self._servers.append(server)

    async def close(self) -> None:
        """Stop listening and end open connections."""
        for server in self._servers:
            server.close()
        open_ = [*self._connections, *self._answers]
        for task in open_:
            task.cancel()
        await asyncio.gather(*open_, return_exceptions=True)
        for server in self._servers:
            await server.wait_closed()
        self._servers.clear()

    async def _served(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, peer: Peer) -> None:
        task = asyncio.current_task()
        if task:
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)
        try:
            if not self._system.down:
                await self._exchange(reader, writer, peer)
        except (OSError, asyncio.IncompleteReadError, TimeoutError, Dropped, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, peer: Peer) -> None:
        outages = self._system.trouble.outages
        if outages["smapi"] == "dead":
            writer.transport.abort()
            return
        async with asyncio.timeout(READ_TIMEOUT):
            length = int.from_bytes(await reader.readexactly(4), "big", signed=True)
            if not 0 <= length <= MAX_REQUEST:
                return
            body = await reader.readexactly(length)
        while outages["smapi"] == "silent":  # noqa: ASYNC110 - ends by a setting
            await asyncio.sleep(0.05)
        request_id = self._system.operations.next_request()
        writer.write(encode_request_id(request_id))
        await writer.drain()
        # A client that goes away does not undo what it asked for.
        answer = asyncio.create_task(self._dispatcher.answer(request_id, body, peer))
        self._answers.add(answer)
        answer.add_done_callback(self._answers.discard)
        try:
            writer.write(await asyncio.shield(answer))
            await writer.drain()
        except Mangled as mangled:
            await _mangle(writer, mangled.message, mangled.wire)
        except Subscribed as subscribed:
            await self._stream(reader, writer, subscribed.key)

    async def _stream(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, key: str) -> None:
        """Send events until either side has enough."""
        subscriber = self._system.events.subscribe(key)
        gone = asyncio.create_task(reader.read())
        gone.add_done_callback(lambda task: subscriber.queue.put_nowait(None))
        try:
            while (event := await subscriber.queue.get()) is not None:
                writer.write(event)
                await writer.drain()
        finally:
            self._system.events.unsubscribe(subscriber)
            gone.cancel()


async def _mangle(writer: asyncio.StreamWriter, message: bytes, wire: str) -> None:
    """Send an answer as a bad network would: octet by octet, half of it, or a reset in its place."""
    if wire == "reset":
        peer: socket.socket = writer.get_extra_info("socket")
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
        return
    for octet in message[: len(message) // 2 if wire == "truncated" else None]:
        writer.write(bytes((octet,)))
        await writer.drain()
        await asyncio.sleep(0)
