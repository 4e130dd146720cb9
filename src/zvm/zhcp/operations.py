# SPDX-License-Identifier: Apache-2.0
"""Operations: what a caller may ask for again after a lost answer, without its being done twice.

A caller gives each change an operation id. The id is recorded on disk before the work starts and the answer
when it has ended. Who asks again with the same id gets the stored answer, waits for the work that still runs,
or learns that the outcome is unknown because the zHCP died in between.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from zvm.zhcp import errors

LOG = logging.getLogger(__name__)
Answer = dict[str, Any]

#: What ends an operation for good. After the other errors nothing was done: the id may be used again. After
#: what is no error of ours (a fault, a cancellation) its record stays without an answer.
_FINAL = (errors.Refused, errors.OutcomeUnknown)


class Operations:
    """The operations of one zHCP.

    :param path: SQLite file, made when absent.
    :param retention: seconds an answer is kept.
    """

    def __init__(self, path: Path, *, retention: float = 3600.0) -> None:
        self._retention = retention
        self._running: dict[str, asyncio.Task[Answer]] = {}
        self._tasks: set[asyncio.Task[Answer]] = set()
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=NORMAL")
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS operation"
            " (id TEXT PRIMARY KEY, request TEXT NOT NULL, started REAL NOT NULL, answer TEXT)"
        )

    async def run(
        self, operation_id: str | None, request: str, work: Callable[[], Awaitable[Answer]]
    ) -> Answer:
        """Do ``work`` unless it was done under this id already, and return its answer.

        The work goes on when the caller gives up waiting.

        :param operation_id: the caller's id; ``None``: do it anyhow.
        :param request: says what is asked for; the same id with another request is refused.
        :raises errors.Invalid: the id stands for another request.
        :raises errors.OutcomeUnknown: the zHCP ended while it did this.
        """
        if operation_id is None:
            return await asyncio.shield(self._start(self._plain(work)))
        if not 1 <= len(operation_id) <= 128 or not operation_id.isprintable():
            raise errors.Invalid("an operation id is 1-128 printable characters")
        self._forget_old()
        row = self._database.execute(
            "SELECT request, answer FROM operation WHERE id = ?", (operation_id,)
        ).fetchone()
        if row is not None and row[0] != request:
            raise errors.Invalid(f"operation id {operation_id} stands for another request")
        if operation_id in self._running:
            try:
                return await asyncio.shield(self._running[operation_id])
            except _FINAL:
                raise
            except errors.ZhcpError:
                # The other one did nothing, e.g. since the connection died that brought its data.
                return await self.run(operation_id, request, work)
        if row is not None:
            return _replay(row[1])
        self._database.execute(
            "INSERT INTO operation (id, request, started) VALUES (?, ?, ?)",
            (operation_id, request, time.time()),
        )
        task = self._start(self._recorded(operation_id, work))
        self._running[operation_id] = task
        return await asyncio.shield(task)

    def _start(self, work: Any) -> asyncio.Task[Answer]:
        task: asyncio.Task[Answer] = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Answer]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            LOG.debug("operation ended with %r", error)

    @staticmethod
    async def _plain(work: Callable[[], Awaitable[Answer]]) -> Answer:
        return await work()

    async def _recorded(self, operation_id: str, work: Callable[[], Awaitable[Answer]]) -> Answer:
        try:
            answer = await work()
        except _FINAL as error:
            self._store(operation_id, error.to_json())
            raise
        except errors.ZhcpError:
            self._database.execute("DELETE FROM operation WHERE id = ?", (operation_id,))
            raise
        else:
            self._store(operation_id, answer)
            return answer
        finally:
            del self._running[operation_id]

    def _store(self, operation_id: str, answer: Answer) -> None:
        self._database.execute(
            "UPDATE operation SET answer = ? WHERE id = ?", (json.dumps(answer), operation_id)
        )

    def _forget_old(self) -> None:
        limit = time.time() - self._retention
        old = self._database.execute("SELECT id FROM operation WHERE started < ?", (limit,)).fetchall()
        gone = [row for row in old if row[0] not in self._running]
        self._database.executemany("DELETE FROM operation WHERE id = ?", gone)

    async def finish(self, limit: float) -> None:
        """Let what runs come to its end, for at most ``limit`` seconds, and close the records."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=limit)
            for task in late:
                LOG.warning("an operation did not end within %s s", limit)
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        self._database.close()


def _replay(stored: str | None) -> Answer:
    if stored is None:
        raise errors.OutcomeUnknown(
            "the zHCP ended while it did this; nobody recorded how far it came",
            next_step="Look at the guest before asking again, then use a new operation id.",
        )
    answer: Answer = json.loads(stored)
    if "error" in answer:
        raise errors.from_json(answer)
    return answer
