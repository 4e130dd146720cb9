# SPDX-License-Identifier: Apache-2.0
"""A decoder of replies that knows layouts only, not the declarations they are written by.

``i1 i4 i8`` integers, ``s`` length and text (``s72``: exactly so long, padded), ``f8`` so many characters,
``b`` length and strings that end with NUL, ``z`` such a string, ``Z`` such strings to the end; ``[...]`` an
array of structures with lengths, ``(...)`` one without, ``#(...)`` a number of structures with lengths,
``*(...)`` fields repeated to the end.
"""

from __future__ import annotations

from typing import Any

CLOSING = {"[": "]", "(": ")"}


def words_of(layout: str) -> list[str]:
    for mark in "[]()#*":
        layout = layout.replace(mark, f" {mark} ")
    return layout.split()


class Reader:
    """Takes octets apart; ends exactly where they end."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def take(self, length: int) -> bytes:
        assert 0 <= length <= len(self.data), f"{length} octets wanted, {len(self.data)} left"
        taken, self.data = self.data[:length], self.data[length:]
        return taken

    def number(self, size: int = 4) -> int:
        return int.from_bytes(self.take(size), "big", signed=True)

    def read(self, words: list[str]) -> list[Any]:
        found: list[Any] = []
        at = 0
        while at < len(words):
            word = words[at]
            counted, to_end = word == "#", word == "*"
            at += counted or to_end
            if words[at] in CLOSING:
                depth, end = 1, at
                while depth:
                    end += 1
                    depth += words[end] in CLOSING
                    depth -= words[end] in CLOSING.values()
                if to_end:
                    found.append(self._rest(words[at + 1 : end]))
                else:
                    found.append(self._array(words[at + 1 : end], words[at] == "[" or counted, counted))
                at = end
            else:
                found.append(self._field(word))
            at += 1
        return found

    def _array(self, words: list[str], structured: bool, counted: bool) -> list[Any]:
        if counted:
            return [Reader(self.take(self.number())).whole(words) for _ in range(self.number())]
        block = Reader(self.take(self.number()))
        found = []
        while block.data:
            part = Reader(block.take(block.number())) if structured else block
            found.append(part.whole(words) if structured else part.read(words))
        return found

    def _rest(self, words: list[str]) -> list[Any]:
        found = []
        while self.data:
            found.append(self.read(words))
        return found

    def whole(self, words: list[str]) -> list[Any]:
        found = self.read(words)
        assert not self.data, f"{len(self.data)} octets too many"
        return found

    def _field(self, word: str) -> Any:
        if word[0] == "i":
            return self.number(int(word[1]))
        if word[0] == "s":
            length = self.number()
            assert word in ("s", f"s{length}"), f"{length} characters instead of {word[1:]}"
            return self.take(length).decode("latin-1")
        if word == "z":
            text, end, self.data = self.data.partition(b"\0")
            assert end, "a string without its NUL"
            return text.decode()
        if word[0] == "f":
            return self.take(int(word[1:])).decode("latin-1")
        block = self.take(self.number() if word == "b" else len(self.data))
        assert not block or block.endswith(b"\0")
        return block.decode().split("\0")[:-1]
