# SPDX-License-Identifier: Apache-2.0
"""Run the measurements and print their tables; a budget of calls that is exceeded fails, times are shown."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

if __name__ == "__main__":
    here = Path(__file__).parent
    names = ("bench_simulator.py", "bench_chain.py", "bench_compute.py", "bench_cluster.py")
    files = [str(here / name) for name in names]
    raise SystemExit(pytest.main(["-q", "-s", "--no-header", "-p", "no:logging", *files, *sys.argv[1:]]))
