# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.unit.zhcp.fake_platform import FakePlatform
from zvm.smapi import codes
from zvm.smapi import errors as smapi_errors
from zvm.smapi.frames import Reply
from zvm.zhcp import errors
from zvm.zhcp.relocation import Relocations, Wish
from zvm.zhcp.results import CpResult
from zvm.zhcp.smapi_session import SmapiSession

HERE = CpResult(rc=0, text="LINUX01  - DSC\n")
AWAY = CpResult(rc=0, text="LINUX01  - SSI\n")
REASONS = CpResult(
    rc=1940,
    text="HCPRLH1940E LINUX01 is not relocatable for the following reason(s):\n"
    "HCPRLI1996I LINUX01: device 0300 is a V-DISK\n"
    "HCPRLI1981I LINUX01: ZVM2 has too little storage\n",
)


class Smapi:
    """Answers as a test wants, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.refusals: dict[str, tuple[int, int, str]] = {"VMRELOCATE_Status": (4, 3001, "")}
        self.hold: asyncio.Event | None = None

    async def call(self, function: str, target: str, *, timeout: float, **parameters: Any) -> Reply:
        self.asked.append((function, parameters))
        if function == "VMRELOCATE" and self.hold is not None:
            await self.hold.wait()
        if function in self.refusals:
            rc, rs, text = self.refusals[function]
            explanation = codes.explain(rc, rs, function)
            raise smapi_errors.SmapiError(function, target, rc, rs, text, explanation, Reply(rc, rs))
        lines = [f"{target} ZVM1 ZVM2 ZHCP 10:11:12 Moving Memory, Pass 2"]
        return Reply(0, 0, {"relocationStatus": lines})


@pytest.fixture
def platform() -> FakePlatform:
    found = FakePlatform()
    found.answers["QUERY USER"] = HERE
    return found


@pytest.fixture
def smapi() -> Smapi:
    return Smapi()


@pytest.fixture
def relocations(platform: FakePlatform, smapi: Smapi) -> Relocations:
    return Relocations(platform, SmapiSession(smapi))


async def test_every_reason_is_told(relocations: Relocations, platform: FakePlatform) -> None:
    platform.answers["VMRELOCATE TEST"] = REASONS
    with pytest.raises(errors.Refused, match="V-DISK; ZVM2 has too little storage") as caught:
        await relocations.test("linux01", "zvm2", ["STORAGE"])
    assert [reason["number"] for reason in caught.value.details["reasons"]] == [1996, 1981]
    assert platform.commands == ["VMRELOCATE TEST USER LINUX01 TO ZVM2 FORCE STORAGE"]


async def test_a_refused_move_is_told_in_words(
    relocations: Relocations, platform: FakePlatform, smapi: Smapi
) -> None:
    smapi.refusals["VMRELOCATE"] = (4, 3000, "1940 1996 1981")
    platform.answers["VMRELOCATE TEST"] = REASONS
    with pytest.raises(errors.Refused, match="V-DISK"):
        await relocations.move("LINUX01", Wish("ZVM2"))
    del platform.answers["VMRELOCATE TEST"]  # what was in the way is gone
    with pytest.raises(errors.Refused) as caught:
        await relocations.move("LINUX01", Wish("ZVM2"))
    assert (caught.value.rc, caught.value.rs) == (4, 3000)


async def test_a_move_that_is_answered_at_its_end_is_seen_to_begin(
    relocations: Relocations, smapi: Smapi
) -> None:
    smapi.hold = asyncio.Event()
    del smapi.refusals["VMRELOCATE_Status"]
    wish = Wish("ZVM2", immediate=True, max_total=60, max_quiesce=5)
    found = await relocations.move("LINUX01", wish)
    assert (found.state, found.source, found.destination) == ("moving", "ZVM1", "ZVM2")
    assert found.status == "Moving Memory, Pass 2"
    limits = {"immediate": "YES", "max_total": "60", "max_quiesce": "5"}
    assert smapi.asked[0] == ("VMRELOCATE", {"destination": "ZVM2", "action": "MOVE", **limits})
    with pytest.raises(errors.Refused, match="being relocated already"):
        await relocations.move("LINUX01", Wish("ZVM3"))
    await relocations.stop()


async def test_where_a_guest_is(relocations: Relocations, platform: FakePlatform) -> None:
    assert (await relocations.state("LINUX01")).where == "here"
    platform.answers["QUERY USER"] = AWAY
    assert (await relocations.state("LINUX01")).where == "elsewhere"
    platform.answers["QUERY USER"] = CpResult(rc=45, text="HCPCQU045E LINUX01 not logged on\n")
    assert (await relocations.state("LINUX01")).where == "off"
    platform.answers["QUERY USER"] = CpResult(rc=3, text="HCPCQV003E Invalid option - LINUX01\n")
    with pytest.raises(errors.Refused, match="Invalid option"):
        await relocations.state("LINUX01")


async def test_none_to_end_is_no_error(relocations: Relocations, smapi: Smapi) -> None:
    assert await relocations.cancel("LINUX01")
    assert await relocations.modify("LINUX01", None, 30)
    assert smapi.asked[-1] == ("VMRELOCATE_Modify", {"max_total": "NOLIMIT", "max_quiesce": "30"})
    smapi.refusals |= {"VMRELOCATE": (8, 3000, "1926"), "VMRELOCATE_Modify": (8, 3010, "1926")}
    assert not await relocations.cancel("LINUX01")
    assert not await relocations.modify("LINUX01", None, None)
    del smapi.refusals["VMRELOCATE_Status"]  # there is one after all
    with pytest.raises(errors.Refused):
        await relocations.cancel("LINUX01")


@pytest.mark.parametrize("word", ["ZVM2 IMMEDIATE", "", "TOOLONGNAME"])
async def test_what_is_no_member(relocations: Relocations, platform: FakePlatform, word: str) -> None:
    with pytest.raises(errors.Invalid):
        await relocations.test("LINUX01", word)
    with pytest.raises(errors.Invalid):
        await relocations.test("LINUX01", "ZVM2", ["EVERYTHING"])
    assert platform.commands == []
