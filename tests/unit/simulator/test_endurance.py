# SPDX-License-Identifier: Apache-2.0
"""A short run of what ``python -m benchmarks.soak`` does by the million: see there what it fails on."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from benchmarks.soak import fuzz
from benchmarks.soak_kills import kills


@pytest.fixture
def seed() -> int:
    """Another one each time; what fails shows it, for ``--seed``."""
    number = random.SystemRandom().randrange(1 << 32)
    print(f"seed {number}")  # noqa: T201
    return number


def test_malformed_frames_and_cp_lines(tmp_path: Path, seed: int) -> None:
    fuzz(tmp_path / "fuzz", seed, 4000, 2000)


def test_kills_at_random_points(tmp_path: Path, seed: int) -> None:
    kills(tmp_path / "kills", seed, 12)
