# SPDX-License-Identifier: Apache-2.0
"""Golden disks with more than one management node; what one node does is in ``commands/test_nodeset.py``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.chain import HCP, HOST, Chain, Manager
from tests.support.polling import wait_until
from tests.unit.manager.worlds import World, image_content
from zvm.manager.images.golden import allocation
from zvm.xcat import Client, Extension, XcatError
from zvm.xcat.urls import path


@pytest.fixture
def make_manager(chain: Chain, tmp_path: Path) -> Iterator[Callable[..., Manager]]:
    """Start further management nodes: a folder, and the userid of the golden disks."""
    running: list[Manager] = []

    def make(folder: str, owner: str, **more: object) -> Manager:
        group = {"url": chain.zhcp.url, "hostname": HCP, "host": HOST, "golden_userid": owner, **more}
        running.append(Manager(tmp_path / folder, {"zhcp": group}))
        return running[-1]

    yield make
    for manager in running:
        manager.stop()


def deploy(client: Client, node: str, image: str) -> str:
    body = ["netboot", "device=0100", f"osimage={image}"]
    return client.request("PUT", path("nodes", node, "bootstate"), body=body).text


def with_disk(world: World) -> None:
    world.define()
    world.create()
    world.add_disk()


def golden_disks(chain: Chain, owner: str) -> list[str]:
    reply = chain.simulator.smapi.call("Image_Query_DM", owner)
    return [item for item in reply.values["image_record_array"] if item.startswith("MDISK")]


def define(client: Client, world: World) -> None:
    body = [f"userid={world.userid}", f"hcp={HCP}", "groups=all"]
    client.request("POST", path("nodes", world.node), body=body)


def test_two_nodes_that_share_a_database_import_once(
    chain: Chain, make_world: Callable[..., World], make_manager: Callable[[str, str], Manager]
) -> None:
    worlds = [make_world() for _ in range(4)]
    for world in worlds:
        with_disk(world)
    content = image_content("shared", 2_000_000)
    with (
        make_manager("shared", "ZVMGOLDS").client() as one,
        make_manager("shared", "ZVMGOLDS").client() as two,
    ):
        Extension(one).put_image("img-shared", content)
        for world in worlds:
            define(one, world)
        with ThreadPoolExecutor(4) as pool:
            jobs = [
                pool.submit(deploy, client, world.node, "img-shared")
                for client, world in zip([one, two, one, two], worlds, strict=True)
            ]
            assert all("Completed" in job.result() for job in jobs)
    assert len(golden_disks(chain, "ZVMGOLDS")) == 1
    for world in worlds:
        assert b"".join(chain.zvm.read_disk(world.node, "0100", 2_000_000)) == content[:2_000_000]


def test_disks_of_another_node_are_left_alone(
    chain: Chain, make_world: Callable[..., World], make_manager: Callable[[str, str], Manager]
) -> None:
    first, second = make_world(), make_world()
    with_disk(first)
    with_disk(second)
    contents = {world.node: image_content(world.node) for world in (first, second)}
    for folder, world in (("one", first), ("two", second)):
        with make_manager(folder, "ZVMGOLDT").client() as client:
            Extension(client).put_image("img-own", contents[world.node])
            define(client, world)
            assert "Completed" in deploy(client, world.node, "img-own")
    assert len(golden_disks(chain, "ZVMGOLDT")) == 2
    for world in (first, second):
        expected = contents[world.node]
        assert b"".join(chain.zvm.read_disk(world.node, "0100", len(expected))) == expected


def test_the_copy_of_a_killed_node_goes_when_it_starts_again(
    chain: Chain, make_world: Callable[..., World], make_manager: Callable[..., Manager]
) -> None:
    world = make_world()
    with_disk(world)
    manager = make_manager("killed", "GOLDKILL")
    with manager.client() as client:
        define(client, world)
        chunks = Extension(client).read_disk(world.node, "0100", copy=True)
        next(chunks)
        assert len(golden_disks(chain, "GOLDKILL")) == 1
        manager.kill()
        with suppress(XcatError):
            list(chunks)
    manager.start()
    wait_until(lambda: not golden_disks(chain, "GOLDKILL"), 60)


def test_no_more_than_the_limit(chain: Chain, world: World, make_manager: Callable[..., Manager]) -> None:
    with_disk(world)
    manager = make_manager("limited", "GOLDLIM", golden_limit=1)
    with manager.client() as client:
        define(client, world)
        extension = Extension(client)
        for name in ("lim1", "lim2"):
            extension.put_image(name, image_content(name), origin="glance:1")
            assert extension.prepare_image(name, HOST, "3390")
            assert len(golden_disks(chain, "GOLDLIM")) == 1
        assert list(extension.read_disk(world.node, "0100", copy=True))
        assert not extension.prepare_image("lim2", HOST, "3390")  # the copy was none of an image
        assert extension.prepare_image("lim1", HOST, "3390")  # it had gone
        extension.expire_images(HOST, [], 0)
    assert golden_disks(chain, "GOLDLIM") == []


@pytest.mark.parametrize(
    ("device_type", "octets", "unit", "size"),
    [
        ("3390", 1, 1, 1),
        ("3390", 737280, 1, 1),
        ("3390", 737281, 1, 2),
        ("9336", 512, 2, 1),
        ("9336", 513, 2, 2),
    ],
)
def test_sizes(device_type: str, octets: int, unit: int, size: int) -> None:
    assert allocation(device_type, octets) == (unit, size)
