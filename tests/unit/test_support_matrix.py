# SPDX-License-Identifier: Apache-2.0
"""The support matrix prints no row whose tests failed, and proves none whose tests were not run."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.support import results

ROOT = Path(__file__).parents[2]
ROW = """[[row]]
key = "operation.pause"
status = "complete"
tests = ["tests/unit/test_support_matrix.py::test_what_is_printed"]
"""
NAMED = "tests/unit/test_support_matrix.py::test_what_is_printed"


@pytest.fixture
def pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The tool, with a matrix of one row and a record of its own."""
    monkeypatch.syspath_prepend(ROOT / "tools")
    spec = importlib.util.spec_from_file_location("reference_pages", ROOT / "tools" / "reference_pages.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    (tmp_path / "matrix.toml").write_text(ROW)
    monkeypatch.setattr(module, "MATRIX", tmp_path / "matrix.toml")
    monkeypatch.setattr(module, "RESULTS", tmp_path / "results.json")
    monkeypatch.setattr(sys, "argv", ["reference_pages.py"])
    return module


@pytest.mark.parametrize(
    ("outcome", "option", "told"),
    [
        (None, "", ""),
        ("passed", "", ""),
        ("skipped", "", ""),
        ("failed", "", "which failed"),
        ("failed", "--check", ""),
        ("passed", "--proved", ""),
        (None, "--proved", "which was not run"),
        ("skipped", "--proved", "which was skipped"),
        ("failed", "--proved", "which failed"),
    ],
)
def test_what_is_printed(
    pages: ModuleType, monkeypatch: pytest.MonkeyPatch, outcome: str | None, option: str, told: str
) -> None:
    monkeypatch.setattr(sys, "argv", ["reference_pages.py", *option.split()])
    if outcome:
        pages.RESULTS.write_text(json.dumps({NAMED: outcome}))
    if told:
        with pytest.raises(SystemExit, match=f"operation.pause names {NAMED}, {told}"):
            pages.matrix()
    else:
        assert "1 complete" in pages.matrix()


def report(name: str, when: str, outcome: str) -> pytest.TestReport:
    return pytest.TestReport(f"tests/a.py::{name}", ("", 0, ""), {}, outcome, None, when)  # type: ignore[arg-type]


def test_the_worst_of_a_tests_runs_counts_and_the_last_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results, "RECORD", tmp_path / "build" / "results.json")
    session = type("Session", (), {"config": object()})

    def ran(*reports: pytest.TestReport) -> dict[str, str]:
        monkeypatch.setattr(results, "_SEEN", {})
        for one in reports:
            results.pytest_runtest_logreport(one)
        results.pytest_sessionfinish(session)  # type: ignore[arg-type]
        return json.loads(results.RECORD.read_text())

    first = ran(
        report("A::test_one[x]", "call", "failed"),
        report("B::test_one[y]", "call", "passed"),
        report("test_two", "setup", "failed"),
        report("test_three", "setup", "skipped"),
        report("test_four", "setup", "passed"),
        report("test_four", "call", "passed"),
        report("test_four", "teardown", "failed"),
    )
    names = [f"tests/a.py::test_{word}" for word in ("one", "two", "three", "four")]
    assert [first[name] for name in names] == ["failed", "failed", "skipped", "failed"]
    second = ran(report("test_two", "call", "passed"))
    assert second == {**first, names[1]: "passed"}
