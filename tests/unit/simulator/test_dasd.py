# SPDX-License-Identifier: Apache-2.0
"""Volumes, extents and FlashCopy: against a plain model in memory, and across the death of the process."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from zvm.directory.extents import Extent
from zvm.simulator.dasd import Dasd, DasdError

BLOCKS = 700


@pytest.fixture
def dasd(tmp_path: Path) -> Iterator[Dasd]:
    dasd = Dasd(tmp_path / "dasd")
    dasd.add_volume("ZVM001", "3390", cylinders=100, rdev="1001")
    dasd.add_volume("ZVM002", "3390", cylinders=100, rdev="1002")
    dasd.add_volume("FBA001", "9336", blocks=5000, rdev="2001")
    yield dasd
    dasd.close()


def cylinders(volume: str, start: int, size: int) -> Extent:
    return Extent(volume, start, size)


def test_reads_back_what_was_written_and_zeros_elsewhere(dasd: Dasd) -> None:
    extent = cylinders("ZVM001", 10, 2)
    dasd.write(extent, 1000, b"payload")
    assert dasd.read(extent, 998, 11) == b"\0\0payload\0\0"
    assert dasd.read(cylinders("ZVM001", 9, 1), 0, 10) == bytes(10)
    assert dasd.read(extent, 2 * Dasd.CYLINDER_BYTES - 4, 100) == bytes(4)


@pytest.mark.parametrize(
    ("extent", "offset"),
    [(("ZVM001", 99, 2), 0), (("NOSUCH", 1, 1), 0), (("ZVM001", 1, 1), Dasd.CYLINDER_BYTES - 1)],
)
def test_nothing_is_written_beyond_an_end(dasd: Dasd, extent: tuple[str, int, int], offset: int) -> None:
    with pytest.raises(DasdError):
        dasd.write(cylinders(*extent), offset, b"ab")


def test_a_flashcopy_takes_no_space_until_a_side_is_written(dasd: Dasd, tmp_path: Path) -> None:
    source, target = cylinders("ZVM001", 1, 50), cylinders("ZVM002", 20, 50)
    dasd.write(source, 0, b"golden" * 1000)
    dasd.flashcopy(source, target)
    assert (tmp_path / "dasd" / "ZVM002.dasd").stat().st_blocks == 0
    assert dasd.read(target, 0, 6) == b"golden"
    dasd.write(source, 0, b"GOLDEN")
    assert dasd.read(target, 0, 6) == b"golden"
    assert dasd.read(target, 5994, 6) == b"golden"
    dasd.write(target, 0, b"mine")
    assert dasd.read(source, 0, 6) == b"GOLDEN"
    assert 0 < (tmp_path / "dasd" / "ZVM002.dasd").stat().st_blocks * 512 <= 2 * Dasd.TRACK_BYTES


def test_copies_of_different_kind_or_size_and_onto_oneself_are_refused(dasd: Dasd) -> None:
    for source, target in [
        (cylinders("ZVM001", 1, 5), cylinders("ZVM002", 1, 6)),
        (cylinders("ZVM001", 1, 5), cylinders("ZVM001", 3, 5)),
        (cylinders("ZVM001", 1, 5), cylinders("FBA001", 16, 5)),
    ]:
        with pytest.raises(DasdError):
            dasd.flashcopy(source, target)


def test_erase_returns_the_space_and_leaves_copies_alone(dasd: Dasd, tmp_path: Path) -> None:
    source, target = cylinders("ZVM001", 1, 2), cylinders("ZVM002", 1, 2)
    dasd.write(source, 0, b"x" * Dasd.CYLINDER_BYTES)
    dasd.flashcopy(source, target)
    dasd.erase(source)
    assert (tmp_path / "dasd" / "ZVM001.dasd").stat().st_blocks == 0
    assert dasd.read(source, 0, 4) == bytes(4)
    assert dasd.read(target, Dasd.CYLINDER_BYTES - 2, 4) == b"xx\0\0"


def test_only_data_moves_when_a_large_source_goes(dasd: Dasd, tmp_path: Path) -> None:
    source, target = cylinders("ZVM001", 1, 90), cylinders("ZVM002", 5, 90)
    dasd.write(source, 50 * Dasd.CYLINDER_BYTES + 7, b"needle")
    dasd.write(target, 0, b"old" * Dasd.CYLINDER_BYTES)
    dasd.flashcopy(source, target)
    dasd.erase(source)
    assert len(dasd.relations) == 0
    assert dasd.read(target, 50 * Dasd.CYLINDER_BYTES, 13) == bytes(7) + b"needle"
    assert dasd.read(target, 0, 3) == bytes(3)
    assert (tmp_path / "dasd" / "ZVM002.dasd").stat().st_blocks * 512 <= 2 * Dasd.TRACK_BYTES


def test_relations_survive_the_process(dasd: Dasd, tmp_path: Path) -> None:
    source, target = cylinders("ZVM001", 1, 4), cylinders("ZVM002", 1, 4)
    dasd.write(source, 0, b"first")
    dasd.flashcopy(source, target)
    dasd.write(target, Dasd.TRACK_BYTES * 3, b"own")
    # No close: as after kill -9.
    again = Dasd(tmp_path / "dasd")
    again.load(dasd.dump())
    again.write(source, 0, b"later")
    assert again.read(target, 0, 5) == b"first"
    assert again.read(target, Dasd.TRACK_BYTES * 3, 3) == b"own"
    again.close()


class Killed(BaseException):
    """The process ended here."""


@pytest.mark.parametrize("work", ["write source", "write target", "erase source", "write copy of copy"])
def test_death_at_any_step_harms_nobody_else(tmp_path: Path, work: str) -> None:
    """Kill before the first, second ... change of a file or a relation until the work gets through."""
    track = Dasd.TRACK_BYTES
    extents = [cylinders("ZVM001", 1, 1), cylinders("ZVM002", 1, 1), cylinders("ZVM001", 5, 1)]
    number = {"write source": 0, "erase source": 0, "write target": 1, "write copy of copy": 2}[work]
    for steps in range(30):
        folder = tmp_path / str(steps)
        dasd = Dasd(folder)
        for volser in ("ZVM001", "ZVM002"):
            dasd.add_volume(volser, "3390", cylinders=10)
        dasd.write(extents[0], 0, b"golden" * track)
        golden = dasd.read(extents[0], 0, 15 * track)
        dasd.flashcopy(extents[0], extents[1])
        dasd.flashcopy(extents[1], extents[2])
        left = [steps]

        def dying(method: Callable[..., object], left: list[int] = left) -> Callable[..., object]:
            def call(*arguments: object) -> object:
                if not left[0]:
                    raise Killed
                left[0] -= 1
                return method(*arguments)

            return call

        with pytest.MonkeyPatch.context() as patch:
            for owner, name in [(dasd, "_raw_write"), (dasd, "_punch"), (dasd.relations, "settle")]:
                patch.setattr(owner, name, dying(getattr(owner, name)))
            try:
                if work == "erase source":
                    dasd.erase(extents[0])
                else:
                    dasd.write(extents[number], track + 100, b"new" * track)
                through = True
            except Killed:
                through = False
        again = Dasd(folder)
        again.load(dasd.dump())
        for other, extent in enumerate(extents):
            if other != number:
                assert again.read(extent, 0, 15 * track) == golden, f"{work}, killed before step {steps}"
        if work.startswith("write"):
            assert again.read(extents[number], 0, track + 100) == golden[: track + 100]
            assert again.read(extents[number], 8 * track, track) == golden[8 * track : 9 * track]
        again.close()
        dasd.close()
        if through:
            assert steps > 2
            return
    pytest.fail("the work never got through")


def test_digest_sees_through_relations(dasd: Dasd) -> None:
    source, target = cylinders("ZVM001", 1, 3), cylinders("ZVM002", 1, 3)
    dasd.write(source, 5, b"content")
    dasd.flashcopy(source, target)
    digests = {
        dasd.sha256(volume, Dasd.CYLINDER_BYTES, 3 * Dasd.CYLINDER_BYTES) for volume in ("ZVM001", "ZVM002")
    }
    assert len(digests) == 1


class AgainstPlainBytes(RuleBasedStateMachine):
    """Any order of writes, erasures, copies and restarts shows what plain arrays would show."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = tempfile.TemporaryDirectory()
        self.dasd = Dasd(Path(self.directory.name))
        self.model = {}
        for volser in ("FBA001", "FBA002"):
            self.dasd.add_volume(volser, "9336", blocks=BLOCKS)
            self.model[volser] = bytearray(BLOCKS * 512)

    volumes = st.sampled_from(["FBA001", "FBA002"])
    starts = st.integers(0, BLOCKS - 1)

    @staticmethod
    def extent(volume: str, start: int, size: int) -> Extent:
        return Extent(volume, start, min(size, BLOCKS - start))

    @rule(volume=volumes, start=starts, size=st.integers(1, 250), byte=st.integers(0, 255))
    def write(self, volume: str, start: int, size: int, byte: int) -> None:
        extent = self.extent(volume, start, size)
        data = bytes([byte]) * (extent.size * 512)
        self.dasd.write(extent, 0, data)
        self.model[volume][extent.start * 512 : extent.start * 512 + len(data)] = data

    @rule(volume=volumes, start=starts, size=st.integers(1, 250))
    def erase(self, volume: str, start: int, size: int) -> None:
        extent = self.extent(volume, start, size)
        self.dasd.erase(extent)
        self.model[volume][extent.start * 512 : (extent.start + extent.size) * 512] = bytes(extent.size * 512)

    @rule(source=volumes, onto=volumes, start=starts, to=starts, size=st.integers(1, 300))
    def flashcopy(self, source: str, onto: str, start: int, to: int, size: int) -> None:
        size = min(size, BLOCKS - start, BLOCKS - to)
        if source == onto and abs(start - to) < size:
            return
        self.dasd.flashcopy(Extent(source, start, size), Extent(onto, to, size))
        self.model[onto][to * 512 : (to + size) * 512] = self.model[source][
            start * 512 : (start + size) * 512
        ]

    @precondition(lambda self: len(self.dasd.relations) > 0)
    @rule()
    def restart(self) -> None:
        state = self.dasd.dump()
        self.dasd.close()
        self.dasd = Dasd(Path(self.directory.name))
        self.dasd.load(state)

    @invariant()
    def shows_the_same(self) -> None:
        for volser, expected in self.model.items():
            assert self.dasd.read(Extent(volser, 0, BLOCKS), 0, BLOCKS * 512) == expected

    def teardown(self) -> None:
        self.dasd.close()
        self.directory.cleanup()


TestAgainstPlainBytes = AgainstPlainBytes.TestCase
TestAgainstPlainBytes.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
