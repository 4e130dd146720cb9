# SPDX-License-Identifier: Apache-2.0
"""A start that fails leaves nothing running and can be repeated."""

from __future__ import annotations

import io
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from rich.console import Console

from zvm.cloud.bring_up import Cloud
from zvm.cloud.demo import wait_until
from zvm.cloud.errors import ServiceFailed, StoryFailed, last_lines
from zvm.cloud.layout import HOST, Layout
from zvm.cloud.profiles import Embedded
from zvm.cloud.progress import Reporter


@pytest.mark.openstack
def test_one_failure_ends_everything_that_was_started(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    layout.create()
    cloud = Cloud(layout)
    reporter = Reporter(Console(file=io.StringIO()))
    with socket.socket() as other:
        other.bind((HOST, layout.port("placement")))
        other.listen()
        with pytest.raises(ServiceFailed, match="is taken by another program"):
            cloud.up(reporter)
    assert cloud.processes.records() == []
    with layout.lock():
        pass


def test_a_cloud_that_never_was_has_no_status_and_nothing_to_end(tmp_path: Path) -> None:
    cloud = Cloud(Layout(tmp_path / "none"))
    assert cloud.status() == {}
    assert cloud.down() == []


def test_databases_of_an_interrupted_start_are_made_anew(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    layout.create()
    layout.database("nova").write_bytes(b"half")
    layout.database("nova-wal").write_bytes(b"half")
    Embedded().prepare(layout, "nova")
    for name in ("nova", "nova_api", "nova_cell0"):
        with closing(sqlite3.connect(layout.database(name))) as database:
            assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_wait_until_tells_what_did_not_come() -> None:
    answers = iter([False, True])
    assert wait_until("it comes", lambda: next(answers), 5) < 5
    with pytest.raises(StoryFailed, match="it comes: not after 0 s"):
        wait_until("it comes", lambda: False, 0.1)


def test_last_lines_of_a_log(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    assert last_lines(log) == []
    log.write_text("".join(f"line {number}\n" for number in range(100_000)))
    assert last_lines(log, 2) == ["line 99998", "line 99999"]
