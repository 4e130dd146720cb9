# SPDX-License-Identifier: Apache-2.0
"""The xCAT-era agent in a light guest: what ``iucvserv`` answers, message by message.

A client says ``<its userid> <version> <command>``; the agent lets in whom ``/etc/iucv_authorized_userid`` of
the guest names, without that file the zHCP. Commands are those that the QEMU guest agent's exec knows.
"""

from __future__ import annotations

import hashlib
import shlex

from zvm.simulator.agent import run_program
from zvm.simulator.light_guest import Linux

VERSION = "0.0.0.1"
_LONGEST = 1024
_AUTHORISED = "/etc/iucv_authorized_userid"
_PERMISSION_DENIED, _NOT_FOUND = 13, 127
_TRANSPORT = "iucv_file_transport"


class IucvAgent:
    """One connection.

    :param peer: the userid at the other end, as CP vouches for it.
    """

    def __init__(self, linux: Linux, peer: str) -> None:
        self._linux = linux
        self._peer = peer
        self._file = ""
        self._data = bytearray()

    def answer(self, message: bytes) -> list[bytes]:
        """Return the chunks that answer a message; none while a file is coming in."""
        if self._file:
            return self._received(message)
        text = message.partition(b"\0")[0].decode("utf-8", "replace")
        if len(message) > _LONGEST or len(text.split(None, 2)) != 3:
            return [f"UNAUTHORIZED_ERROR: bad request#{_PERMISSION_DENIED}".encode()]
        userid, version, command = text.split(None, 2)
        file = self._linux.read_file(_AUTHORISED)
        allowed = file.decode("ascii", "replace").split() if file else [self._peer]
        if userid.upper() != self._peer or self._peer not in (name.upper()[:16] for name in allowed):
            return [f"UNAUTHORIZED_ERROR: {userid} is not authorized#{_PERMISSION_DENIED}".encode()]
        if version != VERSION:
            return [b"UPGRADE_NEEDED_SYSTEMD"]
        if command.startswith(f"{_TRANSPORT} "):
            self._file = command.removeprefix(_TRANSPORT).strip()
            return [b"ready_to_receive"]
        return _chunks(self._run(command))

    def _received(self, message: bytes) -> list[bytes]:
        if not message.startswith(b"FILE_SENT_OVER "):
            self._data += message
            return []
        words = message.rstrip(b"\0").decode("ascii", "replace").split()
        digest = hashlib.md5(self._data, usedforsecurity=False).hexdigest()
        path, data = self._file, bytes(self._data)
        self._file, self._data = "", bytearray()
        if words[1:2] != [digest]:
            return [b"FILE_NOT_RECEIVED_OK: checksum differs"]
        self._linux.write_file(path, data)
        return [b"FILE_RECEIVED_OK"]

    def _run(self, command: str) -> bytes:
        try:
            name, *words = shlex.split(command)
        except ValueError as error:
            return f"sh: syntax error: {error}\niucvcmdrc=2\n".encode()
        done = run_program(self._linux, name, words)
        if done is None:
            return f"sh: {name}: command not found\niucvcmdrc={_NOT_FOUND}\n".encode()
        code, out, err = done
        return out + err + f"iucvcmdrc={code}\n".encode()


def _chunks(data: bytes) -> list[bytes]:
    """Return pieces of which only the last is shorter than the longest."""
    pieces = [data[at : at + _LONGEST] for at in range(0, len(data), _LONGEST)]
    return [*pieces, b""] if len(pieces[-1]) == _LONGEST else pieces
