# SPDX-License-Identifier: Apache-2.0
"""The demo's image: the same every time, mostly a hole, and something that IPL accepts."""

from __future__ import annotations

from pathlib import Path

from zvm.cloud import demo_image
from zvm.simulator import ipl_record


def test_the_same_bytes_every_time(tmp_path: Path) -> None:
    first, second = demo_image.make(tmp_path / "a"), demo_image.make(tmp_path / "b")
    assert first == second == demo_image.sha256(tmp_path / "a")
    assert (tmp_path / "a").stat().st_size == demo_image.SIZE
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_it_is_sparse(tmp_path: Path) -> None:
    demo_image.make(tmp_path / "a")
    assert (tmp_path / "a").stat().st_blocks * 512 < demo_image.SIZE // 4


def test_it_can_be_ipled(tmp_path: Path) -> None:
    demo_image.make(tmp_path / "a")
    with (tmp_path / "a").open("rb") as file:
        assert ipl_record.identify(file.read(ipl_record.LENGTH)) == ipl_record.IplRecord.CHANNEL
