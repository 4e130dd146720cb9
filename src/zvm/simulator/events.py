# SPDX-License-Identifier: Apache-2.0
"""Who has subscribed to events, and what is told to them (``Event_Subscribe``).

Events are not kept: who subscribes later, or is so slow that too many wait for him, misses them.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from zvm.smapi import events

#: How many events may wait for one subscriber before he is cut off, and how many the page shows.
_MOST_WAITING = 10_000
_SHOWN = 50
#: The reason octet of a failure record: the guest is in a disabled wait.
_DISABLED_WAIT = b"\0"


@dataclass(eq=False)
class Subscriber:
    """One open connection. ``None`` in the queue ends it."""

    key: str
    queue: asyncio.Queue[bytes | None] = field(default_factory=asyncio.Queue)

    def wants(self, data: bytes) -> bool:
        """Tell whether the match key occurs in an event's data, in ASCII or EBCDIC; no key wants all."""
        return not self.key or any(self.key.encode(code, "replace") in data for code in ("latin-1", "cp037"))


class Events:
    """The subscribers of one system."""

    def __init__(self) -> None:
        self._subscribers: list[Subscriber] = []
        #: Told the userid and what was done when an entry of the directory was changed.
        self.directory_watchers: list[Callable[[str, str], None]] = []
        #: What was told last, in words.
        self.recent: deque[str] = deque(maxlen=_SHOWN)

    def subscribe(self, key: str) -> Subscriber:
        """Return a new subscriber that hears of what comes from now on."""
        subscriber = Subscriber(key)
        self._subscribers.append(subscriber)
        return subscriber

    def unsubscribe(self, subscriber: Subscriber) -> None:
        """Tell a subscriber nothing more."""
        if subscriber in self._subscribers:
            self._subscribers.remove(subscriber)

    def end_all(self) -> int:
        """End every subscription; return how many there were."""
        ended, self._subscribers = self._subscribers, []
        for subscriber in ended:
            subscriber.queue.put_nowait(None)
        return len(ended)

    def guest(self, userid: str, what: str) -> None:
        """Tell what happened to a guest: logon, logoff, crash; the rest is no event of *VMEVENT."""
        match what:
            case "logon" | "logoff":
                self.vmevent(what, userid)
            case "crash":
                self.vmevent("failure", userid, detail=_DISABLED_WAIT)

    def vmevent(self, name: str, userid: str, other: str = "", detail: bytes = b"") -> None:
        """Tell a record of *VMEVENT; the names are those of ``zvm.smapi.events``."""
        self.recent.append(f"{name} {userid} {other}".rstrip())
        self._tell(events.VMEVENT, events.vmevent(name, userid, other, detail))

    def directory(self, userid: str, action: str) -> None:
        """Tell that an entry of the directory was changed."""
        self.recent.append(f"directory {action} {userid}")
        self._tell(events.STREAM, events.directory_change(userid, action))
        for watcher in self.directory_watchers:
            watcher(userid, action)

    def definition_result(self, operation: int, rc: int, rs: int, text: str = "") -> None:
        """Tell how a change by definition keywords ended."""
        self.recent.append(f"definition {operation} {rc}/{rs}")
        self._tell(events.STREAM, events.definition_result(operation, rc, rs, text))

    def stream(self, data: bytes) -> None:
        """Tell what ``Event_Stream_Add`` was given; it begins with a sub-type."""
        self.recent.append(f"stream of {len(data)} bytes")
        self._tell(events.STREAM, data)

    def _tell(self, kind: int, data: bytes) -> None:
        for subscriber in list(self._subscribers):
            if not subscriber.wants(data):
                continue
            if subscriber.queue.qsize() >= _MOST_WAITING:
                self.unsubscribe(subscriber)
                subscriber.queue.put_nowait(None)
            else:
                subscriber.queue.put_nowait(events.encode(kind, data))
