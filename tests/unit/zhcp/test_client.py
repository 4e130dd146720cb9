# SPDX-License-Identifier: Apache-2.0
"""The client against servers that misbehave; that it gets on with a zHCP is shown by test_behaviour_*."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import pytest

from zvm.zhcp import connection, errors
from zvm.zhcp.client import ZhcpClient

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]


class Misbehaving:
    """An HTTP server that does with its n-th connection what the n-th step says, and notes the requests."""

    def __init__(self, *steps: str) -> None:
        self.steps = list(steps)
        self.requests: list[str] = []
        self.url = ""

    async def __aenter__(self) -> Misbehaving:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *exception: object) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        step = self.steps.pop(0) if self.steps else "die"
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.requests.append(head.split("\r\n")[0])
            if "Expect: 100-continue" in head:
                writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                await reader.read(100)
            if step == "hang":
                await reader.read()
            elif step != "die":
                status, body = ("200 OK", step) if step.startswith("{") else (step, "oops")
                kind = "application/json" if step.startswith("{") else "text/html"
                writer.write(
                    f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nConnection: close\r\n"
                    f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
                )
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def operation_ids(self) -> set[str]:
        return {line.split("operation_id=")[1].split(" ")[0].split("&")[0] for line in self.requests}


DONE = json.dumps({"rc": 0, "rs": 0, "reply": {}})


async def test_a_change_is_asked_for_once_more_with_the_same_id() -> None:
    async with Misbehaving("die", DONE) as server, ZhcpClient(server.url) as client:
        assert (await client.smapi("Image_Activate", "LINUX01")).rc == 0
        assert len(server.requests) == 2
        assert len(server.operation_ids()) == 1


async def test_a_change_that_dies_twice_is_unknown() -> None:
    async with Misbehaving("die", "die") as server, ZhcpClient(server.url) as client:
        with pytest.raises(errors.OutcomeUnknown) as caught:
            await client.smapi("Image_Activate", "LINUX01", operation_id="mine")
        assert caught.value.details == {"operation_id": "mine"}
        assert server.operation_ids() == {"mine"}
        assert len(server.requests) == 2


async def test_a_change_that_hangs_is_unknown() -> None:
    async with Misbehaving("hang", "hang") as server, ZhcpClient(server.url, timeout=0.05) as client:
        with pytest.raises(errors.OutcomeUnknown):
            await client.cp("FORCE LINUX01")
        assert len(server.requests) == 2


async def test_a_question_that_dies_is_unreachable() -> None:
    async with Misbehaving() as server, ZhcpClient(server.url) as client:
        with pytest.raises(errors.Unreachable):
            await client.guests()


async def test_a_question_that_hangs_is_unreachable() -> None:
    async with Misbehaving(*["hang"] * 9) as server, ZhcpClient(server.url, timeout=0.05) as client:
        with pytest.raises(errors.Unreachable):
            await client.guests()


async def test_nobody_there_is_unreachable(unused_tcp_port: int) -> None:
    async with ZhcpClient(f"http://127.0.0.1:{unused_tcp_port}") as client:
        with pytest.raises(errors.Unreachable):
            await client.cp("FORCE LINUX01")
        with pytest.raises(errors.Unreachable):
            await client.guests()
        with pytest.raises(errors.Unreachable):
            await anext(client.events())
        with pytest.raises(errors.Unreachable):
            async with client.console("LINUX01"):
                pass
        assert not await client.healthy()


async def test_a_stream_that_cannot_be_read_again_is_not_repeated() -> None:
    async def once() -> AsyncIterator[bytes]:
        yield b"data"

    async with Misbehaving("die", DONE) as server, ZhcpClient(server.url) as client:
        with pytest.raises(errors.OutcomeUnknown):
            await client.write_disk("LINUX01", "0100", once())
        assert len(server.requests) == 1


async def test_a_stream_that_can_be_opened_again_is_repeated() -> None:
    opened = 0

    async def stream() -> AsyncIterator[bytes]:
        nonlocal opened
        opened += 1
        yield b"data"

    answer = json.dumps({"bytes": 4, "sha256": "0"})
    async with Misbehaving("die", answer) as server, ZhcpClient(server.url) as client:
        assert (await client.write_disk("LINUX01", "0100", stream)).bytes == 4
    assert opened == 2


async def test_a_stream_that_stands_still_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "IDLE", 0.1)

    async def stuck() -> AsyncIterator[bytes]:
        yield b"data"
        await asyncio.Event().wait()

    async with Misbehaving("hang") as server, ZhcpClient(server.url) as client:
        with pytest.raises(errors.OutcomeUnknown):
            await client.write_disk("LINUX01", "0100", stuck())


async def test_a_source_that_fails_is_the_callers_own_error() -> None:
    async def breaks() -> AsyncIterator[bytes]:
        yield b"data"
        raise KeyError("the image is gone")

    async with Misbehaving("hang") as server, ZhcpClient(server.url) as client:
        with pytest.raises(KeyError, match="the image is gone"):
            await client.write_disk("LINUX01", "0100", breaks)
        assert len(server.requests) == 1


@pytest.mark.parametrize("told", [3, 5])
async def test_a_stream_of_another_length_than_told(told: int) -> None:
    async def stream() -> AsyncIterator[bytes]:
        yield b"data"

    async with Misbehaving("hang", "hang") as server, ZhcpClient(server.url, timeout=1) as client:
        with pytest.raises(errors.Invalid, match="4 octets"):
            await client.write_disk("LINUX01", "0100", stream, length=told)


async def test_a_proxys_page_is_an_error_without_our_form() -> None:
    async with Misbehaving("503 Service Unavailable") as server, ZhcpClient(server.url) as client:
        with pytest.raises(errors.ZhcpError, match="503") as caught:
            await client.guests()
        assert type(caught.value) is errors.ZhcpError


async def test_what_a_newer_server_adds_is_passed_over() -> None:
    answer = json.dumps({"guests": [{"userid": "LINUX01", "state": "running", "since": 1}], "more": 1})
    async with Misbehaving(answer) as server, ZhcpClient(server.url) as client:
        assert [guest.userid for guest in await client.guests()] == ["LINUX01"]


def test_the_token_does_not_show() -> None:
    assert "secret" not in repr(ZhcpClient("http://127.0.0.1:1", token="secret"))
