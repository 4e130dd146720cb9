# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.unit.smapi.behaviour import ClientBehaviour
from tests.unit.smapi.scripted import ScriptedServer, reply
from zvm.smapi.client import Client
from zvm.smapi.endpoint import Endpoint, TcpEndpoint
from zvm.smapi.frames import Reply


class TestClient(ClientBehaviour):
    def call(
        self,
        endpoint: Endpoint,
        function: str,
        target: str = "LINUX01",
        recovery: float = 0.3,
        **options: Any,
    ) -> Reply:
        return Client(endpoint, recovery=recovery).call(function, target, **options)

    def test_one_client_for_many_threads(self) -> None:
        with ScriptedServer(*[reply(0, 740)] * 16) as server, ThreadPoolExecutor(8) as threads:
            client = Client(TcpEndpoint("127.0.0.1", server.port))
            calls = [threads.submit(client.call, "Query_API_Functional_Level", "MAINT") for _ in range(16)]
            assert {call.result().rs for call in calls} == {740}
