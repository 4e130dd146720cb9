# SPDX-License-Identifier: Apache-2.0
"""The arguments of ``tabch``, read::

node=linux1 zvm.status=IUCV=1        set columns in the rows with node linux1, or make one
mac.node=linux1 mac.mac=02:..        a row by its own keys
-d node=linux1,port=p switch mac     delete such rows of the tables
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from zvm.manager.errors import Refused


@dataclass(slots=True)
class Change:
    """What ``tabch`` is asked for: ``values`` is table → column → value."""

    where: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    delete: bool = False
    tables: list[str] = field(default_factory=list)


def parse(words: Sequence[str]) -> Change:
    """Return what ``words`` ask for.

    :raises Refused: they follow no form of the command.
    """
    change = Change()
    rest = [word for word in words if word]
    if rest and rest[0] == "-d":
        if len(rest) < 3:
            raise Refused("tabch -d needs a key and a table: -d node=NAME TABLE")
        change.delete = True
        change.where = _keys(rest[1])
        change.tables = rest[2:]
        return change
    for number, word in enumerate(rest):
        name, equals, value = word.partition("=")
        table, dot, column = name.partition(".")
        if not equals or not name:
            raise Refused(f"'{word}' is no key=value and no table.column=value")
        if dot:
            change.values.setdefault(table, {})[column] = value
        elif number == 0 or not change.values:
            change.where.update(_keys(word))
        else:
            raise Refused(f"the key '{word}' must come before the columns")
    if not change.values:
        raise Refused("No table.column=value was given.")
    return change


def _keys(word: str) -> dict[str, str]:
    """Return the columns of ``k=v,k=v``; as in xCAT the last ``=`` separates."""
    keys = {}
    for part in word.split(","):
        name, equals, value = part.rpartition("=")
        if not equals or not name or "." in name:
            raise Refused(f"'{word}' is no key=value[,key=value]")
        keys[name] = value
    return keys
