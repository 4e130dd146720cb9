# SPDX-License-Identifier: Apache-2.0
"""A record of what became of each test, for the support matrix: hooks that conftest.py hands to pytest.

``build/test-results.json`` says of each test function, as ``path::name``, whether it passed, failed or was
skipped when it was run last; of several classes or parameters the worst counts. ``make test`` begins a new
record, every run adds to it, and ``tools/reference_pages.py`` reads it.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

RECORD = Path(__file__).parents[2] / "build" / "test-results.json"
#: Outcomes, the worst last.
_OUTCOMES = ("passed", "skipped", "failed")
_SEEN: dict[str, str] = {}


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note the outcome of a test, or that its preparation or its end failed."""
    if report.when != "call" and report.passed:
        return
    path, *_classes, name = report.nodeid.split("[")[0].split("::")
    test = f"{path}::{name}"
    _SEEN[test] = max(_SEEN.get(test, "passed"), report.outcome, key=_OUTCOMES.index)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Add what was seen to the record; of several processes the one that has the others does it."""
    if not _SEEN or hasattr(session.config, "workerinput"):
        return
    known = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    RECORD.parent.mkdir(exist_ok=True)
    RECORD.write_text(json.dumps({**known, **_SEEN}, indent=0, sort_keys=True) + "\n")
