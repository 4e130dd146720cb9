# SPDX-License-Identifier: Apache-2.0
"""Looks once whether a service does its work: asks it, instead of trusting that it listens."""

from __future__ import annotations

import socket
import urllib.error
import urllib.request
from collections.abc import Callable

from zvm.cloud.layout import HOST

#: Requests to this machine never go through a proxy.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def listens(port: int, timeout: float = 5.0) -> Callable[[], bool]:
    """Return a check that somebody listens on a TCP port of the loopback.

    :param timeout: how long a connection may take, seconds.
    """

    def check() -> bool:
        try:
            socket.create_connection((HOST, port), timeout=timeout).close()
        except OSError:
            return False
        return True

    return check


def answers(url: str, timeout: float = 5.0) -> Callable[[], bool]:
    """Return a check that ``url`` is answered without an error of the server.

    :param timeout: how long one answer may take, seconds.
    """

    def check() -> bool:
        try:
            with _opener.open(url, timeout=timeout):
                return True
        except urllib.error.HTTPError as error:
            # A list of versions comes as 300 Multiple Choices.
            return error.code < 400
        except OSError:
            return False

    return check
