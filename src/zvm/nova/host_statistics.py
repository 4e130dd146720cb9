# SPDX-License-Identifier: Apache-2.0
"""The processors of the z/VM system over time, as Nova's monitor ``cpu.virt_driver`` wants them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from nova import exception
from nova.i18n import _

from zvm.nova.host import Host
from zvm.nova.session import Session

#: Megahertz of the processors by machine type. Source: IBM's technical guides of these machines.
_MEGAHERTZ = {
    "2964": 5000,  # z13
    "2965": 4300,  # z13s
    "3906": 5200,  # z14
    "3907": 4500,  # z14 ZR1
    "8561": 5200,  # z15
    "8562": 4500,  # z15 T02
    "3931": 5200,  # z16
    "3932": 4600,  # z16 A02
    "9175": 5500,  # z17
}
_NANOSECONDS = 1_000_000_000


class HostStatistics:
    """Counters that grow since the first question. Thread-safe.

    z/VM tells an average of the last seconds (INDICATE LOAD), Nova wants counters: each answer adds that
    average over the time since the one before. CP does not tell its own work from its guests', and has no
    processor wait for I/O: all that is busy counts as ``user``.
    """

    def __init__(self, session: Session, host: Host, clock: Callable[[], float] = time.monotonic) -> None:
        self._session = session
        self._host = host
        self._clock = clock
        self._lock = threading.Lock()
        self._last: float | None = None
        self._busy = self._idle = 0

    def cpu(self) -> dict[str, int]:
        """Return nanoseconds kernel, user, idle and iowait, and the frequency in MHz, 0 when unknown.

        :raises NovaException: z/VM does not tell its load.
        """
        load = self._session.load()
        if load is None:
            raise exception.NovaException(_("%s does not tell its load") % self._session.host)
        with self._lock:
            now = self._clock()
            passed = 0.0 if self._last is None else now - self._last
            self._last = now
            share = min(load.busy_percent, 100) / 100
            self._busy += int(passed * load.cpus * share * _NANOSECONDS)
            self._idle += int(passed * load.cpus * (1 - share) * _NANOSECONDS)
            return {
                "kernel": 0,
                "user": self._busy,
                "idle": self._idle,
                "iowait": 0,
                "frequency": _MEGAHERTZ.get(self._host.model(), 0),
            }
