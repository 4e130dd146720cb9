# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.support.polling import for_ever, until
from zvm.manager import tasks as tasks_module
from zvm.manager.database import Database
from zvm.manager.errors import Invalid, NotFound, Refused
from zvm.manager.tasks import Answer, Progress, Tasks

Work = Callable[[Progress], Awaitable[Answer]]


async def run(tasks: Tasks, id: str, work: Work, *, requestid: str = "", command: str = "mkvm") -> Answer:
    return await tasks.run(id, requestid=requestid, user="u", command=command, node="a", work=work)


async def done(progress: Progress) -> Answer:
    return Answer(201, {"data": []})


async def never(progress: Progress) -> Answer:
    raise AssertionError("done twice")


async def test_nothing_is_done_twice(database: Database) -> None:
    tasks = Tasks(database, 3600)
    assert await run(tasks, "one", done) == Answer(201, {"data": []})
    assert await run(tasks, "one", never) == Answer(201, {"data": []})
    assert await run(Tasks(database, 3600), "one", never) == Answer(201, {"data": []})
    with pytest.raises(Refused, match="another call"):
        await run(tasks, "one", never, command="rmvm")
    with pytest.raises(Invalid):
        await run(tasks, "x" * 256, never)


async def test_progress_is_seen_while_it_runs(database: Database) -> None:
    tasks, go, began = Tasks(database, 3600), asyncio.Event(), asyncio.Event()

    async def work(progress: Progress) -> Answer:
        progress.at("writing", 40)
        progress.bytes = 7
        began.set()
        await go.wait()
        return Answer(200, {"data": []})

    running = asyncio.create_task(run(tasks, "one", work, requestid="req-1"))
    await began.wait()
    for id in ("one", "req-1"):
        shown = await tasks.get(id)
        assert (shown["state"], shown["percent"], shown["bytes"], shown["step"]) == (
            "running",
            40,
            7,
            "writing",
        )
    with pytest.raises(Refused, match="running"):
        await run(tasks, "one", never)
    go.set()
    await running
    shown = await tasks.get("one")
    assert (shown["state"], shown["percent"], shown["status"]) == ("finished", 100, 200)
    assert [item["id"] for item in await tasks.all()] == ["one"]


async def test_the_latest_call_of_a_request_is_shown(database: Database) -> None:
    tasks = Tasks(database, 3600)
    for id in ("one", "two"):
        await run(tasks, id, done, requestid="req-1")
    assert (await tasks.get("req-1"))["id"] == "two"
    with pytest.raises(NotFound):
        await tasks.get("three")


async def test_a_fault_is_told(database: Database) -> None:
    async def work(progress: Progress) -> Answer:
        raise RuntimeError

    tasks = Tasks(database, 3600)
    with pytest.raises(RuntimeError):
        await run(tasks, "one", work)
    assert (await tasks.get("one"))["state"] == "failed"


async def test_what_a_killed_node_left_is_lost(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    killed = asyncio.create_task(run(Tasks(database, 3600), "one", lambda _: for_ever()))  # type: ignore[arg-type, return-value]
    other = Tasks(database, 3600)
    await until(other.all)
    assert (await other.get("one"))["state"] == "running"
    monkeypatch.setattr(tasks_module, "SILENCE", 0.0)
    assert (await other.get("one"))["state"] == "lost"
    killed.cancel()


async def test_old_tasks_go(database: Database) -> None:
    tasks = Tasks(database, -1)
    await run(tasks, "one", done)
    await run(tasks, "two", done)
    assert [item["id"] for item in await tasks.all()] == ["two"]


async def test_the_database_hears_of_progress(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks_module, "SILENCE", 0.06)
    tasks, go = Tasks(database, 3600), asyncio.Event()

    async def work(progress: Progress) -> Answer:
        progress.at("half", 50)
        await go.wait()
        return Answer(200, None)

    tasks.start()
    running = asyncio.create_task(run(tasks, "one", work))
    other = Tasks(database, 3600)

    async def told() -> bool:
        return any(item["percent"] == 50 for item in await other.all())

    await until(told)
    go.set()
    await running
    await tasks.close()


async def test_it_is_followed_to_its_end(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks_module, "_LOOK", 0.01)
    monkeypatch.setattr(tasks_module, "QUIET", 0.05)
    tasks, go = Tasks(database, 3600), asyncio.Event()
    told: list[dict[str, Any]] = []
    quiet = 0

    async def work(progress: Progress) -> Answer:
        progress.at("writing", 40)
        await until(lambda: told and told[-1]["percent"] == 40)
        progress.bytes = 7
        await go.wait()
        return Answer(200, {"data": [1]})

    async def listen(who: Tasks) -> None:
        nonlocal quiet
        async for task in who.follow("req-1", 20):
            if task is None:
                quiet += 1
                go.set()
            else:
                told.append(task)

    listener = asyncio.create_task(listen(tasks))  # before the task has begun
    await run(tasks, "one", work, requestid="req-1")
    await listener
    assert quiet >= 1
    assert [task["bytes"] for task in told if task["step"]][-1] == 7
    assert (told[-1]["state"], told[-1]["percent"], told[-1]["answer"]) == ("finished", 100, {"data": [1]})
    assert len({str(task) for task in told}) == len(told)  # only what has changed
    listened = len(told)
    await listen(Tasks(database, 3600))  # one that has ended, at another node
    assert told[listened:] == told[listened - 1 : listened]
    with pytest.raises(NotFound):
        await anext(tasks.follow("nosuch"))


async def test_one_that_fails_ends_the_events(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks_module, "_LOOK", 0.01)
    tasks, began = Tasks(database, 3600), asyncio.Event()

    async def work(_progress: Progress) -> Answer:
        await began.wait()
        raise ConnectionError

    running = asyncio.create_task(run(tasks, "one", work))
    events = tasks.follow("one", 20)
    assert (await anext(events) or {})["state"] == "running"
    began.set()
    assert [task["state"] async for task in events if task] == ["failed"]
    with pytest.raises(ConnectionError):
        await running
