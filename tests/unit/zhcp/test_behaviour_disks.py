# SPDX-License-Identifier: Apache-2.0
"""Minidisks through the API, against the simulator or a real z/VM (tests/support/zhcp.py)."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator

import pytest

from tests.support.polling import until
from tests.unit.zhcp.conftest import CYLINDER, MakeGuest, image, next_userid
from zvm.zhcp import errors
from zvm.zhcp.client import ZhcpClient


async def content(zhcp: ZhcpClient, userid: str, vdev: str, length: int | None = None) -> bytes:
    async with zhcp.read_disk(userid, vdev, length=length) as chunks:
        return b"".join([chunk async for chunk in chunks])


async def pieces(data: bytes, size: int) -> AsyncIterator[bytes]:
    for at in range(0, len(data), size):
        yield data[at : at + size]


async def links(zhcp: ZhcpClient) -> str:
    """Return the zHCP's own disks: what is linked and not detached shows here."""
    return (await zhcp.cp("QUERY VIRTUAL DASD")).text


async def no_link_is_left(zhcp: ZhcpClient, before: str) -> None:
    """Wait until the zHCP has its disks as before: who reads has the last octet before the detach."""

    async def as_before() -> bool:
        return await links(zhcp) == before

    await until(as_before)


async def test_what_is_written_can_be_read(zhcp: ZhcpClient, make_guest: MakeGuest) -> None:
    userid = await make_guest(3)
    before, data = await links(zhcp), image(2 * CYLINDER + 1000)
    digest = hashlib.sha256(data).hexdigest()
    written = await zhcp.write_disk(userid, "0100", data, sha256=digest)
    assert (written.bytes, written.sha256) == (len(data), digest)
    assert await content(zhcp, userid, "0100", len(data)) == data
    whole = await content(zhcp, userid, "100")
    assert len(whole) == 3 * CYLINDER
    assert whole.startswith(data)
    await no_link_is_left(zhcp, before)


async def test_a_stream_of_unknown_length_is_written(zhcp: ZhcpClient, make_guest: MakeGuest) -> None:
    userid, data = await make_guest(2), image()
    written = await zhcp.write_disk(userid, "0100", lambda: pieces(data, 100_001))
    assert written.bytes == len(data)
    assert await content(zhcp, userid, "0100", len(data)) == data


async def test_size_of_a_disk(zhcp: ZhcpClient, make_guest: MakeGuest) -> None:
    userid = await make_guest(5)
    disk = await zhcp.disk(userid, "0100")
    assert (disk.userid, disk.vdev, disk.type) == (userid, "0100", "3390")
    assert (disk.cylinders, disk.blocks, disk.bytes) == (5, None, 5 * CYLINDER)


async def test_another_checksum_is_told(zhcp: ZhcpClient, make_guest: MakeGuest) -> None:
    userid = await make_guest(1)
    with pytest.raises(errors.Invalid, match="checksum") as caught:
        await zhcp.write_disk(userid, "0100", b"x" * 4096, sha256="0" * 64)
    assert caught.value.details["expected"] == "0" * 64


@pytest.mark.parametrize("told", [True, False])
async def test_what_does_not_fit_is_refused(zhcp: ZhcpClient, make_guest: MakeGuest, told: bool) -> None:
    userid, data = await make_guest(1), image(CYLINDER + 1)
    await zhcp.write_disk(userid, "0100", b"as it was")
    before = await links(zhcp)
    length = len(data) if told else None
    with pytest.raises(errors.Invalid, match="fit"):
        await zhcp.write_disk(userid, "0100", lambda: pieces(data, 65536), length=length)
    if told:
        assert await content(zhcp, userid, "0100", 9) == b"as it was"
    await no_link_is_left(zhcp, before)


