# SPDX-License-Identifier: Apache-2.0
"""The shapes that parameters and results have on the wire, each able to write and to read itself.

Values are what JSON has: ``int``, ``str`` (ISO-8859-1, an octet a character), ``list`` and ``dict``. An array
whose elements have one field is a list of that field's values, any other array a list of dictionaries.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY, dataclass
from enum import Enum
from typing import Any

from zvm.smapi.cursor import (
    MISSING,
    NOT_HEXADECIMAL,
    NOT_RECOGNISED,
    TOO_LONG,
    TOO_SHORT,
    Cursor,
    Malformed,
)
from zvm.smapi.errors import InvalidParameter

#: Passwords inside texts: ``PASSWORD=x``, ``READPASSWORD=x``, ``PASS= x``.
_PASSWORD = re.compile(r"((?:PASS|PW)\w*\s*=\s*)\S+", re.IGNORECASE)


def octets(name: str, value: object) -> bytes:
    """Return ``value`` as ISO-8859-1; an integer is written in decimal.

    :raises InvalidParameter: it is neither a string nor an integer, or has characters beyond ISO-8859-1.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise InvalidParameter(name, f"text expected, not {type(value).__name__}")
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        raise InvalidParameter(name, "only ISO-8859-1 characters can be sent") from None


def zero_terminated(name: str, value: object) -> bytes:
    """Return ``value`` with a final NUL.

    :raises InvalidParameter: it has a NUL inside, which would start another string.
    """
    raw = octets(name, value)
    if b"\0" in raw:
        raise InvalidParameter(name, "a NUL inside the text would end it")
    return raw + b"\0"


def elements(name: str, value: object) -> Iterable[object]:
    """Return ``value`` when it is a list or a tuple.

    :raises InvalidParameter: it is something else.
    """
    if not isinstance(value, list | tuple):
        raise InvalidParameter(name, f"list expected, not {type(value).__name__}")
    return value


@dataclass(frozen=True)
class Field(ABC):
    """One parameter or result. ``secret`` fields are never shown."""

    name: str
    _: KW_ONLY
    secret: bool = False

    @property
    def default(self) -> Any:
        """The value that stands for "not given"."""
        return ""

    @property
    def to_end(self) -> bool:
        """Whether the field has no length of its own and reaches to the end of the message."""
        return False

    @abstractmethod
    def encode(self, value: Any) -> bytes:
        """Return the octets of ``value``.

        :raises InvalidParameter: the value breaks the field's limits.
        """

    @abstractmethod
    def decode(self, cursor: Cursor) -> Any:
        """Read a value.

        :raises Malformed: the octets are not such a field.
        """

    def show(self, value: Any) -> str:
        """Return ``value`` printable, secrets masked."""
        if self.secret:
            return f"<{len(value)} elements>" if isinstance(value, list) else "***" if value else repr(value)
        if isinstance(value, list) and len(value) > 8:
            return f"<{len(value)} elements>"
        return _PASSWORD.sub(r"\1***", repr(value))


@dataclass(frozen=True)
class Integer(Field):
    """``i1`` ``i4`` ``i8``: a signed big-endian integer of ``size`` octets, ``minimum`` to ``maximum``."""

    size: int
    minimum: int | None = None
    maximum: int | None = None
    unset: int = 0

    @property
    def default(self) -> int:
        return self.unset

    @property
    def limits(self) -> tuple[int, int]:
        """Smallest and largest value."""
        bits = self.size * 8 - 1
        low = -(1 << bits) if self.minimum is None else self.minimum
        return low, (1 << bits) - 1 if self.maximum is None else self.maximum

    def encode(self, value: Any) -> bytes:
        if not isinstance(value, int):
            raise InvalidParameter(self.name, f"integer expected, not {type(value).__name__}")
        low, high = self.limits
        if not low <= value <= high:
            raise InvalidParameter(self.name, f"must be {low} to {high}")
        return value.to_bytes(self.size, "big", signed=True)

    def decode(self, cursor: Cursor) -> int:
        value = cursor.integer(self.size)
        low, high = self.limits
        if not low <= value <= high:
            raise Malformed(NOT_RECOGNISED, f"{self.name} must be {low} to {high}")
        return value


