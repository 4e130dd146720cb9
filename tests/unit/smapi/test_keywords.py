# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from zvm.smapi.cursor import Cursor
from zvm.smapi.errors import InvalidParameter
from zvm.smapi.keywords import Definitions, Keyword, KeywordFault, decode_keywords, encode_keywords

KEYWORDS = (
    Keyword("switch_name", required=True),
    Keyword("persist", choices=("YES", "NO")),
    Keyword("action", choices=("PAUSE", "BEGIN"), synonyms=("PAUSE", "BEGIN")),
)
DEFINITIONS = Definitions("definitions", prefixed=True, keywords=frozenset({"CPU", "NICDEF"}))


def test_written_in_declared_order_and_only_when_given() -> None:
    assert (
        encode_keywords(KEYWORDS, {"persist": "YES", "switch_name": "V1"}) == b"switch_name=V1\0persist=YES\0"
    )


def test_read_in_any_order_and_case() -> None:
    values = decode_keywords(KEYWORDS, Cursor(b"PERSIST=no\0Switch_Name=V1"))
    assert values == {"switch_name": "V1", "persist": "no", "action": ""}


def test_more_nuls_than_needed_do_no_harm() -> None:
    assert decode_keywords(KEYWORDS, Cursor(b"switch_name=A\0\0\0"))["switch_name"] == "A"


def test_an_operand_may_have_an_equals_sign() -> None:
    assert decode_keywords(KEYWORDS, Cursor(b"switch_name=A=B\0"))["switch_name"] == "A=B"


def test_the_c_clients_way_to_name_an_action() -> None:
    assert decode_keywords(KEYWORDS, Cursor(b"switch_name=A\0BEGIN=YES"))["action"] == "BEGIN"


@pytest.mark.parametrize(
    ("wire", "rs", "text"),
    [
        (b"switch_name=A\0bogus=1\0", 3002, "UNKNOWN_PARAMETER_KEYWORD=bogus"),
        (b"switch_name=A\0persist=maybe\0", 3003, "UNKNOWN_PARAMETER_OPERAND=maybe"),
        (b"persist=YES\0", 3004, "MISSING_PARAMETER_KEYWORD=switch_name"),
        (b"switch_name=A\0PAUSE=NO\0", 3003, "UNKNOWN_PARAMETER_OPERAND=NO"),
        (b"switch_name=\0", 3004, "MISSING_PARAMETER_KEYWORD=switch_name"),
    ],
)
def test_faults_have_their_reason_code_and_text(wire: bytes, rs: int, text: str) -> None:
    with pytest.raises(KeywordFault) as caught:
        decode_keywords(KEYWORDS, Cursor(wire))
    assert (caught.value.rs, str(caught.value)) == (rs, text)


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"switch_name": "A", "persist": "MAYBE"},
        {"switch_name": "A", "bogus": "1"},
        {"switch_name": "A\0persist=NO"},
    ],
)
def test_values_that_cannot_be_sent(values: dict[str, str]) -> None:
    with pytest.raises(InvalidParameter):
        encode_keywords(KEYWORDS, values)


def test_empty_strings_are_no_definitions() -> None:
    assert DEFINITIONS.decode(Cursor(b"\0\0\0\x10cpu=CPUADDR=00\0\0")) == ["cpu=CPUADDR=00"]


def test_definitions_may_repeat() -> None:
    lines = ["NICDEF=VDEV=1000 TYPE=QDIO", "NICDEF=VDEV=2000 TYPE=QDIO", "cpu=CPUADDR=00"]
    assert DEFINITIONS.decode(Cursor(DEFINITIONS.encode(lines))) == lines


@pytest.mark.parametrize(
    ("query", "line", "text"),
    [
        (False, "BOGUS_KEYWORD=BAD", "UNKNOWN_DIRECTORY_KEYWORD_PARAMETER=BOGUS_KEYWORD"),
        (True, "BOGUS_KEYWORD=BAD", "UNKNOWN_DIRECTORY_KEYWORD_PARAMETER=BOGUS_KEYWORD=BAD"),
        (False, "*", "UNKNOWN_DIRECTORY_KEYWORD_PARAMETER=*"),
    ],
)
def test_unknown_definitions_are_named_as_a_real_system_does(query: bool, line: str, text: str) -> None:
    field = Definitions("definitions", prefixed=True, keywords=DEFINITIONS.keywords, query=query)
    with pytest.raises(KeywordFault) as caught:
        field.decode(Cursor(field.encode([line])))
    assert (caught.value.rs, str(caught.value)) == (3002, text)


def test_a_query_may_ask_for_everything() -> None:
    field = Definitions("definitions", prefixed=True, query=True)
    assert field.decode(Cursor(b"\0\0\0\x02*\0")) == ["*"]


def test_definitions_cannot_be_empty() -> None:
    with pytest.raises(InvalidParameter):
        DEFINITIONS.encode([])
    with pytest.raises(KeywordFault) as caught:
        DEFINITIONS.decode(Cursor(b"\0\0\0\0"))
    assert caught.value.rs == 3004
