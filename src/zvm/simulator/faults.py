# SPDX-License-Identifier: Apache-2.0
"""Faults on purpose: refuse a call, lose its answer, be slow. Set by the control API, met by the servers."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

_DROPS = ("", "before", "after_commit")


@dataclass
class Fault:
    """What happens to the next ``times`` calls of ``function`` for ``target`` (``*`` or "" = any).

    ``rc`` and ``rs`` are answered in place of doing the work; ``drop`` closes the connection: ``before``
    anything is done, or ``after_commit``, when all is done but not answered. ``delay`` (seconds) comes before
    the work.
    """

    function: str = "*"
    target: str = "*"
    rc: int | None = None
    rs: int = 0
    times: int = 1
    drop: str = ""
    delay: float = 0.0

    def __post_init__(self) -> None:
        self.target = self.target.upper()
        if self.drop not in _DROPS or self.times < 1 or self.delay < 0:
            raise ValueError(f"a fault drops {_DROPS[1:]}, at least once, after a delay of at least 0")

    def meets(self, function: str, target: str) -> bool:
        """Tell whether this call is meant."""
        return self.function in ("", "*", function) and self.target in ("", "*", target.upper())


class Faults:
    """The faults that are set, in the order they were."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

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
        for fault in self._faults:
            if fault.meets(function, target):
                fault.times -= 1
                if not fault.times:
                    self._faults.remove(fault)
                return fault
        return None

    def pending(self) -> list[dict[str, Any]]:
        """Return the faults that are still to come."""
        return [asdict(fault) for fault in self._faults]

    def clear(self) -> None:
        """Take all faults away."""
        self._faults.clear()
