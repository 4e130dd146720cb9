# SPDX-License-Identifier: Apache-2.0
"""What several management nodes on one PostgreSQL do to each other: they wait, and never do a thing twice."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from tests.support.polling import for_ever, turns, until
from tests.support.postgresql import PostgreSQL, postgresql
from zvm.manager import noderange, tasks
from zvm.manager.database import Database
from zvm.manager.errors import Refused
from zvm.manager.tables.rows import select_row, select_rows, upsert
from zvm.manager.tasks import Answer, Progress, Tasks

__all__ = ["postgresql"]

_NUMBER = iter(range(1000))


@pytest.fixture
def url(postgresql: PostgreSQL) -> str:
    return postgresql.database(f"shared{next(_NUMBER)}")


@pytest.fixture
def nodes(url: str) -> Iterator[tuple[Database, Database]]:
    """The database as two management nodes have it."""
    pair = Database(url), Database(url)
    with ThreadPoolExecutor() as threads:
        list(threads.map(Database.migrate, pair))
    yield pair
    for database in pair:
        database.close()


async def run(database: Database, work: object, id: str = "one") -> Answer:
    named = {"requestid": "r", "user": "u", "command": "c", "node": "n"}
    return await Tasks(database, 3600).run(id, work=work, **named)  # type: ignore[arg-type]


async def test_both_make_the_tables_at_once(nodes: tuple[Database, Database]) -> None:
    one, two = nodes
    await one.write(upsert, "zvm", {"node": "a"}, {"userid": "A"})
    row = await two.read(select_row, "zvm", {"node": "a"})
    assert row is not None
    assert row["userid"] == "A"


async def test_what_is_read_and_written_back_is_not_lost(nodes: tuple[Database, Database]) -> None:
    flags = [f"F{number}" for number in range(20)]
    await nodes[0].write(upsert, "zvm", {"node": "a"}, {"userid": "A"})
    await asyncio.gather(
        *(nodes[number % 2].write(noderange.set_flag, "a", flag, "1") for number, flag in enumerate(flags))
    )
    (row,) = await nodes[0].read(select_rows, "zvm")
    assert set(noderange.status_flags(row)) == set(flags)


async def test_one_row_whoever_comes_first(nodes: tuple[Database, Database]) -> None:
    rows = ({"mac": f"02:00:00:00:00:0{number}"} for number in range(10))
    await asyncio.gather(
        *(
            nodes[number % 2].write(upsert, "mac", {"node": "a", "interface": "1000"}, row)
            for number, row in enumerate(rows)
        )
    )
    assert len(await nodes[1].read(select_rows, "mac")) == 1


async def test_a_lock_keeps_the_other_out(nodes: tuple[Database, Database]) -> None:
    inside = 0

    async def enter(database: Database) -> None:
        nonlocal inside
        async with database.locks.held(["node b", "node a"]):
            inside += 1
            for node in nodes:  # asks the server, so that everybody else gets a chance
                assert not await node.locks.free("node a")
            assert inside == 1
            inside -= 1

    await asyncio.gather(*(enter(nodes[number % 2]) for number in range(10)))
    assert await nodes[0].locks.free("node a")


async def test_who_is_cancelled_while_waiting_leaves_no_lock(nodes: tuple[Database, Database]) -> None:
    one, two = nodes

    async def enter() -> None:
        async with two.locks.held(["node a"]):
            raise AssertionError

    async with one.locks.held(["node a"]):
        waiting = asyncio.create_task(enter())
        await turns()
        waiting.cancel()
        await asyncio.wait([waiting])
    await until(lambda: one.locks.free("node a"))


async def test_locks_outlive_a_broken_connection(nodes: tuple[Database, Database]) -> None:
    one, two = nodes
    async with one.locks.held(["node a"]):
        with two.engine.connect() as connection:
            ended = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
            connection.execute(text(ended))
        async with one.locks.held(["node b"]):
            assert not await two.locks.free("node a")


async def test_a_killed_one_loses_its_locks(nodes: tuple[Database, Database], url: str) -> None:
    code = (
        "import asyncio, sys\nfrom zvm.manager.database import Database\n"
        "async def main():\n"
        "    async with Database(sys.argv[1]).locks.held(['node a']):\n"
        "        print('held', flush=True)\n"
        "        await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, url], stdout=subprocess.PIPE) as process:  # noqa: ASYNC220
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        assert not await nodes[0].locks.free("node a")
        process.kill()
    async with asyncio.timeout(20), nodes[0].locks.held(["node a"]):
        pass


async def test_a_call_that_comes_to_both_is_done_once(nodes: tuple[Database, Database]) -> None:
    done = 0

    async def work(_: Progress) -> Answer:
        nonlocal done
        done += 1
        return Answer(201, {"data": []})

    answers = await asyncio.gather(
        *(run(nodes[number % 2], work) for number in range(8)), return_exceptions=True
    )
    assert done == 1
    assert all(isinstance(answer, Refused) or answer == Answer(201, {"data": []}) for answer in answers)
    assert await run(nodes[1], work) == Answer(201, {"data": []})
    assert done == 1


async def test_a_long_call_is_running_for_the_other_until_its_node_dies(
    nodes: tuple[Database, Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "_BEGINS", 0.0)
    began = asyncio.Event()

    async def work(_: Progress) -> Answer:
        began.set()
        await for_ever()
        raise AssertionError

    running = asyncio.create_task(run(nodes[0], work))
    await began.wait()
    other = Tasks(nodes[1], 3600)
    assert (await other.get("one"))["state"] == "running"
    nodes[0].locks.close()  # as when it is killed; the server notices in its own time

    async def lost() -> bool:
        return (await other.get("one"))["state"] == "lost"

    await until(lost)
    running.cancel()
    await asyncio.wait([running])
