# SPDX-License-Identifier: Apache-2.0
"""The request server on real sockets: frames, identity, faults, lost replies, asynchronous work."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.support.polling import until
from tests.unit.simulator.worlds import config
from zvm.simulator.smapi_server import SmapiServer
from zvm.simulator.system import System
from zvm.smapi.aio import AsyncClient
from zvm.smapi.endpoint import TcpEndpoint, UnixEndpoint
from zvm.smapi.errors import SmapiError
from zvm.smapi.frames import Request, encode_request

RECORDS = ["USER LINUX01 LBYONLY 1G 1G G", "INCLUDE LNXDFLT"]
MAINT = ("MAINT", "MAINTPW")


class Running:
    """A system that listens on a UNIX socket and a TCP port."""

    def __init__(self, folder: Path, **smapi: Any) -> None:
        settings = config(folder)
        settings = replace(settings, smapi=replace(settings.smapi, **smapi))
        self.system = System(settings, folder / "state")
        self.server = SmapiServer(self.system)
        self.path = folder / "smapi.sock"
        self.port = 0

    async def start(self) -> Running:
        await self.server.listen_unix(self.path)
        self.port = await self.server.listen_tcp()
        return self

    async def stop(self) -> None:
        await self.server.close()
        self.system.close()

    @property
    def client(self) -> AsyncClient:
        return AsyncClient(UnixEndpoint(str(self.path)))

    def tcp_client(self, userid: str, password: str) -> AsyncClient:
        return AsyncClient(TcpEndpoint("127.0.0.1", self.port, userid, password))

    async def raw(self, octets: bytes, *, tcp: bool = False) -> bytes:
        """Send octets, say no more, and return all that comes back."""
        if tcp:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        else:
            reader, writer = await asyncio.open_unix_connection(self.path)
        writer.write(octets)
        writer.write_eof()
        answer = await asyncio.wait_for(reader.read(), 10)
        writer.close()
        await writer.wait_closed()
        return answer

    async def codes(self, octets: bytes, *, tcp: bool = False) -> tuple[int, int]:
        """Send a request frame and return rc and rs, after checking the frames around them."""
        answer = await self.raw(octets, tcp=tcp)
        number = [int.from_bytes(answer[at : at + 4], "big", signed=True) for at in range(0, 20, 4)]
        assert number[0] == number[2] != 0
        assert number[1] == len(answer) - 8
        return number[3], number[4]


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    running = await Running(tmp_path).start()
    yield running
    await running.stop()


async def test_the_peer_of_the_unix_socket_needs_no_password_tcp_does(running: Running) -> None:
    assert (await running.client.call("Query_API_Functional_Level", "MAINT")).rs == 740
    assert (await running.tcp_client(*MAINT).call("Query_API_Functional_Level", "MAINT")).rs == 740
    for userid, password in (
        ("", ""),
        ("MAINT", "WRONG"),
        ("MAINT", ""),
        ("ZHCP", "AUTOONLY"),
        ("NOBODY", "X"),
    ):
        with pytest.raises(SmapiError) as refused:
            await running.tcp_client(userid, password).call("Query_API_Functional_Level", "MAINT")
        assert (refused.value.rc, refused.value.rs) == (120, 0)


async def test_only_authorised_userids_may_call(running: Running) -> None:
    await running.client.call("Image_Create_DM", "LINUX01", image_record_array=["USER LINUX01 SECRET"])
    with pytest.raises(SmapiError) as refused:
        await running.tcp_client("LINUX01", "secret").call("Image_Delete_DM", "MAINT")
    assert (refused.value.rc, refused.value.rs) == (100, 16)


async def test_tls(running: Running) -> None:
    authority = trustme.CA()
    server_context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(server_context)
    client_context = ssl.create_default_context()
    authority.configure_trust(client_context)
    port = await running.server.listen_tcp(tls=server_context)
    client = AsyncClient(TcpEndpoint("127.0.0.1", port, "MAINT", "MAINTPW", client_context))
    assert (await client.call("Query_API_Functional_Level", "MAINT")).rs == 740


@pytest.mark.parametrize(
    ("frame", "codes"),
    [
        ("0000000800000004ffffffff", (900, 20)),
        ("0000000800000065 41424344", (900, 36)),
        ("0000000800000000 41424344", (900, 36)),
        ("0000000800000020 41424344", (900, 20)),
        ("00000000", (900, 20)),
        ("00000018 00000004 4e6f7065 00000000 00000000 00000004 54455354", (900, 12)),
        ("00000013 ff 53797374656d5f496e666f5f5175657279 00", (0, 0)),
        ("00000008 ff 4e6f736563 00 00", (900, 12)),
    ],
)
async def test_frames(running: Running, frame: str, codes: tuple[int, int]) -> None:
    assert await running.codes(bytes.fromhex(frame)) == codes


@pytest.mark.parametrize("octets", [b"", b"\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\0\x08abc"])
async def test_what_is_no_request_gets_no_answer(running: Running, octets: bytes) -> None:
    assert await running.raw(octets) == b""


async def test_who_may_not_ask_learns_nothing_about_his_parameters(running: Running) -> None:
    frame = encode_request(Request("Image_Delete_DM", "LINUX01", "MAINT", "MAINTPW"))
    broken = (len(frame) - 5).to_bytes(4, "big") + frame[4:-1]
    assert await running.codes(broken, tcp=True) == (24, 188)
    wrong = encode_request(Request("Image_Delete_DM", "LINUX01", "MAINT", "WRONGPW"))
    broken = (len(wrong) - 5).to_bytes(4, "big") + wrong[4:-1]
    assert await running.codes(broken, tcp=True) == (120, 0)


async def test_the_request_id_comes_before_the_work(running: Running) -> None:
    running.system.faults.add(function="Image_Query_DM", delay=60.0)
    reader, writer = await asyncio.open_unix_connection(running.path)
    writer.write(encode_request(Request("Image_Query_DM", "MAINT")))
    assert len(await asyncio.wait_for(reader.readexactly(4), 10)) == 4
    writer.close()


async def test_a_reply_lost_after_the_work_is_recovered(running: Running) -> None:
    running.system.faults.add(function="Image_Create_DM", drop="after_commit")
    reply = await running.client.call("Image_Create_DM", "LINUX01", image_record_array=RECORDS)
    assert (reply.rc, reply.values["operation_id"]) == (0, -1)
    assert running.system.directory.find("LINUX01") is not None
    functions = [call["function"] for call in running.system.calls.entries()]
    assert functions == ["Image_Create_DM", "Response_Recovery"]


async def test_a_call_dropped_before_the_work_did_nothing(running: Running) -> None:
    running.system.faults.add(function="Image_Create_DM", target="linux01", drop="before")
    frame = encode_request(Request("Image_Create_DM", "LINUX01", parameters={"image_record_array": RECORDS}))
    assert len(await running.raw(frame)) == 4  # the request id and no more
    assert running.system.directory.find("LINUX01") is None


async def test_refusals_on_purpose_end_after_so_many_times(running: Running) -> None:
    running.system.faults.add(function="Image_Create_DM", target="LINUX01", rc=596, rs=6312, times=2)
    for _ in range(2):
        with pytest.raises(SmapiError) as refused:
            await running.client.call("Image_Create_DM", "LINUX01", image_record_array=RECORDS)
        assert (refused.value.rc, refused.value.rs) == (596, 6312)
    await running.client.call("Image_Create_DM", "LINUX01", image_record_array=RECORDS)
    assert [(call["rc"], call["rs"]) for call in running.system.calls.entries()] == [
        (596, 6312),
        (596, 6312),
        (0, 0),
    ]
    assert running.system.faults.pending() == []
    with pytest.raises(ValueError, match="drops"):
        running.system.faults.add(drop="sometimes")


async def test_asynchronous_mode_is_polled_to_its_end(tmp_path: Path) -> None:
    running = await Running(tmp_path, asynchronous=True, polls=1).start()
    try:
        create = {"image_record_array": RECORDS}
        frame = encode_request(Request("Image_Create_DM", "LINUX01", parameters=create))
        answer = await running.raw(frame)
        rc, rs, operation = (int.from_bytes(answer[at : at + 4], "big") for at in (12, 16, 20))
        assert (rc, operation) == (592, rs)
        poll = encode_request(
            Request("Query_Asynchronous_Operation_DM", "LINUX01", parameters={"operation_id": operation})
        )
        assert await running.codes(poll) == (0, 104)
        assert await running.codes(poll) == (0, 100)
        other = Request("Query_Asynchronous_Operation_DM", "MAINT", parameters={"operation_id": operation})
        assert await running.codes(encode_request(other)) == (452, 4)
    finally:
        await running.stop()


async def test_no_more_calls_are_worked_on_than_there_are_workers(tmp_path: Path) -> None:
    running = await Running(tmp_path, workers=2).start()
    try:
        running.system.faults.add(function="Image_Query_DM", delay=60.0, times=2)
        blocked = [
            asyncio.create_task(running.client.call("Image_Query_DM", "MAINT", timeout=60)) for _ in range(2)
        ]
        await until(lambda: not running.system.faults.pending())
        third = asyncio.create_task(running.client.call("Image_Query_DM", "MAINT", timeout=60))
        done, _ = await asyncio.wait([third], timeout=0.2)
        assert not done
        for task in (*blocked, third):
            task.cancel()
        await asyncio.gather(*blocked, third, return_exceptions=True)
    finally:
        await running.stop()


async def test_directory_work_is_refused_while_dirmaint_is_down(running: Running) -> None:
    running.system.guests.force("DIRMAINT")
    with pytest.raises(SmapiError) as refused:
        await running.client.call("Image_Query_DM", "MAINT")
    assert (refused.value.rc, refused.value.rs) == (500, 8)
    assert (await running.client.call("Image_Status_Query", "MAINT")).rc == 0
