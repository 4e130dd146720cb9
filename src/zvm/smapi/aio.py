# SPDX-License-Identifier: Apache-2.0
"""The asyncio client, the same face as the blocking one."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import Any

from zvm.smapi.conversation import RECOVERY, TIMEOUT, Exchange, converse, refusal
from zvm.smapi.endpoint import Endpoint, IucvEndpoint, TcpEndpoint, connect_iucv
from zvm.smapi.errors import NotSupported, ProtocolError, Unreachable
from zvm.smapi.events import MAX_EVENT, Event, decode
from zvm.smapi.frames import Reply, Request, decode_reply, encode_request

#: Length of a reply that refuses a subscription: id, return code, reason code.
_REFUSAL = 12


class AsyncClient:
    """Calls SMAPI functions at ``endpoint``.

    :param recovery: seconds after a lost reply in which Response_Recovery is asked for it.
    """

    def __init__(self, endpoint: Endpoint, *, recovery: float = RECOVERY) -> None:
        self.endpoint = endpoint
        self.recovery = recovery

    async def call(
        self,
        function: str,
        target: str,
        *,
        timeout: float = TIMEOUT,
        poll: bool = True,
        **parameters: Any,
    ) -> Reply:
        """Call ``function`` for ``target``; parameters, result and errors are those of ``Client.call``."""
        request = Request(function, target, self.endpoint.userid, self.endpoint.password, parameters)
        steps = converse(request, timeout=timeout, recovery=self.recovery, poll=poll)
        while True:
            try:
                step = next(steps)
            except StopIteration as stop:
                reply: Reply = stop.value
                return reply
            if isinstance(step, Exchange):
                await self._exchange(step)
            else:
                await asyncio.sleep(step.seconds)

    async def events(self, match_key: str = "", *, timeout: float = TIMEOUT) -> AsyncGenerator[Event, None]:
        """Subscribe, and yield events as they come, until the server ends the subscription.

        Close the generator (``contextlib.aclosing``) to unsubscribe: the connection ends with it. Nothing is
        yielded for what happened before the first ``anext`` reached the server.

        :param match_key: at most 16 characters that an event must have in it; none: all events.
        :param timeout: seconds for connecting and subscribing.
        :raises SmapiError: z/VM refused.
        :raises Unreachable: nobody listens, or the connection broke before it stood.
        :raises ProtocolError: what came is no event.
        """
        name = "Event_Subscribe"
        request = Request(name, "ALL", self.endpoint.userid, self.endpoint.password, {"match_key": match_key})
        try:
            async with asyncio.timeout(timeout):
                reader, writer = await _connect(self.endpoint)
        except (OSError, TimeoutError) as error:
            raise Unreachable(f"{name}: {self.endpoint}: {error}") from error
        try:
            writer.write(encode_request(request))
            async with asyncio.timeout(timeout):
                request_id = await reader.readexactly(4)
            while True:
                try:
                    length = int.from_bytes(await reader.readexactly(4), "big", signed=True)
                except asyncio.IncompleteReadError:
                    return
                if not 4 <= length <= MAX_EVENT:
                    raise ProtocolError(f"an event of {length} octets is announced", name)
                body = await reader.readexactly(length)
                if length >= _REFUSAL and body[:4] == request_id:
                    raise refusal(request, decode_reply(name, body))
                for event in decode(body):
                    yield event
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
            raise Unreachable(f"{name}: {self.endpoint}: {error}") from error
        finally:
            writer.transport.abort()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _exchange(self, exchange: Exchange) -> None:
        """Carry ``exchange`` over a connection of its own; what goes wrong is noted in it."""
        try:
            async with asyncio.timeout(exchange.timeout):
                reader, writer = await _connect(self.endpoint)
                try:
                    # With no room in the buffer, drain() returns only when the transport took everything.
                    writer.transport.set_write_buffer_limits(high=0)
                    writer.write(exchange.wire)
                    try:
                        await writer.drain()
                    except asyncio.CancelledError:
                        exchange.sent = writer.transport.get_write_buffer_size() == 0
                        raise
                    exchange.sent = True
                    while not exchange.complete:
                        exchange.receive(await reader.read(1 << 16))
                finally:
                    writer.transport.abort()
                    with contextlib.suppress(OSError):
                        await writer.wait_closed()
        except NotSupported:
            raise
        except TimeoutError:
            exchange.failure = f"no answer from {self.endpoint} within {exchange.timeout:g} s"
        except (OSError, ProtocolError) as error:
            exchange.closed = exchange.closed or isinstance(error, ConnectionResetError)
            exchange.failure = f"{self.endpoint}: {error}"


async def _connect(endpoint: Endpoint) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if isinstance(endpoint, IucvEndpoint):
        connection = await asyncio.to_thread(connect_iucv, endpoint)
        return await asyncio.open_connection(sock=connection)
    if isinstance(endpoint, TcpEndpoint):
        return await asyncio.open_connection(endpoint.host, endpoint.port, ssl=endpoint.ssl_context)
    return await asyncio.open_unix_connection(endpoint.path)
