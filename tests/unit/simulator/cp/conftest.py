# SPDX-License-Identifier: Apache-2.0
"""A way to issue CP commands as somebody."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.unit.simulator.conftest import world
from tests.unit.simulator.worlds import World

__all__ = ["world"]

#: Runs a command, by default as ZHCP (all classes); returns CP's code and text.
Issue = Callable[..., tuple[int, str]]


@pytest.fixture
def cp(world: World) -> Issue:
    """Issue a CP command."""

    def issue(command: str, userid: str = "ZHCP") -> tuple[int, str]:
        world.system.commit()
        issuer = next(item for item in world.system.guests.logged_on() if item.userid == userid)
        result = world.system.cp.run(issuer, command)
        kept = world.system.guests.dump()
        for item in world.system.guests.logged_on():
            assert kept[item.userid] == item.dump(), (
                f"{command} changed {item.userid}, unnoticed by the store"
            )
        return result.rc, result.text

    return issue
