# SPDX-License-Identifier: Apache-2.0
"""The screen of a text terminal, as text and as pixels."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zvm.nova.vnc.screen import CELL, COLUMNS, LINES, WIDTH, TextScreen


def cell(picture: bytes, column: int) -> list[bytes]:
    """Return the pixel lines of one character."""
    left = column * CELL[0]
    return [picture[at + left : at + left + CELL[0]] for at in range(0, len(picture), WIDTH)]


def test_only_what_changed_is_drawn_again() -> None:
    screen = TextScreen()
    assert screen.changed() == list(range(LINES))
    assert screen.changed() == []
    screen.feed("one\ntwo")
    assert screen.changed() == [0, 1]
    screen.feed("\x1b[10;1H")
    assert screen.changed() == [1, 9]  # the cursor went
    screen.feed("\n" * LINES)
    assert screen.changed() == list(range(LINES))


def test_colours_and_cursor() -> None:
    screen = TextScreen()
    screen.feed("\x1b[31;42mX\x1b[0m \x1b[1mb\x1b[38;2;250;5;5mc\x1b[0m\x1b[4mu\x1b[0m")
    row = screen.picture(0)
    assert {*b"".join(cell(row, 0))} == {1, 2}
    assert {*b"".join(cell(row, 1))} == {0}
    assert {*b"".join(cell(row, 2))} == {0, 15}
    assert {*b"".join(cell(row, 3))} == {0, 9}
    assert cell(row, 4)[-1] == b"\x07" * CELL[0]
    assert {*b"".join(cell(row, 5))} == {7}  # the cursor
    screen.feed("\x1b[?25l")
    assert {*b"".join(cell(screen.picture(0), 5))} == {0}


def test_the_modes_of_programs() -> None:
    screen = TextScreen()
    assert not screen.application_cursor
    screen.feed("\x1b[?1h")
    assert screen.application_cursor
    screen.feed("\x1b[?3h" + "x" * COLUMNS)  # 132 columns are not to be had
    assert screen.lines[0] == "x" * COLUMNS


@pytest.mark.parametrize("strange", ["\x1b[?6n", "\x1b[>c", "\x1b[99999999L", "\x1b#9", "\x1b[38;5mx\x1b[m"])
def test_what_cannot_be_carried_out_is_passed_over(strange: str) -> None:
    screen = TextScreen()
    screen.feed(f"before{strange}\rafter")
    assert screen.lines[0].startswith("after")


def test_a_sequence_without_end_is_given_up() -> None:
    screen = TextScreen()
    screen.feed("\x1b]0;")
    for _ in range(70):
        screen.feed("x" * 1024)
    screen.feed("\rseen")
    assert any(line.startswith("seen") for line in screen.lines)


@pytest.mark.parametrize("parameter", ["²", "1" * 5000])
def test_a_control_sequence_with_a_number_that_is_none_is_given_up(parameter: str) -> None:
    screen = TextScreen()
    screen.feed(f"\x1b[{parameter}m\r\n2 m² are seen")
    assert screen.lines[1].rstrip() == "2 m² are seen"


@settings(deadline=None)
@given(
    st.text(
        st.characters(max_codepoint=0x2600, exclude_categories=["Cs"]) | st.sampled_from("\x1b[?;01234hmJK\n")
    )
)
def test_any_text_can_be_drawn(text: str) -> None:
    screen = TextScreen()
    screen.feed(text)
    for row in screen.changed():
        assert len(screen.picture(row)) == WIDTH * CELL[1]
