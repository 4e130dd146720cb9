# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import asyncio
import errno
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.polling import until
from tests.unit.manager.images import qcow2_writer, xcat_writer
from zvm.manager.database import Database
from zvm.manager.errors import Invalid, NotFound, Refused
from zvm.manager.images.sparse import SparseWriter
from zvm.manager.images.store import ImageStore
from zvm.manager.tables import rows
from zvm.manager.tasks import Progress

CONTENT = b"image".ljust(4096, b".") * 300


@pytest.fixture
def store(tmp_path: Path, database: Database) -> ImageStore:
    (tmp_path / "images").mkdir()
    return ImageStore(tmp_path / "images", database)


async def stream(content: bytes, size: int = 70_000) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
    ("image", "form", "content"),
    [
        (CONTENT, "raw", CONTENT),
        (qcow2_writer.write(CONTENT), "qcow2", CONTENT),
        (xcat_writer.blocks("xCAT FBA Disk Image:", CONTENT), "fba", CONTENT),
        (xcat_writer.ckd([]) + b"", "ckd", None),
    ],
)
async def test_formats_are_found_by_content(
    store: ImageStore, image: bytes, form: str, content: bytes | None
) -> None:
    if content is None:
        image = xcat_writer.ckd([xcat_writer.BLANK])
        content = bytes(737280)
    progress = Progress()
    row = await store.put("i", stream(image), sha256=digest(image), origin="glance:x", progress=progress)
    assert (row["format"], row["state"], row["bytes"]) == (form, "complete", len(content))
    assert (row["sha256"], row["content_sha256"]) == (digest(image), digest(content))
    assert progress.bytes == len(image)
    assert store.path("i").read_bytes() == content
    assert await store.complete("i") == row
    assert [item["name"] for item in await store.all()] == ["i"]
    assert b"".join([data async for data in store.read("i")]) == content
    assert [path.name for path in store.directory.iterdir()] == ["i.img"]


async def test_raw_is_believed(store: ImageStore) -> None:
    image = qcow2_writer.write(CONTENT)
    assert (await store.put("i", stream(image), form="raw"))["bytes"] == len(image)
    with pytest.raises(Invalid, match="qcow2"):
        await store.put("j", stream(CONTENT), form="qcow2")


async def test_rows_for_xcats_clients(store: ImageStore, database: Database) -> None:
    await store.put("rhel9-s390x-netboot-img_aaaa_bbbb", stream(CONTENT))
    await store.put("plain", stream(CONTENT))
    first, second = await database.read(rows.select_rows, "osimage")
    assert (first["osvers"], first["provmethod"], first["profile"]) == ("rhel9", "netboot", "img_aaaa_bbbb")
    assert second["profile"] == "plain"
    linux = await database.read(rows.select_rows, "linuximage")
    assert linux[0]["rootimgdir"] == "/install/netboot/rhel9/s390x/img_aaaa_bbbb"
    await store.delete("plain")
    assert len(await database.read(rows.select_rows, "osimage")) == 1


@pytest.mark.parametrize("name", ["", ".x", "a/b", "../a", "a b", "a" * 201, "a\n"])
async def test_names(store: ImageStore, name: str) -> None:
    with pytest.raises(Invalid, match="image name"):
        await store.put(name, stream(CONTENT))


async def test_what_fails_leaves_nothing(store: ImageStore) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield CONTENT
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await store.put("i", broken())
    with pytest.raises(Invalid, match="digest"):
        await store.put("i", stream(CONTENT), sha256="0" * 64)
    with pytest.raises(Invalid, match="empty"):
        await store.put("i", stream(b""))
    with pytest.raises(Invalid, match="64 hex"):
        await store.put("i", stream(CONTENT), sha256="0")
    with pytest.raises(Invalid, match="format"):
        await store.put("i", stream(CONTENT), form="vmdk")
    with pytest.raises(Invalid):
        await store.put("i", stream(qcow2_writer.write(CONTENT)[:100_000]))
    assert list(store.directory.iterdir()) == []
    with pytest.raises(NotFound):
        await store.get("i")
    with pytest.raises(NotFound):
        await store.delete("i")


async def test_a_new_image_takes_the_place_as_a_whole(store: ImageStore) -> None:
    await store.put("i", stream(CONTENT))
    await store.put("i", stream(CONTENT * 2))
    assert store.path("i").read_bytes() == CONTENT * 2
    assert (await store.get("i"))["bytes"] == 2 * len(CONTENT)


async def test_two_uploads_of_one_image(store: ImageStore) -> None:
    go, read = asyncio.Event(), 0

    async def slow() -> AsyncIterator[bytes]:
        yield CONTENT
        await go.wait()

    async def counted() -> AsyncIterator[bytes]:
        nonlocal read
        async for chunk in stream(CONTENT):
            read += len(chunk)
            yield chunk

    first = asyncio.create_task(store.put("i", slow(), sha256=digest(CONTENT)))
    await until(lambda: store._importing)
    second = asyncio.create_task(store.put("i", counted(), sha256=digest(CONTENT)))
    assert (await store.get("i"))["state"] == "importing"
    with pytest.raises(NotFound, match="not complete"):
        await store.complete("i")
    assert read == 0
    go.set()
    assert await first == await second
    assert read == len(CONTENT)


async def test_a_start_removes_what_a_kill_left(store: ImageStore, database: Database) -> None:
    (store.directory / ".i.0123.part").write_bytes(b"half")
    go = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield CONTENT * 100
        await go.wait()

    running = asyncio.create_task(store.put("j", slow()))
    await until(lambda: store._importing)
    await ImageStore(store.directory, database).clean()  # the node beside this one starts
    go.set()
    await running
    assert [path.name for path in store.directory.iterdir()] == ["j.img"]


def fresh(number: int) -> bytes:
    return bytes([number + 1]) * 400_000


async def test_copies_go_that_were_not_used_for_the_longest_time(
    tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "small").mkdir()
    store = ImageStore(tmp_path / "small", database, limit=1_300_000)  # three of them
    monkeypatch.setattr("zvm.manager.images.store.SHELTER", -60.0)
    await store.put("own", stream(fresh(0)))
    for number, name in ((1, "a"), (2, "b")):
        await store.put(name, stream(fresh(number)), origin="glance:1")
    await store.touch("a")
    await store.put("c", stream(fresh(3)), origin="glance:1")
    assert {row["name"] for row in await store.all()} == {"own", "a", "c"}
    assert sorted(path.name for path in store.directory.iterdir()) == ["a.img", "c.img", "own.img"]
    with pytest.raises(Refused, match=r"no room for the image big: .* octets of 1300000"):
        await store.put("big", stream(bytes([9]) * 1_000_000))
    assert [path.name for path in store.directory.iterdir()] == ["own.img"]
    monkeypatch.setattr("zvm.manager.images.store.SHELTER", 60.0)  # what was used lately stays
    await store.put("d", stream(fresh(4)), origin="glance:1")
    with pytest.raises(Refused):
        await store.put("big", stream(bytes([9]) * 600_000))
    assert {row["name"] for row in await store.all()} == {"own", "d"}


async def test_a_full_disk_is_told_with_numbers(store: ImageStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_writer: SparseWriter, _data: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(SparseWriter, "write", full)
    with pytest.raises(Refused, match=r"file system of .* has \d+ left"):
        await store.put("i", stream(CONTENT))
    assert list(store.directory.iterdir()) == []
