# SPDX-License-Identifier: Apache-2.0
"""Extents against a model of single cylinders."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zvm.directory import Extent, first_fit, holes, overlaps

small = st.builds(Extent, st.sampled_from(["A", "B"]), st.integers(0, 30), st.integers(1, 15))


def cylinders(extent: Extent) -> set[tuple[str, int]]:
    return {(extent.volume, at) for at in range(extent.start, extent.end + 1)}


@given(small, small)
def test_overlap_is_a_common_cylinder(one: Extent, other: Extent) -> None:
    assert overlaps(one, other) is bool(cylinders(one) & cylinders(other))


@given(small, st.lists(small))
def test_holes_are_exactly_what_is_left(region: Extent, used: list[Extent]) -> None:
    left = cylinders(region).difference(*map(cylinders, used))
    free = holes(region, used)
    assert sorted(at for hole in free for at in cylinders(hole)) == sorted(left)
    assert all(one.end + 1 < other.start for one, other in itertools.pairwise(free))


@given(st.lists(small, min_size=1), st.lists(small), st.integers(1, 20))
def test_first_fit_finds_the_first_room_there_is(
    regions: list[Extent], used: list[Extent], size: int
) -> None:
    taken = set().union(*map(cylinders, used))
    expected = None
    for region in regions:
        starts = range(region.start, region.end - size + 2)
        fitting = (Extent(region.volume, at, size) for at in starts)
        expected = expected or next((item for item in fitting if not cylinders(item) & taken), None)
    assert first_fit(regions, used, size) == expected


def test_an_extent_has_a_size() -> None:
    with pytest.raises(ValueError, match="size"):
        Extent("A", 0, 0)
