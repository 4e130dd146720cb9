# SPDX-License-Identifier: Apache-2.0
"""What can be wrong with directory text.

::

    ValueError
     └─ DirectoryError
         ├─ InvalidName        a userid, device number, switch or pool name breaks its grammar
         ├─ InvalidStatement   a statement cannot be built or written as records
         └─ InvalidEntry       an entry has no USER/IDENTITY/PROFILE statement
             └─ SeveralHeaders … or more than one
"""

from __future__ import annotations


class DirectoryError(ValueError):
    """Directory text or a part of it is not acceptable."""


class InvalidName(DirectoryError):
    """``value`` is not a valid ``kind``; ``rule`` says in words what is."""

    def __init__(self, kind: str, value: str, rule: str) -> None:
        super().__init__(f"{value!r} is not a valid {kind}: {rule}")
        self.kind = kind
        self.value = value
        self.rule = rule


class InvalidStatement(DirectoryError):
    """A statement breaks the language; ``keyword`` names the statement, ``reason`` the rule."""

    def __init__(self, keyword: str, reason: str) -> None:
        super().__init__(f"{keyword} statement: {reason}")
        self.keyword = keyword
        self.reason = reason


class InvalidEntry(DirectoryError):
    """Records do not make one directory entry."""


class SeveralHeaders(InvalidEntry):
    """An entry has more than one USER, IDENTITY or PROFILE statement (SMAPI answers 400/40)."""
