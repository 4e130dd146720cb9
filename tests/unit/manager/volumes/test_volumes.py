# SPDX-License-Identifier: Apache-2.0
"""Volumes over the whole chain: made, copied, grown, written, deleted, and nothing left of any failure."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.chain import HOST, POOL, Chain
from tests.unit.manager.volumes.conftest import MIB, VolumeWorld
from tests.unit.manager.worlds import image_content
from zvm.manager.volumes.volume import userid_of
from zvm.xcat import XcatError, XcatNotFound, XcatOutcomeUnknown, XcatRefused, XcatUnreachable

Check = Callable[[], None]


def test_a_volume_from_nothing_to_nothing(vols: VolumeWorld, nothing_left: Check) -> None:
    uuid = vols.id()
    vols.chain.forget_calls()
    made = vols.volumes.create(uuid, pool=POOL, bytes=3 * MIB)
    assert "Image_Create_DM" in vols.chain.smapi_calls()
    assert (made.uuid, made.pool, made.state, made.snapshot_of, made.vdev) == (
        uuid,
        POOL,
        "complete",
        "",
        "0100",
    )
    assert made.bytes == 5 * 737280  # whole cylinders
    assert made.userid == userid_of(uuid)
    entry = vols.inventory()["directory"][made.userid]
    assert entry[0].split() == ["USER", made.userid, "NOLOG", "32M", "32M", "G"]
    assert vols.volumes.create(uuid, pool=POOL, bytes=3 * MIB) == made
    assert vols.volumes.get(uuid) == made
    assert made in vols.volumes.all()
    for _again in range(2):
        vols.volumes.delete(uuid)
        assert vols.volumes.get(uuid) is None
    nothing_left()


def test_listing_costs_the_same_however_many_there_are(vols: VolumeWorld) -> None:
    made = {vols.create() for _ in range(4)}
    vols.chain.forget_calls()
    assert made <= {volume.uuid for volume in vols.volumes.all()}
    assert vols.chain.smapi_calls() == ["Directory_Manager_Search_DM"] * 3


def test_a_full_pool_is_told_with_its_numbers(vols: VolumeWorld, nothing_left: Check) -> None:
    with pytest.raises(
        XcatRefused, match=rf"no room for {1 << 40} bytes in pool POOL1.* in one piece"
    ) as told:
        vols.create(1 << 40)
    assert told.value.has_codes(408, 24)
    assert "add space to the pool POOL1" in told.value.next_step
    with pytest.raises(XcatNotFound, match="no disk pool NOSUCH"):
        vols.volumes.create(vols.id(), pool="NOSUCH", bytes=MIB)
    nothing_left()


def test_content_goes_in_and_out(vols: VolumeWorld) -> None:
    uuid = vols.create()
    data = bytes(range(256)) * 8192
    pieces = (data[at : at + 100_000] for at in range(0, len(data), 100_000))
    assert vols.volumes.write(uuid, pieces, sha256=hashlib.sha256(data).hexdigest()) == len(data)
    assert vols.content(uuid, len(data)) == data
    rest = vols.content(uuid)
    assert len(rest) == 5 * 737280
    assert not rest[len(data) :].strip(b"\0")
    with pytest.raises(XcatRefused, match="do not fit"):
        vols.volumes.write(uuid, bytes(4 * MIB))
    with pytest.raises(XcatRefused, match="checksum"):
        vols.volumes.write(uuid, b"x" * 49152, sha256="0" * 64)


def test_snapshots_and_clones_hold_what_their_source_held(vols: VolumeWorld, nothing_left: Check) -> None:
    uuid = vols.create()
    vols.volumes.write(uuid, b"first".ljust(49152, b"."))
    snapshot = vols.id()
    vols.chain.forget_calls()
    taken = vols.volumes.create(snapshot, source=uuid, snapshot=True)
    assert any(
        call.get("function", "").startswith("FLASHC") or "FLASHCOPY" in str(call)
        for call in vols.chain.calls()
    )
    assert (taken.snapshot_of, taken.pool, taken.state) == (uuid, POOL, "complete")
    vols.volumes.write(uuid, b"second".ljust(49152, b"."))
    clone = vols.id()
    assert vols.volumes.create(clone, source=snapshot, bytes=6 * MIB).bytes >= 6 * MIB
    assert vols.content(snapshot, 49152) == vols.content(clone, 49152) == b"first".ljust(49152, b".")
    assert vols.volumes.create(snapshot, source=uuid, snapshot=True) == taken, "not taken again"
    vols.volumes.delete(uuid)  # copies stand on their own
    assert vols.content(clone, 49152) == b"first".ljust(49152, b".")
    for id in (snapshot, clone):
        vols.volumes.delete(id)
    nothing_left()


def test_a_copy_of_the_size_that_was_asked_for(vols: VolumeWorld) -> None:
    """A volume is larger than asked for by a part of a cylinder; a copy need not know that."""
    uuid = vols.create(3 * MIB)
    assert vols.volumes.create(vols.id(), source=uuid, bytes=3 * MIB).bytes == 5 * 737280
    with pytest.raises(XcatRefused, match=f"cannot hold the {5 * 737280}"):
        vols.volumes.create(vols.id(), source=uuid, bytes=2 * MIB)


def test_a_copy_that_cp_does_not_flash(vols: VolumeWorld, nothing_left: Check) -> None:
    uuid, clone = vols.create(), vols.id()
    vols.volumes.write(uuid, b"slow".ljust(49152, b"."))
    vols.chain.fault("FLASHCOPY", kind="cp", rc=2963, text="HCPCMM2963E no relation left")
    vols.volumes.create(clone, source=uuid)
    assert vols.content(clone, 49152) == b"slow".ljust(49152, b".")
    for id in (clone, uuid):
        vols.volumes.delete(id)
    nothing_left()


def test_growing(vols: VolumeWorld, nothing_left: Check) -> None:
    uuid = vols.create()
    vols.volumes.write(uuid, b"grows".ljust(49152, b"."))
    for size, vdev in ((8 * MIB, "0101"), (20 * MIB, "0100"), (20 * MIB, "0100")):
        grown = vols.volumes.extend(uuid, size)
        assert grown.bytes >= size
        assert grown.vdev == vdev
        assert vols.content(uuid, 49152) == b"grows".ljust(49152, b".")
    before = vols.inventory()
    with pytest.raises(XcatRefused, match="no room"):
        vols.volumes.extend(uuid, 1 << 40)
    assert vols.inventory() == before
    vols.volumes.delete(uuid)
    nothing_left()


def test_images(vols: VolumeWorld, chain: Chain) -> None:
    content = image_content("on a volume")
    chain.zvm.put_image("volume-image", content)
    uuid = vols.create()
    assert vols.volumes.put_image(uuid, "volume-image") == "flashcopy"
    assert vols.content(uuid, len(content)) == content
    small = vols.create(MIB)
    chain.zvm.put_image("large-image", image_content("large", 2 * MIB))
    with pytest.raises(XcatRefused, match="only"):
        vols.volumes.put_image(small, "large-image")


def test_an_image_for_which_no_golden_disk_finds_room(vols: VolumeWorld, chain: Chain) -> None:
    content = image_content("no golden disk")
    chain.zvm.put_image("lonely-image", content)
    uuid = vols.create()
    chain.fault("Image_Disk_Create_DM", target="ZVMGOLD", rc=408, rs=24, times=50)
    assert vols.volumes.put_image(uuid, "lonely-image") == "stream"
    assert vols.content(uuid, len(content)) == content


def test_a_userid_of_somebody_else_is_left_alone(vols: VolumeWorld, chain: Chain) -> None:
    uuid = vols.id()
    userid = userid_of(uuid)
    smapi = chain.simulator.smapi
    records = [f"USER {userid} NOLOG 64M 64M G", "MDISK 0100 3390 AUTOG 1 POOL1 MR"]
    smapi.call("Image_Create_DM", userid, image_record_array=records)
    try:
        for call in (
            lambda: vols.volumes.create(uuid, pool=POOL, bytes=MIB),
            lambda: vols.volumes.delete(uuid),
            lambda: vols.volumes.extend(uuid, MIB),
        ):
            with pytest.raises(XcatRefused, match="carries no mark of a volume"):
                call()
        assert userid in vols.userids()
    finally:
        smapi.call("Image_Delete_DM", userid, data_security_erase=1)


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ({"uuid": "x", "host": HOST}, "no uuid"),
        ({"uuid": None, "host": HOST}, "no uuid"),
        ({"host": HOST, "bytes": -1}, "whole number"),
        ({"host": HOST, "bytes": True}, "whole number"),
        ({"host": HOST, "bytes": MIB}, "needs a pool"),
        ({"host": HOST, "pool": "A B", "bytes": MIB}, "pool name"),
        ({"host": HOST, "snapshot": True}, "needs a source"),
        ({"host": HOST, "name": "x"}, "'name' is none of"),
        ({"host": 1}, "texts"),
        ({"host": "nosuch", "pool": POOL, "bytes": 1}, "nosuch"),
    ],
)
def test_what_is_no_volume(vols: VolumeWorld, wanted: dict[str, Any], reason: str) -> None:
    before = vols.inventory()
    with pytest.raises(XcatRefused, match=reason):
        vols.chain.client.extension("POST", "/volumes", json={"uuid": vols.id(), **wanted})
    assert vols.inventory() == before


# what goes wrong


@pytest.mark.parametrize(
    ("function", "drop"),
    [
        ("Image_Create_DM", "before"),
        ("Image_Create_DM", "after_commit"),
        ("Image_Query_DM", "after_commit"),
        ("Image_Disk_Unshare_DM", "after_commit"),
    ],
)
def test_a_lost_reply_is_made_good_by_asking_again(
    vols: VolumeWorld, nothing_left: Check, function: str, drop: str
) -> None:
    uuid, clone = vols.create(), vols.id()
    vols.volumes.write(uuid, b"kept".ljust(49152, b"."))
    vols.chain.fault(function, drop=drop)
    made = _persistently(lambda: vols.volumes.create(clone, source=uuid))
    assert made.state == "complete"
    assert vols.content(clone, 49152) == b"kept".ljust(49152, b".")
    for id in (clone, uuid):
        vols.chain.fault("Image_Delete_DM", drop=drop)
        _persistently(lambda id=id: vols.volumes.delete(id))
    vols.chain.simulator.control("DELETE", "/faults")
    nothing_left()


def _persistently(call: Callable[[], Any]) -> Any:
    """Do as Cinder's driver does: ask again when the answer was lost."""
    for _ in range(5):
        try:
            return call()
        except (XcatOutcomeUnknown, XcatUnreachable):
            continue
    return call()


