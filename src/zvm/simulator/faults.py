# SPDX-License-Identifier: Apache-2.0
"""Faults on purpose: refuse a call or a command, lose or mangle its answer, be slow.

Set by the control API, met by the servers; what chance decides is the same again with the same seed.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

_DROPS = ("", "before", "after_commit")
_KINDS = ("smapi", "cp", "agent")
_DISTRIBUTIONS = ("fixed", "uniform", "exponential", "normal")
#: How an answer may be mangled on the wire: octet by octet, half of it, or a reset connection.
WIRE = ("", "split", "truncated", "reset")


@dataclass
class Fault:
    """What happens to the next ``times`` calls (0: all) of ``function`` for ``target`` (``*`` or "" = any).

    Of kind ``cp`` it meets CP commands that come by the platform socket: ``function`` is how they begin, in
    full words (``QUERY USER``), ``target`` a word of the command or its issuer; ``text`` goes with ``rc``.
    Of kind ``agent`` it meets orders to a guest's agent: ``function`` is how they begin (``guest-exec
    cryptsetup luksOpen``), ``target`` the guest; ``text`` is the refusal.

    ``rc`` and ``rs`` are answered in place of doing the work; ``drop`` closes the connection: ``before``
    anything is done, or ``after_commit``, when all is done but not answered. ``delay`` (seconds) comes before
    the work: always so many, or so many in the mean of a ``distribution``. ``wire`` is what befalls the
    answer of a SMAPI call. ``chance`` is that of a call to be met at all.
    """

    function: str = "*"
    target: str = "*"
    rc: int | None = None
    rs: int = 0
    times: int = 1
    drop: str = ""
    delay: float = 0.0
    kind: str = "smapi"
    text: str = ""
    distribution: str = "fixed"
    chance: float = 1.0
    wire: str = ""

    def __post_init__(self) -> None:
        self.target = self.target.upper()
        if self.drop not in _DROPS or self.times < 0 or self.delay < 0:
            raise ValueError(f"a fault drops {_DROPS[1:]}, so many times, after a delay of at least 0")
        if self.distribution not in _DISTRIBUTIONS or self.wire not in WIRE or not 0 < self.chance <= 1:
            raise ValueError(f"a delay is one of {_DISTRIBUTIONS}, wire one of {WIRE}, chance up to 1")
        if self.kind not in _KINDS:
            raise ValueError(f"the kind of a fault is one of {_KINDS}")
        if self.kind == "cp":
            self.function = self.function.upper()

    def meets(self, function: str, target: str) -> bool:
        """Tell whether this call is meant."""
        return (
            self.kind == "smapi"
            and self.function in ("", "*", function)
            and self.target in ("", "*", target.upper())
        )

    def meets_command(self, userid: str, command: str) -> bool:
        """Tell whether this CP command of ``userid``, in upper case and full words, is meant."""
        return (
            self.kind == "cp"
            and self._begins(command)
            and (self.target in ("", "*", userid) or self.target in command.split())
        )

    def meets_order(self, userid: str, order: str) -> bool:
        """Tell whether this order to the agent of ``userid`` is meant."""
        return self.kind == "agent" and self._begins(order) and self.target in ("", "*", userid)

    def _begins(self, words: str) -> bool:
        return self.function in ("", "*") or f"{words} ".startswith(f"{self.function} ")


class Faults:
    """The faults that are set, in the order they were."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._chance = random.Random(0)  # noqa: S311 - to be repeated, not to be secret

    def add(self, **settings: Any) -> Fault:
        """Set a fault; ``settings`` are the fields of ``Fault``.

        Raises:
            TypeError: an unknown field.
            ValueError: a value that makes no sense.
        """
        fault = Fault(**settings)
        self._faults.append(fault)
        return fault

    def take(self, function: str, target: str) -> Fault | None:
        """Return the first fault for this call and count it as met once, or None."""
        return self._met(fault for fault in self._faults if fault.meets(function, target))

    def take_command(self, userid: str, command: str) -> Fault | None:
        """Return the first fault for this CP command and count it as met once, or None."""
        return self._met(fault for fault in self._faults if fault.meets_command(userid, command))

    def take_order(self, userid: str, order: str) -> Fault | None:
        """Return the first fault for this order to a guest's agent and count it as met once, or None."""
        return self._met(fault for fault in self._faults if fault.meets_order(userid, order))

    def _met(self, faults: Iterator[Fault]) -> Fault | None:
        for fault in faults:
            if fault.chance < 1 and self._chance.random() >= fault.chance:
                continue
            if fault.times == 1:
                self._faults.remove(fault)
            fault.times = max(0, fault.times - 1)
            return fault
        return None

    def seconds(self, fault: Fault | None) -> float:
        """Return how many seconds a call waits that met a fault; none waits without one."""
        if fault is None:
            return 0.0
        match fault.distribution:
            case "uniform":
                return self._chance.uniform(0.0, 2 * fault.delay)
            case "exponential":
                return self._chance.expovariate(1 / fault.delay) if fault.delay else 0.0
            case "normal":
                return max(0.0, self._chance.gauss(fault.delay, fault.delay / 4))
            case _:
                return fault.delay

    def seed(self, number: int) -> None:
        """Begin chance anew, so that the same calls meet the same again."""
        self._chance.seed(number)

    def pending(self) -> list[dict[str, Any]]:
        """Return the faults that are still to come."""
        return [asdict(fault) for fault in self._faults]

    def clear(self) -> None:
        """Take all faults away."""
        self._faults.clear()
