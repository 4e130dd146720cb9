# SPDX-License-Identifier: Apache-2.0
"""AF_IUCV sockets to guests, and the messages of a guest's HVC terminal over them.

A guest whose kernel has ``hvc_iucv=2`` accepts connections to its terminals ``lnxhvc0`` (console) and
``lnxhvc1``, on which its QEMU guest agent listens. Each message has a version, a type, a length and data.
Python's socket module has no address of this family, so that connect(2) is called directly.
Source: Linux, ``net/iucv/af_iucv.c`` and ``drivers/tty/hvc/hvc_iucv.c``. Not yet run on hardware.
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import struct
from collections.abc import Callable
from typing import Final

from zvm.zhcp import errors

AF_IUCV: Final = 32
_VERSION: Final = 2
_DATA: Final = 0x10
_HEADER: Final = struct.Struct(">BBH")
_LONGEST: Final = 0xFFFF

#: Returns a connected socket for a userid and a program or terminal name.
Connect = Callable[[str, str], socket.socket]


def address(userid: str, name: str) -> bytes:
    """Return the ``sockaddr_iucv`` of a program or terminal of a guest: names blank padded to 8."""
    padded = [text.encode("ascii").ljust(8) for text in ("", userid, name)]
    return struct.pack("=HHI8s8s8s", AF_IUCV, 0, 0, *padded)


def connect(userid: str, name: str) -> socket.socket:
    """Connect to a program or terminal of a guest; blocks.

    :raises errors.NotFound: the guest is not logged on.
    :raises errors.Refused: the directory does not allow the connection.
    :raises errors.Unreachable: nobody listens there.
    :raises errors.NotSupported: this machine has no AF_IUCV.
    """
    try:
        sock = socket.socket(AF_IUCV, socket.SOCK_STREAM)
    except OSError as error:
        raise errors.NotSupported(f"this machine has no AF_IUCV sockets: {error.strerror}") from error
    where = address(userid, name)
    if ctypes.CDLL(None, use_errno=True).connect(sock.fileno(), where, len(where)) == 0:
        return sock
    number = ctypes.get_errno()
    sock.close()
    raise failure(userid, name, number)


def failure(userid: str, name: str, number: int) -> errors.ZhcpError:
    """Return what an errno of connect(2) means."""
    text = f"no connection to {name} of {userid}: {os.strerror(number)}"
    if number == errno.ENETUNREACH:
        return errors.NotFound(f"{userid} is not logged on", target=userid)
    if number == errno.EACCES:
        return errors.Refused(
            text,
            target=userid,
            next_step="Give the zHCP IUCV ANY, or the guest IUCV ALLOW, in the directory.",
        )
    return errors.Unreachable(text, target=userid)


def encode_data(data: bytes) -> bytes:
    """Return the messages that carry ``data`` to a terminal."""
    parts = [data[at : at + _LONGEST] for at in range(0, len(data), _LONGEST)]
    return b"".join(_HEADER.pack(_VERSION, _DATA, len(part)) + part for part in parts)


class TerminalStream:
    """What comes from a terminal, taken out of its messages; without I/O."""

    def __init__(self) -> None:
        self._buffer = b""

    def feed(self, data: bytes) -> bytes:
        """Take octets of the socket and return the terminal's output in them.

        :raises errors.ZhcpError: the peer does not speak this protocol.
        """
        self._buffer += data
        output = b""
        while len(self._buffer) >= _HEADER.size:
            version, kind, length = _HEADER.unpack_from(self._buffer)
            if version != _VERSION:
                raise errors.ZhcpError(f"the peer is no HVC terminal: message version {version}")
            if len(self._buffer) < _HEADER.size + length:
                break
            if kind == _DATA:
                output += self._buffer[_HEADER.size : _HEADER.size + length]
            self._buffer = self._buffer[_HEADER.size + length :]
        return output
