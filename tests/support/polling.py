# SPDX-License-Identifier: Apache-2.0
"""Waiting for a condition, with a bound, in place of sleeping and hoping.

The only place in the tests that lets time pass.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any


async def until(condition: Callable[[], Any] | Callable[[], Awaitable[Any]], seconds: float = 20.0) -> Any:
    """Return what ``condition`` returns as soon as that is true.

    :raises TimeoutError: it is not within ``seconds``.
    """
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if isinstance(value, Awaitable):
            value = await value
        if value:
            return value
        if time.monotonic() > deadline:
            raise TimeoutError(f"not so within {seconds} s: {condition}")
        await asyncio.sleep(0.01)


def wait_until(condition: Callable[[], Any], seconds: float = 20.0, *, pause: float = 0.02) -> Any:
    """Return what ``condition`` returns as soon as that is true, outside an event loop.

    :param pause: seconds between two questions.
    :raises TimeoutError: it is not within ``seconds``.
    """
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"not so within {seconds} s: {condition}")
        time.sleep(pause)
    return value


async def turns(count: int = 1) -> None:
    """Let all other tasks of this event loop run, ``count`` times."""
    for _ in range(count):
        await asyncio.sleep(0)


async def for_ever() -> None:
    """Return when cancelled: work that does not end by itself."""
    await asyncio.Event().wait()