@dataclass(frozen=True)
class Text(Field):
    """``Sa-b``: four octets of length, then ``shortest`` to ``longest`` characters; length 0 is "not given".

    :ivar pad: replies blank-fill shorter texts to this width (a directory record is 72); reading strips
        the blanks.
    :ivar hexadecimal: only hexadecimal digits, as in a virtual device number.
    """

    shortest: int
    longest: int
    _: KW_ONLY
    pad: int = 0
    hexadecimal: bool = False

    def _fault(self, raw: bytes) -> Malformed | None:
        if not raw and self.shortest:
            return Malformed(MISSING, f"{self.name} is required")
        if len(raw) < self.shortest:
            return Malformed(TOO_SHORT, f"{self.name} is shorter than {self.shortest} characters")
        if len(raw) > self.longest:
            return Malformed(TOO_LONG, f"{self.name} is longer than {self.longest} characters")
        if self.hexadecimal and not re.fullmatch(rb"[0-9A-Fa-f]*", raw):
            return Malformed(NOT_HEXADECIMAL, f"{self.name} is not hexadecimal")
        return None

    def encode(self, value: Any) -> bytes:
        raw = octets(self.name, value).ljust(self.pad)
        fault = self._fault(raw)
        if fault:
            raise InvalidParameter(self.name, str(fault))
        return len(raw).to_bytes(4, "big") + raw

    def decode(self, cursor: Cursor) -> str:
        raw = cursor.take(cursor.length())
        fault = self._fault(raw)
        if fault:
            raise fault
        return (raw.rstrip(b" ") if self.pad else raw).decode("latin-1")


@dataclass(frozen=True)
class LastText(Text):
    """A ``Text`` at the end of the parameters that may be left out altogether, length included."""

    def decode(self, cursor: Cursor) -> str:
        return super().decode(cursor) if cursor.remaining else ""


@dataclass(frozen=True)
class Asciiz(Field):
    """``z``: characters and a NUL; ``prefixed``: four octets of length, NUL included, stand before them."""

    prefixed: bool = False

    def encode(self, value: Any) -> bytes:
        raw = zero_terminated(self.name, value)
        return len(raw).to_bytes(4, "big") + raw if self.prefixed else raw

    def decode(self, cursor: Cursor) -> str:
        block = cursor.block(cursor.length()) if self.prefixed else cursor
        if not block.remaining:
            raise Malformed(MISSING, f"{self.name} is required")
        return block.asciiz().decode("latin-1")


@dataclass(frozen=True)
class Fixed(Field):
    """``F``: blank-filled text of ``size`` octets; ``encoding`` is cp037 where z/VM sends EBCDIC."""

    size: int
    encoding: str = "latin-1"

    def encode(self, value: Any) -> bytes:
        octets(self.name, value)
        raw: bytes = str(value).ljust(self.size).encode(self.encoding)
        if len(raw) != self.size:
            raise InvalidParameter(self.name, f"longer than {self.size} characters")
        return raw

    def decode(self, cursor: Cursor) -> str:
        return cursor.take(self.size).decode(self.encoding).rstrip(" ")


@dataclass(frozen=True)
class Raw(Field):
    """Everything up to the end of the message; ``closing`` NULs follow it."""

    closing: int = 0

    @property
    def to_end(self) -> bool:
        return True

    def encode(self, value: Any) -> bytes:
        return octets(self.name, value) + bytes(self.closing)

    def decode(self, cursor: Cursor) -> str:
        raw = cursor.rest()
        return (raw.rstrip(b"\0") if self.closing else raw).decode("latin-1")


