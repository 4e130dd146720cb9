# SPDX-License-Identifier: Apache-2.0
"""Faults on purpose: refuse a call or a command, lose its answer, be slow, be dead.

Set by the control API, met by the servers.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

_DROPS = ("", "before", "after_commit")
_KINDS = ("smapi", "cp")
#: What may be out of order as a whole, and how: it answers, takes requests and says nothing, or hangs up.
SERVICES = ("smapi", "platform")
CONDITIONS = ("up", "silent", "dead")


@dataclass
class Fault:
    """What happens to the next ``times`` calls of ``function`` for ``target`` (``*`` or "" = any).

    Of kind ``cp`` it meets CP commands that come by the platform socket: ``function`` is how they begin, in
    full words (``QUERY USER``), ``target`` a word of the command or its issuer; ``text`` goes with ``rc``.

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
    kind: str = "smapi"
    text: str = ""

    def __post_init__(self) -> None:
        self.target = self.target.upper()
        if self.drop not in _DROPS or self.times < 1 or self.delay < 0:
            raise ValueError(f"a fault drops {_DROPS[1:]}, at least once, after a delay of at least 0")
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
        if self.kind != "cp" or not (
            self.function in ("", "*") or f"{command} ".startswith(f"{self.function} ")
        ):
            return False
        return self.target in ("", "*", userid) or self.target in command.split()


class Faults:
    """The faults that are set, in the order they were."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        #: What is out of order: service -> condition.
        self.outages = dict.fromkeys(SERVICES, "up")

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
        return self._met(next((fault for fault in self._faults if fault.meets(function, target)), None))

    def take_command(self, userid: str, command: str) -> Fault | None:
        """Return the first fault for this CP command and count it as met once, or None."""
        found = (fault for fault in self._faults if fault.meets_command(userid, command))
        return self._met(next(found, None))

    def _met(self, fault: Fault | None) -> Fault | None:
        if fault:
            fault.times -= 1
            if not fault.times:
                self._faults.remove(fault)
        return fault

    def set_outage(self, service: str, condition: str) -> None:
        """Put a service out of order, or in order again.

        Raises:
            ValueError: no such service or condition.
        """
        if service not in SERVICES or condition not in CONDITIONS:
            raise ValueError(f"one of {SERVICES} is one of {CONDITIONS}")
        self.outages[service] = condition

    def pending(self) -> list[dict[str, Any]]:
        """Return the faults that are still to come."""
        return [asdict(fault) for fault in self._faults]

    def clear(self) -> None:
        """Take all faults away."""
        self._faults.clear()
