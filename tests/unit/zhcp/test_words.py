# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zvm.zhcp import errors, words


@given(st.text())
def test_whatever_passes_is_one_word(value: str) -> None:
    for check in (words.userid, words.vdev, words.filename, words.spool_class, words.spoolid):
        try:
            word = check(value)
        except errors.Invalid:
            continue
        assert len(word.split()) == 1
        assert word.isascii()
        assert word.isprintable()


@pytest.mark.parametrize("name", ["ALL", "all", "RDR", "READER", "SYSTEM", "PRT", "R"])
def test_an_operand_of_cp_is_no_userid(name: str) -> None:
    with pytest.raises(errors.Invalid, match="operand"):
        words.userid(name)


def test_names_are_folded_as_zvm_does() -> None:
    assert words.userid("linux01") == "LINUX01"
    assert words.vdev("1f") == "001F"
    assert words.spoolid("7") == "0007"
    assert words.filename("cfgdrive") == "cfgdrive"


@pytest.mark.parametrize(
    "line", ["", "  ", "QUERY\nLOGOFF", "Q \x15 LOGOFF", "X" * 241, "QUERY ÄPFEL", "Q\tX"]
)
def test_a_command_line_has_one_command(line: str) -> None:
    with pytest.raises(errors.Invalid):
        words.command(line)


def test_a_command_may_be_as_long_as_cp_takes() -> None:
    assert words.command("X" * 240) == "X" * 240
