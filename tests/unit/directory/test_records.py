# SPDX-License-Identifier: Apache-2.0
"""Records: continuation, sequence numbers, and text that cannot be written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zvm.directory import InvalidStatement
from zvm.directory.records import fold, unfold


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=300))
def test_a_word_of_any_length_survives(word: str) -> None:
    text = f"KEYWORD {word.rstrip(',')}x"
    records = fold(text)
    assert all(len(record) <= 72 for record in records)
    assert [whole for whole, _ in unfold(records)] == [text]


def test_a_comma_at_the_end_continues_the_statement() -> None:
    assert unfold(["NICDEF 0600 TYPE QDIO,", "  LAN SYSTEM VSW1 ,", "MACID 000001", "IPL CMS"]) == [
        (
            "NICDEF 0600 TYPE QDIO LAN SYSTEM VSW1 MACID 000001",
            ("NICDEF 0600 TYPE QDIO,", "  LAN SYSTEM VSW1 ,", "MACID 000001"),
        ),
        ("IPL CMS", ("IPL CMS",)),
    ]


def test_comments_are_not_continued_and_sequence_numbers_are_dropped() -> None:
    lines = ["* a comment with a comma,", "", "IPL CMS".ljust(72) + "00010000"]
    assert [text for text, _ in unfold(lines)] == ["* a comment with a comma,", "IPL CMS"]


@pytest.mark.parametrize("text", ["IPL CMS,", " IPL", "IPL \x00", "COMMAND " + " " * 70 + "x"])
def test_text_that_would_be_changed_is_refused(text: str) -> None:
    with pytest.raises(InvalidStatement):
        fold(text)
