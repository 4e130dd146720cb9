# SPDX-License-Identifier: Apache-2.0
"""What all statement classes share: their registry, and the checks of their operands."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self, TypeVar

from zvm.directory import records
from zvm.directory.errors import InvalidStatement

_WORD = re.compile(r"[!-~]+\Z")


@dataclass(frozen=True, slots=True)
class Statement:
    """One directory statement."""

    keyword: ClassVar[str] = ""
    #: Device statements stand behind all others in an entry (CP Planning and Administration).
    device: ClassVar[bool] = False

    @classmethod
    def read(cls, words: list[str], tail: str) -> Self:
        """Return the statement whose operands are ``words``; ``tail`` is the same as one text.

        Raises:
            DirectoryError: the operands do not follow the grammar.
        """
        raise NotImplementedError

    def text(self) -> str:
        """Return the whole statement as one line, however long."""
        raise NotImplementedError

    def records(self) -> list[str]:
        """Return the statement as records of at most 72 columns."""
        return records.fold(self.text())


S = TypeVar("S", bound=type[Statement])
registered: dict[str, type[Statement]] = {}


def register(cls: S) -> S:
    """Class decorator: ``read_statement`` finds the class by its keyword."""
    registered[cls.keyword] = cls
    return cls


@dataclass(frozen=True, slots=True)
class WordsStatement(Statement):
    """A statement whose operands we keep without looking into them: ``KEYWORD word word``."""

    words: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.words:
            raise InvalidStatement(self.keyword, "has no operand")
        for item in self.words:
            word(self.keyword, item)

    @classmethod
    def read(cls, words: list[str], tail: str) -> Self:
        return cls(tuple(item.upper() for item in words))

    def text(self) -> str:
        return " ".join((self.keyword, *self.words))


def word(keyword: str, value: str, longest: int = 64) -> str:
    """Return ``value`` if it is one printable word that does not end with a comma."""
    if not _WORD.match(value) or len(value) > longest or value.endswith(","):
        raise InvalidStatement(keyword, f"an operand is 1-{longest} printable characters without blanks")
    return value


def tail_text(keyword: str, value: str, *, optional: bool = True) -> str:
    """Return ``value`` if it can stand at the end of a statement as it is."""
    if (
        (not value and not optional)
        or value != value.strip()
        or value.endswith(",")
        or not value.isprintable()
    ):
        raise InvalidStatement(keyword, "text is printable, without blanks around it and no comma at its end")
    return value


def one_of(keyword: str, value: str, allowed: Sequence[str]) -> str:
    """Return ``value`` in upper case if it is one of ``allowed``."""
    if value.upper() not in allowed:
        raise InvalidStatement(keyword, f"{value!r} is not one of {', '.join(allowed)}")
    return value.upper()


def count(keyword: str, value: str, least: int = 0) -> int:
    """Return ``value`` as a decimal number of at least ``least``."""
    if not (value.isascii() and value.isdigit()) or int(value) < least:
        raise InvalidStatement(keyword, f"{value!r} is not a number of at least {least}")
    return int(value)


def present(*parts: str) -> str:
    """Return the parts that are not empty, separated by blanks."""
    return " ".join(part for part in parts if part)


def operands(keyword: str, words: list[str], least: int, most: int) -> list[str]:
    """Return ``words`` filled up with "" to ``most`` items.

    Raises:
        InvalidStatement: there are fewer than ``least`` or more than ``most``.
    """
    if not least <= len(words) <= most:
        raise InvalidStatement(keyword, f"has {len(words)} operands, not {least} to {most}")
    return words + [""] * (most - len(words))
