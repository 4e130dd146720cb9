# SPDX-License-Identifier: Apache-2.0
"""The operands by which a guest's entry says more than its size: mkvm takes them, and a resize.

``profile=LNXPROD`` (INCLUDE), ``share=RELATIVE 200`` (SHARE), ``iopriority=RELATIVE 1 9`` (IOPRIORITY) and
``dedicate=yes`` (CPU ... DEDICATE). With an empty value of the first three there is no such statement.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from zvm.directory import Include, IoPriority, Share, Statement
from zvm.directory.extras import Extras
from zvm.manager.errors import Invalid

_PART = r"(?:RELATIVE \d{1,5}|ABSOLUTE \d{1,3}(?:\.\d)?%)"
_SHARE = re.compile(rf"{_PART}(?: {_PART} (?:LIMITSOFT|LIMITHARD))?\Z")
_IO_PRIORITY = re.compile(r"(?:RELATIVE|ABSOLUTE) (\d{1,3})(?: (\d{1,3}))?\Z")
_HIGHEST_IO_PRIORITY = 255  # CP Planning and Administration, IOPRIORITY statement
_DEDICATE = "dedicate"


def _share(words: str) -> Share:
    if not _SHARE.match(words):
        raise Invalid(f"share is RELATIVE n or ABSOLUTE n%, with a maximum and its limit, not '{words}'")
    return Share(tuple(words.split()))


def _io_priority(words: str) -> IoPriority:
    found = _IO_PRIORITY.match(words)
    if found is None or not int(found[1]) <= int(found[2] or found[1]) <= _HIGHEST_IO_PRIORITY:
        raise Invalid(
            f"iopriority is RELATIVE or ABSOLUTE, low and high, 0 to {_HIGHEST_IO_PRIORITY}, not '{words}'"
        )
    return IoPriority(tuple(words.split()))


_STATEMENTS: dict[str, tuple[str, Callable[[str], Statement]]] = {
    "profile": (Include.keyword, Include),
    "share": (Share.keyword, _share),
    "iopriority": (IoPriority.keyword, _io_priority),
}
#: The names of the operands.
NAMES = (*_STATEMENTS, _DEDICATE)


def extras(wanted: Mapping[str, str]) -> Extras:
    """Return what an entry is to say by those operands of ``wanted`` that are among :data:`NAMES`.

    :raises Invalid: a value breaks its rule.
    :raises zvm.directory.errors.DirectoryError: the profile has a name that none can have.
    """
    statements: dict[str, Statement | None] = {}
    for name, (keyword, statement) in _STATEMENTS.items():
        if name in wanted:
            value = wanted[name].upper()
            statements[keyword] = statement(value) if value else None
    return Extras(statements, _yes(wanted[_DEDICATE]) if _DEDICATE in wanted else None)


def _yes(value: str) -> bool:
    if value.lower() not in ("yes", "no"):
        raise Invalid(f"{_DEDICATE} is yes or no, not '{value}'")
    return value.lower() == "yes"