@dataclass(frozen=True)
class Lines(Field):
    """``Z[]``, or ``BUF`` of it when ``prefixed``: texts that each end with NUL, back to back.

    :ivar prefixed: four octets of total length stand before them; otherwise they reach to the end of the
        message.
    :ivar closed: whether the last text ends with its NUL too.
    """

    prefixed: bool = False
    closed: bool = True

    @property
    def default(self) -> list[str]:
        return []

    @property
    def to_end(self) -> bool:
        return not self.prefixed

    def encode(self, value: Any) -> bytes:
        raw = b"".join(zero_terminated(self.name, line) for line in elements(self.name, value))
        raw = raw if self.closed or raw.endswith(b"\0\0") or len(raw) < 2 else raw[:-1]
        return len(raw).to_bytes(4, "big") + raw if self.prefixed else raw

    def decode(self, cursor: Cursor) -> list[str]:
        block = cursor.block(cursor.length() if self.prefixed else cursor.remaining)
        lines = []
        while block.remaining:
            lines.append(block.asciiz().decode("latin-1"))
        return lines


class Extent(Enum):
    """What tells how far an array reaches."""

    OCTETS = "its length in octets"
    COUNT = "the number of its elements"
    END = "the end of the message"


@dataclass(frozen=True)
class Array(Field):
    """``ARR`` or ``CNTARR``: elements of the same ``fields``.

    :ivar structured: each element is preceded by its own length; fields unknown to us at its end are skipped.
    :ivar extent: what stands before the elements.
    """

    fields: tuple[Field, ...]
    _: KW_ONLY
    structured: bool = False
    extent: Extent = Extent.OCTETS

    @property
    def default(self) -> list[Any]:
        return []

    @property
    def to_end(self) -> bool:
        return self.extent is Extent.END

    def encode(self, value: Any) -> bytes:
        parts = [self._encode_element(element) for element in elements(self.name, value)]
        raw = b"".join(parts)
        if self.extent is Extent.END:
            return raw
        return (len(raw) if self.extent is Extent.OCTETS else len(parts)).to_bytes(4, "big") + raw

    def _encode_element(self, element: Any) -> bytes:
        if len(self.fields) == 1:
            raw = self.fields[0].encode(element)
        else:
            if not isinstance(element, Mapping):
                raise InvalidParameter(self.name, f"dictionary expected, not {type(element).__name__}")
            raw = encode_fields(self.fields, element)
        return len(raw).to_bytes(4, "big") + raw if self.structured else raw

    def decode(self, cursor: Cursor) -> list[Any]:
        values = []
        if self.extent is Extent.COUNT:
            for _ in range(cursor.length()):
                values.append(self._decode_element(cursor))
            return values
        block = cursor if self.extent is Extent.END else cursor.block(cursor.length())
        while block.remaining:
            values.append(self._decode_element(block))
        return values

    def _decode_element(self, cursor: Cursor) -> Any:
        inner = cursor.block(cursor.length()) if self.structured else cursor
        if len(self.fields) == 1:
            return self.fields[0].decode(inner)
        return {field.name: field.decode(inner) for field in self.fields}


def encode_fields(fields: tuple[Field, ...], values: Mapping[str, Any]) -> bytes:
    """Return the octets of ``values`` in the order of ``fields``; a value not given takes its default.

    :raises InvalidParameter: a value breaks a limit, or has a name that no field has.
    """
    known = {field.name for field in fields}
    for name in values:
        if name not in known:
            raise InvalidParameter(
                name, f"there is no such field; known: {', '.join(sorted(known)) or 'none'}"
            )
    return b"".join(field.encode(values.get(field.name, field.default)) for field in fields)


def show_fields(fields: tuple[Field, ...], values: Mapping[str, Any]) -> str:
    """Return ``values`` printable in one line, passwords masked."""
    by_name = {field.name: field for field in fields}
    other = Asciiz("")
    return " ".join(f"{name}={by_name.get(name, other).show(value)}" for name, value in values.items())
