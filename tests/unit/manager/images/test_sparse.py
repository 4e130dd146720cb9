# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import hashlib
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from zvm.manager.images.sparse import SparseWriter

_PIECES = st.one_of(st.binary(max_size=100), st.integers(0, 200_000).map(bytes))


@given(st.lists(st.tuples(_PIECES, st.integers(0, 70_000)), max_size=4))
def test_the_content_is_what_was_written(tmp_path_factory, pieces: list[tuple[bytes, int]]) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path_factory.mktemp("sparse") / "file"
    with path.open("wb") as file:
        writer = SparseWriter(file)
        for data, zeros in pieces:
            writer.write(data)
            writer.zeros(zeros)
        digest = writer.finish()
    content = b"".join(data + bytes(zeros) for data, zeros in pieces)
    assert path.read_bytes() == content
    assert digest == hashlib.sha256(content).hexdigest()
    assert writer.bytes == len(content)


def test_zeros_take_no_space(tmp_path: Path) -> None:
    with (tmp_path / "file").open("wb") as file:
        writer = SparseWriter(file)
        writer.write(bytes(64 << 20))
        writer.write(b"end")
        writer.finish()
    stat = (tmp_path / "file").stat()
    assert stat.st_size == (64 << 20) + 3
    assert stat.st_blocks * 512 < 1 << 20
