# SPDX-License-Identifier: Apache-2.0
"""``iucvclnt``: a command, or a file, for the xCAT-era agent in a guest.

Exit codes: 1 unauthorised, 2 usage, 4 no connection, 8 the command failed, 16 the file was not taken,
64 the agent wants to be replaced by a newer one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from zvm.simulator.linux.platform import Failed, cp, say, socket_path

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection

VERSION = "0.0.0.1"
_UNAUTHORISED, _USAGE, _SOCKET, _COMMAND, _FILE, _UPGRADE = 1, 2, 4, 8, 16, 64
_END = re.compile(rb"iucvcmdrc=(\d+)\n?\Z")
_CHUNK = 1024


def main(words: Sequence[str]) -> int:
    """Run ``iucvclnt USERID COMMAND...`` or ``iucvclnt USERID iucv_file_transport SOURCE DEST``."""
    if len(words) < 2:
        raise Failed("usage: iucvclnt USERID COMMAND | iucv_file_transport SOURCE DESTINATION", _USAGE)
    from websockets.exceptions import WebSocketException
    from websockets.sync.client import unix_connect

    userid, *command = words
    me = cp("QUERY USERID")[1].split()[0]
    try:
        with unix_connect(socket_path(), f"ws://platform/iucv/{userid}") as agent:
            if command[0] == "iucv_file_transport" and len(command) == 3:
                data = Path(command[1]).read_bytes()
                mode = f"{Path(command[1]).stat().st_mode & 0o777:o}"
                answer = _ask(agent, f"{me} {VERSION} {command[0]} {command[2]}\0".encode())
                if answer != b"ready_to_receive":
                    return _ended(answer)
                for at in range(0, len(data), _CHUNK):
                    agent.send(data[at : at + _CHUNK])
                digest = hashlib.md5(data, usedforsecurity=False).hexdigest()
                answer = _ask(agent, f"FILE_SENT_OVER {digest} {mode}\0".encode())
                if answer != b"FILE_RECEIVED_OK":
                    raise Failed(answer.decode("utf-8", "replace"), _FILE)
                return 0
            return _ended(_ask(agent, f"{me} {VERSION} {' '.join(command)}\0".encode()))
    except (OSError, WebSocketException) as error:
        raise Failed(f"ERROR: {userid} cannot be reached: {error}", _SOCKET) from error


def _ask(agent: ClientConnection, message: bytes) -> bytes:
    """Send a message and return the answer, of a command its last chunk included."""
    agent.send(message)
    answer = b""
    while True:
        piece = agent.recv()
        answer += piece if isinstance(piece, bytes) else piece.encode()
        if len(piece) < _CHUNK:
            return answer


def _ended(answer: bytes) -> int:
    if answer.startswith(b"UNAUTHORIZED_ERROR"):
        raise Failed(answer.decode("utf-8", "replace"), _UNAUTHORISED)
    if answer.startswith(b"UPGRADE_NEEDED"):
        raise Failed(answer.decode("utf-8", "replace"), _UPGRADE)
    end = _END.search(answer)
    say(_END.sub(b"", answer).decode("utf-8", "replace"))
    return 0 if end and end[1] == b"0" else _COMMAND
