# SPDX-License-Identifier: Apache-2.0
"""Processes are known again, ended whole, and never mistaken for others."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.polling import wait_until
from zvm.cloud.errors import GivenUp, ServiceFailed
from zvm.cloud.layout import HOST, Layout
from zvm.cloud.processes import Processes, Record, Service, boot_id, environment, read_stat

SLEEPER = "import signal; signal.pause()"
STUBBORN = """
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("up", flush=True)
signal.pause()
"""
PARENT = f"""
import subprocess, sys
subprocess.Popen([sys.executable, "-c", {SLEEPER!r}])
print("up", flush=True)
"""


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    made = Layout(tmp_path)
    made.create()
    return made


@pytest.fixture
def processes(layout: Layout) -> Iterator[Processes]:
    made = Processes(layout)
    yield made
    made.stop(grace=0.1)


def service(code: str, ready: Callable[[], bool] = lambda: True, **more: object) -> Service:
    return Service("one", [sys.executable, "-c", code], ready, **more)  # type: ignore[arg-type]


def ensure(processes: Processes, service: Service) -> None:
    processes.start(service)
    processes.wait_ready(service)


def test_started_once_known_again_and_ended(layout: Layout, processes: Processes) -> None:
    assert processes.start(service(SLEEPER))
    assert not processes.start(service(SLEEPER))
    another = Processes(layout)
    assert list(another.running()) == ["one"]
    assert another.stop() == ["one"]
    assert processes.running() == {}
    assert processes.records() == []
    assert another.stop() == []


def test_it_outlives_its_starter_and_leads_a_session(processes: Processes) -> None:
    processes.start(service(SLEEPER))
    record = processes.running()["one"]
    assert os.getsid(record.pid) == record.pid != os.getsid(0)


def test_one_that_ignores_the_request_is_killed(layout: Layout, processes: Processes) -> None:
    processes.start(service(STUBBORN))
    wait_until(lambda: "up" in layout.log("one").read_text())
    assert processes.stop(grace=0.3) == ["one"]
    assert processes.running() == {}


def test_what_a_dead_leader_left_behind_is_ended_too(layout: Layout, processes: Processes) -> None:
    processes.start(service(PARENT))
    record = processes.records()[0]
    wait_until(lambda: "up" in layout.log("one").read_text() and record.pid not in record.members())
    assert record.members()
    assert processes.stop() == ["one"]
    assert record.members() == []


def test_a_recycled_number_is_not_ours(layout: Layout) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", SLEEPER], start_new_session=True)
    try:
        stat = read_stat(stranger.pid)
        assert stat is not None
        ours = Record("one", stranger.pid, stat.began, boot_id())
        assert ours.alive()
        assert not replace(ours, began=stat.began - 1).alive()
        assert not replace(ours, boot="another run of the system").alive()
        layout.run("one.json").write_text(json.dumps(replace(ours, began=stat.began - 1).__dict__))
        assert Processes(layout).stop() == []
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_what_a_dead_leader_left_behind_does_not_pass_for_it(layout: Layout, processes: Processes) -> None:
    processes.start(service(PARENT))
    left = processes.records()[0]
    wait_until(lambda: "up" in layout.log("one").read_text() and left.pid not in left.members())
    assert processes.start(service(SLEEPER))
    assert left.members() == []
    assert processes.running()["one"].leads()


def test_a_zombie_is_dead() -> None:
    child = subprocess.Popen([sys.executable, "-c", SLEEPER], start_new_session=True)
    stat = read_stat(child.pid)
    assert stat is not None
    record = Record("one", child.pid, stat.began, boot_id())
    child.send_signal(signal.SIGKILL)
    wait_until(lambda: not record.alive())
    found = read_stat(child.pid)
    assert found is not None
    assert found.state == "Z"
    child.wait()


def test_a_process_that_ends_while_starting_is_told_with_its_log(
    layout: Layout, processes: Processes
) -> None:
    with pytest.raises(ServiceFailed, match="one: ended while starting") as caught:
        ensure(processes, service("raise SystemExit('no such thing')", ready=lambda: False))
    assert caught.value.log == layout.log("one")
    assert "no such thing" in layout.log("one").read_text()


def test_patience_ends(processes: Processes) -> None:
    with pytest.raises(ServiceFailed, match="not ready after 0 s"):
        ensure(processes, service(SLEEPER, ready=lambda: False, patience=0.2))


def test_a_port_of_another_program_is_not_waited_for(processes: Processes) -> None:
    with socket.socket() as other:
        other.bind((HOST, 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(ServiceFailed, match=f"port {port} is taken"):
            processes.start(service(SLEEPER, port=port))
    assert processes.records() == []


def test_run_returns_when_the_command_has_ended(layout: Layout, processes: Processes) -> None:
    processes.run("job", [sys.executable, "-c", "import os; print(os.environ['WHAT'])"], {"WHAT": "done"})
    assert layout.log("job").read_text() == "done\n"
    assert processes.records() == []


def test_run_tells_what_a_failed_command_said_last(processes: Processes) -> None:
    with pytest.raises(ServiceFailed, match="job: ended with code 3: last words"):
        processes.run("job", [sys.executable, "-c", "print('last words'); raise SystemExit(3)"])


def test_giving_up_ends_all_waiting(processes: Processes) -> None:
    threading.Timer(0.2, processes.give_up.set).start()
    with pytest.raises(GivenUp):
        ensure(processes, service(SLEEPER, ready=lambda: False))
    with pytest.raises(GivenUp):
        processes.run("job", [sys.executable, "-c", SLEEPER])
    assert processes.stop() == ["job", "one"]


def test_environment_leaves_out_what_leads_astray(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OS_CLOUD", "another")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("no_proxy", "example.com")
    found = environment({"EXTRA": "1"})
    assert "OS_CLOUD" not in found
    assert "PYTHONDONTWRITEBYTECODE" not in found
    assert found["no_proxy"] == "example.com,127.0.0.1,localhost"
    assert found["EXTRA"] == "1"
