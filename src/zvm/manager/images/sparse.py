# SPDX-License-Identifier: Apache-2.0
"""Writes a stream to a file, leaving holes where it is zero, and counts and digests it on the way."""

from __future__ import annotations

import hashlib
from typing import BinaryIO

_BLOCK = 1 << 16
_ZEROS = bytes(_BLOCK)


class SparseWriter:
    """A file being written from its start.

    :ivar bytes: octets written so far.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self.bytes = 0

    def write(self, data: bytes) -> None:
        """Append ``data``."""
        self._digest.update(data)
        view = memoryview(data)
        for start in range(0, len(view), _BLOCK):
            block = view[start : start + _BLOCK]
            if block != _ZEROS[: len(block)]:
                self._file.seek(self.bytes)
                self._file.write(block)
            self.bytes += len(block)

    def zeros(self, length: int) -> None:
        """Append ``length`` zero octets."""
        while length:
            block = _ZEROS[: min(length, _BLOCK)]
            self._digest.update(block)
            self.bytes += len(block)
            length -= len(block)

    def finish(self) -> str:
        """Give the file its full length and return the SHA-256 digest of the content, in hex."""
        self._file.truncate(self.bytes)
        self._file.flush()
        return self._digest.hexdigest()
