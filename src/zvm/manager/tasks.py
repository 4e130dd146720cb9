# SPDX-License-Identifier: Apache-2.0
"""Commands that change something: how far they are, and what became of them.

Each has an id of its own, which the client may choose; a call that comes again with the same id is not done
again but gets the first one's answer. xCAT's ``requestid`` names the user's request, which may be several
calls.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, or_, select, update

from zvm.manager.database import Database
from zvm.manager.errors import Invalid, NotFound, Refused
from zvm.manager.tables.models import tasks

#: A running task whose node has not been heard of for so long is lost.
SILENCE = 60.0
#: A task has its lock within so many seconds; where it has none after that its node was killed.
_BEGINS = 2.0
#: Seconds between two looks at a task that somebody follows, and after which nothing new is told too.
_LOOK, QUIET = 0.25, 2.0
_LONGEST = 255  # characters of an id


@dataclass(slots=True)
class Progress:
    """How far a command is; whoever does the work sets it, whoever asks reads it."""

    percent: int = 0
    bytes: int = 0
    step: str = ""

    def at(self, step: str, percent: int | None = None) -> None:
        """Tell what is being done now."""
        self.step = step
        if percent is not None:
            self.percent = percent


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command answered: HTTP status and body."""

    status: int
    body: Any


class Tasks:
    """The commands of all management nodes that share the database.

    :param retention: seconds the outcome of a command is kept.
    """

    def __init__(self, database: Database, retention: float) -> None:
        self._database = database
        self._retention = retention
        self._running: dict[str, Progress] = {}
        self._heart: asyncio.Task[None] | None = None

    async def run(
        self,
        id: str,
        *,
        requestid: str,
        user: str,
        command: str,
        node: str,
        work: Callable[[Progress], Awaitable[Answer]],
    ) -> Answer:
        """Do ``work`` unless the task ``id`` did it already, and return its answer.

        :raises Invalid: an id is too long.
        :raises Refused: a call with this id still runs, or was another command.
        """
        if len(id) > _LONGEST or len(requestid) > _LONGEST:
            raise Invalid(f"an operation id or requestid has at most {_LONGEST} characters")
        now = time.time()
        row = {"id": id, "requestid": requestid, "user": user, "command": command, "node": node}
        earlier = await self._database.write(
            _begin, {**row, "state": "running", "updated": now}, self._retention
        )
        if earlier is not None:
            return await self._earlier(earlier, command, user)
        progress = self._running[id] = Progress()
        try:
            async with self._database.locks.held([_lock(id)]):
                answer = await work(progress)
        except BaseException:
            await self._database.write(_finish, id, {"state": "failed", "updated": time.time()})
            raise
        finally:
            del self._running[id]
        values = {
            "state": "finished",
            "percent": 100,
            "bytes": progress.bytes,
            "step": "",
            "status": answer.status,
            "answer": json.dumps(answer.body),
            "updated": time.time(),
        }
        await self._database.write(_finish, id, values)
        return answer

    async def _earlier(self, row: dict[str, Any], command: str, user: str) -> Answer:
        if (row["command"], row["user"]) != (command, user):
            raise Refused(f"the operation {row['id']} is another call")
        if row["state"] == "finished":
            return Answer(row["status"], json.loads(row["answer"]))
        raise Refused(
            f"the operation {row['id']} is {await self._state(row)}",
            next_step=f"ask GET /zvm/v1/tasks/{row['id']} what becomes of it",
        )

    async def get(self, id: str) -> dict[str, Any]:
        """Return the task with this id, or the latest one of this requestid.

        :raises NotFound: there is none.
        """
        row = await self._database.read(_find, id)
        if row is None:
            raise NotFound(f"no task {id}")
        return await self._shown(row, answer=True)

    async def follow(self, id: str, wait: float = 0.0) -> AsyncIterator[dict[str, Any] | None]:
        """Yield the task as it is and again each time it has changed, until it has ended.

        Nothing is kept for who follows it. None is yielded after :data:`QUIET` seconds without a change.

        :param wait: seconds that the task may take to begin.
        :raises NotFound: there is none.
        """
        begun = time.monotonic()
        shown = await self._begun(id, begun + wait)
        while True:
            yield shown
            told, since = shown, time.monotonic()
            if told["state"] != "running":
                return
            while shown == told:
                await asyncio.sleep(_LOOK)
                progress = self._running.get(told["id"])
                # Of one that runs here no table needs to be asked.
                if progress is None or (progress.percent, progress.bytes, progress.step) != (
                    told["percent"],
                    told["bytes"],
                    told["step"],
                ):
                    shown = await self.get(told["id"])
                if shown == told and time.monotonic() - since > QUIET:
                    yield None
                    since = time.monotonic()

    async def _begun(self, id: str, until: float) -> dict[str, Any]:
        while True:
            try:
                return await self.get(id)
            except NotFound:
                if time.monotonic() >= until:
                    raise
            await asyncio.sleep(_LOOK)

    async def all(self) -> list[dict[str, Any]]:
        """Return all tasks that are kept, the latest first, without their answers."""
        return [await self._shown(row, answer=False) for row in await self._database.read(_all)]

    async def _state(self, row: dict[str, Any]) -> str:
        if row["state"] != "running" or row["id"] in self._running:
            return str(row["state"])
        silent = time.time() - row["updated"]
        if self._database.shared:
            lost = silent > _BEGINS and await self._database.locks.free(_lock(row["id"]))
        else:
            lost = silent > SILENCE
        return "lost" if lost else "running"

    async def _shown(self, row: dict[str, Any], *, answer: bool) -> dict[str, Any]:
        shown = {key: row[key] for key in ("id", "requestid", "command", "node", "percent", "bytes", "step")}
        shown["state"] = await self._state(row)
        if (progress := self._running.get(row["id"])) is not None:
            shown.update(percent=progress.percent, bytes=progress.bytes, step=progress.step)
        if answer:
            shown["status"] = row["status"]
            shown["answer"] = json.loads(row["answer"]) if row["answer"] else None
        return shown

    def start(self) -> None:
        """Begin to tell the database of the progress of what runs here."""
        self._heart = asyncio.create_task(self._beat())

    async def close(self) -> None:
        """Stop that."""
        if self._heart is not None:
            self._heart.cancel()
            await asyncio.gather(self._heart, return_exceptions=True)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(SILENCE / 6)
            if self._running:
                values = {
                    id: {
                        "percent": item.percent,
                        "bytes": item.bytes,
                        "step": item.step,
                        "updated": time.time(),
                    }
                    for id, item in self._running.items()
                }
                await self._database.write(_progress, values)


