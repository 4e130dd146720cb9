# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.support.polling import turns
from zvm.smapi import codes
from zvm.smapi import errors as smapi_errors
from zvm.smapi.frames import Reply
from zvm.zhcp import errors
from zvm.zhcp.metrics import Metrics
from zvm.zhcp.smapi_session import SmapiSession


def refusal(function: str, rc: int, rs: int) -> smapi_errors.SmapiError:
    explanation = codes.explain(rc, rs, function)
    return smapi_errors.SmapiError(function, "LINUX01", rc, rs, "", explanation, Reply(rc, rs))


class ScriptedClient:
    """Answers each function with what a test wrote down, the last one again and again."""

    def __init__(self, **script: list[Any]) -> None:
        self.script = script
        self.calls: list[str] = []
        self.running = self.most = 0

    async def call(self, function: str, target: str, *, timeout: float, **parameters: Any) -> Reply:
        self.calls.append(function)
        self.running += 1
        self.most = max(self.most, self.running)
        await turns()
        self.running -= 1
        answers = self.script.get(function, [Reply(0, 0)])
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def session(client: ScriptedClient, **options: Any) -> SmapiSession:
    return SmapiSession(client, **{"busy_limit": 5.0, "busy_interval": 0.001, **options})


@pytest.mark.parametrize(("rc", "rs"), [(596, 1185), (596, 6312), (400, 12), (408, 12)])
async def test_a_busy_directory_manager_is_waited_out(rc: int, rs: int) -> None:
    busy, metrics = refusal("Image_Create_DM", rc, rs), Metrics()
    client = ScriptedClient(Image_Create_DM=[busy, busy, Reply(0, 0)], Image_Lock_Query_DM=[Reply(0, 24)])
    reply = await session(client, metrics=metrics).call("Image_Create_DM", "LINUX01")
    assert reply.rc == 0
    assert client.calls.count("Image_Create_DM") == 3
    assert metrics.registry.get_sample_value("zvm_zhcp_busy_waits_total") == 2


async def test_busy_for_too_long_is_busy() -> None:
    client = ScriptedClient(Image_Create_DM=[refusal("Image_Create_DM", 596, 6312)])
    with pytest.raises(errors.Busy) as caught:
        await session(client, busy_limit=0.01).call("Image_Create_DM", "LINUX01")
    assert (caught.value.rc, caught.value.rs, caught.value.function) == (596, 6312, "Image_Create_DM")


async def test_a_lock_somebody_set_on_the_entry_is_not_waited_for() -> None:
    locked = Reply(0, 12, {"lockedTypeImageLockedBy": "IMAGE MAINT", "lockedDevList": []})
    client = ScriptedClient(
        Image_Delete_DM=[refusal("Image_Delete_DM", 400, 12)], Image_Lock_Query_DM=[locked]
    )
    with pytest.raises(errors.Refused) as caught:
        await session(client).call("Image_Delete_DM", "LINUX01")
    assert client.calls == ["Image_Delete_DM", "Image_Lock_Query_DM"]
    assert (caught.value.rc, caught.value.rs) == (400, 12)


async def test_a_refusal_carries_the_numbers_and_the_words() -> None:
    client = ScriptedClient(Image_Create_DM=[refusal("Image_Create_DM", 400, 8)])
    with pytest.raises(errors.Refused) as caught:
        await session(client).call("Image_Create_DM", "LINUX01")
    error = caught.value
    assert (error.function, error.target, error.rc, error.rs) == ("Image_Create_DM", "LINUX01", 400, 8)
    assert error.explanation
    assert client.calls == ["Image_Create_DM"]


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        (smapi_errors.Unreachable("refused"), errors.Unreachable),
        (smapi_errors.NotSupported("no AF_IUCV"), errors.NotSupported),
        (smapi_errors.OutcomeUnknown("Image_Create_DM", "LINUX01", 7, "lost"), errors.OutcomeUnknown),
        (smapi_errors.ProtocolError("rubbish"), errors.OutcomeUnknown),
        (smapi_errors.InvalidParameter("image_record_array", "too long"), errors.Invalid),
        (smapi_errors.UnknownFunction("Image_Crate_DM"), errors.NotFound),
    ],
)
async def test_each_fault_gets_its_kind(raised: Exception, kind: type[errors.ZhcpError]) -> None:
    client = ScriptedClient(Image_Create_DM=[raised])
    with pytest.raises(errors.ZhcpError) as caught:
        await session(client).call("Image_Create_DM", "LINUX01")
    assert type(caught.value) is kind
    assert client.calls == ["Image_Create_DM"]


async def test_no_more_calls_at_once_than_the_limit() -> None:
    client = ScriptedClient()
    limited = session(client, limit=2)
    await asyncio.gather(*(limited.call("Image_Query_DM", "LINUX01") for _ in range(10)))
    assert client.most == 2
    assert len(client.calls) == 10


async def test_calls_are_counted_by_their_outcome() -> None:
    metrics = Metrics()
    client = ScriptedClient(Image_Query_DM=[Reply(0, 0), refusal("Image_Query_DM", 400, 4)])
    counted = session(client, metrics=metrics)
    await counted.call("Image_Query_DM", "LINUX01")
    with pytest.raises(errors.Refused):
        await counted.call("Image_Query_DM", "LINUX01")
    for outcome in ("done", "refused"):
        labels = {"function": "Image_Query_DM", "outcome": outcome}
        assert metrics.registry.get_sample_value("zvm_zhcp_smapi_calls_total", labels) == 1
    assert b'zvm_zhcp_smapi_calls_total{function="Image_Query_DM",outcome="done"} 1.0' in metrics.text()
