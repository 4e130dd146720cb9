# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import asyncio
import hashlib
import os
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.chain import PASSWORD, USER, Chain
from tests.support.polling import until
from tests.support.raw_http import Answer, ask
from zvm.manager.database import Database
from zvm.manager.errors import Invalid, Refused
from zvm.manager.images.store import ImageStore
from zvm.manager.images.uploads import Part, Uploads
from zvm.manager.tasks import Progress
from zvm.xcat import XcatNotFound

CONTENT = bytes(range(256)) * 12_000
DIGEST = hashlib.sha256(CONTENT).hexdigest()
HALF = len(CONTENT) // 2
FIRST, SECOND = Part(0, HALF - 1, len(CONTENT)), Part(HALF, len(CONTENT) - 1, len(CONTENT))


@pytest.fixture
def store(tmp_path: Path, database: Database) -> ImageStore:
    (tmp_path / "images").mkdir()
    return ImageStore(tmp_path / "images", database)


@pytest.fixture
def uploads(store: ImageStore) -> Uploads:
    return Uploads(store, store._database.locks, 3600.0)


async def stream(content: bytes, *, breaks: bool = False) -> AsyncIterator[bytes]:
    for start in range(0, len(content), 70_000):
        yield content[start : start + 70_000]
    if breaks:
        raise ConnectionError


def names(store: ImageStore) -> list[str]:
    return sorted(path.name for path in store.directory.iterdir())


@pytest.mark.parametrize(
    "header", ["bytes 0-9", "bytes 5-4/10", "bytes 0-10/10", "octets 0-9/10", "bytes 0-9/*", "bytes -1-9/10"]
)
def test_headers_that_tell_no_part(header: str) -> None:
    assert Part.of("bytes 0-9/10") == Part(0, 9, 10)
    with pytest.raises(Invalid, match="Content-Range"):
        Part.of(header)


async def test_it_goes_on_where_it_broke_off(store: ImageStore, uploads: Uploads) -> None:
    with pytest.raises(ConnectionError):
        await uploads.take(
            "i", FIRST, stream(CONTENT[:100_000], breaks=True), sha256=DIGEST, progress=Progress()
        )
    assert uploads.received("i", DIGEST) == 100_000
    await store.clean()  # a start of the management node
    again = Uploads(store, store._database.locks, 3600.0)
    with pytest.raises(Refused, match="100000 octets of the image i have arrived") as refused:
        await again.take("i", FIRST, stream(CONTENT[:HALF]), sha256=DIGEST, progress=Progress())
    assert refused.value.next_step == f"send Content-Range: bytes 100000-{len(CONTENT) - 1}/{len(CONTENT)}"
    middle = Part(100_000, HALF - 1, len(CONTENT))
    assert (
        await again.take("i", middle, stream(CONTENT[100_000:HALF]), sha256=DIGEST, progress=Progress())
        is None
    )
    row = await again.take(
        "i", SECOND, stream(CONTENT[HALF:]), sha256=DIGEST, origin="x", progress=Progress()
    )
    assert row is not None
    assert (row["sha256"], row["bytes"], row["origin"]) == (DIGEST, len(CONTENT), "x")
    assert store.path("i").read_bytes() == CONTENT
    assert names(store) == ["i.img"]


async def test_another_content_is_found_out(store: ImageStore, uploads: Uploads) -> None:
    await uploads.take("i", FIRST, stream(CONTENT[:HALF]), sha256=DIGEST, progress=Progress())
    with pytest.raises(Invalid, match="digest"):
        await uploads.take(
            "i", SECOND, stream(bytes(len(CONTENT) - HALF)), sha256=DIGEST, progress=Progress()
        )
    assert names(store) == []
    with pytest.raises(Invalid, match="sha256"):
        await uploads.take("i", FIRST, stream(CONTENT[:HALF]), sha256="", progress=Progress())


async def test_parts_of_another_length(store: ImageStore, uploads: Uploads) -> None:
    with pytest.raises(Invalid, match="more than the"):
        await uploads.take("i", Part(0, 9, 20), stream(bytes(11)), sha256=DIGEST, progress=Progress())
    assert uploads.received("i", DIGEST) == 0
    with pytest.raises(Invalid, match="2 octets of the part are missing"):
        await uploads.take("i", Part(0, 9, 20), stream(bytes(8)), sha256=DIGEST, progress=Progress())
    assert uploads.received("i", DIGEST) == 8


async def test_one_part_at_a_time_and_none_for_ever(store: ImageStore, uploads: Uploads) -> None:
    go = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield CONTENT[:HALF]
        await go.wait()

    first = asyncio.create_task(uploads.take("i", FIRST, slow(), sha256=DIGEST, progress=Progress()))
    await until(lambda: uploads.received("i", DIGEST) is not None)
    with pytest.raises(Refused, match="on its way"):
        await uploads.take("i", FIRST, stream(CONTENT[:HALF]), sha256=DIGEST, progress=Progress())
    go.set()
    assert await first is None
    (left,) = store.directory.iterdir()
    os.utime(left, (0, 0))
    await uploads.take("j", FIRST, stream(CONTENT[:HALF]), sha256=DIGEST, progress=Progress())
    assert uploads.received("i", DIGEST) is None


def put(chain: Chain, name: str, part: Part, content: bytes, digest: str = DIGEST) -> Answer:
    headers = {
        "userName": USER,
        "password": PASSWORD,
        "Content-Range": f"bytes {part.first}-{part.last}/{part.total}",
    }
    return ask(chain.manager.url, "PUT", f"/zvm/v1/images/{name}?sha256={digest}", content, headers=headers)


async def test_over_http_after_the_connection_broke(chain: Chain) -> None:
    parts = urlsplit(chain.manager.url)
    head = (
        f"PUT /zvm/v1/images/up1?sha256={DIGEST} HTTP/1.1\r\nHost: x\r\n"
        f"userName: {USER}\r\npassword: {PASSWORD}\r\n"
        f"Content-Range: bytes 0-{HALF - 1}/{len(CONTENT)}\r\nContent-Length: {HALF}\r\n\r\n"
    )
    with socket.create_connection((parts.hostname or "", parts.port or 0)) as connection:
        connection.sendall(head.encode() + CONTENT[:300_000])

    def received() -> int:
        try:
            told = chain.client.extension("GET", "/images/up1", query={"sha256": DIGEST})
        except XcatNotFound:
            return 0
        assert told["state"] == "partial"
        return int(told["bytes"])

    def ended() -> bool:
        return received() > 0 and "running" not in [task.state for task in chain.zvm.tasks()]

    await until(ended, 120)
    there = received()
    answer = put(chain, "up1", Part(there, HALF - 1, len(CONTENT)), CONTENT[there:HALF])
    assert (answer.status, b'"partial"' in answer.body) == (202, True)
    refused = put(chain, "up1", FIRST, CONTENT[:HALF])
    assert (refused.status, str(HALF).encode() in refused.body) == (409, True)
    assert put(chain, "up1", SECOND, CONTENT[HALF:]).status == 200
    assert b"".join(chain.client.extension_stream("/images/up1/content")) == CONTENT
    room = chain.client.extension("GET", "/image_cache")
    assert room["images_bytes"] >= len(CONTENT)
    assert room["limit_bytes"] == 0 < room["free_bytes"]
    chain.zvm.delete_image("up1")
