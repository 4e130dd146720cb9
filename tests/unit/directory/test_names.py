# SPDX-License-Identifier: Apache-2.0
"""Names: canonical form, and no way to smuggle anything past the grammar."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zvm.directory import names


@pytest.mark.parametrize(
    ("validate", "given_", "canonical"),
    [
        (names.userid, "gt@pong", "GT@PONG"),
        (names.vdev, "9", "0009"),
        (names.vdev, "1fa0", "1FA0"),
        (names.vswitch, "xcatvsw1", "XCATVSW1"),
        (names.poolname, "pool1", "POOL1"),
        (names.volser, "zvm001", "ZVM001"),
        (names.macid, "00001a", "00001A"),
    ],
)
def test_canonical_form(validate: Callable[[str], str], given_: str, canonical: str) -> None:
    assert validate(given_) == canonical
    assert validate(canonical) == canonical


@pytest.mark.parametrize(
    ("validate", "bad"),
    [
        (names.userid, ""),
        (names.userid, "NINECHARS"),
        (names.userid, "A B"),
        (names.userid, "A\n"),
        (names.userid, "straße"),
        (names.userid, "ı"),
        (names.vdev, "G000"),
        (names.vdev, "00100"),
        (names.vdev, "1\n"),
        (names.macid, "1A"),
        (names.vswitch, "VSW;1"),
    ],
)
def test_refused(validate: Callable[[str], str], bad: str) -> None:
    with pytest.raises(names.InvalidName) as caught:
        validate(bad)
    assert caught.value.value == bad


@given(st.text(max_size=12))
def test_what_is_accepted_has_no_blank_and_no_newline(text: str) -> None:
    for validate in (names.userid, names.vdev, names.vswitch, names.poolname, names.volser, names.macid):
        try:
            accepted = validate(text)
        except names.InvalidName:
            continue
        assert accepted.isascii()
        assert accepted.isprintable()
        assert " " not in accepted
