# SPDX-License-Identifier: Apache-2.0
"""A way to issue CP commands as somebody."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.unit.simulator.conftest import world
from tests.unit.simulator.guests import machine
from tests.unit.simulator.worlds import World

__all__ = ["world"]

#: Runs a command, by default as ZHCP (all classes); returns CP's code and text.
Issue = Callable[..., tuple[int, str]]


@pytest.fixture
def cp(world: World) -> Issue:
    """Issue a CP command."""

    def issue(command: str, userid: str = "ZHCP") -> tuple[int, str]:
        result = world.system.cp.run(machine(world, userid), command)
        return result.rc, result.text

    return issue
