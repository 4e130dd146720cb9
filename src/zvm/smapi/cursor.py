# SPDX-License-Identifier: Apache-2.0
"""A bounded reading position over received bytes: no length that a peer sends is believed unchecked."""

from __future__ import annotations

#: Second half (``rr``) of a 24/pprr reason code (SMAPI's table of syntax errors).
NOT_DIGITS = 10
NOT_SUPPORTED = 11
TOO_LONG = 13
TOO_SHORT = 14
NOT_HEXADECIMAL = 16
NOT_RECOGNISED = 19
MISSING = 24
EXTRANEOUS = 25
ENDED_EARLY = 88


class Malformed(Exception):
    """The bytes do not have the declared shape.

    :ivar rr: second half of the 24/pprr reason code, or 0 for a negative length (which is 900/36).
    :ivar number: number of the parameter, from 1.
    """

    def __init__(self, rr: int, text: str) -> None:
        super().__init__(text)
        self.rr = rr
        self.number = 0


class Cursor:
    """Reads big-endian values from ``data`` and never past its end."""

    __slots__ = ("_at", "_data", "_end")

    def __init__(self, data: bytes, start: int = 0, end: int | None = None) -> None:
        self._data = data
        self._at = start
        self._end = len(data) if end is None else end

    @property
    def remaining(self) -> int:
        """Octets not read yet."""
        return self._end - self._at

    def take(self, length: int) -> bytes:
        """Return the next ``length`` octets.

        :raises Malformed: fewer are left.
        """
        if length > self.remaining:
            raise Malformed(ENDED_EARLY, f"{length} octets announced, {self.remaining} left")
        taken = self._data[self._at : self._at + length]
        self._at += length
        return taken

    def rest(self) -> bytes:
        """Return everything up to the end."""
        return self.take(self.remaining)

    def integer(self, size: int) -> int:
        """Return a signed big-endian integer of ``size`` octets."""
        return int.from_bytes(self.take(size), "big", signed=True)

    def length(self) -> int:
        """Return a length field: four octets, not negative.

        :raises Malformed: the length is negative (``rr`` is 0).
        """
        length = self.integer(4)
        if length < 0:
            raise Malformed(0, f"negative length {length}")
        return length

    def block(self, length: int) -> Cursor:
        """Return a cursor over the next ``length`` octets and step over them.

        :raises Malformed: fewer are left.
        """
        if length > self.remaining:
            raise Malformed(ENDED_EARLY, f"{length} octets announced, {self.remaining} left")
        inner = Cursor(self._data, self._at, self._at + length)
        self._at += length
        return inner

    def asciiz(self) -> bytes:
        """Return the octets up to the next NUL and step over it; z/VM at times omits the very last NUL."""
        found = self._data.find(b"\0", self._at, self._end)
        if found < 0:
            return self.rest()
        text = self._data[self._at : found]
        self._at = found + 1
        return text
