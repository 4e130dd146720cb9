# SPDX-License-Identifier: Apache-2.0
"""Where a SMAPI server listens, and who the caller is there."""

from __future__ import annotations

import ctypes
import os
import socket
import ssl
import sys
from dataclasses import dataclass, field

from zvm.smapi.errors import NotSupported

#: The port of the request server VSMREQIN.
DEFAULT_PORT = 44444
#: Linux's address family of inter-user communication (``linux/socket.h``).
AF_IUCV = 32


@dataclass(frozen=True)
class TcpEndpoint:
    """SMAPI over TCP, inside TLS when ``ssl_context`` is given; userid and password go with each request."""

    host: str
    port: int = DEFAULT_PORT
    userid: str = ""
    password: str = field(default="", repr=False)
    ssl_context: ssl.SSLContext | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True)
class UnixEndpoint:
    """The same octets over a UNIX socket, as the simulator offers them; the socket proves the identity."""

    path: str
    userid: str = ""
    password: str = field(default="", repr=False)

    def __str__(self) -> str:
        return self.path


@dataclass(frozen=True)
class IucvEndpoint:
    """SMAPI over AF_IUCV from a Linux under z/VM; CP vouches for the caller, so nothing else is sent.

    :ivar peer: userid of the request server.
    :ivar program: the name it listens on.
    """

    peer: str = "VSMREQIU"
    program: str = "DMSRSRQU"
    userid: str = field(default="", init=False)
    password: str = field(default="", init=False, repr=False)

    def __str__(self) -> str:
        return f"iucv:{self.peer}/{self.program}"

    def address(self) -> bytes:
        """Return ``struct sockaddr_iucv``: family, port, address, node, userid and program, blank-filled."""
        family = AF_IUCV.to_bytes(2, sys.byteorder)
        names = b"".join(name.upper().encode("ascii").ljust(8) for name in ("", self.peer, self.program))
        return family + bytes(6) + names


Endpoint = TcpEndpoint | UnixEndpoint | IucvEndpoint


def connect_iucv(endpoint: IucvEndpoint) -> socket.socket:
    """Return a connected AF_IUCV socket.

    Python's socket module has no address format for AF_IUCV, so connect(2) is called directly.

    :raises NotSupported: this kernel has no AF_IUCV.
    :raises OSError: the peer does not answer.
    """
    try:
        connection = socket.socket(AF_IUCV, socket.SOCK_STREAM)
    except OSError as error:
        raise NotSupported(f"{endpoint}: this system has no AF_IUCV ({error})") from error
    address = endpoint.address()
    if ctypes.CDLL(None, use_errno=True).connect(connection.fileno(), address, len(address)) != 0:
        number = ctypes.get_errno()
        connection.close()
        raise OSError(number, os.strerror(number))
    return connection
