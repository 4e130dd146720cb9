# SPDX-License-Identifier: Apache-2.0
"""Runs tests in a process of their own.

Neutron loads eventlet, which Nova forbids in a process that chose native threads, and both describe their
options to the same oslo.config object.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path


def passed(path: Path, *, timeout: float = 300) -> int:
    """Run the tests in the file at ``path`` within ``timeout`` seconds and return how many passed.

    :raises AssertionError: one failed; the text is pytest's output.
    """
    root = Path(__file__).parents[2]
    command = [sys.executable, "-m", "pytest", "--noconftest", "-q", "-p", "no:cacheprovider", str(path)]
    variables = {name: value for name, value in os.environ.items() if not name.startswith("OS_NOVA_")}
    done = subprocess.run(
        command, cwd=root, env=variables, capture_output=True, text=True, timeout=timeout, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = re.search(r"(\d+) passed", done.stdout)
    assert found, done.stdout
    return int(found[1])
