# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.support.polling import until
from tests.unit.smapi import scripted
from tests.unit.smapi.behaviour import ClientBehaviour
from tests.unit.smapi.scripted import ScriptedServer, reply
from zvm.smapi.aio import AsyncClient
from zvm.smapi.endpoint import Endpoint, TcpEndpoint
from zvm.smapi.frames import Reply


class TestAsyncClient(ClientBehaviour):
    def call(
        self,
        endpoint: Endpoint,
        function: str,
        target: str = "LINUX01",
        recovery: float = 0.3,
        **options: Any,
    ) -> Reply:
        return asyncio.run(
            AsyncClient(endpoint, recovery=recovery).call(function, target, **options), debug=True
        )

    async def test_many_calls_at_once(self) -> None:
        with ScriptedServer(*[reply(0, 740)] * 16) as server:
            client = AsyncClient(TcpEndpoint("127.0.0.1", server.port))
            replies = await asyncio.gather(
                *(client.call("Query_API_Functional_Level", "MAINT") for _ in range(16))
            )
        assert {answer.rs for answer in replies} == {740}

    async def test_a_call_can_be_cancelled(self) -> None:
        with ScriptedServer(scripted.fall_silent) as server:
            client = AsyncClient(TcpEndpoint("127.0.0.1", server.port))
            call = asyncio.create_task(client.call("Image_Activate", "LINUX01"))
            await until(lambda: server.requests)  # a thread sets it
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