@pytest.mark.parametrize(("userid", "vdev"), [("NOSUCHU", "0100"), (None, "0999")])
async def test_a_disk_that_is_not_there(
    zhcp: ZhcpClient, make_guest: MakeGuest, userid: str | None, vdev: str
) -> None:
    userid = userid or await make_guest(1)
    with pytest.raises(errors.NotFound) as caught:
        await zhcp.write_disk(userid, vdev, lambda: pieces(b"x" * 100_000, 1000))
    assert caught.value.function == "CP LINK"
    with pytest.raises(errors.NotFound):
        await content(zhcp, userid, vdev)
    with pytest.raises(errors.NotFound):
        await zhcp.disk(userid, vdev)


@pytest.mark.parametrize(("userid", "vdev"), [("A B", "0100"), ("LINUX01", "01X0"), ("ALL", "0100")])
async def test_names_that_break_the_grammar(zhcp: ZhcpClient, userid: str, vdev: str) -> None:
    with pytest.raises(errors.Invalid):
        await zhcp.disk(userid, vdev)


async def test_a_disk_in_use_is_not_written(zhcp: ZhcpClient, make_guest: MakeGuest) -> None:
    userid = await make_guest(1)
    await zhcp.smapi("Image_Activate", userid)
    before = await links(zhcp)
    with pytest.raises(errors.Refused) as caught:
        await zhcp.write_disk(userid, "0100", b"x")
    assert caught.value.rc in (103, 104)
    assert caught.value.explanation.startswith("HCPLNM")
    await no_link_is_left(zhcp, before)


@pytest.mark.parametrize("sizes", [(3, 3), (3, 5)])
async def test_a_clone_has_the_content(
    zhcp: ZhcpClient, make_guest: MakeGuest, sizes: tuple[int, int]
) -> None:
    golden, userid = await make_guest(sizes[0]), await make_guest(sizes[1])
    before, data = await links(zhcp), image(3 * CYLINDER, seed=golden.encode())
    await zhcp.write_disk(golden, "0100", data)
    await zhcp.write_disk(userid, "0100", b"\xff" * 3 * CYLINDER)
    cloned = await zhcp.clone_disk(userid, "0100", golden, "0100")
    assert cloned.method in ("flashcopy", "copy")
    assert await content(zhcp, userid, "0100", len(data)) == data
    await zhcp.write_disk(userid, "0100", b"changed")
    assert await content(zhcp, golden, "0100", 16) == data[:16]
    await no_link_is_left(zhcp, before)


async def test_many_clones_of_one_disk_at_once(zhcp: ZhcpClient, make_guest: MakeGuest) -> None:
    golden = await make_guest(1)
    userids = [await make_guest(1) for _ in range(5)]
    data = image(seed=b"many")
    await zhcp.write_disk(golden, "0100", data)
    await asyncio.gather(*(zhcp.clone_disk(userid, "0100", golden, "0100") for userid in userids))
    for userid in userids:
        assert await content(zhcp, userid, "0100") == data


async def test_a_clone_onto_a_smaller_disk_is_refused(zhcp: ZhcpClient, make_guest: MakeGuest) -> None:
    golden, userid = await make_guest(2), await make_guest(1)
    with pytest.raises(errors.Invalid, match="does not fit"):
        await zhcp.clone_disk(userid, "0100", golden, "0100")
    with pytest.raises(errors.Invalid, match="itself"):
        await zhcp.clone_disk(golden, "0100", golden, "100")


async def test_reading_that_is_given_up_leaves_no_link(zhcp: ZhcpClient, make_guest: MakeGuest) -> None:
    userid, before = await make_guest(50), await links(zhcp)
    async with zhcp.read_disk(userid, "0100") as chunks:
        await anext(chunks)
    await no_link_is_left(zhcp, before)


async def test_formatting_is_not_supported(zhcp: ZhcpClient) -> None:
    with pytest.raises(errors.NotSupported):
        await zhcp.format_disk("LINUX01", "0100")


async def test_what_is_refused_anyhow_is_not_sent(zhcp: ZhcpClient) -> None:
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield bytes(65536)

    with pytest.raises(errors.NotFound):
        await zhcp.write_disk(next_userid(), "0100", endless())
    assert taken == 0
