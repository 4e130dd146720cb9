# SPDX-License-Identifier: Apache-2.0
"""What one SMAPI function is: its parameters, its results, its codes; everything else is derived from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from zvm.smapi.cursor import EXTRANEOUS, Cursor, Malformed
from zvm.smapi.fields import Array, Field, Integer, Text, encode_fields
from zvm.smapi.keywords import Keyword, decode_keywords, encode_keywords


class Style(Enum):
    """How the parameters stand in the request."""

    POSITIONAL = "fields in a fixed order"
    KEYWORDS = "key=value strings up to the end"
    KEYWORD_BLOCK = "key=value strings behind their length"
    KEYWORD_BLOCK_OPEN = "the same, the last without its NUL"


class Frame(Enum):
    """Which request frame the function is called with (the short one is used by the C clients only)."""

    NORMAL = "normal"
    EITHER = "normal or short"
    SHORT = "short"


class ErrorData(Enum):
    """What follows a return code other than 0, where it is known to be text."""

    NONE = "nothing known"
    BUFFER = "length and ASCIIZ text"
    BARE = "ASCIIZ text without a length"


@dataclass(frozen=True)
class FunctionDeclaration:
    """One SMAPI function.

    :ivar name: its documented name.
    :ivar parameters: what follows the header of a request, in order.
    :ivar reply: what follows the reason code of a reply, in order.
    :ivar codes: return and reason codes of its own, beside those every function has.
    :ivar directory_manager: it is work for DirMaint (it may also answer 100/12, 500/8, 596/n).
    :ivar asynchronous: it may answer 592 and go on working.
    :ivar wire_name: its name in frames where that differs.
    :ivar short_argument: what the argument of its short frame is: ``target``, a parameter, or nothing.
    """

    name: str
    parameters: tuple[Field, ...] = ()
    reply: tuple[Field, ...] = ()
    codes: tuple[tuple[int, int], ...] = ()
    directory_manager: bool = False
    asynchronous: bool = False
    style: Style = Style.POSITIONAL
    error_data: ErrorData = ErrorData.NONE
    frame: Frame = Frame.NORMAL
    wire_name: str = ""
    short_argument: str = ""

    @property
    def sent_name(self) -> str:
        """The name that stands in request frames."""
        return self.wire_name or self.name

    @property
    def keywords(self) -> tuple[Keyword, ...]:
        """The parameters of a keyword function."""
        return tuple(field for field in self.parameters if isinstance(field, Keyword))

    def encode_parameters(self, values: Mapping[str, Any]) -> bytes:
        """Return the octets of the parameters.

        :raises InvalidParameter: a value breaks the declaration.
        """
        if self.style is Style.POSITIONAL:
            return encode_fields(self.parameters, values)
        raw = encode_keywords(self.keywords, values)
        if self.style is Style.KEYWORD_BLOCK_OPEN:
            raw = raw.removesuffix(b"\0")
        return raw if self.style is Style.KEYWORDS or not raw else len(raw).to_bytes(4, "big") + raw

    def decode_parameters(self, cursor: Cursor) -> dict[str, Any]:
        """Read the parameters.

        :raises Malformed: a positional parameter is wrong; its ``number`` says which.
        :raises KeywordFault: a keyword is wrong.
        """
        values: dict[str, Any] = {}
        try:
            if self.style is Style.POSITIONAL:
                for field in self.parameters:
                    values[field.name] = field.decode(cursor)
            else:
                block = self.style is not Style.KEYWORDS and cursor.remaining
                values = decode_keywords(self.keywords, cursor.block(cursor.length()) if block else cursor)
            if cursor.remaining:
                raise Malformed(EXTRANEOUS, f"{cursor.remaining} octets after the last parameter")
        except Malformed as fault:
            fault.number = len(values) + 1
            raise
        return values


def codes(text: str) -> tuple[tuple[int, int], ...]:
    """Return the pairs of ``text``, which has them as the manuals print them: ``400/8 436/4``."""
    pairs = (pair.split("/") for pair in text.split())
    return tuple((int(rc), int(rs)) for rc, rs in pairs)


def int1(name: str, minimum: int | None = None, maximum: int | None = None) -> Integer:
    """Return a one-octet integer."""
    return Integer(name, 1, minimum, maximum)


def int4(name: str, minimum: int | None = None, maximum: int | None = None, unset: int = 0) -> Integer:
    """Return a four-octet integer."""
    return Integer(name, 4, minimum, maximum, unset)


def int8(name: str) -> Integer:
    """Return an eight-octet integer."""
    return Integer(name, 8)


def vdev(name: str = "image_device_number") -> Text:
    """Return a virtual device number: one to four hexadecimal digits."""
    return Text(name, 1, 4, hexadecimal=True)


def secret(name: str, longest: int = 8, shortest: int = 0) -> Text:
    """Return a password."""
    return Text(name, shortest, longest, secret=True)


def array(name: str, *fields: Field, secret: bool = False) -> Array:
    """Return an array whose elements have no length of their own."""
    return Array(name, fields, secret=secret)


def structures(name: str, *fields: Field) -> Array:
    """Return an array whose elements each have a length of their own."""
    return Array(name, fields, structured=True)


#: Where SYSTEM CONFIG is, and where its alternate: the ten parameters of functions that change it.
SYSTEM_CONFIG = tuple(
    field
    for prefix in ("", "alternate_")
    for field in (
        Text(f"{prefix}system_config_name", 0, 8),
        Text(f"{prefix}system_config_type", 0, 8),
        Text(f"{prefix}parm_disk_owner", 0, 8),
        Text(f"{prefix}parm_disk_number", 0, 4),
        secret(f"{prefix}parm_disk_password"),
    )
)


def keyword(name: str, *choices: str, required: bool = False, secret: bool = False) -> Keyword:
    """Return a keyword parameter."""
    return Keyword(name, required=required, choices=choices, secret=secret)
