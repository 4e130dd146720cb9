# SPDX-License-Identifier: Apache-2.0
"""Locks by name: among the requests of one management node, and among all that share a PostgreSQL.

Of a management node that is killed PostgreSQL takes back the locks as soon as its connection ends, so nobody
waits for the dead, and whoever gets a lock knows that nobody else is at work there.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import threading
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager, suppress

from sqlalchemy import Connection, Engine, Select, func, select
from sqlalchemy.exc import DBAPIError

LOG = logging.getLogger(__name__)

#: Seconds between two attempts at a lock that another management node has.
_PAUSE = 0.02, 0.5


def key_of(name: str) -> int:
    """Return PostgreSQL's key of a lock: 64 bits with a sign."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)


class Locks:
    """The locks of one management node.

    :param engine: of the database that others share; None for a management node that is alone.
    """

    def __init__(self, engine: Engine | None) -> None:
        self._shared = None if engine is None else _Session(engine)
        self._local: dict[str, tuple[asyncio.Lock, int]] = {}

    @asynccontextmanager
    async def held(self, names: Iterable[str]) -> AsyncIterator[None]:
        """Hold the locks of these names, for which it waits as long as need be."""
        async with AsyncExitStack() as stack:
            for name in sorted(set(names)):  # in the same order everywhere: no two wait for each other
                lock, users = self._local.get(name, (asyncio.Lock(), 0))
                self._local[name] = (lock, users + 1)
                stack.callback(self._forget, name)
                await stack.enter_async_context(lock)
                if self._shared is not None:
                    await _take(self._shared, key_of(name))
                    stack.push_async_callback(_give_back, self._shared, key_of(name))
            yield

    async def free(self, name: str) -> bool:
        """Return whether nobody has this lock."""
        if name in self._local:
            return False
        if self._shared is None:
            return True
        key = key_of(name)
        if not await _attempt(self._shared, key):
            return False
        await _give_back(self._shared, key)
        return True

    def close(self) -> None:
        """Give everything back."""
        if self._shared is not None:
            self._shared.close()

    def _forget(self, name: str) -> None:
        lock, users = self._local[name]
        if users > 1:
            self._local[name] = (lock, users - 1)
        else:
            del self._local[name]


class _Session:
    """The one connection whose session has the locks; called from threads, one at a time."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None
        self._mutex = threading.Lock()
        self._held: set[int] = set()

    def try_lock(self, key: int) -> bool:
        """Take the lock if it is free."""
        with self._mutex:
            taken = self._ask(select(func.pg_try_advisory_lock(key)))
            if taken:
                self._held.add(key)
            return taken

    def unlock(self, key: int) -> None:
        """Give the lock back."""
        with self._mutex:
            self._held.discard(key)
            self._ask(select(func.pg_advisory_unlock(key)))

    def close(self) -> None:
        """End the session."""
        with self._mutex:
            self._drop()

    def _ask(self, query: Select[tuple[bool]]) -> bool:
        for attempt in (1, 2):
            try:
                if self._connection is None:
                    self._connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
                    self._take_again(self._connection)
                return bool(self._connection.scalar(query))
            except DBAPIError:
                self._drop()
                if attempt == 2:
                    raise
        raise AssertionError("the second attempt returns or raises")

    def _take_again(self, connection: Connection) -> None:
        """Take what was held when the last connection broke."""
        for key in self._held:
            if not connection.scalar(select(func.pg_try_advisory_lock(key))):
                LOG.error("the database broke off, and another management node has taken the lock %d", key)

    def _drop(self) -> None:
        if self._connection is not None:
            with suppress(DBAPIError):
                self._connection.invalidate()  # a pooled connection would keep its locks
            self._connection.close()
            self._connection = None


async def _attempt(session: _Session, key: int) -> bool:
    """Try once; a lock that arrives after the caller was cancelled is given back."""
    attempt = asyncio.ensure_future(asyncio.to_thread(session.try_lock, key))
    try:
        return await asyncio.shield(attempt)
    except asyncio.CancelledError:

        def arrived(done: asyncio.Future[bool]) -> None:
            if not done.cancelled() and done.exception() is None and done.result():
                asyncio.get_running_loop().run_in_executor(None, session.unlock, key)

        attempt.add_done_callback(arrived)
        raise


async def _take(session: _Session, key: int) -> None:
    pause, longest = _PAUSE
    while not await _attempt(session, key):
        await asyncio.sleep(pause)
        pause = min(pause * 2, longest)


async def _give_back(session: _Session, key: int) -> None:
    await asyncio.shield(asyncio.to_thread(session.unlock, key))
