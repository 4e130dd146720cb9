# SPDX-License-Identifier: Apache-2.0
"""Calls made again while the node, or the zHCP behind it, restarts."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from zvm.xcat.errors import XcatError, XcatUnreachable

LOG = logging.getLogger(__name__)

T = TypeVar("T")

#: Seconds before the first second try, doubled each time, and at most.
_FIRST, _LONGEST = 0.2, 5.0


def again(call: Callable[[], T], until: float, may_repeat: Callable[[XcatError], bool]) -> T:
    """Make a call, and make it again as long as it fails with what may be repeated.

    :param until: time on the monotonic clock after which it is not tried again.
    :raises XcatError: what the last try raised.
    """
    pause = _FIRST
    while True:
        try:
            return call()
        except XcatError as problem:
            left = until - time.monotonic()
            if left <= 0 or not may_repeat(problem):
                raise
            if pause == _FIRST:
                LOG.warning("Tried again for %.0f s: %s", left, problem)
        time.sleep(min(pause, left))
        pause = min(pause * 2, _LONGEST)


class Patience(threading.local):
    """How long this thread waits for a node that does not answer; at first not at all."""

    _until = 0.0

    @contextmanager
    def lasting(self, seconds: float) -> Iterator[None]:
        """Wait for ``seconds`` from now at most, in the block as a whole."""
        before, self._until = self._until, time.monotonic() + seconds
        try:
            yield
        finally:
            self._until = before

    def call(self, call: Callable[[], T]) -> T:
        """Make a call; make it again while it is certain that nothing was done, since nobody answers.

        :raises XcatError: what the last try raised.
        """
        return again(call, self._until, _is_passing)


def _is_passing(problem: XcatError) -> bool:
    """Return whether the chain does not answer. A guest without an agent may stay as it is for ever."""
    return isinstance(problem, XcatUnreachable) and not problem.guest
