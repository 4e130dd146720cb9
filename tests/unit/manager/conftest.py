# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from tests.support.chain import Chain, chain
from tests.unit.manager.worlds import World
from zvm.manager.database import Database
from zvm.xcat import XcatError
from zvm.xcat.urls import path

__all__ = ["chain", "make_world", "world"]


@pytest.fixture
def make_world(chain: Chain) -> Iterator[Callable[..., World]]:
    """Make guests' worlds; what they leave behind goes at the end."""
    made: list[World] = []

    def make(**options: str) -> World:
        made.append(World(chain, **options))
        return made[-1]

    yield make
    chain.simulator.control("DELETE", "/faults")
    for world in made:
        for url in (path("vms", world.node), path("nodes", world.node)):
            try:
                chain.client.request("DELETE", url)
            except XcatError:
                continue


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    """A guest's world."""
    return make_world()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A database of its own, with empty tables."""
    made = Database(f"sqlite:///{tmp_path / 'manager.sqlite'}")
    made.migrate()
    yield made
    made.close()


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    """A connection to it."""
    with database.engine.connect() as connection:
        yield connection
