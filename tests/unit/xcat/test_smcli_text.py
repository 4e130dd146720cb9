# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zvm.xcat.smcli_text import Failure, done, parse_failure

_LINE = st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=60).map(str.strip)


def test_success() -> None:
    assert done("Activating LINUX01") == "Activating LINUX01... Done"


def test_refusal_is_printed_as_the_tool_prints_it() -> None:
    failure = Failure("Activating INST0002", 200, 8, "Image already active")
    assert str(failure) == (
        "Activating INST0002... Failed\n"
        "  Return Code: 200\n"
        "  Reason Code: 8\n"
        "  Description: Image already active"
    )


@given(
    st.from_regex(r"[A-Za-z][A-Za-z ]{0,30}[a-z]", fullmatch=True),
    st.integers(0, 9999),
    st.integers(0, 99999),
    _LINE,
    _LINE,
)
def test_what_is_printed_is_read_back(sentence: str, rc: int, rs: int, text: str, details: str) -> None:
    failure = Failure(sentence, rc, rs, text, details)
    assert parse_failure(f"linux1: {failure}") == Failure(f"linux1: {sentence}", rc, rs, text, details)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("inst1: Deleting X... Failed\ninst1:   Return Code: 400\ninst1:   Reason Code: 4\n", (400, 4)),
        ("Failed\n  Return Code: 596\n  Reason Code: 6312\n  Description: busy", (596, 6312)),
        ("x: Y... Failed\n  Return Code: 0\n  Reason Code: -1", (0, -1)),
    ],
)
def test_codes_are_found_in_other_releases_texts(text: str, codes: tuple[int, int]) -> None:
    failure = parse_failure(text)
    assert failure is not None
    assert (failure.rc, failure.rs) == codes


@pytest.mark.parametrize("text", ["", "inst1: on\n", "inst1: (Error) Option not supported", "Return Code: x"])
def test_other_texts_tell_no_refusal(text: str) -> None:
    assert parse_failure(text) is None
