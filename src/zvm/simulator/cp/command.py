# SPDX-License-Identifier: Apache-2.0
"""How a CP command is declared, and what its handler is given.

A name is written as CP's manuals do: its capital letters are the shortest abbreviation (``DETach``:
DET, DETA and so on).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zvm.directory import InvalidName, names
from zvm.simulator.cp_error import CpError

if TYPE_CHECKING:
    from zvm.simulator.system import System
    from zvm.simulator.virtual_machine import VirtualMachine

ANY = "ABCDEFG"


@dataclass
class Context:
    """Who issues the command, where, and its operands after the command's name.

    ``words`` are in upper case; ``raw`` is the same text as it was typed.
    """

    system: System
    machine: VirtualMachine
    words: list[str]
    raw: str
    module: str = "CMD"

    def word(self, at: int) -> str:
        """Return an operand.

        :raises CpError: 26, it is missing.
        """
        if at >= len(self.words):
            raise CpError(self.module, 26, "Operand missing or invalid")
        return self.words[at]

    def no_more_than(self, count: int) -> None:
        """Refuse operands too many (message 3)."""
        if len(self.words) > count:
            raise CpError(self.module, 3, f"Invalid option - {self.words[count]}")

    def userid(self, at: int) -> str:
        """Return an operand that is a userid; ``*`` is the issuer (message 7 when it is none)."""
        word = self.word(at)
        if word == "*":
            return self.machine.userid
        try:
            return names.userid(word)
        except InvalidName:
            raise CpError(self.module, 7, f"Invalid userid - {word}") from None

    def vdev(self, at: int) -> str:
        """Return an operand that is a device number (message 22 when it is none)."""
        try:
            return names.vdev(self.word(at))
        except InvalidName:
            raise CpError(
                self.module,
                22,
                f"A virtual device number was not supplied or it was invalid - {self.word(at)}",
            ) from None

    def vdevs(self) -> list[str]:
        """Return all operands, device numbers and ranges of them, number by number."""
        found: list[str] = []
        for at, word in enumerate(self.words):
            first, dash, last = word.partition("-")
            self.words[at] = first
            start = self.vdev(at)
            if dash:
                self.words[at] = last
            stop = self.vdev(at) if dash else start
            found += [f"{number:04X}" for number in range(int(start, 16), int(stop, 16) + 1)]
        if not found:
            raise CpError(self.module, 26, "Operand missing or invalid")
        return found

    def has_class(self, classes: str) -> bool:
        """Tell whether the issuer has one of these privilege classes."""
        return bool(set(classes) & set(self.machine.privclasses))


Handler = Callable[[Context], str]


@dataclass(frozen=True)
class Command:
    """A declared command: who may issue it, what it looks like, what does it."""

    name: str
    classes: str
    syntax: str
    module: str
    handler: Handler

    def matches(self, word: str) -> bool:
        """Tell whether ``word`` is the name or an abbreviation of it."""
        return abbreviates(self.name, word)


#: The commands, and the operands that QUERY knows; filled by the modules of the families.
COMMANDS: list[Command] = []
QUERIES: list[Command] = []


def command(name: str, syntax: str, module: str, classes: str = ANY) -> Callable[[Handler], Handler]:
    """Declare the decorated function as a command.

    :param module: the three letters in its messages' ids.
    :param classes: the privilege classes that may issue it.
    """

    def declare(handler: Handler) -> Handler:
        COMMANDS.append(Command(name, classes, syntax, module, handler))
        return handler

    return declare


def query(name: str, syntax: str, module: str, classes: str = ANY) -> Callable[[Handler], Handler]:
    """Declare the decorated function as an operand of QUERY."""

    def declare(handler: Handler) -> Handler:
        QUERIES.append(Command(name, classes, f"Query {syntax}", module, handler))
        return handler

    return declare


def abbreviates(name: str, word: str) -> bool:
    """Tell whether ``word`` (upper case) is an allowed abbreviation of ``name``, as in ``DETach``."""
    shortest = sum(1 for letter in name if not letter.islower())
    return len(word) >= shortest and name.upper().startswith(word)


def pick(known: list[Command], word: str) -> Command | None:
    """Return the command that ``word`` names: exactly, or the first it abbreviates."""
    exact = [item for item in known if item.name.upper() == word]
    return next(iter(exact + [item for item in known if item.matches(word)]), None)


def full_words(line: str) -> str:
    """Return a command line in upper case, its command and what QUERY asks for written out."""
    words = line.upper().split()
    if words and (found := pick(COMMANDS, words[0])):
        words[0] = found.name.upper()
        if words[0] == "QUERY" and len(words) > 1 and (asked := pick(QUERIES, words[1])):
            words[1] = asked.name.upper()
    return " ".join(words)


def lines(*texts: str) -> str:
    """Return these lines as CP's answer, without the empty ones."""
    return "".join(f"{text}\n" for text in texts if text)
