# SPDX-License-Identifier: Apache-2.0
"""Relocation on a system that is in no cluster; with one it is tested through Nova."""

from __future__ import annotations

import pytest

from tests.support.chain import HOST, Chain
from tests.unit.manager.worlds import World
from zvm.xcat import XcatNotFound, XcatRefused
from zvm.xcat.relocations import Relocations


@pytest.fixture
def relocations(chain: Chain) -> Relocations:
    return Relocations(chain.client)


def test_without_a_cluster_nothing_moves(relocations: Relocations, world: World) -> None:
    world.define()
    world.create()
    with pytest.raises(XcatRefused, match="not members of one cluster"):
        relocations.start(world.node, HOST)
    found = relocations.get(world.node)
    assert (found.host, found.state, found.where) == (HOST, "idle", "off")
    assert not relocations.cancel(world.node)
    assert not relocations.modify(world.node, max_total=None, max_quiesce=None)
    relocations.take_over(world.node, HOST)  # it is there already


def test_what_is_wrong(chain: Chain, relocations: Relocations, world: World) -> None:
    world.define()
    with pytest.raises(XcatNotFound):
        relocations.start(world.node, "nosuch")
    with pytest.raises(XcatNotFound):
        relocations.get("nosuch")
    url = f"/guests/{world.node}/relocation"
    for document in ({}, {"destination": HOST, "force": "ALL"}, {"destination": HOST, "max_total": 0}):
        with pytest.raises(XcatRefused) as caught:
            chain.client.extension("POST", url, json=document)
        assert caught.value.status == 400
