# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.chain import Chain
from tests.unit.manager.images import qcow2_writer, xcat_writer
from tests.unit.manager.worlds import World, image_content
from zvm.xcat import XcatNotFound, XcatRefused


def disk(world: World, length: int) -> bytes:
    return b"".join(world.chain.zvm.read_disk(world.node, "0100", length))


def golden_calls(chain: Chain, function: str) -> list[dict[str, Any]]:
    return [
        call for call in chain.calls() if call.get("function") == function and call["target"] == "ZVMGOLD"
    ]


@pytest.fixture
def guest(world: World) -> World:
    world.define()
    world.create()
    world.add_disk()
    return world


def test_an_image_is_deployed(chain: Chain, guest: World) -> None:
    image = guest.upload("deploy")
    transport = chain.zvm.put_transport(guest.node, b"drive")
    answer = guest.deploy(image, f"transport={transport}")
    assert answer.info == [
        f"{guest.node}: Deploying the image using the zHCP node",
        f"{guest.node}: Purging reader... Done",
        f"{guest.node}: Punching cfgdrive.tgz to reader... Done",
        f"{guest.node}: Completed deploying image({image})",
    ]
    content = image_content("deploy")
    assert disk(guest, len(content)) == content
    assert guest.rows("nodetype") == [f'"{guest.node}","linux","s390x","{image}","netboot",,,,']
    with pytest.raises(XcatNotFound, match="no file"):
        guest.deploy(image, f"transport={transport}")  # it was punched


def test_the_second_deploy_is_a_flashcopy(chain: Chain, make_world: Callable[..., World]) -> None:
    first, second = make_world(), make_world()
    image = first.upload("second")
    for world in (first, second):
        world.define()
        world.create()
        world.add_disk()
    first.deploy(image)
    chain.forget_calls()
    second.deploy(image)
    commands = [call["command"] for call in chain.calls() if call["kind"] == "cp"]
    assert sum(command.startswith("FLASHCOPY") for command in commands) == 1
    assert golden_calls(chain, "Image_Disk_Create_DM") == []
    content = image_content("second")
    assert disk(second, len(content)) == content


def test_an_image_is_imported_once(chain: Chain, make_world: Callable[..., World]) -> None:
    worlds = [make_world() for _ in range(4)]
    image = worlds[0].upload("once", 3_000_000)
    for world in worlds:
        world.define()
        world.create()
        world.add_disk()
    chain.forget_calls()
    with ThreadPoolExecutor(4) as pool:
        for answer in pool.map(lambda world: world.deploy(image), worlds):
            assert "Completed" in answer.text
    assert len(golden_calls(chain, "Image_Disk_Create_DM")) == 1
    for world in worlds:
        assert disk(world, 3_000_000) == image_content("once", 3_000_000)[:3_000_000]


@pytest.mark.parametrize("kind", ["qcow2", "ckd"])
def test_formats(chain: Chain, guest: World, kind: str) -> None:
    if kind == "qcow2":
        content = image_content("qcow2")
        chain.zvm.put_image("img-qcow2", qcow2_writer.write(content))
    else:
        tracks = [[(b"", bytes([65 + number]) * 4096) for number in range(12)]]
        content = b"".join(data for _, data in tracks[0])
        chain.zvm.put_image("img-ckd", xcat_writer.ckd(tracks))
    guest.deploy(f"img-{kind}")
    assert disk(guest, len(content)) == content


def test_what_does_not_fit(chain: Chain, guest: World) -> None:
    image = guest.upload("large", 20_000_000)
    with pytest.raises(XcatRefused, match="larger"):
        guest.deploy(image)
    chain.zvm.put_image("img-fba", xcat_writer.blocks("xCAT FBA Disk Image:", bytes(5120)))
    with pytest.raises(XcatRefused, match="another type of disk"):
        guest.deploy("img-fba")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (["osimage=x", "device=0100"], "first argument"),
        (["netboot", "device=0100"], "osimage= are needed"),
        (["netboot", "osimage=img-x", "device=zz zz"], "device number"),
        (["netboot", "osimage=img-nosuch", "device=0100"], "no image img-nosuch"),
        (["netboot", "osimage=../x", "device=0100"], "image name"),
        (["netboot", "osimage=i", "device=0100", "transport=/t", "remotehost=root@h"], "not fetched"),
    ],
)
def test_refusals(chain: Chain, guest: World, body: list[str], reason: str) -> None:
    with pytest.raises(XcatRefused, match=reason):
        chain.client.request("PUT", f"/nodes/{guest.node}/bootstate", body=body)


def test_a_full_pool_gives_up_the_oldest_golden_disk(chain: Chain, guest: World) -> None:
    old, new = guest.upload("oldest"), guest.upload("newest")
    guest.deploy(old)
    chain.fault("Image_Disk_Create_DM", target="ZVMGOLD", rc=408, rs=24)
    chain.forget_calls()
    guest.deploy(new)
    assert len(golden_calls(chain, "Image_Disk_Delete_DM")) == 1
    assert disk(guest, 200_000) == image_content("newest")[:200_000]


def test_a_failed_import_leaves_no_golden_disk(chain: Chain, guest: World) -> None:
    image = guest.upload("failing")
    chain.forget_calls()
    chain.fault("Image_Disk_Create_DM", target="ZVMGOLD", rc=500, rs=8)
    with pytest.raises(XcatRefused) as caught:
        guest.deploy(image)
    assert caught.value.has_codes(500, 8)
    guest.deploy(image)
    assert disk(guest, 200_000) == image_content("failing")[:200_000]


def test_a_golden_disk_that_somebody_deleted_is_made_again(
    chain: Chain, make_world: Callable[..., World]
) -> None:
    first, second = make_world(), make_world()
    image = first.upload("deleted")
    for world in (first, second):
        world.define()
        world.create()
        world.add_disk()
    chain.forget_calls()
    first.deploy(image)
    link = next(
        call["command"] for call in chain.calls() if str(call.get("command")).startswith("LINK ZVMGOLD")
    )
    vdev = link.split()[2]
    chain.simulator.smapi.call(
        "Image_Disk_Delete_DM", "ZVMGOLD", image_disk_number=vdev, data_security_erase=0
    )
    second.deploy(image)
    assert disk(second, 200_000) == image_content("deleted")[:200_000]
