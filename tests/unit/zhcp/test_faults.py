# SPDX-License-Identifier: Apache-2.0
"""The zHCP before a z/VM that is busy, loses answers or refuses; only the simulator does so on purpose."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.support.polling import until
from tests.support.simulator import SimulatorProcess
from tests.unit.zhcp.conftest import MakeGuest, image, next_userid
from zvm.zhcp import errors
from zvm.zhcp.client import ZhcpClient


@pytest.fixture(autouse=True)
def no_faults_left(simulator: SimulatorProcess) -> Any:
    yield
    simulator.control("DELETE", "/faults")


def fault(simulator: SimulatorProcess, function: str, target: str, **what: Any) -> None:
    simulator.control("POST", "/faults", {"function": function, "target": target, **what})


def records(userid: str) -> dict[str, Any]:
    return {"image_record_array": [f"USER {userid} LBYONLY 512M 1G G"]}


@pytest.mark.parametrize(("rc", "rs"), [(596, 6312), (596, 1185), (400, 12)])
async def test_busy_is_waited_out(simulator: SimulatorProcess, zhcp: ZhcpClient, rc: int, rs: int) -> None:
    userid = next_userid()
    fault(simulator, "Image_Create_DM", userid, rc=rc, rs=rs, times=2)
    assert (await zhcp.smapi("Image_Create_DM", userid, records(userid))).rc == 0
    assert simulator.control("GET", "/faults") in ([], {"faults": []})
    await zhcp.smapi("Image_Delete_DM", userid)


async def test_a_real_lock_is_refused_at_once(zhcp: ZhcpClient, make_guest: MakeGuest) -> None:
    userid = await make_guest()
    await zhcp.smapi("Image_Lock_DM", userid)
    async with asyncio.timeout(10):
        with pytest.raises(errors.Refused) as caught:
            await zhcp.smapi("Image_Delete_DM", userid)
    assert (caught.value.rc, caught.value.rs) == (400, 12)
    await zhcp.smapi("Image_Unlock_DM", userid)


async def test_a_lost_answer_is_recovered(simulator: SimulatorProcess, zhcp: ZhcpClient) -> None:
    userid = next_userid()
    fault(simulator, "Image_Create_DM", userid, drop="after_commit")
    assert (await zhcp.smapi("Image_Create_DM", userid, records(userid))).rc == 0
    await zhcp.smapi("Image_Delete_DM", userid)


async def test_a_refusal_the_simulator_was_told(simulator: SimulatorProcess, zhcp: ZhcpClient) -> None:
    userid = next_userid()
    fault(simulator, "Image_Create_DM", userid, rc=408, rs=24)
    with pytest.raises(errors.Refused) as caught:
        await zhcp.smapi("Image_Create_DM", userid, records(userid))
    assert (caught.value.rc, caught.value.rs) == (408, 24)
    assert caught.value.explanation


async def test_the_state_of_all_guests_costs_one_command(
    simulator: SimulatorProcess, zhcp: ZhcpClient
) -> None:
    simulator.control("DELETE", "/calls")
    await zhcp.guests()
    assert [call["kind"] for call in calls(simulator)] == ["cp"]


async def test_a_guest_that_answers_costs_nothing(
    simulator: SimulatorProcess, zhcp: ZhcpClient, make_guest: MakeGuest
) -> None:
    userid = await make_guest(1)
    await zhcp.write_disk(userid, "0100", image())
    await zhcp.smapi("Image_Activate", userid)
    simulator.control("DELETE", "/calls")
    assert (await zhcp.guest(userid, wait="reachable", timeout=60)).reachable
    assert calls(simulator) == []


async def test_writing_a_disk_costs_no_smapi_call(
    simulator: SimulatorProcess, zhcp: ZhcpClient, make_guest: MakeGuest
) -> None:
    golden, userid = await make_guest(1), await make_guest(1)
    simulator.control("DELETE", "/calls")
    await zhcp.write_disk(golden, "0100", image())
    await zhcp.clone_disk(userid, "0100", golden, "0100")
    await zhcp.punch(userid, b"x", name="cfgdrive", type="tgz")
    assert {call["kind"] for call in calls(simulator)} == {"cp"}


def calls(simulator: SimulatorProcess) -> list[dict[str, Any]]:
    found = simulator.control("GET", "/calls")
    return list(found["calls"] if isinstance(found, dict) else found)


async def test_an_upload_that_breaks_off_can_be_repeated(zhcp: ZhcpClient, make_guest: MakeGuest) -> None:
    userid = await make_guest(2)
    before = (await zhcp.cp("QUERY VIRTUAL DASD")).text

    async def breaks() -> AsyncIterator[bytes]:
        yield bytes(200_000)
        raise OSError("the source is gone")

    with pytest.raises(OSError, match="gone"):
        await zhcp.write_disk(userid, "0100", breaks(), operation_id=f"up-{userid}")
    data = image()
    written = await zhcp.write_disk(userid, "0100", data, operation_id=f"up-{userid}-2")
    assert written.bytes == len(data)

    async def as_before() -> bool:
        return (await zhcp.cp("QUERY VIRTUAL DASD")).text == before

    await until(as_before)


async def test_nobody_is_waited_for_when_the_caller_has_left(
    simulator: SimulatorProcess, zhcp: ZhcpClient, make_guest: MakeGuest
) -> None:
    userid, other = await make_guest(), await make_guest()

    def asked(userid: str) -> int:
        return sum(call.get("command") == f"QUERY USER {userid}" for call in calls(simulator))

    async def watch(userid: str, times: int) -> None:
        """Wait for a guest until z/VM was asked so often, then leave."""
        waiting, wanted = asyncio.create_task(zhcp.guest(userid, wait="running", timeout=3600)), asked(userid)
        await until(lambda: asked(userid) >= wanted + times)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)

    async def forgotten() -> bool:
        """While another guest is asked for twice as often, which takes longer each time, nobody asks."""
        before = asked(userid)
        await watch(other, 6)
        return asked(userid) == before

    await watch(userid, 3)
    await until(forgotten)
