# SPDX-License-Identifier: Apache-2.0
"""Parameters as ``key=value`` strings that each end with NUL (``KZ``), or those behind a length (``KL``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from zvm.smapi.cursor import Cursor, Malformed
from zvm.smapi.errors import InvalidParameter
from zvm.smapi.fields import Asciiz, Lines, octets, zero_terminated

UNKNOWN_KEYWORD = 3002
BAD_OPERAND = 3003
MISSING_KEYWORD = 3004


class KeywordFault(Malformed):
    """A keyword parameter that z/VM answers with 8 and ``rs``; the text goes into the error buffer."""

    def __init__(self, rs: int, text: str) -> None:
        super().__init__(0, text)
        self.rs = rs


@dataclass(frozen=True)
class Keyword(Asciiz):
    """One ``name=value`` string.

    :ivar choices: the only operands, in any case; empty means any operand.
    :ivar synonyms: ``X=YES`` with one of these names is read as ``name=X``.
    """

    required: bool = False
    choices: tuple[str, ...] = ()
    synonyms: tuple[str, ...] = ()

    def accepts(self, operand: str) -> bool:
        """Whether ``operand`` is one of the choices."""
        return not self.choices or operand.upper() in self.choices


def encode_keywords(keywords: tuple[Keyword, ...], values: Mapping[str, Any]) -> bytes:
    """Return the keywords that have a value, in their declared order; nothing at all when none has one.

    :raises InvalidParameter: a name that is no keyword, a required one missing, an operand that is no choice.
    """
    known = {keyword.name for keyword in keywords}
    for name in values:
        if name not in known:
            raise InvalidParameter(name, f"no such keyword; known: {', '.join(sorted(known)) or 'none'}")
    raw = b""
    for keyword in keywords:
        operand = octets(keyword.name, values.get(keyword.name, ""))
        if operand:
            if not keyword.accepts(operand.decode("latin-1")):
                raise InvalidParameter(keyword.name, f"must be one of {', '.join(keyword.choices)}")
            raw += zero_terminated(keyword.name, f"{keyword.name}={operand.decode('latin-1')}")
        elif keyword.required:
            raise InvalidParameter(keyword.name, "is required")
    return raw


def decode_keywords(keywords: tuple[Keyword, ...], cursor: Cursor) -> dict[str, str]:
    """Read keywords up to the end; those not given are empty. Names come in any case, the last NUL may lack.

    :raises KeywordFault: an unknown keyword, a bad operand, a required keyword missing (8/3002, 3003, 3004).
    """
    by_name = {keyword.name.upper(): keyword for keyword in keywords}
    synonyms = {synonym: keyword for keyword in keywords for synonym in keyword.synonyms}
    values = {keyword.name: "" for keyword in keywords}
    while cursor.remaining:
        text = cursor.asciiz().decode("latin-1")
        if not text:
            continue
        name, _, operand = text.partition("=")
        folded = name.strip().upper()
        if folded in synonyms:
            if operand.strip().upper() != "YES":
                raise KeywordFault(BAD_OPERAND, f"UNKNOWN_PARAMETER_OPERAND={operand}")
            values[synonyms[folded].name] = folded
            continue
        keyword = by_name.get(folded)
        if keyword is None:
            raise KeywordFault(UNKNOWN_KEYWORD, f"UNKNOWN_PARAMETER_KEYWORD={name}")
        if operand and not keyword.accepts(operand):
            raise KeywordFault(BAD_OPERAND, f"UNKNOWN_PARAMETER_OPERAND={operand}")
        values[keyword.name] = operand
    for keyword in keywords:
        if keyword.required and not values[keyword.name]:
            raise KeywordFault(MISSING_KEYWORD, f"MISSING_PARAMETER_KEYWORD={keyword.name}")
    return values


@dataclass(frozen=True)
class Definitions(Lines):
    """The ``KEYWORD=SUBKEYWORD=value ...`` strings of ``Image_Definition`` functions; keywords may repeat.

    :ivar keywords: the keywords z/VM knows; others are answered 8/3002.
    :ivar query: the strings are names of what is asked for, ``*`` for everything.
    """

    keywords: frozenset[str] = frozenset()
    query: bool = False

    def encode(self, value: Any) -> bytes:
        if not value:
            raise InvalidParameter(self.name, "at least one is required")
        return super().encode(value)

    def decode(self, cursor: Cursor) -> list[str]:
        lines = [line for line in super().decode(cursor) if line]
        if not lines:
            raise KeywordFault(MISSING_KEYWORD, "")
        for line in lines:
            keyword = line if self.query else line.partition("=")[0]
            if keyword.upper() not in self.keywords and not (self.query and keyword == "*"):
                raise KeywordFault(UNKNOWN_KEYWORD, f"UNKNOWN_DIRECTORY_KEYWORD_PARAMETER={keyword}")
        return lines
