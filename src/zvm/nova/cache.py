# SPDX-License-Identifier: Apache-2.0
"""The states of all guests of the host, asked for in one call and shared by everyone who asks meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from zvm.nova import exceptions

T = TypeVar("T")

#: Seconds for which an answer is good enough for who accepts an older one.
MAX_AGE = 5.0
#: Seconds for which it is good enough for everybody while the service starts.
START_AGE = 60.0


class SharedAnswer(Generic[T]):
    """The last answer of ``fetch``, renewed on demand. Thread-safe; at most one fetch runs at a time.

    Who asks for a fresh answer gets one whose fetch began after the question: all who ask while one is
    under way share the next one.

    :param together: makes a call; makes it again where the thread waits for a node that is away, for which
        nobody else has to wait.
    """

    def __init__(
        self,
        fetch: Callable[[], Iterable[T]],
        clock: Callable[[], float] = time.monotonic,
        together: Callable[[Callable[[], tuple[T, ...]]], tuple[T, ...]] = lambda call: call(),
    ) -> None:
        self._fetch = fetch
        self._together = together
        self._clock = clock
        self._lock = threading.Lock()
        #: While the service starts: until then nobody gets an answer younger than need be.
        self._starting = False
        self._begun = self._expired = float("-inf")
        self._items: tuple[T, ...] = ()

    def get(self, *, fresh: bool = False, or_last: bool = False, max_age: float = MAX_AGE) -> tuple[T, ...]:
        """Return the answer.

        :param fresh: only one whose fetch begins after this call; else one at most ``max_age`` seconds old.
            Between :meth:`start` and :meth:`started` one not older than START_AGE is good for both.
        :param or_last: when there is no answer to be had, the last one, however old, in place of the error.
        """
        age = START_AGE if self._starting else 0.0 if fresh else max_age
        oldest = self._clock() - age
        return self._together(lambda: self._newer(oldest, or_last))

    def _newer(self, oldest: float, or_last: bool) -> tuple[T, ...]:
        with self._lock:
            if self._begun < max(oldest, self._expired):
                begun = self._clock()
                try:
                    self._items = tuple(self._fetch())
                except exceptions.Unreachable:
                    if not (or_last and self._items):
                        raise
                else:
                    self._begun = begun
            return self._items

    def start(self) -> None:
        """Let one answer do for all that Nova asks, instance by instance, as the service starts.

        What is changed by us meanwhile is still seen: :meth:`expire` makes the next question fetch.
        """
        self._starting = True
        self.expire()

    def started(self) -> None:
        """End what :meth:`start` began."""
        self._starting = False

    def expire(self) -> None:
        """Make the next question fetch: something was changed. A fetch under way is not waited for."""
        self._expired = self._clock()
