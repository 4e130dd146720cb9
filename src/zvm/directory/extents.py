# SPDX-License-Identifier: Apache-2.0
"""Extents: runs of cylinders (3390) or blocks (9336) on a volume, and the search for room among them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

#: Octets of a 3390's cylinder as Linux formats it, 15 tracks of 12 blocks of 4 KiB, and of a 9336's block.
CYLINDER, BLOCK = 15 * 12 * 4096, 512


@dataclass(frozen=True, slots=True, order=True)
class Extent:
    """``size`` cylinders or blocks of ``volume`` from ``start`` on."""

    volume: str
    start: int
    size: int

    def __post_init__(self) -> None:
        if self.start < 0 or self.size < 1:
            raise ValueError(f"an extent starts at 0 or later and has a size: {self.start}+{self.size}")

    @property
    def end(self) -> int:
        """The last cylinder or block of the extent."""
        return self.start + self.size - 1

    def overlaps(self, other: Extent) -> bool:
        """Tell whether the two share a cylinder or block."""
        return self.volume == other.volume and self.start <= other.end and other.start <= self.end


def overlaps(one: Extent, other: Extent) -> bool:
    """Tell whether two extents share a cylinder or block."""
    return one.overlaps(other)


def holes(region: Extent, used: Iterable[Extent]) -> list[Extent]:
    """Return what of ``region`` no extent of ``used`` covers, lowest start first."""
    free = []
    start = region.start
    for extent in sorted(item for item in used if item.overlaps(region)):
        if extent.start > start:
            free.append(Extent(region.volume, start, extent.start - start))
        start = max(start, extent.end + 1)
    if start <= region.end:
        free.append(Extent(region.volume, start, region.end - start + 1))
    return free


def first_fit(regions: Iterable[Extent], used: Iterable[Extent], size: int) -> Extent | None:
    """Return ``size`` units at the lowest start of the first region with a hole that large, or None.

    Parameters:
        regions: where to look, in this order.
        used: extents that are taken, on any volume.
    """
    taken = list(used)
    for region in regions:
        for hole in holes(region, taken):
            if hole.size >= size:
                return Extent(hole.volume, hole.start, size)
    return None
