# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import io
import struct
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.programs import needs
from tests.unit.manager.images.qcow2_writer import write
from zvm.manager.errors import Invalid, ManagerError, NotSupported
from zvm.manager.images import qcow2
from zvm.manager.images.sparse import SparseWriter

CONTENT = b"first" + bytes(200_000) + b"middle" * 5000 + bytes(100_000) + b"end"


def converted(image: bytes) -> bytes:
    out = io.BytesIO()
    writer = SparseWriter(out)
    qcow2.convert(io.BytesIO(image), writer)
    writer.finish()
    return out.getvalue().ljust(writer.bytes, b"\0")


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("cluster_bits", [9, 12, 16, 21])
@pytest.mark.parametrize("compressed", [False, True])
def test_content(version: int, cluster_bits: int, compressed: bool) -> None:
    image = write(CONTENT, version=version, cluster_bits=cluster_bits, compressed=compressed)
    assert converted(image) == CONTENT


def test_flagged_zeros() -> None:
    assert converted(write(CONTENT, zero_flags=True)) == CONTENT
    assert converted(write(bytes(1_000_000))) == bytes(1_000_000)


@given(
    st.lists(st.one_of(st.binary(max_size=700), st.integers(0, 3000).map(bytes)), max_size=6), st.booleans()
)
def test_any_content(pieces: list[bytes], compressed: bool) -> None:
    content = b"".join(pieces)
    assert converted(write(content, cluster_bits=9, compressed=compressed)) == content


@needs("qemu-utils", "qemu-img")
@pytest.mark.parametrize(
    "options", [["-o", "compat=0.10"], ["-c"], ["-o", "cluster_size=4k"], ["-o", "preallocation=metadata"]]
)
def test_what_qemu_writes(tmp_path: Path, options: list[str]) -> None:
    content = CONTENT.ljust(-(-len(CONTENT) // 512) * 512, b"\0")
    (tmp_path / "raw").write_bytes(content)
    command = ["qemu-img", "convert", "-f", "raw", "-O", "qcow2", *options]
    subprocess.run([*command, tmp_path / "raw", tmp_path / "image"], check=True, timeout=60)
    assert converted((tmp_path / "image").read_bytes()) == content


@pytest.mark.parametrize(
    ("options", "kind", "reason"),
    [
        ({"backing": 200}, Invalid, "backing file"),
        ({"crypt": 1}, NotSupported, "encrypted"),
        ({"version": 4}, NotSupported, "version 4"),
        ({"incompatible": 2}, Invalid, "corrupt"),
        ({"incompatible": 4}, Invalid, "another file"),
        ({"incompatible": 16}, NotSupported, "features"),
        ({"incompatible": 1 << 40}, NotSupported, "features"),
    ],
)
def test_images_that_are_refused(options: dict[str, Any], kind: type[ManagerError], reason: str) -> None:
    with pytest.raises(kind, match=reason):
        converted(write(CONTENT, **options))


def test_an_unclean_image_is_read() -> None:
    assert converted(write(CONTENT, incompatible=1)) == CONTENT


@pytest.mark.parametrize("at", [0, 4, 20, 36, 40, 65536, 131072])
def test_broken_images_are_refused(at: int) -> None:
    image = bytearray(write(CONTENT))
    image[at : at + 8] = b"\xff" * 8
    with pytest.raises((Invalid, NotSupported)):
        converted(bytes(image))


def test_an_image_that_is_cut_off() -> None:
    for compressed in (False, True):
        image = write(CONTENT, compressed=compressed)
        for length in (10, 73, 100_000, len(image) - 64_000 if not compressed else len(image) - 512):
            with pytest.raises(Invalid):
                converted(image[:length])


def test_a_huge_size_needs_no_memory() -> None:
    image = bytearray(write(b"x"))
    struct.pack_into(">Q", image, 24, 1 << 60)
    with pytest.raises(Invalid, match="level 1"):
        converted(bytes(image))


@given(st.binary(max_size=300))
def test_anything_else_is_refused(data: bytes) -> None:
    for image in (data, b"QFI\xfb" + data, b"QFI\xfb\0\0\0\3" + data):
        with pytest.raises((Invalid, NotSupported)):
            converted(image)
