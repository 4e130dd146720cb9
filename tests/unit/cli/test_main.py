# SPDX-License-Identifier: Apache-2.0
"""``zvm``: quick to start, complete, and clear when something is wrong."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from cliff.command import Command

from zvm.cli import daemons
from zvm.cli.main import COMMANDS, main


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_can_be_loaded_and_says_what_it_is(name: str) -> None:
    found = EntryPoint(name=name, value=COMMANDS[name], group="zvm").load()
    assert issubclass(found, Command)
    assert found.__doc__


def test_nothing_heavy_is_loaded_at_start() -> None:
    code = "import sys, zvm.cli.main; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert not loaded & {"nova", "neutron", "openstack", "requests", "rich", "sqlalchemy", "starlette"}


def test_without_a_command_it_lists_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    said = capsys.readouterr().out
    assert all(name in said for name in COMMANDS)


def test_a_cloud_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["node", "guests", "--state", str(tmp_path)]) == 1
    assert "there is no cloud" in capsys.readouterr().err


def test_ending_a_cloud_that_is_not_there_does_no_harm(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["cloud", "down", "--state", str(tmp_path / "none")]) == 0
    assert "nothing ran" in capsys.readouterr().out
    assert not (tmp_path / "none").exists()


def test_explain_gives_the_codes_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "400/8", "-f", "value"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "400/8"
    assert said[1]


@pytest.mark.parametrize("wrong", ["400", "a/b", "400/", "-1/2"])
def test_explain_refuses_what_is_no_pair(wrong: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["explain", wrong])
    assert caught.value.code == 2
    capsys.readouterr()


def test_a_daemon_gets_its_arguments_as_they_are() -> None:
    command = [sys.executable, "-m", "zvm.cli.main", "simulator", "run", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "--platform-socket" in done.stdout
    assert daemons.is_daemon(["zhcp", "run", "--config-file", "x"])
    assert not daemons.is_daemon(["simulator", "calls"])
