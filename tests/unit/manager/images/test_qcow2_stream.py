# SPDX-License-Identifier: Apache-2.0
"""Disks as sparse images: what our reader and QEMU's read from them is the disk."""

from __future__ import annotations

import asyncio
import io
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.programs import needs
from tests.unit.manager.images.test_qcow2 import converted
from zvm.manager.images.qcow2_stream import CLUSTER, Changed, Survey, encoded, length


async def disk(content: bytes, step: int = 100_000) -> AsyncIterator[bytes]:
    for at in range(0, len(content), step):
        yield content[at : at + step]


async def image(content: bytes, again: bytes | None = None) -> bytes:
    survey = Survey()
    await survey.read(disk(content))
    stream = io.BytesIO()
    async for part in encoded(disk(content if again is None else again), survey):
        stream.write(part)
    assert len(stream.getvalue()) == length(survey)
    return stream.getvalue()


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 3 * CLUSTER)), max_size=8))
async def test_what_is_read_back_is_the_disk(pieces: list[tuple[bool, int]]) -> None:
    content = b"".join((b"\x5a" if data else b"\0") * size for data, size in pieces)
    assert converted(await image(content)) == content


async def test_zeros_take_no_space() -> None:
    content = bytes(200 * CLUSTER) + b"end"
    assert len(await image(content)) <= 7 * CLUSTER


async def test_a_disk_of_more_than_one_table() -> None:
    content = b"a" + bytes(512 * (1 << 20)) + b"z"
    made = await image(content)
    assert len(made) < 10 * CLUSTER
    assert converted(made) == content


@pytest.mark.parametrize(
    "again", [b"x" * CLUSTER + b"y" * CLUSTER, b"x" * CLUSTER, b"x" * CLUSTER + bytes(2 * CLUSTER)]
)
async def test_a_disk_that_changes_meanwhile_is_no_image(again: bytes) -> None:
    with pytest.raises(Changed):
        await image(b"x" * CLUSTER + bytes(CLUSTER), again)


@needs("qemu-utils", "qemu-img")
def test_qemu_finds_nothing_wrong(tmp_path: Path) -> None:
    content = bytes(3 * CLUSTER) + b"data" * 40_064 + bytes(CLUSTER) + b"end".ljust(512)
    file = tmp_path / "image.qcow2"
    file.write_bytes(asyncio.run(image(content)))
    subprocess.run(["qemu-img", "check", str(file)], check=True, capture_output=True)
    raw = tmp_path / "raw"
    subprocess.run(["qemu-img", "convert", "-O", "raw", str(file), str(raw)], check=True, capture_output=True)
    assert raw.read_bytes() == content
