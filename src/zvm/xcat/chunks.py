# SPDX-License-Identifier: Apache-2.0
"""A stream of the management node's as a file, which Glance's client wants to read."""

from __future__ import annotations

from collections.abc import Generator


class Chunks:
    """Chunks of octets as a file to read.

    Who does not read it to its end has to :meth:`close` it: until then the node keeps what it reads from.
    """

    def __init__(self, chunks: Generator[bytes, None, None]) -> None:
        self._chunks = chunks
        self._rest = b""

    def open(self) -> None:
        """Wait for the first octets, so that a refusal comes before anybody is told of the file."""
        self._rest = next(self._chunks, b"")

    def close(self) -> None:
        """Let the node know that nobody reads on; what was read to its end is closed already."""
        self._chunks.close()
        self._rest = b""

    def read(self, size: int = -1) -> bytes:
        """Return up to ``size`` octets, all that is left where it is negative; b"" at the end."""
        if size < 0:
            rest, self._rest = self._rest, b""
            return rest + b"".join(self._chunks)
        if not self._rest:
            self._rest = next(self._chunks, b"")
        data, self._rest = self._rest[:size], self._rest[size:]
        return data
