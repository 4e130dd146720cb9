# SPDX-License-Identifier: Apache-2.0
"""Run the measurements and print their tables; a budget of calls that is exceeded fails, times are shown.

``python -m benchmarks.bench_manager`` by itself fails for times, too.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks import bench_manager

if __name__ == "__main__":
    here = Path(__file__).parent
    names = (
        "bench_simulator.py",
        "bench_chain.py",
        "bench_compute.py",
        "bench_cluster.py",
        "bench_throughput.py",
    )
    files = [str(here / name) for name in names]
    status = pytest.main(["-q", "-s", "--no-header", "-p", "no:logging", *files, *sys.argv[1:]])
    bench_manager.measure()
    raise SystemExit(status)
