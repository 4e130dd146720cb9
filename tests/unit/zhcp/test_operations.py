# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.support.polling import turns
from zvm.zhcp import errors
from zvm.zhcp.operations import Operations


class Work:
    """Counts how often it is done; goes on when it may."""

    def __init__(self, *endings: dict[str, Any] | Exception) -> None:
        self.endings = list(endings) or [{"done": True}]
        self.times = 0
        self.may_end = asyncio.Event()
        self.may_end.set()
        self.begun = asyncio.Event()

    async def __call__(self) -> dict[str, Any]:
        self.times += 1
        self.begun.set()
        await self.may_end.wait()
        ending = self.endings[min(self.times, len(self.endings)) - 1]
        if isinstance(ending, Exception):
            raise ending
        return ending


@pytest.fixture
async def operations(tmp_path: Path) -> Any:
    found = Operations(tmp_path / "operations.sqlite")
    yield found
    await found.finish(1)


async def test_the_same_id_does_nothing_twice(operations: Operations) -> None:
    work = Work({"spoolid": "0007"})
    assert await operations.run("id", "punch", work) == {"spoolid": "0007"}
    assert await operations.run("id", "punch", work) == {"spoolid": "0007"}
    assert work.times == 1


async def test_without_an_id_it_is_done_each_time(operations: Operations) -> None:
    work = Work()
    await operations.run(None, "punch", work)
    await operations.run(None, "punch", work)
    assert work.times == 2


async def test_the_same_id_at_the_same_time_waits_for_the_first(operations: Operations) -> None:
    work = Work()
    work.may_end.clear()
    both = [asyncio.create_task(operations.run("id", "x", work)) for _ in range(2)]
    await work.begun.wait()
    work.may_end.set()
    assert await asyncio.gather(*both) == [{"done": True}, {"done": True}]
    assert work.times == 1


async def test_work_goes_on_when_the_caller_leaves(operations: Operations) -> None:
    work = Work()
    work.may_end.clear()
    caller = asyncio.create_task(operations.run("id", "x", work))
    await work.begun.wait()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    work.may_end.set()
    assert await operations.run("id", "x", work) == {"done": True}
    assert work.times == 1


async def test_an_answer_outlives_the_process(tmp_path: Path) -> None:
    first = Operations(tmp_path / "db")
    await first.run("id", "x", Work({"n": 1}))
    await first.finish(1)
    second, work = Operations(tmp_path / "db"), Work({"n": 2})
    assert await second.run("id", "x", work) == {"n": 1}
    assert work.times == 0
    await second.finish(1)


async def test_work_under_which_the_process_died_is_unknown(tmp_path: Path) -> None:
    killed, work = Operations(tmp_path / "db"), Work()
    work.may_end.clear()
    task = asyncio.create_task(killed.run("id", "x", work))
    await work.begun.wait()
    restarted = Operations(tmp_path / "db")
    with pytest.raises(errors.OutcomeUnknown, match="ended while"):
        await restarted.run("id", "x", Work())
    await restarted.finish(1)
    work.may_end.set()
    await task
    await killed.finish(1)


async def test_a_refusal_is_the_answer_the_second_time_too(operations: Operations) -> None:
    refusal = errors.Refused("no", function="Image_Create_DM", rc=400, rs=8, explanation="exists")
    work = Work(refusal, {"done": True})
    for _ in range(2):
        with pytest.raises(errors.Refused) as caught:
            await operations.run("id", "x", work)
        assert caught.value.to_json() == refusal.to_json()
    assert work.times == 1


@pytest.mark.parametrize("error", [errors.Unreachable("down"), errors.Busy("busy"), errors.Invalid("cut")])
async def test_what_did_nothing_may_be_tried_again(operations: Operations, error: errors.ZhcpError) -> None:
    work = Work(error, {"done": True})
    with pytest.raises(type(error)):
        await operations.run("id", "x", work)
    assert await operations.run("id", "x", work) == {"done": True}


async def test_who_joined_work_that_did_nothing_does_it_himself(operations: Operations) -> None:
    """An upload whose connection died is repeated on a new connection before the old one is given up."""
    first, second = Work(errors.Invalid("the data broke off")), Work({"bytes": 3})
    first.may_end.clear()
    dying = asyncio.create_task(operations.run("id", "put", first))
    await first.begun.wait()
    repeated = asyncio.create_task(operations.run("id", "put", second))
    await turns()
    first.may_end.set()
    with pytest.raises(errors.Invalid):
        await dying
    assert await repeated == {"bytes": 3}


async def test_a_fault_of_our_own_is_unknown_afterwards(operations: Operations) -> None:
    with pytest.raises(ZeroDivisionError):
        await operations.run("id", "x", Work(ZeroDivisionError()))
    with pytest.raises(errors.OutcomeUnknown):
        await operations.run("id", "x", Work())


async def test_an_id_stands_for_one_request(operations: Operations) -> None:
    await operations.run("id", "a", Work())
    with pytest.raises(errors.Invalid, match="another request"):
        await operations.run("id", "b", Work())


@pytest.mark.parametrize("name", ["", "x" * 129, "a\nb"])
async def test_an_id_has_a_form(operations: Operations, name: str) -> None:
    with pytest.raises(errors.Invalid):
        await operations.run(name, "a", Work())


async def test_old_answers_are_forgotten(tmp_path: Path) -> None:
    operations, work = Operations(tmp_path / "db", retention=0.0), Work()
    await operations.run("id", "x", work)
    await operations.run("id", "x", work)
    assert work.times == 2
    await operations.finish(1)


async def test_what_does_not_end_is_cancelled_at_the_end(tmp_path: Path) -> None:
    operations, work = Operations(tmp_path / "db"), Work()
    work.may_end.clear()
    task = asyncio.create_task(operations.run("id", "x", work))
    await work.begun.wait()
    await operations.finish(0.01)
    with pytest.raises(asyncio.CancelledError):
        await task
