# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.zhcp.fake_platform import FakePlatform
from zvm.zhcp import errors
from zvm.zhcp.agent import AgentStream, GuestAgent, changes


def test_everything_before_the_answer_to_sync_is_stale() -> None:
    stream = AgentStream()
    sent = stream.sync(42)
    assert sent.startswith(b"\xff")
    assert json.loads(sent[1:]) == {"execute": "guest-sync-delimited", "arguments": {"id": 42}}
    assert stream.feed(b'{"return": {"old": 1}}\n') == []
    assert stream.feed(b'half an ans\xff{"return": 41}\n') == []
    assert not stream.synchronised
    assert stream.feed(b'\xff{"return": 42}\n{"return": {}}\n') == [{"return": {}}]
    assert stream.synchronised


@given(st.lists(st.dictionaries(st.text(), st.integers())), st.integers(1, 7))
def test_answers_come_out_however_the_octets_are_cut(answers: list[dict[str, int]], piece: int) -> None:
    stream = AgentStream()
    stream.sync(1)
    octets = b'\xff{"return": 1}\n' + b"".join(json.dumps(answer).encode() + b"\n" for answer in answers)
    found = []
    for at in range(0, len(octets), piece):
        found += stream.feed(octets[at : at + piece])
    assert found == answers


@given(st.binary())
def test_any_octets_give_answers_or_nothing(octets: bytes) -> None:
    stream = AgentStream()
    for answer in stream.feed(octets):
        assert isinstance(answer, dict)


@pytest.fixture
def platform() -> FakePlatform:
    return FakePlatform()


async def test_a_refusal_of_the_agent(platform: FakePlatform) -> None:
    platform.agent_answers["guest-exec"] = {"error": {"class": "GenericError", "desc": "no such file"}}
    with pytest.raises(errors.Refused, match="no such file") as caught:
        await GuestAgent(platform).execute("LINUX01", "guest-exec")
    assert (caught.value.function, caught.value.target) == ("guest-exec", "LINUX01")


async def test_ping(platform: FakePlatform) -> None:
    agent = GuestAgent(platform)
    assert not await agent.ping("LINUX01")
    platform.agent_answers["guest-ping"] = {"return": {}}
    assert await agent.ping("LINUX01")


async def test_a_program_is_run_to_its_end(platform: FakePlatform) -> None:
    ends = iter([{"exited": False}, {"exited": True, "exitcode": 3, "out-data": "aGk="}])
    asked: list[dict[str, Any]] = []

    def start(command: dict[str, Any]) -> dict[str, Any]:
        asked.append(command["arguments"])
        return {"return": {"pid": 7}}

    platform.agent_answers["guest-exec"] = start
    platform.agent_answers["guest-exec-status"] = lambda command: {"return": next(ends)}
    result = await GuestAgent(platform).run("LINUX01", "/bin/echo", ["hi; rm -rf /"])
    assert (result.exit_code, result.out, result.err) == (3, b"hi", b"")
    assert asked == [{"path": "/bin/echo", "arg": ["hi; rm -rf /"], "capture-output": True}]


async def test_a_program_that_does_not_end_is_unknown(platform: FakePlatform) -> None:
    platform.agent_answers["guest-exec"] = {"return": {"pid": 7}}
    platform.agent_answers["guest-exec-status"] = {"return": {"exited": False}}
    with pytest.raises(errors.OutcomeUnknown):
        await GuestAgent(platform).run("LINUX01", "/bin/sleep", ["9"], timeout=0.01)


async def test_a_password_goes_encoded(platform: FakePlatform) -> None:
    asked: list[dict[str, Any]] = []

    def take(command: dict[str, Any]) -> dict[str, Any]:
        asked.append(command["arguments"])
        return {"return": {}}

    platform.agent_answers["guest-set-user-password"] = take
    await GuestAgent(platform).set_password("LINUX01", "root", "gehäim")
    assert base64.b64decode(asked[0]["password"]).decode() == "gehäim"
    assert asked[0]["crypted"] is False


def test_which_commands_change_something() -> None:
    assert changes("guest-shutdown")
    assert changes("guest-exec")
    assert not changes("guest-ping")
    assert not changes("guest-get-osinfo")
