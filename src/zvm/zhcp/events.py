# SPDX-License-Identifier: Apache-2.0
"""Events: what the zHCP sees happen, handed to everyone who listens."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from zvm.zhcp.results import Event

#: Events a slow listener may lag behind; the oldest are dropped beyond that.
_BACKLOG = 1000


class Events:
    """The events of one zHCP; they are not kept for who comes later."""

    def __init__(self) -> None:
        self._last = 0
        self._listeners: set[asyncio.Queue[Event | None]] = set()
        #: Set while somebody listens.
        self.wanted = asyncio.Event()

    def publish(self, type: str, **data: Any) -> None:
        """Hand an event to all who listen now."""
        self._last += 1
        event = Event(id=self._last, type=type, data=data)
        for queue in self._listeners:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(event)

    @contextmanager
    def listen(self) -> Iterator[asyncio.Queue[Event | None]]:
        """Give a queue of the events from now on; ``None`` in it means that the server stops."""
        queue: asyncio.Queue[Event | None] = asyncio.Queue(_BACKLOG)
        self._listeners.add(queue)
        self.wanted.set()
        try:
            yield queue
        finally:
            self._listeners.discard(queue)
            if not self._listeners:
                self.wanted.clear()

    def close(self) -> None:
        """End all streams."""
        for queue in self._listeners:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(None)
