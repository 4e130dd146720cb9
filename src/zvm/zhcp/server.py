# SPDX-License-Identifier: Apache-2.0
"""The zHCP's daemon: listens, says when it is ready, stops when asked to."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import json
import logging
import signal
import socket
import ssl
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import uvicorn
from oslo_config import cfg
from oslo_log import log as oslo_log

from zvm.zhcp import app, control_point, errors, options
from zvm.zhcp.control_point import ControlPoint

LOG = logging.getLogger(__name__)


class Server(uvicorn.Server):
    """uvicorn, which says when it is ready and lets go of those who wait when it stops."""

    def __init__(self, config: uvicorn.Config, point: ControlPoint, url: str) -> None:
        super().__init__(config)
        self._point = point
        self._url = url

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop at SIGTERM and SIGINT, at a second SIGINT without waiting for anybody.

        uvicorn's own would end the process by the signal, before the zHCP has closed its things.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            sys.stdout.write(json.dumps({"ready": True, "url": self._url}) + "\n")
            sys.stdout.flush()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._point.stopping()
        await super().shutdown(sockets)


def is_loopback(host: str) -> bool:
    """Tell whether ``host`` is this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def read_token(config: cfg.ConfigOpts) -> str | None:
    """Return the token that callers must show, ``None`` where client certificates do instead.

    :raises errors.Invalid: nobody could be told from anybody, or the token is too short.
    """
    if not config.token_file:
        if config.tls_client_ca:
            return None
        raise errors.Invalid("nothing tells who may call: set token_file, or tls_client_ca, or both")
    token = Path(config.token_file).read_text().strip()
    if len(token) < 16:
        raise errors.Invalid(f"the token in {config.token_file} has fewer than 16 characters")
    return token


def check(config: cfg.ConfigOpts) -> None:
    """Refuse a configuration that would send the token in clear text through a network.

    :raises errors.Invalid: no TLS and an address that is not loopback, or half of a TLS set-up.
    """
    if bool(config.tls_cert) != bool(config.tls_key):
        raise errors.Invalid("tls_cert and tls_key belong together")
    if config.tls_client_ca and not config.tls_cert:
        raise errors.Invalid("tls_client_ca needs tls_cert and tls_key")
    if not config.tls_cert and not is_loopback(config.bind_host):
        raise errors.Invalid(f"without TLS only loopback can be listened on, not {config.bind_host}")


async def serve(config: cfg.ConfigOpts) -> None:
    """Run the zHCP that ``config`` describes until it is told to stop (SIGTERM, SIGINT)."""
    check(config)
    token = read_token(config)
    point = control_point.build(config)
    family = socket.AF_INET6 if ":" in config.bind_host else socket.AF_INET
    listener = socket.create_server((config.bind_host, config.bind_port), family=family)
    # Accepted connections inherit it; else a small answer waits for the client's delayed acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    tls: dict[str, Any] = {}
    if config.tls_cert:
        tls = {"ssl_certfile": config.tls_cert, "ssl_keyfile": config.tls_key}
        if config.tls_client_ca:
            tls |= {"ssl_ca_certs": config.tls_client_ca, "ssl_cert_reqs": ssl.CERT_REQUIRED}
    host = f"[{config.bind_host}]" if family is socket.AF_INET6 else config.bind_host
    url = f"{'https' if tls else 'http'}://{host}:{listener.getsockname()[1]}"
    settings = uvicorn.Config(
        app.make(point, token),
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        timeout_graceful_shutdown=max(1, int(config.shutdown_timeout)),
        **tls,
    )
    try:
        await point.start()
        await Server(settings, point, url).serve(sockets=[listener])
    finally:
        listener.close()
        await point.stop()


def run(arguments: list[str]) -> int:
    """Run the daemon with oslo.config's ``arguments``; return the exit status."""
    try:
        config = options.load(arguments)
        oslo_log.setup(config, "zvm.zhcp")
        asyncio.run(serve(config))
    except (errors.ZhcpError, cfg.Error, OSError) as error:
        sys.stderr.write(f"zvm zhcp: {error}\n")
        return 1
    return 0
