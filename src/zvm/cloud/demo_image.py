# SPDX-License-Identifier: Apache-2.0
"""Makes the demo's disk image: 64 MiB that z/VM can IPL, the same bytes every time.

There is no operating system in it; the simulator's light guests act as one once the IPL record is found.
Most of the image is a hole, as in a real one.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

SIZE = 64 << 20
#: What IPL reads from the first record: a short-format PSW that starts at X'2000', and the two channel
#: command words that fetch the boot loader (Principles of Operation, "Initial Program Loading").
IPL_RECORD = bytes.fromhex("000800008000200006002000600010000800200000000000")
#: Offset → length of what is not a hole: boot loader, kernel, file system, and the image's very end.
CONTENT = {4096: 4 << 10, 1 << 20: 3 << 20, 16 << 20: 5 << 20, SIZE - 4096: 4096}


def make(path: Path) -> str:
    """Write the image to ``path``.

    :returns: its SHA-256 in hexadecimal.
    """
    draft = path.with_name(path.name + ".new")
    with draft.open("wb") as file:
        file.truncate(SIZE)
        file.write(IPL_RECORD)
        for offset, length in CONTENT.items():
            file.seek(offset)
            file.write(hashlib.shake_256(f"zlinux {offset}".encode()).digest(length))
    draft.replace(path)
    return sha256(path)


def sha256(path: Path) -> str:
    """Return the SHA-256 of the file at ``path`` in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
