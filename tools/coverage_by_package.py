# SPDX-License-Identifier: Apache-2.0
"""Run all tests under coverage, the servers they start included, and print a line per package."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path, PurePosixPath


def main() -> int:
    """Return the exit code of the test run."""
    run = [sys.executable, "-m", "coverage"]
    subprocess.run([*run, "erase"], check=True)
    tests = subprocess.run([*run, "run", "-m", "pytest", "-q", *sys.argv[1:]], check=False).returncode
    subprocess.run([*run, "combine", "--quiet"], check=False)
    report = Path(".coverage.json")
    subprocess.run([*run, "json", "--quiet", "-o", str(report)], check=True)
    packages: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for name, entry in json.loads(report.read_text())["files"].items():
        parts = PurePosixPath(name).parts
        package = ".".join(parts[parts.index("zvm") : -1][:2])
        packages[package][0] += entry["summary"]["covered_lines"]
        packages[package][1] += entry["summary"]["num_statements"]
    print(f"{'package':<16}{'statements':>12}{'covered':>10}")
    for package, (covered, statements) in sorted(packages.items()):
        print(f"{package:<16}{statements:>12}{covered / max(statements, 1):>10.1%}")
    return tests


if __name__ == "__main__":
    raise SystemExit(main())
