# SPDX-License-Identifier: Apache-2.0
"""The table policy: who may run what, on which nodes, from where, with which parameters and when.

The rules are looked at in the order of their priority; the first that fits decides, and where none fits the
answer is no. A cell that is empty or ``*`` fits everything.

=========== ==============================================================================================
name        users, separated by commas
host        addresses, networks (``10.1.0.0/16``), names that the table hosts has, ``localhost``
commands    commands, separated by commas; operations of ``/zvm/v1`` by their tags in OpenAPI
noderange   a range of nodes: of a rule that allows it has to have all nodes of the call, of one that denies
            one of them
parameters  a regular expression that is searched in the arguments, joined by blanks
time        ``HH:MM-HH:MM``, with days before it if need be: ``Mon-Fri 08:00-18:00,Sat 09:00-12:00``; the
            management node's own time. A genuine xCAT does not look at this one
rule        allow, accept or trusted; everything else denies
=========== ==============================================================================================

A cell that cannot be read lets nobody in: it never fits in a rule that allows, always in one that denies.
Source: policy(5) of xCAT.
"""

from __future__ import annotations

import ipaddress
import logging
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from zvm.manager import noderange, patterns, range_grammar
from zvm.manager.errors import Invalid
from zvm.manager.tables.rows import Row, select_rows

LOG = logging.getLogger(__name__)

_ALLOWING = ("allow", "accept", "trusted")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WINDOW = re.compile(
    r"(?:(?P<first>[a-z]{3})(?:-(?P<last>[a-z]{3}))? +)?(?P<begin>\d\d:\d\d)-(?P<end>\d\d:\d\d)\Z"
)
_DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class Attempt:
    """What somebody is about to do.

    :ivar nodes: the nodes it is for; none for what is for no node in particular.
    :ivar args: its arguments.
    :ivar host: the address the call comes from.
    """

    command: str
    nodes: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    host: str = ""