@pytest.mark.parametrize("function", ["Image_Create_DM", "Image_Disk_Unshare_DM"])
def test_a_refused_copy_leaves_nothing(vols: VolumeWorld, function: str) -> None:
    uuid = vols.create()
    before = vols.inventory()
    vols.chain.fault(function, rc=500, rs=8)
    with pytest.raises(XcatError):
        vols.volumes.create(vols.id(), source=uuid)
    assert vols.inventory() == before


@pytest.mark.parametrize("function", ["Image_Disk_Create_DM", "Image_Disk_Delete_DM"])
def test_a_growth_that_fails_leaves_the_volume_as_it_was(vols: VolumeWorld, function: str) -> None:
    uuid = vols.create()
    vols.volumes.write(uuid, b"still".ljust(49152, b"."))
    vols.chain.fault(function, rc=500, rs=8)
    with pytest.raises(XcatError):
        vols.volumes.extend(uuid, 8 * MIB)
    assert vols.content(uuid, 49152) == b"still".ljust(49152, b".")
    assert vols.volumes.extend(uuid, 8 * MIB).bytes >= 8 * MIB
    assert vols.content(uuid, 49152) == b"still".ljust(49152, b".")
    [disk] = [line for line in vols.inventory()["directory"][userid_of(uuid)] if line.startswith("MDISK")]
    assert disk.split()[4] == "12"


def test_a_copy_of_what_is_not_there(vols: VolumeWorld, nothing_left: Check) -> None:
    with pytest.raises(XcatNotFound, match="no volume"):
        vols.volumes.create(vols.id(), source=vols.id())
    for call in (vols.volumes.extend, vols.volumes.write):
        with pytest.raises(XcatNotFound, match="no volume"):
            call(vols.id(), MIB if call == vols.volumes.extend else b"x")  # type: ignore[operator]
    nothing_left()
