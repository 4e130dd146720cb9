# SPDX-License-Identifier: Apache-2.0
"""What SMAPI remembers of its calls: asynchronous operations, and replies that were perhaps lost."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import asdict, dataclass
from typing import Any

from zvm.simulator.config import SmapiSettings

#: How many replies are kept for Response_Recovery.
KEPT = 1000
RUNNING, DONE, FAILED = 104, 100, 108


@dataclass
class Operation:
    """Work that was answered 592; ``polls`` more polls find it running."""

    target: str
    polls: int
    failed: bool = False


class Operations:
    """Request numbers, operations and kept replies."""

    def __init__(self, settings: SmapiSettings) -> None:
        self._settings = settings
        # Not kept over a restart: replies are not either, and a number should not come twice.
        self._last_request = int(time.time()) % 1_000_000_000
        self._last_operation = 1233
        self._operations: dict[int, Operation] = {}
        self._replies: OrderedDict[int, bytes] = OrderedDict()

    def next_request(self) -> int:
        """Return a number for a request."""
        self._last_request = self._last_request % 0x7FFFFFFE + 1
        return self._last_request

    def start(self, target: str) -> int:
        """Note that work on ``target`` goes on; return the operation's number."""
        self._last_operation += 1
        self._operations[self._last_operation] = Operation(target, self._settings.polls)
        return self._last_operation

    def poll(self, operation: int, target: str) -> int | None:
        """Return the reason code of a poll (104 running, 100 done, 108 failed), None if there is none."""
        found = self._operations.get(operation)
        if found is None or found.target != target:
            return None
        if found.polls:
            found.polls -= 1
            return RUNNING
        return FAILED if found.failed else DONE

    def cancel(self, operation: int) -> bool:
        """End work that still goes on; tell whether there was such work."""
        found = self._operations.get(operation)
        if found is None or not found.polls:
            return False
        found.polls, found.failed = 0, True
        return True

    def keep_reply(self, request_id: int, payload: bytes) -> None:
        """Keep an answer for a client that may not have got it: everything behind the length."""
        self._replies[request_id] = payload
        while len(self._replies) > KEPT:
            self._replies.popitem(last=False)

    def reply(self, request_id: int) -> bytes | None:
        """Return a kept answer, or None."""
        return self._replies.get(request_id)

    def dump(self) -> dict[str, Any]:
        """Return what the store keeps."""
        state: dict[str, Any] = {"last": {"operation": self._last_operation}}
        state |= {f"operation {number}": asdict(item) for number, item in self._operations.items()}
        return state

    def load(self, state: dict[str, Any]) -> None:
        """Take up what ``dump`` returned."""
        self._last_operation = state["last"]["operation"]
        self._operations = {
            int(key.split()[1]): Operation(**kept)
            for key, kept in state.items()
            if key.startswith("operation ")
        }
