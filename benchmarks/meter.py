# SPDX-License-Identifier: Apache-2.0
"""What the services of a cloud take in processor time and memory, also those that are killed meanwhile."""

from __future__ import annotations

import os
import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from zvm.cloud.processes import Processes

#: Seconds between looks: what a process takes after the last look before it is killed is not seen.
_INTERVAL = 1.0
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Load:
    """What a service took: percent of one processor, and at the most MiB (PSS)."""

    percent: float
    mib: int


class Meter(threading.Thread):
    """Looks at the processes of a cloud again and again, as a context manager.

    :param processes: those of the cloud.
    """

    def __init__(self, processes: Processes) -> None:
        super().__init__(name="meter")
        self._processes = processes
        self._ended = threading.Event()
        self._began = time.monotonic()
        self._seconds: defaultdict[str, dict[int, float]] = defaultdict(dict)
        self._memory: defaultdict[str, int] = defaultdict(int)
        self._before: dict[int, float] = {}

    def __enter__(self) -> Meter:
        self._look()
        self._before = {pid: seconds for pids in self._seconds.values() for pid, seconds in pids.items()}
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self.join()
        self._look()
        self._elapsed = time.monotonic() - self._began

    def run(self) -> None:
        """Look until told to end."""
        while not self._ended.wait(_INTERVAL):
            self._look()

    def loads(self) -> dict[str, Load]:
        """Return name → what the service took, once the meter has ended."""
        found = {}
        for name, pids in sorted(self._seconds.items()):
            spent = sum(seconds - self._before.get(pid, 0.0) for pid, seconds in pids.items())
            found[name] = Load(100 * spent / self._elapsed, self._memory[name] // 1024)
        return found

    def _look(self) -> None:
        for name, record in self._processes.running().items():
            memory = 0
            for pid in record.members():
                try:
                    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
                except OSError:
                    continue
                self._seconds[name][pid] = (int(fields[11]) + int(fields[12])) / _TICKS
                memory += next((int(line.split()[1]) for line in rollup if line.startswith("Pss:")), 0)
            self._memory[name] = max(self._memory[name], memory)
