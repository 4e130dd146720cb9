# SPDX-License-Identifier: Apache-2.0
"""The commands about a simulator, against one."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from zvm.cli.main import main
from zvm.cli.simulator import call
from zvm.smapi.client import Client
from zvm.smapi.endpoint import UnixEndpoint
from zvm.smapi.errors import SmapiError


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[dict[str, str]]:
    command = [
        sys.executable,
        "-m",
        "zvm.cli.main",
        "simulator",
        "run",
        "--instant",
        "--state",
        str(tmp_path),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()


def test_inventory_calls_and_faults(simulator: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    control = ["--control", simulator["control"]]
    client = Client(UnixEndpoint(simulator["smapi_socket"]))

    assert main(["simulator", "inventory", *control]) == 0
    assert "counters" in json.loads(capsys.readouterr().out)

    fault = ["simulator", "fault", "Query_API_Functional_Level", "--rc", "396", "--rs", "1"]
    assert main([*fault, *control]) == 0
    with pytest.raises(SmapiError) as caught:
        client.call("Query_API_Functional_Level", "ZHCP")
    assert (caught.value.rc, caught.value.rs) == (396, 1)
    assert client.call("Query_API_Functional_Level", "ZHCP").rc == 0

    assert main(["simulator", "calls", "--clear", "-f", "value", *control]) == 0
    said = [line for line in capsys.readouterr().out.splitlines() if line.startswith("SMAPI")]
    assert said[0] == "SMAPI ZHCP Query_API_Functional_Level 396/1"
    assert len(said) == 2
    assert main(["simulator", "calls", "-f", "value", *control]) == 0
    assert capsys.readouterr().out.strip() == ""

    assert main([*fault, *control]) == 0
    assert main(["simulator", "fault", *control]) == 0
    assert client.call("Query_API_Functional_Level", "ZHCP").rc == 0


def test_faults_of_cp_and_outages(simulator: dict[str, str]) -> None:
    control = ["--control", simulator["control"]]
    refuse = ["simulator", "fault", "QUERY USER", "--cp", "--rc", "45", "--text", "HCPCQU045E"]
    assert main([*refuse, *control]) == 0
    faults = call("GET", simulator["control"] + "/faults")
    assert [(fault["kind"], fault["function"], fault["text"]) for fault in faults] == [
        ("cp", "QUERY USER", "HCPCQU045E")
    ]
    assert main(["simulator", "fault", "--platform", "dead", *control]) == 0
    assert call("GET", simulator["control"] + "/settings")["platform"] == "dead"
    assert main(["simulator", "fault", *control]) == 0
    assert call("GET", simulator["control"] + "/settings")["platform"] == "up"
    assert call("GET", simulator["control"] + "/faults") == []


def test_a_simulator_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulator", "inventory", "--control", "http://127.0.0.1:1"]) == 1
    assert "no simulator answers" in capsys.readouterr().err


def test_a_console_in_line_mode(
    simulator: dict[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ["simulator", "console", "--platform-socket", simulator["platform_socket"]]
    monkeypatch.setattr("sys.stdin", io.StringIO("#CP QUERY USERID\n#CP Q V 190\n"))
    assert main([*command, "MAINT"]) == 0
    shown = capsys.readouterr().out
    assert "MAINT    AT ZVMSIM1\n" in shown
    assert "DASD 0190 3390 M01RES" in shown
    assert main([*command, "NOBODY"]) == 1
    assert "NOBODY is not logged on" in capsys.readouterr().err
    assert main(["simulator", "console", "MAINT", "--platform-socket", "/nonexistent"]) == 1
