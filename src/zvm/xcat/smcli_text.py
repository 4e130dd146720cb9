# SPDX-License-Identifier: Apache-2.0
"""The texts in which xCAT tells the outcome of a SMAPI function.

Success is a sentence and ``... Done``; a refusal is the sentence, ``... Failed`` and lines with the codes::

    Activating LINUX01... Failed
      Return Code: 200
      Reason Code: 8
      Description: Image already active
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_FAILED = re.compile(
    r"^(?:(?P<sentence>.*?)(?:\.\.\.)? ?)Failed\n"
    r" +Return Code: *(?P<rc>-?\d+)\n"
    r" +Reason Code: *(?P<rs>-?\d+)"
    r"(?:\n +Description: *(?P<description>[^\n]*))?"
    r"(?:\n +Details: *(?P<details>[^\n]*))?",
    re.MULTILINE,
)
_CODES = re.compile(r"Return Code: *(?P<rc>-?\d+)\s+(?:\S+:\s+)?Reason Code: *(?P<rs>-?\d+)")


@dataclass(frozen=True, slots=True)
class Failure:
    """A refusal: the sentence before ``...``, the codes, and what they mean in words."""

    sentence: str
    rc: int
    rs: int
    description: str = ""
    details: str = ""

    def __str__(self) -> str:
        lines = [
            f"{self.sentence}... Failed",
            f"  Return Code: {self.rc}",
            f"  Reason Code: {self.rs}",
            f"  Description: {self.description}",
        ]
        if self.details:
            lines.append(f"  Details: {self.details}")
        return "\n".join(lines)


def done(sentence: str) -> str:
    """Return the text of success."""
    return f"{sentence}... Done"


def parse_failure(text: str) -> Failure | None:
    """Return the refusal that ``text`` tells, or None when it tells none.

    Some releases put the node's name before each line; the codes are then found, the sentence is not.
    """
    if match := _FAILED.search(text):
        return Failure(
            match["sentence"] or "",
            int(match["rc"]),
            int(match["rs"]),
            (match["description"] or "").strip(),
            (match["details"] or "").strip(),
        )
    if match := _CODES.search(text):
        return Failure("", int(match["rc"]), int(match["rs"]))
    return None
