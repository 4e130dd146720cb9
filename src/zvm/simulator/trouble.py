# SPDX-License-Identifier: Apache-2.0
"""Trouble of the system as a whole: services out of order, volumes offline, full pools, a clock that is off.

None of it is kept over a restart. What befalls single calls is in ``faults``.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import datetime
from typing import Any

#: What may be out of order, and how: it answers, takes requests and says nothing, or hangs up.
SERVICES = ("smapi", "platform")
CONDITIONS = ("up", "silent", "dead")
#: DirMaint answers, or refuses every change as it does while it works on another (596/6312).
DIRMAINT = ("up", "busy")
_LISTS = ("offline_volumes", "full_pools", "down_switches")
#: Seconds that the clock may be off.
_MOST_SKEW = 10 * 366 * 86400


class Trouble:
    """What is out of order now.

    :ivar outages: condition by service.
    :ivar dirmaint: how DirMaint does.
    :ivar offline_volumes: volumes whose minidisks cannot be linked.
    :ivar full_pools: disk pools that have no room, whatever is free.
    :ivar down_switches: virtual switches whose uplink is lost; guests still couple to them.
    :ivar workers: how many of SMAPI's worker machines are left; None for all.
    :ivar clock: seconds by which the system's clock is ahead.
    """

    def __init__(self) -> None:
        self.outages = dict.fromkeys(SERVICES, "up")
        self.dirmaint = "up"
        self.offline_volumes: set[str] = set()
        self.full_pools: set[str] = set()
        self.down_switches: set[str] = set()
        self.workers: int | None = None
        self.clock = 0.0

    def set(self, name: str, value: Any) -> None:
        """Change one of the conditions; lists are lists of names, or one name.

        Raises:
            ValueError: no such condition, or a value that makes no sense.
        """
        if name in SERVICES:
            self.outages[name] = _one_of(CONDITIONS, name, value)
        elif name == "dirmaint":
            self.dirmaint = _one_of(DIRMAINT, name, value)
        elif name in _LISTS:
            setattr(self, name, _names(name, value))
        elif name == "workers":
            self.workers = None if value is None else _number(name, value, 0, 64)
        elif name == "clock":
            self.clock = float(_number(name, value, -_MOST_SKEW, _MOST_SKEW))
        else:
            raise ValueError(f"no condition {name}; known: {', '.join(self.told())}")

    def clear(self) -> None:
        """Put everything in order."""
        self.__init__()  # type: ignore[misc]

    def time(self) -> float:
        """Return the time by the system's clock, in seconds since 1970."""
        return time.time() + self.clock

    def now(self) -> datetime:
        """Return the time by the system's clock."""
        return datetime.fromtimestamp(self.time())

    def told(self) -> dict[str, Any]:
        """Return all conditions."""
        return {
            **self.outages,
            "dirmaint": self.dirmaint,
            **{name: sorted(getattr(self, name)) for name in _LISTS},
            "workers": self.workers,
            "clock": self.clock,
        }

    def is_any(self) -> bool:
        """Tell whether anything is out of order."""
        return self.told() != Trouble().told()


def _one_of(choices: Iterable[str], name: str, value: Any) -> str:
    if value not in choices:
        raise ValueError(f"{name} is one of {', '.join(choices)}")
    return str(value)


def _names(name: str, value: Any) -> set[str]:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not all(isinstance(item, str) for item in values):
        raise ValueError(f"{name} is a list of names")
    return {item.upper() for item in values if item}


def _number(name: str, value: Any, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise ValueError(f"{name} is a number from {least} to {most}")
    return int(value)
