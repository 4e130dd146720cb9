# SPDX-License-Identifier: Apache-2.0
"""Several zHCPs behind one management node, one of them dead."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.support.chain import HCP, HOST, Chain, Manager
from tests.support.zhcp import TOKEN, Zhcp
from zvm.manager import hosts
from zvm.xcat import Client, Extension, XcatRefused, XcatUnreachable
from zvm.zhcp import errors as zhcp_errors


@pytest.fixture(scope="module")
def manager(chain: Chain, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Manager]:
    """A management node of a living zHCP, of one that is not there, and of a silent one."""
    with socket.socket() as dead, socket.create_server(("127.0.0.1", 0)) as mute:
        dead.bind(("127.0.0.1", 0))
        zhcps = {
            "alive": {"url": chain.zhcp.url, "hostname": HCP, "host": HOST},
            "dead": {"url": f"http://127.0.0.1:{dead.getsockname()[1]}", "host": "zvmdead"},
            "mute": {"url": f"http://127.0.0.1:{mute.getsockname()[1]}", "host": "zvmmute"},
        }
        running = Manager(tmp_path_factory.mktemp("hosts"), zhcps)
        with running.client() as client:
            for node, hcp in (("here", HCP), ("there", "dead"), ("nowhere", "mute"), ("astray", "unknown")):
                body = [f"userid={node}", f"hcp={hcp}", "groups=all"]
                client.request("POST", f"/nodes/{node}", body=body)
        yield running
        running.stop()


@pytest.fixture
def client(manager: Manager) -> Iterator[Client]:
    with manager.client() as client:
        yield client


def test_a_dead_zhcp_fails_its_own_nodes_at_once(client: Client) -> None:
    with pytest.raises(XcatUnreachable, match="dead"):
        client.request("PUT", "/nodes/there/power", body=["on"])
    started = time.monotonic()
    with pytest.raises(XcatUnreachable, match="the zHCP dead is down") as caught:
        client.request("PUT", "/nodes/there/power", body=["on"])
    assert time.monotonic() - started < 1
    assert "start the zHCP dead" in caught.value.next_step
    assert client.request("GET", "/nodes/here,there/power").info == ["here: off\n", "there: unknown\n"]


def test_a_mute_zhcp_is_found_out(client: Client) -> None:
    deadline = time.monotonic() + 30
    while "nowhere: unknown" not in client.request("GET", "/nodes/here,nowhere/power").text:
        assert time.monotonic() < deadline
    started = time.monotonic()
    with pytest.raises(XcatUnreachable, match="the zHCP mute is down"):
        client.request("PUT", "/nodes/nowhere/power", body=["on"])
    assert time.monotonic() - started < 1


def test_lists_tell_of_the_living(client: Client) -> None:
    zvm = Extension(client)
    states = {guest.node: guest.state for guest in zvm.guests()}
    assert states == {"here": "off", "there": "unknown", "nowhere": "unknown"}
    assert {pool.host for pool in zvm.pools()} == {HOST}
    assert set(client.extension("GET", "/pools")["unreachable"]) == {"zvmdead", "zvmmute"}
    assert set(client.extension("GET", "/nics")["unreachable"]) == {"zvmdead", "zvmmute"}
    with pytest.raises(XcatUnreachable):
        zvm.pools("zvmdead")
    with pytest.raises(XcatUnreachable):
        zvm.nics("zvmdead")
    assert [guest.node for guest in zvm.guests("zvmdead")] == ["there"]


def test_a_node_of_no_known_zhcp_is_refused(client: Client) -> None:
    with pytest.raises(XcatRefused, match="no zHCP is configured for 'unknown'"):
        client.request("DELETE", "/vms/astray")


def test_health_tells_of_each(manager: Manager) -> None:
    from tests.support.raw_http import ask

    answer = ask(manager.url, "GET", "/healthz")
    assert answer.status == 200
    assert b'"dead":false' in answer.body
    assert f'"{HCP}":true'.encode() in answer.body


def test_it_comes_back(chain: Chain, tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    manager = Manager(tmp_path / "manager", {"zhcp": {"url": f"http://127.0.0.1:{port}", "hostname": HCP}})
    zhcp = None
    try:
        with manager.client() as client:
            with pytest.raises(XcatUnreachable):
                client.request("GET", "/nodes/zhcp/inventory")
            zhcp = Zhcp(chain.simulator, tmp_path / "zhcp", bind_port=port)
            deadline = time.monotonic() + 20
            while True:
                try:
                    assert "z/VM Host" in client.request("GET", "/nodes/zhcp/inventory").text
                    break
                except XcatUnreachable:
                    assert time.monotonic() < deadline
    finally:
        manager.stop()
        if zhcp is not None:
            zhcp.stop()


async def test_a_return_is_told_whoever_saw_it_go(
    chain: Chain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request notices that it is away, and the next one that it is back; the watch sleeps meanwhile."""
    monkeypatch.setattr(hosts, "PAUSE_UP", 3.0)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    zhcp = Zhcp(chain.simulator, tmp_path / "zhcp", bind_port=port)
    options = SimpleNamespace(hostname=HCP, host=HOST, url=zhcp.url, token=TOKEN, ssl_context=None)
    host, told = hosts.Host(options), asyncio.Queue[str]()  # type: ignore[arg-type]

    async def returned(host: hosts.Host) -> None:
        told.put_nowait(host.name)

    watch = asyncio.create_task(host.watch(returned))
    try:
        assert await asyncio.wait_for(told.get(), 20) == HOST
        zhcp.kill()
        with pytest.raises(zhcp_errors.Unreachable):
            async with host.zhcp() as client:
                await client.about()
        zhcp.start()
        async with host.zhcp() as client:
            await client.about()
        assert await asyncio.wait_for(told.get(), 20) == HOST
    finally:
        watch.cancel()
        await host.client.close()
        zhcp.stop()
