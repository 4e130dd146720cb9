# SPDX-License-Identifier: Apache-2.0
"""Every recorded exchange with a genuine xCAT is played again, in order, and each answer compared."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.interop import replay
from tests.interop.deviations import REASONS
from tests.interop.replay import Exchange, Step
from tests.support.chain import HCP, PASSWORD, USER, Manager
from tests.support.raw_http import Answer, ask, v1
from tests.support.simulator import SimulatorProcess
from tests.support.ssh_server import SshServer
from tests.support.zhcp import Zhcp
from tests.unit.manager.worlds import image_content
from zvm.xcat import Client, Extension

EXCHANGES = replay.exchanges()


@pytest.fixture(scope="module")
def answers() -> Iterator[dict[str, Answer]]:
    """The answers of our management node to the recorded requests."""
    with tempfile.TemporaryDirectory(prefix="zvm-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        world = ["--instant", "--config", str(replay.FOLDER / "world.toml")]
        with SimulatorProcess(folder / "sim", *world) as simulator:
            zhcp = Zhcp(simulator, folder / "zhcp")
            try:
                with _nova_compute(folder) as machine:
                    group = {"url": zhcp.url, "hostname": HCP, "host": "zvm1"}
                    options = machine.options("root@127.0.0.1")
                    manager = Manager(folder / "manager", {"zhcp": group}, master=replay.SOURCE, **options)
                    try:
                        for name in ("iucvserv", "iucvserd.service", "setupDisk"):
                            (folder / "manager" / "state" / "files" / name).write_bytes(b"#!/bin/bash\n")
                        yield dict(_played(manager))
                    finally:
                        manager.stop()
            finally:
                zhcp.stop()


def _nova_compute(folder: Path) -> SshServer:
    """The machine with the files that the recorded client had made."""
    (folder / "compute").mkdir()
    machine = SshServer(folder / "compute", folder)
    for name in ("cfgdrive.tgz", "adminpwd.sh", "iucvexec.sh"):
        machine.put(f"/var/lib/nova/transport/{name}", b"content")
    return machine


def _played(manager: Manager) -> Iterator[tuple[str, Answer]]:
    token = ""
    for item in replay.load():
        if isinstance(item, Step):
            _prepared(manager, item)
        elif item.spoken != "xml":
            answer = _answered(manager.url, item, token)
            deadline = time.monotonic() + 30
            while item.poll and _difference(item, answer) and time.monotonic() < deadline:
                answer = _answered(manager.url, item, token)
            if item.path == "/tokens" and answer.status == 201:
                token = json.loads(answer.body)["token"]["id"]
            yield item.name, answer


def _prepared(manager: Manager, step: Step) -> None:
    if step.upload:
        with Client(manager.url, "admin", "admin") as client:
            Extension(client).put_image(step.upload, image_content(step.upload))
        return
    name, password = (USER, PASSWORD) if step.user == USER else ("admin", "admin")
    answer = v1(manager.url, step.method, step.path, step.body, user=name, password=password)
    assert answer.status < 300, (step, answer)
    assert b'"error"' not in answer.body, (step, answer)


def _answered(url: str, exchange: Exchange, token: str) -> Answer:
    query = [exchange.path.partition("?")[2]] if "?" in exchange.path else []
    name, _, password = exchange.user.partition(":")
    headers = {key: value.replace("TOKEN", token) for key, value in exchange.headers.items()}
    if exchange.spoken == "v2":
        headers.setdefault("Content-Type", "application/json")
        word = "userPW"
    else:
        word = "password"
        if exchange.format:
            query.append(f"format={exchange.format}")
    if name and not headers.get("X-Auth-Token"):
        query.append(f"userName={name}&{word}={password}")
    body = exchange.body
    if isinstance(body, dict) and set(body) == {"octets"}:
        body = body["octets"].encode()
    # Who calls without credentials of the second dialect is told from others by the path alone.
    prefix = "/xcatwsv2" if exchange.name.startswith("09") else "/xcatws"
    path = prefix + exchange.path.partition("?")[0]
    text = quote("&".join(query), safe="=&:~^,.-_%+")
    return ask(url, exchange.method, f"{path}?{text}" if text else path, body, headers=headers)


def _difference(exchange: Exchange, answer: Answer) -> str:
    """Return how the answer differs from the recorded one, "" when it is equal."""
    got = (answer.status, answer.reason, answer.content_type)
    wanted = (exchange.status, exchange.reason, exchange.content_type)
    if got != wanted:
        return f"{got} instead of {wanted}: {answer.text[:300]}"
    here, there = replay.ours(exchange, answer.text), replay.recorded(exchange)
    return "" if here == there else f"{here!r}\n  instead of\n{there!r}"


@pytest.mark.parametrize("exchange", EXCHANGES, ids=lambda item: item.name)
def test_an_exchange(answers: dict[str, Answer], exchange: Exchange) -> None:
    """An answer is equal, or it differs for a reason that is told: neither may change unnoticed."""
    if exchange.spoken == "xml":
        assert exchange.differs == "xcatd"
        return
    difference = _difference(exchange, answers[exchange.name])
    if exchange.differs:
        assert exchange.differs in REASONS
        assert difference, f"{exchange.name} is equal by now"
    else:
        assert not difference, difference


def test_every_reason_is_used() -> None:
    assert {item.differs for item in EXCHANGES} - {""} == set(REASONS)
