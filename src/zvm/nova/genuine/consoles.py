# SPDX-License-Identifier: Apache-2.0
"""What guests printed, kept in memory: xCAT hands out most of it once only.

``rinv --consoleoutput`` receives the guest's console files, which are gone then; a node that keeps them hands
out the same again. Both are told apart by the end of what is known already.
"""

from __future__ import annotations

import threading

#: Octets that are kept of each guest: what Nova's API shows at most.
_KEPT = 100 * 1024
#: Characters by which the end of what is known is found again.
_KNOWN = 400


def joined(known: str, new: str) -> str:
    """Return ``known`` with what ``new`` has beyond it."""
    end = known[-_KNOWN:]
    at = new.rfind(end) if end else -1
    if at < 0:
        return f"{known}\n{new}" if known and not known.endswith("\n") else known + new
    return known + new[at + len(end) :]


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
