# SPDX-License-Identifier: Apache-2.0
"""Calls made again while the node, or the zHCP behind it, restarts."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from zvm.xcat.errors import XcatError, XcatOutcomeUnknown, XcatUnreachable

LOG = logging.getLogger(__name__)

T = TypeVar("T")
E = TypeVar("E", bound=Exception)

#: Seconds before the first second try, doubled each time, and at most.
_FIRST, _LONGEST = 0.2, 5.0


def again(call: Callable[[], T], seconds: float, kind: type[E], may_repeat: Callable[[E], bool]) -> T:
    """Make a call, and make it again as long as it fails with what may be repeated.

    :param seconds: for how long after its first failure.
    :param kind: of failures of which ``may_repeat`` is asked; it is raised as the last try raised it.
    """
    pause, until = _FIRST, 0.0
    while True:
        try:
            return call()
        except kind as problem:
            now = time.monotonic()
            until = until or now + seconds
            if now >= until or not may_repeat(problem):
                raise
            if pause == _FIRST:
                LOG.warning("Tried again for %.0f s: %s", seconds, problem)
        time.sleep(min(pause, until - now))
        pause = min(pause * 2, _LONGEST)


class Patience(threading.local):
    """How long this thread waits for a node that does not answer; at first not at all."""

    _seconds = 0.0

    @contextmanager
    def lasting(self, seconds: float) -> Iterator[None]:
        """Let each outage that is met in the block last for so long."""
        before, self._seconds = self._seconds, seconds
        try:
            yield
        finally:
            self._seconds = before

    def call(self, call: Callable[[], T], *, idempotent: bool = False) -> T:
        """Make a call; make it again while it is certain that nothing was done, since nobody answers.

        :param idempotent: make it again when its answer was lost, too.
        :raises XcatError: what the last try raised; from then on the block waits for nothing more.
        """
        try:
            return again(call, self._seconds, XcatError, lambda problem: _may_repeat(problem, idempotent))
        except XcatUnreachable as problem:
            if not problem.guest:
                self._seconds = 0.0
            raise

    def together(self, call: Callable[[], T], away: type[Exception]) -> T:
        """Make several calls as one: none of them waits by itself, and all are made again while they fail.

        Thus whoever holds a lock over them lets it go while there is nobody to answer.

        :param away: what ``call`` raises while nobody answers.
        """

        def once() -> T:
            with self.lasting(0):
                return call()

        try:
            return again(once, self._seconds, away, lambda problem: True)
        except away:
            self._seconds = 0.0
            raise


def _may_repeat(problem: XcatError, idempotent: bool) -> bool:
    if isinstance(problem, XcatOutcomeUnknown):
        return idempotent
    # A guest without an agent may stay as it is for ever.
    return isinstance(problem, XcatUnreachable) and not problem.guest
