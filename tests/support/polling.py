# SPDX-License-Identifier: Apache-2.0
"""Waiting for a condition, with a bound: nothing in the tests lets time pass without one."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from operator import not_
from typing import Any

from tenacity import AsyncRetrying, RetryError, Retrying, retry_if_result, stop_after_delay, wait_fixed


def _rules(seconds: float, pause: float) -> dict[str, Any]:
    return {
        "retry": retry_if_result(not_),
        "stop": stop_after_delay(seconds),
        "wait": wait_fixed(pause),
    }


async def until(condition: Callable[[], Any] | Callable[[], Awaitable[Any]], seconds: float = 20.0) -> Any:
    """Return what ``condition`` returns as soon as that is true.

    :raises TimeoutError: it is not within ``seconds``.
    """

    async def asked() -> Any:
        value = condition()
        return await value if inspect.isawaitable(value) else value

    try:
        return await AsyncRetrying(**_rules(seconds, 0.01))(asked)
    except RetryError as late:
        raise TimeoutError(f"not so within {seconds} s: {condition}") from late


def wait_until(condition: Callable[[], Any], seconds: float = 20.0, *, pause: float = 0.02) -> Any:
    """Return what ``condition`` returns as soon as that is true, outside an event loop.

    :param pause: seconds between two questions.
    :raises TimeoutError: it is not within ``seconds``.
    """
    try:
        return Retrying(**_rules(seconds, pause))(condition)
    except RetryError as late:
        raise TimeoutError(f"not so within {seconds} s: {condition}") from late


async def turns(count: int = 1) -> None:
    """Return when the event loop has gone round ``count`` times: all other tasks have had their turn."""
    for _ in range(count):
        round_ = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(round_.set_result, None)
        await round_


async def for_ever() -> None:
    """Return when cancelled: work that does not end by itself."""
    await asyncio.Event().wait()
