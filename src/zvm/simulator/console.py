# SPDX-License-Identifier: Apache-2.0
"""The console of a virtual machine: its last lines, who watches, and its spooling."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

#: Lines that are kept for who attaches later.
HISTORY = 2000

Watcher = Callable[[str], None]


class Console:
    """Lines as they appear; while spooling is started they also go to the open console spool file."""

    def __init__(self) -> None:
        self._lines: deque[str] = deque(maxlen=HISTORY)
        self._spooled: list[str] = []
        self._watchers: list[Watcher] = []
        self._unfinished = ""
        #: Shows each line to somebody else too (SECUSER, OBSERVER).
        self.forward: Watcher = lambda line: None
        #: Counts every change, so that it need not be looked for.
        self.revision = 0
        self.spooling = False
        self.spool_to = ""
        self.spool_class = "T"

    @property
    def lines(self) -> list[str]:
        """The lines that are still known, oldest first."""
        return list(self._lines)

    @property
    def unfinished(self) -> str:
        """What stands on the last line, which a program in the machine has not ended yet."""
        return self._unfinished

    def write(self, text: str, *, forwarded: bool = False) -> None:
        """Show ``text``, which may hold several lines; what was ``forwarded`` here goes no further."""
        if self._unfinished:
            self.emit("\r\n")
        lines = text.splitlines() or [""]
        self._seen("".join(f"{line}\n" for line in lines))
        self._keep(lines, forwarded=forwarded)

    def emit(self, text: str) -> None:
        """Show what a terminal of the machine puts out: lines end where it says so."""
        self._seen(text)
        *lines, self._unfinished = (self._unfinished + text).split("\r\n")
        self._keep(lines)

    def _seen(self, text: str) -> None:
        for watcher in list(self._watchers):
            watcher(text)

    def _keep(self, lines: list[str], *, forwarded: bool = False) -> None:
        self.revision += 1
        self._lines.extend(lines)
        if self.spooling:
            self._spooled.extend(lines)
        if not forwarded:
            for line in lines:
                self.forward(line)

    def show(self, answer: str) -> None:
        """Show what CP answered, if it said anything."""
        if answer:
            self.write(answer)

    def watch(self, watcher: Watcher) -> Callable[[], None]:
        """Call ``watcher`` with everything shown from now on; return what ends that."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher) if watcher in self._watchers else None

    def close_spool(self) -> list[str]:
        """Return and forget the lines of the open spool file."""
        self.revision += 1
        lines, self._spooled = self._spooled, []
        return lines

    def dump(self) -> dict[str, Any]:
        """Return what the store keeps."""
        return {
            "lines": list(self._lines),
            "spooled": list(self._spooled),
            "spooling": self.spooling,
            "spool_to": self.spool_to,
            "spool_class": self.spool_class,
        }

    @classmethod
    def restore(cls, state: dict[str, Any]) -> Console:
        """Return the console that :meth:`dump` described."""
        console = cls()
        console._lines.extend(state["lines"])
        console._spooled = list(state["spooled"])
        console.spooling = state["spooling"]
        console.spool_to = state["spool_to"]
        console.spool_class = state["spool_class"]
        return console
