# SPDX-License-Identifier: Apache-2.0
"""SMAPI's worker machines: so many calls are worked on at once, the others wait their turn."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

#: Seconds until who waits looks again whether there are more workers.
_LOOK = 0.05


class Workers:
    """Gives a worker to who comes first.

    :param available: tells how many there are now; fewer than are at work ends nobody's.
    """

    def __init__(self, available: Callable[[], int]) -> None:
        self._available = available
        self._working = 0
        self._turn = asyncio.Lock()

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Have a worker within the block; wait for it if need be."""
        async with self._turn:
            while self._working >= self._available():  # noqa: ASYNC110 - ends by a setting too
                await asyncio.sleep(_LOOK if self._working < 1 else 0.001)
            self._working += 1
        try:
            yield
        finally:
            self._working -= 1
