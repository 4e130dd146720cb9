# SPDX-License-Identifier: Apache-2.0
"""The management node's daemon: listens, says when it is ready, stops when asked to."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import uvicorn
from oslo_config import cfg
from oslo_log import log as oslo_log

from zvm.manager import app, options
from zvm.manager.service import ManagementNode
from zvm.xcat.urls import is_loopback

#: Threads for the tables and for images.
THREADS = 32


class Server(uvicorn.Server):
    """uvicorn, which says when it is ready."""

    def __init__(self, config: uvicorn.Config, url: str) -> None:
        super().__init__(config)
        self._url = url

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop at SIGTERM and SIGINT, at a second SIGINT without waiting for anybody.

        uvicorn's own would end the process by the signal, before the management node has closed its things.
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


def check(config: cfg.ConfigOpts) -> None:
    """Refuse a configuration that would send passwords in clear text through a network.

    :raises cfg.Error: no TLS and an address that is not loopback, or half of a TLS set-up.
    """
    if bool(config.tls_cert) != bool(config.tls_key):
        raise cfg.Error("tls_cert and tls_key belong together")
    if not config.tls_cert and not is_loopback(config.bind_host):
        raise cfg.Error(f"without TLS only loopback can be listened on, not {config.bind_host}")
    if config.remotehosts and not config.ssh_known_hosts:
        raise cfg.Error("remotehosts needs ssh_known_hosts: keys of other machines are not taken unseen")


async def serve(config: cfg.ConfigOpts) -> None:
    """Run the management node that ``config`` describes until it is told to stop (SIGTERM, SIGINT)."""
    check(config)
    # Images are converted in threads, for minutes; the tables must not wait for that.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS))
    mn = ManagementNode(config)
    family = socket.AF_INET6 if ":" in config.bind_host else socket.AF_INET
    listener = socket.create_server((config.bind_host, config.bind_port), family=family)
    # Accepted connections inherit it; else a small answer waits for the client's delayed acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    host = f"[{config.bind_host}]" if family is socket.AF_INET6 else config.bind_host
    url = f"{'https' if config.tls_cert else 'http'}://{host}:{listener.getsockname()[1]}"
    settings = uvicorn.Config(
        app.make(mn),
        log_config=None,
        access_log=False,  # xCAT's clients put passwords into URLs
        server_header=False,
        proxy_headers=False,  # the policy's hosts are those that connect, not what a header says
        lifespan="off",
        timeout_keep_alive=75,  # longer than clients keep an idle connection
        timeout_graceful_shutdown=max(1, int(config.shutdown_timeout)),
        ssl_certfile=config.tls_cert,
        ssl_keyfile=config.tls_key,
    )
    try:
        await mn.start()
        await Server(settings, url).serve(sockets=[listener])
    finally:
        listener.close()
        await mn.close()


def run(arguments: list[str]) -> int:
    """Run the daemon with oslo.config's ``arguments``; return the exit status."""
    os.umask(0o077)  # what is kept here is nobody else's: hashes, images, config drives
    try:
        config = options.load(arguments, log=True)
        oslo_log.setup(config, "zvm.manager")
        asyncio.run(serve(config))
    except (cfg.Error, OSError) as error:
        sys.stderr.write(f"zvm manager: {error}\n")
        return 1
    return 0
