# SPDX-License-Identifier: Apache-2.0
"""The blocking client; safe to share between threads, a connection per request as SMAPI has it."""

from __future__ import annotations

import contextlib
import socket
import time
from typing import Any

from zvm.smapi.conversation import RECOVERY, TIMEOUT, Exchange, converse
from zvm.smapi.endpoint import Endpoint, IucvEndpoint, TcpEndpoint, connect_iucv
from zvm.smapi.errors import NotSupported, ProtocolError
from zvm.smapi.frames import Reply, Request


class Client:
    """Calls SMAPI functions at ``endpoint``.

    :param recovery: seconds after a lost reply in which Response_Recovery is asked for it.
    """

    def __init__(self, endpoint: Endpoint, *, recovery: float = RECOVERY) -> None:
        self.endpoint = endpoint
        self.recovery = recovery

    def call(
        self, function: str, target: str, *, timeout: float = TIMEOUT, poll: bool = True, **parameters: Any
    ) -> Reply:
        """Call ``function`` for ``target`` and return its reply, whose return code is 0.

        :param timeout: seconds for the whole call; looking for a lost reply comes on top.
        :param poll: wait for the end of asynchronous work; otherwise its 592 reply is returned.
        :param parameters: by the names of the function's declaration.
        :raises SmapiError: z/VM refused.
        :raises Unreachable: certainly nothing happened.
        :raises OutcomeUnknown: it may have happened; Response_Recovery did not help.
        :raises InvalidParameter: a value breaks the declaration; nothing was sent.
        :raises ProtocolError: the reply cannot be read.
        """
        request = Request(function, target, self.endpoint.userid, self.endpoint.password, parameters)
        steps = converse(request, timeout=timeout, recovery=self.recovery, poll=poll)
        while True:
            try:
                step = next(steps)
            except StopIteration as stop:
                reply: Reply = stop.value
                return reply
            if isinstance(step, Exchange):
                self._exchange(step)
            else:
                time.sleep(step.seconds)

    def _exchange(self, exchange: Exchange) -> None:
        """Carry ``exchange`` over a connection of its own; what goes wrong is noted in it."""
        deadline = time.monotonic() + exchange.timeout
        try:
            with contextlib.closing(_connect(self.endpoint, exchange.timeout)) as connection:
                connection.settimeout(max(deadline - time.monotonic(), 0.001))
                connection.sendall(exchange.wire)
                exchange.sent = True
                while not exchange.complete:
                    connection.settimeout(max(deadline - time.monotonic(), 0.001))
                    exchange.receive(connection.recv(1 << 16))
        except NotSupported:
            raise
        except TimeoutError:
            exchange.failure = f"no answer from {self.endpoint} within {exchange.timeout:g} s"
        except (OSError, ProtocolError) as error:
            exchange.closed = exchange.closed or isinstance(error, ConnectionResetError)
            exchange.failure = f"{self.endpoint}: {error}"


def _connect(endpoint: Endpoint, timeout: float) -> socket.socket:
    if isinstance(endpoint, IucvEndpoint):
        return connect_iucv(endpoint)
    if isinstance(endpoint, TcpEndpoint):
        plain = socket.create_connection((endpoint.host, endpoint.port), timeout)
        if endpoint.ssl_context is None:
            return plain
        try:
            return endpoint.ssl_context.wrap_socket(plain, server_hostname=endpoint.host)
        except BaseException:
            plain.close()
            raise
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(timeout)
        connection.connect(endpoint.path)
    except BaseException:
        connection.close()
        raise
    return connection
