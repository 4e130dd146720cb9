# SPDX-License-Identifier: Apache-2.0
"""The old clients' stories, their requests spread over two management nodes on one PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.interop import test_old_clients as story
from tests.interop.test_old_clients import agent, compute, image, nova
from tests.support.chain import HCP, HOST, Chain
from tests.support.postgresql import PostgreSQL
from tests.support.replicas import Replicas, postgresql
from tests.support.ssh_server import SshServer

__all__ = ["agent", "compute", "image", "nova", "postgresql"]

test_a_servers_life = story.test_a_servers_life
test_a_volume_of_a_guest_that_is_off = story.test_a_volume_of_a_guest_that_is_off
test_the_early_feilong_client = story.test_the_early_feilong_client


@pytest.fixture(scope="module")
def manager(
    chain: Chain, compute: SshServer, postgresql: PostgreSQL, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Replicas]:
    group = {"url": chain.zhcp.url, "hostname": HCP, "host": HOST, "golden_userid": "ZVMGOLD5"}
    folder = tmp_path_factory.mktemp("replicas")
    database = postgresql.database("old_clients")
    options = compute.options(story.COMPUTE)
    running = Replicas(folder, database, {"zhcp": group}, only_xcat=True, **options)
    for name in ("iucvserv", "iucvserd.service", "setupDisk"):
        (folder / "state" / "files" / name).write_bytes(b"#!/bin/bash\n")
    yield running
    assert min(running.balancer.taken) > 10
    running.stop()


def test_a_life_that_outlives_one_of_them(
    nova: story.Nova2017, agent: story.NeutronAgent, manager: Replicas, image: None, chain: Chain
) -> None:
    """One is killed after the guest was made, the other after the first has come back."""
    node, port = "inst0904", "11111111-2222-3333-4444-000000000904"
    before = chain.simulator.control("GET", "/inventory")["directory"]
    story.spawn(nova, agent, node, port)
    one, two = manager.nodes
    one.kill()
    story._looked_at(nova, node)
    one.start()
    two.kill()
    story._paused(nova, node)
    story._copied(nova, node)
    two.start()
    story.delete(nova, node)
    after = chain.simulator.control("GET", "/inventory")["directory"]
    assert set(after) - set(before) <= {"ZVMGOLD5"}
