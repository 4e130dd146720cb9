# SPDX-License-Identifier: Apache-2.0
"""The log of SMAPI calls and CP commands: what tests and benchmarks count."""

from __future__ import annotations

from collections import deque
from typing import Any

_KEPT = 10_000


class Calls:
    """The newest calls since the last reset, oldest first. Nothing secret is in it."""

    def __init__(self) -> None:
        self._calls: deque[dict[str, Any]] = deque(maxlen=_KEPT)

    def smapi(self, function: str, target: str, rc: int, rs: int) -> None:
        """Note a SMAPI call and how it was answered."""
        self._calls.append({"kind": "smapi", "function": function, "target": target, "rc": rc, "rs": rs})

    def cp(self, userid: str, command: str, rc: int) -> None:
        """Note a CP command of ``userid`` and CP's return code."""
        self._calls.append({"kind": "cp", "userid": userid, "command": command, "rc": rc})

    def entries(self) -> list[dict[str, Any]]:
        """Return the calls."""
        return list(self._calls)

    def clear(self) -> None:
        """Forget all calls."""
        self._calls.clear()
