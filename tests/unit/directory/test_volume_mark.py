# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zvm.directory.volume_mark import VolumeMark


@given(st.uuids(), st.sampled_from(["POOL1", "a:b", "#8CHARS#"]), st.none() | st.uuids())
def test_round_trip_through_what_dirmaint_keeps(uuid: object, pool: str, of: object) -> None:
    """DirMaint pads records and may fold them to capitals."""
    mark = VolumeMark(str(uuid), pool.upper(), str(of or ""))
    records = [item.text().upper().ljust(72) for item in mark.comments()]
    assert VolumeMark.read(["* something else", *records]) == mark
    assert all(len(record) == 72 for record in records)


@pytest.mark.parametrize("wrong", [("x", "POOL1", ""), ("0" * 36, "POOL1", "")])
def test_what_is_no_mark(wrong: tuple[str, str, str]) -> None:
    with pytest.raises(ValueError, match="uuid"):
        VolumeMark(*wrong).comments()


def test_entries_without_a_mark() -> None:
    assert VolumeMark.read(["*NOVA uuid=6f1c09f4-3c0e-4b63-9c2a-b6a5a6f4f3a1", "*ZVMVOL POOL=POOL1"]) is None
