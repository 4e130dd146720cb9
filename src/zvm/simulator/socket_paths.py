# SPDX-License-Identifier: Apache-2.0
"""Where a simulator's UNIX sockets lie: in its state folder, unless the path of that is too long for one."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

#: Octets of a socket's path, without the NUL (unix(7)).
LONGEST = 107
#: The longest name of a socket in a state folder.
_NAME = "platform-USERID12.sock"


def folder(state: Path) -> Path:
    """Return the folder for the sockets of the simulator with the state folder ``state``.

    :raises OSError: the one beside it is somebody else's.
    """
    if len(os.fsencode(state / _NAME)) <= LONGEST:
        return state
    digest = hashlib.sha256(os.fsencode(state.absolute())).hexdigest()[:16]
    found = Path(tempfile.gettempdir()) / f"zvm-{digest}"
    found.mkdir(mode=0o700, exist_ok=True)
    if found.is_symlink() or found.stat().st_uid != os.geteuid():
        raise PermissionError(f"{found} is not this user's")
    found.chmod(0o700)
    return found


def problem(path: Path | None) -> str:
    """Return what is wrong with the path of a socket, "" when nothing is."""
    length = len(os.fsencode(path)) if path else 0
    if length <= LONGEST:
        return ""
    return f"the path of a socket has at most {LONGEST} octets, this one {length}: {path}"
