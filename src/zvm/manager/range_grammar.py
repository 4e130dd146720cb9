# SPDX-License-Identifier: Apache-2.0
"""xCAT's grammar of node ranges, over what is known of the nodes.

============================ ===========================================================
``n1,n2``                    these
``g1``                       the nodes of a group
``g1@g2``                    the nodes of both
``n1,-n2`` or ``n1,^n2``     without n2; an exclusion counts wherever it stands
``n1-n5``, ``n1:n5``         from n1 to n5; also over names with several numbers
``n[1-3]``, ``n[1,3]x``      n1, n2, n3; n1x, n3x
``n1+2``                     n1 and the two behind it
``/n.*``, ``~n.*``           nodes whose name the regular expression matches
``mgt==zvm``, ``os=~^rhel``  nodes with an attribute; also ``!=`` and ``!~``
``(g1,g2)@g3``               parentheses
============================ ===========================================================

A name that a node or group has is that node or group, whatever characters are in it. Source: noderange(3).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from zvm.manager import patterns
from zvm.manager.errors import Invalid, UnknownNodes

#: Names that one range may stand for.
_MOST = 20_000
_LONGEST = 20_000  # characters
_SELECTION = re.compile(r"(?P<attribute>\w+)(?P<operator>==|!=|=~|!~)(?P<value>.*)\Z", re.DOTALL)
_BRACKETS = re.compile(r"(?P<before>[^\[\]]*)\[(?P<inside>[^\[\]]+)\](?P<after>.*)\Z")
_NUMBERED = re.compile(r"(?P<before>.*?)(?P<number>\d+)(?P<after>\D*)\Z")


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the nodes.

    :ivar nodes: all names, in order.
    :ivar groups: group → its nodes.
    :ivar attribute: returns node → value of an attribute.
    """

    nodes: Mapping[str, None]
    groups: Mapping[str, Sequence[str]]
    attribute: Callable[[str], Mapping[str, str]]


def expand(text: str, known: Known) -> list[str]:
    """Return the nodes that the range means, each once, in its order.

    :raises UnknownNodes: it names what is neither node nor group.
    :raises Invalid: it breaks the grammar.
    """
    _check_length(text)
    unknown: list[str] = []
    found = _expanded(text, known, unknown, 0)
    if unknown:
        raise UnknownNodes(dict.fromkeys(unknown))
    return found


def within(text: str, known: Known) -> list[str]:
    """Return those of the known nodes that the range means, whatever else it names.

    :raises Invalid: it breaks the grammar.
    """
    _check_length(text)
    return _expanded(text, known, [], 0)


def attributes(text: str) -> list[str]:
    """Return the attributes of nodes that the range asks for."""
    return re.findall(r"(\w+)(?:==|!=|=~|!~)", text)


def _check_length(text: str) -> None:
    if len(text) > _LONGEST:
        raise Invalid(f"the node range has more than {_LONGEST} characters")


def _expanded(text: str, known: Known, unknown: list[str], depth: int) -> list[str]:
    if depth > 10:
        raise Invalid("the node range has too many parentheses")
    found: dict[str, None] = {}
    without: set[str] = set()
    for item in _split(text, ","):
        exclude = item[0] in "-^" and item not in known.nodes
        nodes = _intersected(item[1:] if exclude else item, known, unknown, depth)
        if exclude:
            without.update(nodes)
        else:
            found.update(dict.fromkeys(nodes))
    return [node for node in found if node not in without]


def _intersected(item: str, known: Known, unknown: list[str], depth: int) -> list[str]:
    found: list[str] | None = None
    for part in _split(item, "@"):
        if part.startswith("(") and part.endswith(")"):
            nodes = _expanded(part[1:-1], known, unknown, depth + 1)
        else:
            nodes = _atom(part, known, unknown)
        here = set(nodes)
        found = nodes if found is None else [node for node in found if node in here]
    return found or []


def _atom(atom: str, known: Known, unknown: list[str]) -> list[str]:
    if atom in known.nodes:
        return [atom]
    if atom in known.groups:
        return list(known.groups[atom])
    if atom == "all":
        return list(known.nodes)
    if atom[0] in "/~":
        pattern = patterns.compiled(atom[1:].removesuffix("/"))
        return [node for node in known.nodes if pattern.fullmatch(node)]
    if match := _SELECTION.match(atom):
        return _selected(match, known)
    names = _names(atom)
    if names is None:
        unknown.append(atom)
        return []
    unknown.extend(name for name in names if name not in known.nodes)
    return [name for name in names if name in known.nodes]


def _selected(match: re.Match[str], known: Known) -> list[str]:
    values = known.attribute(match["attribute"])
    if "~" in match["operator"]:
        pattern = patterns.compiled(match["value"].strip("/"))
        fitting = {node for node, value in values.items() if pattern.search(value)}
    else:
        fitting = {node for node, value in values.items() if value == match["value"]}
    negated = match["operator"].startswith("!")
    return [node for node in known.nodes if (node in fitting) != negated]


def _names(atom: str) -> list[str] | None:
    """Return the names that a range stands for, None when it is no range."""
    if match := _BRACKETS.match(atom):
        names = []
        for part in match["inside"].split(","):
            first, separator, last = part.partition("-") if "-" in part else part.partition(":")
            if separator and not (first.isdecimal() and last.isdecimal()):
                return None
            for number in _counted(first, last) if separator else [part]:
                names += _names(name := f"{match['before']}{number}{match['after']}") or [name]
                _check(len(names))
        return names
    if match := re.fullmatch(r"(.+)\+(\d{1,5})", atom):
        start = _NUMBERED.match(match[1])
        if start is None:
            return None
        last = str(int(start["number"]) + int(match[2]))
        return [f"{start['before']}{number}{start['after']}" for number in _counted(start["number"], last)]
    for at in (at for at, character in enumerate(atom) if character in "-:"):
        between = _between(atom[:at], atom[at + 1 :])
        if between is not None:
            return between
    return None


def _between(first: str, last: str) -> list[str] | None:
    """Return the names from ``first`` to ``last``, which differ in one number."""
    one, other = re.split(r"(\d+)", first), re.split(r"(\d+)", last)
    if len(one) != len(other):
        return None
    differing = [at for at, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    if len(differing) != 1 or not one[differing[0]].isdecimal():
        return None
    at = differing[0]
    return ["".join([*one[:at], number, *one[at + 1 :]]) for number in _counted(one[at], other[at])]


def _counted(first: str, last: str) -> list[str]:
    """Return the numbers from ``first`` to ``last`` with as many digits as ``first``."""
    if len(last) > 9:
        raise Invalid(f"{last} is too large a number for a node range")
    _check(int(last) - int(first))
    return [str(number).zfill(len(first)) for number in range(int(first), int(last) + 1)]


def _check(count: int) -> None:
    if count > _MOST:
        raise Invalid(f"the node range stands for more than {_MOST} nodes")


def _split(text: str, separator: str) -> Iterator[str]:
    """Yield the parts of ``text`` between separators that stand in no brackets; empty parts are left out."""
    depth, start = 0, 0
    for at, character in enumerate(text):
        if character in "([":
            depth += 1
        elif character in ")]":
            depth -= 1
        elif character == separator and depth <= 0:
            if text[start:at].strip():
                yield text[start:at].strip()
            start = at + 1
    if text[start:].strip():
        yield text[start:].strip()
