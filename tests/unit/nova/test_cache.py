# SPDX-License-Identifier: Apache-2.0
"""The shared answer about all guests."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from zvm.nova import exceptions
from zvm.nova.cache import MAX_AGE, START_AGE, SharedAnswer


class Source:
    """Counts how often it is asked; answers with that count."""

    def __init__(self) -> None:
        self.now = 0.0
        self.asked = 0

    def fetch(self) -> list[int]:
        self.asked += 1
        return [self.asked]

    def clock(self) -> float:
        return self.now


def make() -> tuple[Source, SharedAnswer[int]]:
    source = Source()
    return source, SharedAnswer(source.fetch, source.clock)


def test_an_answer_serves_for_its_age() -> None:
    source, answer = make()
    assert answer.get() == answer.get() == (1,)
    source.now = MAX_AGE
    assert answer.get() == (1,)
    source.now = MAX_AGE + 0.1
    assert answer.get() == (2,)


def test_fresh_asks_again_when_time_has_passed() -> None:
    source, answer = make()
    answer.get()
    source.now = 0.1
    assert answer.get(fresh=True) == (2,)


def test_a_change_expires_the_answer() -> None:
    source, answer = make()
    answer.get()
    source.now = 0.1
    answer.expire()
    assert answer.get() == (2,)
    assert answer.get() == (2,)


def test_a_change_during_a_fetch_makes_the_next_question_fetch_again() -> None:
    source = Source()
    answer: SharedAnswer[int] = SharedAnswer(lambda: changed_meanwhile(), source.clock)

    def changed_meanwhile() -> list[int]:
        source.now += 0.1
        if source.asked == 0:
            answer.expire()
        return source.fetch()

    assert answer.get() == (1,)
    assert answer.get() == (2,)


def test_a_failed_fetch_is_not_remembered() -> None:
    problems = [RuntimeError("dead"), None]

    def fetch() -> list[int]:
        if problem := problems.pop(0):
            raise problem
        return [1]

    answer: SharedAnswer[int] = SharedAnswer(fetch)
    with pytest.raises(RuntimeError):
        answer.get()
    assert answer.get() == (1,)


def test_askers_share_the_fetch_that_begins_after_their_question() -> None:
    begun, go_on = threading.Event(), threading.Event()
    asked: list[int] = []

    def fetch() -> list[int]:
        asked.append(1)
        begun.set()
        assert go_on.wait(10)
        return [len(asked)]

    answer: SharedAnswer[int] = SharedAnswer(fetch)
    answers: list[tuple[int, ...]] = []
    first = threading.Thread(target=lambda: answers.append(answer.get(fresh=True)))
    first.start()
    assert begun.wait(10)
    waiting = [threading.Thread(target=lambda: answers.append(answer.get(fresh=True))) for _ in range(8)]
    for thread in waiting:
        thread.start()
    go_on.set()
    for thread in (first, *waiting):
        thread.join(10)
    assert len(answers) == 9
    assert len(asked) <= 9
    assert answer.get() == (len(asked),)


def test_the_last_answer_serves_while_there_is_none() -> None:
    answers = iter([[1], exceptions.Unreachable(reason="down", function="GET", next=""), [2]])

    def fetch() -> list[int]:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    answer: SharedAnswer[int] = SharedAnswer(fetch)
    assert answer.get() == (1,)
    answer.expire()
    assert answer.get(or_last=True) == (1,)
    assert answer.get() == (2,)


def test_without_a_last_answer_the_outage_is_told() -> None:
    def fetch() -> list[int]:
        raise exceptions.Unreachable(reason="down", function="GET", next="")

    with pytest.raises(exceptions.Unreachable):
        SharedAnswer(fetch).get(or_last=True)


def test_one_answer_serves_all_questions_as_the_service_starts() -> None:
    source, answer = make()
    answer.get()
    source.now = 0.1
    answer.start()
    assert {answer.get(fresh=True) for _ in range(1000)} == {(2,)}
    source.now = MAX_AGE + 0.2
    assert answer.get() == (2,)
    source.now += 0.1
    answer.expire()  # an instance was changed
    assert answer.get(fresh=True) == (3,)
    source.now += START_AGE + 0.1
    assert answer.get(fresh=True) == (4,)
    answer.started()
    source.now += 0.1
    assert answer.get(fresh=True) == (5,)


def test_who_waits_for_an_outage_to_end_keeps_nobody_waiting() -> None:
    away = exceptions.Unreachable(reason="down", function="GET", next="")
    told, go_on = threading.Event(), threading.Event()
    answers: list[Exception | list[int]] = [away, away, [1]]

    def fetch() -> list[int]:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def together(call: Callable[[], tuple[int, ...]]) -> tuple[int, ...]:
        try:
            return call()
        except exceptions.Unreachable:
            if threading.current_thread() is not patient:
                raise
            told.set()
            assert go_on.wait(10)
            return call()

    answer: SharedAnswer[int] = SharedAnswer(fetch, together=together)
    found: list[tuple[int, ...]] = []
    patient = threading.Thread(target=lambda: found.append(answer.get(fresh=True)), daemon=True)
    patient.start()
    assert told.wait(10)
    failed: list[bool] = []

    def ask() -> None:
        with pytest.raises(exceptions.Unreachable):
            answer.get(fresh=True)
        failed.append(True)

    impatient = threading.Thread(target=ask, daemon=True)
    impatient.start()
    impatient.join(5)
    assert failed
    go_on.set()
    patient.join(10)
    assert found == [(1,)]
