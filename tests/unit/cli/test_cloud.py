# SPDX-License-Identifier: Apache-2.0
"""How ``zvm cloud`` tells a failure: what, the end of the log, what next."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from zvm.cli.main import main
from zvm.cloud.bring_up import Cloud
from zvm.cloud.errors import ServiceFailed
from zvm.cloud.layout import HOST, Layout
from zvm.cloud.progress import Reporter


def test_the_end_of_the_log_and_the_next_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "glance.log"
    log.write_text("one\nTraceback\nno space left\n")

    def fail(self: Cloud, reporter: Reporter) -> None:
        raise ServiceFailed("glance", "ended while starting", log=log)

    monkeypatch.setattr(Cloud, "up", fail)
    assert main(["cloud", "up", "--state", str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert "✘ glance: ended while starting" in said
    assert f"the last lines of {log}:" in said
    assert "no space left" in said
    assert "`make demo` tries again" in said


@pytest.mark.openstack
def test_a_taken_port_is_told_with_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    layout = Layout(tmp_path)
    layout.create()
    port = layout.port("simulator")
    with socket.socket() as other:
        other.bind((HOST, port))
        other.listen()
        assert main(["cloud", "up", "--state", str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert f"simulator: port {port} is taken by another program" in said
    assert "ss -ltnp" in said
    assert main(["cloud", "status", "-f", "value", "--state", str(tmp_path)]) == 0
    assert capsys.readouterr().out.strip() == ""


def test_two_at_a_time_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    layout = Layout(tmp_path)
    layout.create()
    with layout.lock():
        assert main(["cloud", "down", "--state", str(tmp_path)]) == 1
    assert "right now" in capsys.readouterr().out
