# SPDX-License-Identifier: Apache-2.0
"""The system's own routes, against the simulator or a real z/VM."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from tests.support.zhcp import PROFILE
from tests.unit.zhcp.conftest import MakeGuest, next_userid
from zvm.zhcp import errors
from zvm.zhcp.client import ZhcpClient


async def test_about(zhcp: ZhcpClient) -> None:
    about = await zhcp.about()
    assert about.smapi_level >= 540
    assert about.cp_level.startswith("z/VM Version")
    assert about.userid
    assert about.system


async def test_facts_about_the_host(zhcp: ZhcpClient) -> None:
    facts = await zhcp.host()
    assert facts["hypervisor_os"].startswith("z/VM")
    assert facts["ipl_time"].startswith("IPL at")
    assert len(facts["cplevel"]) == 3
    assert facts["cec_vendor"] == "IBM"
    assert facts["architecture"] == "s390x"
    assert facts["lpar_cpu_total"] >= facts["lpar_cpu_used"] >= 1
    assert facts["lpar_memory_total"] > facts["lpar_memory_used"] > 0
    assert facts["hypervisor_name"] == facts["system"]


async def test_a_refusal_of_smapi_has_everything(zhcp: ZhcpClient) -> None:
    userid = next_userid()
    with pytest.raises(errors.Refused) as caught:
        await zhcp.smapi("Image_Query_DM", userid)
    error = caught.value
    assert (error.function, error.target, error.rc, error.rs) == ("Image_Query_DM", userid, 400, 4)
    assert error.explanation
    assert error.next_step


async def test_the_same_operation_creates_once(zhcp: ZhcpClient, make_guest: MakeGuest) -> None:
    userid = await make_guest()
    records = {"image_record_array": [f"USER {userid} LBYONLY 512M 1G G", f"INCLUDE {PROFILE}"]}
    with pytest.raises(errors.Refused):
        await zhcp.smapi("Image_Create_DM", userid, records)
    await zhcp.smapi("Image_Delete_DM", userid)
    answers = await asyncio.gather(
        *(zhcp.smapi("Image_Create_DM", userid, records, operation_id=f"c-{userid}") for _ in range(3))
    )
    assert {answer.rc for answer in answers} == {0}


async def test_a_functions_name_and_parameters_are_checked(zhcp: ZhcpClient) -> None:
    with pytest.raises(errors.NotFound):
        await zhcp.smapi("No_Such_Function", "MAINT")
    with pytest.raises(errors.Invalid):
        await zhcp.smapi("Image_Create_DM", "LINUX01", {"image_record_array": "one string"})
    with pytest.raises(errors.Invalid):
        await zhcp.smapi("Image_Query_DM", "LINUX01", {"timeout": 1})
    with pytest.raises(errors.Invalid):
        await zhcp.smapi("Image_Query_DM", "LINUX01", timeout=0)


async def test_a_code_of_cp_is_an_answer(zhcp: ZhcpClient) -> None:
    result = await zhcp.cp(f"QUERY USER {next_userid()}")
    assert result.rc in (3, 45)
    assert result.text.startswith("HCP")
    assert (await zhcp.cp("query userid")).rc == 0


@pytest.mark.parametrize("command", ["", "QUERY USERID\nLOGOFF", "X" * 241, "QUERY \u00e4"])
async def test_a_command_is_one_line(zhcp: ZhcpClient, command: str) -> None:
    with pytest.raises(errors.Invalid):
        await zhcp.cp(command)


async def test_only_who_has_the_token(zhcp: ZhcpClient) -> None:
    for token in (None, "wrong"):
        async with ZhcpClient(zhcp.url, token=token) as stranger:
            assert await stranger.healthy()
            with pytest.raises(errors.Unauthenticated):
                await stranger.about()
            with pytest.raises(errors.Unreachable):
                async with stranger.console("MAINT"):
                    pass


async def raw(
    zhcp: ZhcpClient, method: str, path: str, **options: object
) -> tuple[int, dict[str, dict[str, object]]]:
    """Send a request that the client would not send."""
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, zhcp.url + path, headers=zhcp._connection._headers, **options) as response,  # type: ignore[arg-type]
    ):
        return response.status, await response.json()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/nothing", 404),
        ("PATCH", "/v1/guests", 405),
        ("GET", "/v1/guests/LINUX01?timeout=x", 400),
        ("GET", "/v1/guests/LINUX01?timeout=nan", 400),
        ("GET", "/v1/disks/LINUX01/0100?length=-1", 400),
        ("PUT", "/v1/disks/LINUX01/0100?sha256=xyz", 400),
        ("GET", "/v1/console/LINUX01/log?bytes=0", 400),
        ("POST", "/v1/spool/LINUX01", 400),
        ("POST", "/v1/spool/LINUX01?name=a&type=b", 400),
        ("POST", "/v1/cp", 400),
        ("GET", "/v1/guests/A%0AB", 400),
        ("GET", "/v1/guests/..%2F..%2Fetc", 404),
    ],
)
async def test_wrong_requests_get_our_error(zhcp: ZhcpClient, method: str, path: str, status: int) -> None:
    code, answer = await raw(zhcp, method, path)
    assert code == status
    assert answer["error"]["kind"] == ("not_found" if status == 404 else "invalid")


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"command": 1}', b'{"command": "Q", "operation_id": 5}'])
async def test_wrong_bodies_get_our_error(zhcp: ZhcpClient, body: bytes) -> None:
    code, answer = await raw(zhcp, "POST", "/v1/cp", data=body)
    assert (code, answer["error"]["kind"]) == (400, "invalid")


async def test_openapi_has_every_route(zhcp: ZhcpClient) -> None:
    code, document = await raw(zhcp, "GET", "/openapi.json")
    assert code == 200
    assert "/v1/disks/{userid}/{vdev}" in document["paths"]


async def test_counters(zhcp: ZhcpClient) -> None:
    await zhcp.about()
    async with (
        aiohttp.ClientSession() as session,
        session.get(zhcp.url + "/metrics", headers=zhcp._connection._headers) as response,
    ):
        text = await response.text()
    assert 'zvm_zhcp_smapi_calls_total{function="Query_API_Functional_Level",outcome="done"}' in text
    assert 'zvm_zhcp_cp_commands_total{outcome="done",verb="QUERY"}' in text
