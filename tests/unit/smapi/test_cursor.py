# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from zvm.smapi.cursor import ENDED_EARLY, Cursor, Malformed


def test_reads_in_order() -> None:
    cursor = Cursor(b"\x00\x00\x00\x05helloAB\0rest")
    assert cursor.take(cursor.length()) == b"hello"
    assert cursor.asciiz() == b"AB"
    assert cursor.remaining == 4
    assert cursor.rest() == b"rest"
    assert cursor.remaining == 0


def test_integers_are_signed() -> None:
    cursor = Cursor(b"\xff\xff\xff\xff\xff\x7f")
    assert [cursor.integer(size) for size in (4, 1, 1)] == [-1, -1, 127]


def test_never_reads_past_the_end() -> None:
    with pytest.raises(Malformed) as caught:
        Cursor(b"abc").take(4)
    assert caught.value.rr == ENDED_EARLY


def test_a_block_ends_where_it_says() -> None:
    cursor = Cursor(b"abcdef")
    block = cursor.block(2)
    with pytest.raises(Malformed):
        block.take(3)
    assert block.rest() == b"ab"
    assert cursor.rest() == b"cdef"
    with pytest.raises(Malformed):
        cursor.block(1)


def test_a_negative_length_has_no_syntax_error_number() -> None:
    with pytest.raises(Malformed) as caught:
        Cursor(b"\xff\xff\xff\xfe").length()
    assert caught.value.rr == 0


def test_the_last_nul_may_lack() -> None:
    cursor = Cursor(b"one\0two")
    assert [cursor.asciiz(), cursor.asciiz()] == [b"one", b"two"]


def test_a_string_does_not_leave_its_block() -> None:
    cursor = Cursor(b"onetwo\0")
    assert cursor.block(3).asciiz() == b"one"