#: Whether a cell fits what is attempted.
Fits = Callable[[Attempt], bool]


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table, read."""

    allow: bool
    cells: tuple[Fits, ...]

    def fits(self, attempt: Attempt) -> bool:
        """Return whether this rule is about ``attempt``."""
        return all(fits(attempt) for fits in self.cells)


def allows(rules: Iterable[Rule], attempt: Attempt) -> bool:
    """Return whether the first rule that fits allows ``attempt``."""
    for rule in rules:
        if rule.fits(attempt):
            return rule.allow
    return False


def of_user(connection: Connection, name: str) -> tuple[Rule, ...]:
    """Return the rules for a user as the tables have them now, in their order."""
    found = [row for row in _sorted(select_rows(connection, "policy")) if _listed(row["name"], name)]
    ranges = [row["noderange"] for row in found if not _any(row["noderange"])]
    known = noderange.snapshot(connection, ranges) if ranges else None
    named = any(not _any(row["host"]) for row in found)
    return rules(found, known, select_rows(connection, "hosts") if named else ())


def rules(
    found: Iterable[Row], known: range_grammar.Known | None = None, hosts: Sequence[Row] = ()
) -> tuple[Rule, ...]:
    """Return rows of the table, read.

    :param known: the nodes that there are.
    :param hosts: rows of the table hosts.
    """
    return tuple(_rule(row, known, hosts) for row in found)


def _rule(row: Row, known: range_grammar.Known | None, hosts: Sequence[Row]) -> Rule:
    allow = row["rule"].lower() in _ALLOWING
    readers: Mapping[str, Callable[[str], Fits]] = {
        "commands": _commands,
        "host": partial(_host, hosts=hosts, allow=allow),
        "noderange": partial(_nodes, known=known, allow=allow),
        "parameters": _parameters,
        "time": _time,
    }

    def read(column: str) -> Fits:
        try:
            return readers[column](row[column])
        except (Invalid, ValueError) as problem:
            LOG.warning("policy %s, %s: %s", row["priority"], column, problem)
            return lambda _attempt: not allow

    return Rule(allow, tuple(read(column) for column in readers if not _any(row[column])))


def now() -> datetime:
    """Return the time that counts for rules."""
    return datetime.now()


def _any(cell: str) -> bool:
    return cell in ("", "*")


def _words(cell: str) -> set[str]:
    return {word for word in re.split(r"[,\s]+", cell) if word}


def _listed(cell: str, value: str) -> bool:
    return _any(cell) or value in _words(cell) or "*" in _words(cell)


def _commands(cell: str) -> Fits:
    return lambda attempt: _listed(cell, attempt.command)


def _parameters(cell: str) -> Fits:
    pattern = patterns.compiled(cell)
    return lambda attempt: pattern.search(" ".join(attempt.args)) is not None


def _host(cell: str, hosts: Sequence[Row], allow: bool) -> Fits:
    """Return the test; it raises ValueError here for a name that is not in the table hosts."""
    addresses = {
        name: row["ip"] for row in hosts for name in (row["node"], *_words(row["hostnames"])) if row["ip"]
    }
    networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network] = []
    for word in _words(cell):
        if word == "localhost":
            networks += [ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1")]
        else:
            networks.append(ipaddress.ip_network(addresses.get(word, word), strict=False))

    def fits(attempt: Attempt) -> bool:
        try:
            address = ipaddress.ip_address(attempt.host)
        except ValueError:
            return not allow  # nobody knows where the call comes from
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return any(address in network for network in networks)

    return fits


def _nodes(cell: str, known: range_grammar.Known | None, allow: bool) -> Fits:
    there = known or range_grammar.Known({}, {}, lambda _name: {})
    range_grammar.within(cell, there)  # raises Invalid for what can never be read

    def fits(attempt: Attempt) -> bool:
        # A node that is about to be made counts as one that is there.
        wanted = set(attempt.nodes)
        nodes = {**there.nodes, **dict.fromkeys(attempt.nodes)}
        inside = set(range_grammar.within(cell, replace(there, nodes=nodes)))
        return bool(wanted) and (wanted <= inside if allow else bool(wanted & inside))

    return fits


def _time(cell: str) -> Fits:
    """Return the test; it raises ValueError here for what tells no times."""
    windows = [_window(part.strip().lower()) for part in cell.split(",") if part.strip()]

    def fits(_attempt: Attempt) -> bool:
        moment = now()
        minute = moment.weekday() * _DAY + moment.hour * 60 + moment.minute
        return any(minute in window for window in windows)

    return fits


def _window(text: str) -> set[int]:
    """Return the minutes of the week that ``mon-fri 08:00-18:00`` means, the end not among them."""
    match = _WINDOW.match(text)
    if match is None:
        raise ValueError(f"'{text}' is no time: HH:MM-HH:MM or Mon-Fri HH:MM-HH:MM")
    first = _DAYS.index(match["first"] or "mon")
    last = _DAYS.index(match["last"] or match["first"] or "sun")
    begin, end = (_minute(match[name]) for name in ("begin", "end"))
    length = (end - begin) % _DAY or _DAY  # 22:00-06:00 ends on the next day, 00:00-00:00 is all of it
    days = [(first + day) % 7 for day in range((last - first) % 7 + 1)]
    return {(day * _DAY + begin + minute) % (7 * _DAY) for day in days for minute in range(length)}


def _minute(text: str) -> int:
    hours, minutes = int(text[:2]), int(text[3:])
    if minutes > 59 or hours * 60 + minutes > _DAY:
        raise ValueError(f"'{text}' is no time of day")
    return hours * 60 + minutes


def _sorted(found: list[Row]) -> list[Row]:
    def order(row: Row) -> tuple[float, ...]:
        try:
            return tuple(float(part) for part in row["priority"].split("."))
        except ValueError:
            return (float("inf"),)

    return sorted((row for row in found if row["disable"].lower() not in ("1", "yes")), key=order)
