# SPDX-License-Identifier: Apache-2.0
"""Writes what came of a run of Tempest as a page of the documentation.

``python tools/tempest_page.py .cloud/tempest/results.json``; what a skip or a failure has to do with z/VM is
told by ``doc/tempest-reasons.toml``, and one that this file does not know is an error.
"""

from __future__ import annotations

import json
import os
import platform
import re
import sys
import tomllib
from collections import Counter
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from generated import table

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "doc/source/user/tempest.rst"
REASONS = ROOT / "doc/tempest-reasons.toml"
#: Areas by the modules below ``tempest.api``.
_AREA = re.compile(r"tempest\.api\.(\w+)\.(\w+)")
STATES = ("success", "fail", "skip")
_HEAD = """\
..
   Written by tools/tempest_page.py from the results of a run.

What Tempest says
=================

``make tempest`` on {date}: Tempest {tempest}, Nova {nova}, Neutron {neutron}, Cinder {cinder},
Python {python}, {cores} processors, {minutes:.0f} minutes. Light guests have no ssh, so tests see of a guest
what OpenStack and z/VM say of it. A class that is skipped as a whole counts as one.
"""


def area(test: str) -> str:
    """Return the area of a test: ``compute``, ``compute.admin``, ``volume`` …"""
    found = _AREA.search(test)
    if found is None:
        return "other"
    return f"{found[1]}.admin" if found[2] == "admin" else found[1]


def last_line(reason: str) -> str:
    """Return the line of a skip's reason or of a traceback that says what it was."""
    lines = [line.strip() for line in reason.splitlines() if line.strip()]
    return lines[-1] if lines else ""


def explained(tests: list[dict[str, Any]], state: str, known: list[dict[str, str]]) -> list[tuple[str, ...]]:
    """Return a row per reason or failed test, with what it has to do with z/VM.

    :raises KeyError: nothing is known of it.
    """
    rows: Counter[tuple[str, str]] = Counter()
    for test in tests:
        if test["status"] != state:
            continue
        what = last_line(test["reason"]) if state == "skip" else test["test"].split("[")[0]
        why = next((one["why"] for one in known if re.search(one["match"], what)), None)
        if why is None:
            raise KeyError(f"{REASONS.name} does not tell why: {what}")
        rows[what, why] += 1
    ordered = sorted(rows.items(), key=lambda row: (-row[1], row[0]))
    return [(what, why, str(count)) for (what, why), count in ordered]


def page(document: dict[str, Any], known: dict[str, list[dict[str, str]]]) -> str:
    """Return the page about a run."""
    tests = document["tests"]
    counts = Counter((area(test["test"]), test["status"]) for test in tests)
    areas = sorted({name for name, _ in counts})
    rows = [(name, *(str(counts[name, state]) for state in STATES)) for name in areas]
    rows.append(("all", *(str(sum(counts[name, state] for name in areas)) for state in STATES)))
    head = _HEAD.format(
        date=datetime.now(UTC).date().isoformat(),
        python=platform.python_version(),
        cores=os.cpu_count(),
        minutes=document["seconds"] / 60,
        **{name: version(name) for name in ("tempest", "nova", "neutron", "cinder")},
    )
    parts = [
        head,
        *([f"{document['note']}\n"] if document.get("note") else []),
        table(("area", "passed", "failed", "skipped"), "40 20 20 20", rows),
    ]
    for title, state in (("Failures", "fail"), ("Skips", "skip")):
        found = explained(tests, state, known[state])
        if found:
            parts.append(f"{title}\n{'-' * len(title)}\n")
            first = "Tempest's reason" if state == "skip" else "test"
            parts.append(table((first, "why", "tests"), "45 45 10", found))
    return "\n".join(parts)


def main(results: str) -> None:
    """Write the page."""
    known: dict[str, Any] = {"fail": [], "skip": []} | tomllib.loads(REASONS.read_text())
    PAGE.write_text(page(json.loads(Path(results).read_text()), known))
    sys.stdout.write(f"{PAGE.relative_to(ROOT)}\n")


if __name__ == "__main__":
    main(sys.argv[1])
