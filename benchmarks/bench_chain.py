# SPDX-License-Identifier: Apache-2.0
"""What spawn, delete and the state of all guests cost below Nova: REST, SMAPI and CP calls, and seconds.

Nova's own services run in this process; the simulator (without latency), the zHCP and the management node are
processes of their own. The seconds are those of the driver's method, so Nova's own work is not in them.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.support.nova_chain import nova_chain
from tests.support.servers import Servers

from zvm.xcat.client import Call

__all__ = ["nova_chain"]

#: Most calls allowed: what -> (REST, SMAPI). None: shown, not limited.
BUDGETS: dict[str, tuple[int | None, int | None]] = {
    "spawn, image new": (None, None),
    "spawn, image known": (10, 5),
    "delete": (3, 3),
    "power state of all guests": (1, 1),
}
#: What a genuine xCAT needs: REST, SMAPI calls, ssh sessions.
GENUINE = {
    "spawn, image known": "32 REST, 10 SMAPI, 78 ssh",
    "delete": "7 REST, 5 SMAPI, 8 ssh",
    "power state of all guests": "4 ssh for each guest",
}
REPEATS = 6


@dataclass
class Cost:
    """The calls and seconds of one piece of work."""

    what: str
    rest: list[str]
    smapi: list[str]
    cp: list[str]
    seconds: float

    def row(self) -> str:
        """Return the line of the table."""
        genuine = GENUINE.get(self.what, "")
        return (
            f"{self.what:<28}{len(self.rest):>6}{len(self.smapi):>7}{len(self.cp):>5}"
            f"{self.seconds * 1000:>9.0f} ms   {genuine}"
        )

    def within_budget(self) -> bool:
        """Tell whether the calls are no more than allowed."""
        rest, smapi = BUDGETS[self.what]
        return (rest is None or len(self.rest) <= rest) and (smapi is None or len(self.smapi) <= smapi)


class TestBudgets(Servers):
    """The budgets of calls."""

    def measure(self, what: str, work: Callable[[], Any], method: str = "") -> Cost:
        """Return the cost of ``work``; the seconds are those within the driver's ``method``."""
        driver, rest, seconds = self.compute.driver, [], []
        original = getattr(driver, method) if method else None

        def timed(*args: Any, **keywords: Any) -> Any:
            begin = time.perf_counter()
            try:
                return original(*args, **keywords)
            finally:
                seconds.append(time.perf_counter() - begin)

        def count(call: Call) -> None:
            rest.append(f"{call.method} {call.path}")

        if method:
            setattr(driver, method, timed)
        driver._session._client._on_call = count
        self.chain.simulator.control("DELETE", "/calls")
        begin = time.perf_counter()
        try:
            work()
        finally:
            whole = time.perf_counter() - begin
            driver._session._client._on_call = None
            if method:
                delattr(driver, method)
        calls = self.chain.simulator.control("GET", "/calls")
        smapi = [call["function"] for call in calls if call["kind"] == "smapi"]
        cp = [call["command"] for call in calls if call["kind"] == "cp"]
        return Cost(what, rest, smapi, cp, seconds[0] if seconds else whole)

    def test_calls(self) -> None:
        servers: list[Any] = []

        def boot() -> None:
            servers.append(self.boot(networks="auto"))

        costs = [self.measure("spawn, image new", boot, "spawn")]
        costs.append(self.measure("spawn, image known", boot, "spawn"))
        again = [self.measure("spawn, image known", boot, "spawn").seconds for _ in range(REPEATS)]
        costs.append(
            self.measure("power state of all guests", lambda: self.compute.driver._session.ours(fresh=True))
        )
        costs.append(self.measure("delete", lambda: self.delete(servers.pop()), "destroy"))
        print(f"\n\n{'':<28}{'REST':>6}{'SMAPI':>7}{'CP':>5}{'time':>12}   genuine xCAT")
        for cost in costs:
            print(cost.row())
        median, longest = statistics.median(again) * 1000, max(again) * 1000
        print(f"\nspawn, image known, {REPEATS} times: median {median:.0f} ms, longest {longest:.0f} ms")
        for cost in costs:
            print(
                f"\n{cost.what}\n  "
                + "\n  ".join([*cost.rest, *cost.smapi, *(f"CP {line}" for line in cost.cp)])
            )
        assert [cost.what for cost in costs if not cost.within_budget()] == []
