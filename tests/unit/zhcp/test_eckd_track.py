# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zvm.zhcp import eckd_track
from zvm.zhcp.eckd_track import BLOCK, BLOCKS, RAW_TRACK, TRACK, TrackError, decode, encode

VOL1 = b"\xe5\xd6\xd3\xf1"


def blocks(pattern: bytes) -> bytes:
    return (pattern * (TRACK // max(1, len(pattern)) + 1))[:TRACK] if pattern else bytes(TRACK)


@settings(max_examples=30)
@given(st.integers(0, 15 * 10017), st.binary(min_size=1, max_size=300))
def test_what_a_track_carries_comes_back(track: int, pattern: bytes) -> None:
    data = blocks(pattern)
    raw = encode(track, data, compatible=False)
    assert len(raw) == RAW_TRACK
    assert decode(raw) == data


def test_the_layout_of_a_track() -> None:
    raw = encode(15 * 3 + 2, b"\x11" * TRACK, compatible=False)
    assert raw[:16].hex() == "0003000200000008" + "00" * 8  # cylinder 3, head 2, record 0
    assert raw[16:24].hex() == "0003000201001000"  # record 1, no key, 4096 octets
    assert raw[24 : 24 + BLOCK] == b"\x11" * BLOCK
    end = 16 + BLOCKS * (8 + BLOCK)
    assert raw[end : end + 8] == b"\xff" * 8


def test_cylinders_beyond_65535_go_on_in_the_head_field() -> None:
    raw = encode(15 * 65536 + 1, b"", compatible=False)
    assert raw[:4].hex() == "00000011"


def test_a_short_end_is_filled_with_zeros() -> None:
    assert decode(encode(7, b"end", compatible=False)) == b"end".ljust(TRACK, b"\0")


def test_the_labels_of_the_compatible_disk_layout() -> None:
    """Linux shows each label in a block of its own, filled up with E5: so reads back what was read before."""
    fill = b"\xe5"
    first = (
        (b"IPL1" + b"\x01" * 24).ljust(BLOCK, fill)
        + (b"IPL2" + b"\x02" * 144).ljust(BLOCK, fill)
        + (2 * VOL1 + b"\x03" * 76).ljust(BLOCK, fill)
        + b"\x04" * (BLOCKS - 3) * BLOCK
    )
    second = b"".join((bytes([n]) * 44 + bytes([n]) * 96).ljust(BLOCK, fill) for n in range(1, BLOCKS + 1))
    assert eckd_track.is_compatible_layout(first)
    assert not eckd_track.is_compatible_layout(bytes(TRACK))
    raw = encode(0, first, compatible=True)
    assert raw[16:24].hex() == "0000000001040018"  # record 1: key 4, data 24
    assert decode(raw) == first
    raw = encode(1, second, compatible=True)
    assert raw[16:24].hex() == "00000001012c0060"  # record 1: key 44, data 96
    assert decode(raw) == second
    assert decode(encode(2, first, compatible=True)) == first


def test_an_empty_track_is_zeros() -> None:
    raw = encode(5, b"", compatible=False)[:16] + b"\xff" * 8
    assert decode(raw.ljust(RAW_TRACK, b"\0")) == bytes(TRACK)


def test_a_track_of_another_layout_is_told() -> None:
    count = bytes.fromhex("0000000001005000")  # one record of 20480 octets
    raw = bytes.fromhex("0000000000000008") + bytes(8) + count + bytes(20480) + b"\xff" * 8
    with pytest.raises(TrackError, match="20480"):
        decode(raw.ljust(RAW_TRACK, b"\0"))


@given(st.binary(max_size=200))
def test_any_octets_are_blocks_or_an_error(octets: bytes) -> None:
    with contextlib.suppress(TrackError):
        assert len(decode(octets)) == TRACK