def _lock(id: str) -> str:
    return f"task {id}"


def _begin(connection: Connection, row: dict[str, Any], retention: float) -> dict[str, Any] | None:
    """Write the task down; return the earlier one of the same id instead, if there is one."""
    earlier = connection.execute(select(tasks).where(tasks.c.id == row["id"])).mappings().first()
    if earlier is not None:
        return dict(earlier)
    connection.execute(delete(tasks).where(tasks.c.updated < row["updated"] - retention))
    connection.execute(insert(tasks).values(**row))
    return None


def _finish(connection: Connection, id: str, values: dict[str, Any]) -> None:
    connection.execute(update(tasks).where(tasks.c.id == id).values(**values))


def _progress(connection: Connection, values: dict[str, dict[str, Any]]) -> None:
    for id, columns in values.items():
        changed = update(tasks).where(tasks.c.id == id, tasks.c.state == "running").values(**columns)
        connection.execute(changed)


def _find(connection: Connection, id: str) -> dict[str, Any] | None:
    query = select(tasks).where(or_(tasks.c.id == id, tasks.c.requestid == id))
    # The id itself comes first, then the latest call of the request.
    row = connection.execute(query.order_by(tasks.c.id != id, tasks.c.updated.desc())).mappings().first()
    return None if row is None else dict(row)


def _all(connection: Connection) -> list[dict[str, Any]]:
    query = select(tasks).order_by(tasks.c.updated.desc()).limit(1000)
    return [dict(row) for row in connection.execute(query).mappings()]
