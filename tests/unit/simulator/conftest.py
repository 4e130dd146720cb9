# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the simulator's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.simulator.worlds import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A system with two small disk pools."""
    world = World(tmp_path)
    yield world
    world.close()
