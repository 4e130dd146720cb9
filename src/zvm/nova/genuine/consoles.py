# SPDX-License-Identifier: Apache-2.0
"""What guests printed, kept in memory: xCAT hands out most of it once only.

``rinv --consoleoutput`` receives the guest's console files, which are gone then; a node that keeps them hands
out the same again. Both are told apart by what is known already.
"""

from __future__ import annotations

import threading

#: Octets that are kept of each guest: what Nova's API shows at most.
_KEPT = 100 * 1024
#: Characters that two texts have in common at least when one goes on where the other is.
_COMMON = 400


def joined(known: str, new: str) -> str:
    """Return ``known`` with what ``new`` has beyond it.

    What was handed out again begins somewhere in ``known`` and has the rest of that before anything new. It
    is not enough that both end alike: so do the logs of two starts of the same system.
    """
    if not new:
        return known
    head = new[:_COMMON]
    at = known.find(head)
    while at >= 0:
        if new.startswith(known[at:]) and (at == 0 or len(known) - at >= _COMMON):
            return known[:at] + new
        at = known.find(head, at + 1)
    return f"{known}\n{new}" if known and not known.endswith("\n") else known + new


class ConsoleLogs:
    """The logs of all guests since this service was started. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._logs: dict[str, str] = {}

    def add(self, node: str, new: str) -> str:
        """Take in what was handed out for the guest; return all that is known."""
        with self._lock:
            log = joined(self._logs.get(node, ""), new)[-_KEPT:]
            if log:
                self._logs[node] = log
            return log

    def forget(self, node: str) -> None:
        """Forget a guest."""
        with self._lock:
            self._logs.pop(node, None)
