# SPDX-License-Identifier: Apache-2.0
"""The pages that are read off the code say what the code does, and the documentation builds."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300
    )


def test_pages_are_current() -> None:
    """Mended by ``python tools/reference_pages.py``."""
    done = run("tools/reference_pages.py", "--check")
    assert done.returncode == 0, done.stdout + done.stderr


def test_sample_configurations_are_current() -> None:
    """Mended by ``python tools/sample_configs.py``."""
    done = run("tools/sample_configs.py", "--check")
    assert done.returncode == 0, done.stdout + done.stderr


def test_documentation_builds_without_a_warning(tmp_path: Path) -> None:
    done = run("-m", "sphinx", "-W", "-q", "-b", "html", "doc/source", str(tmp_path))
    assert done.returncode == 0, done.stderr
