# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zvm.xcat import envelope
from zvm.xcat.envelope import Envelope, EnvelopeError

_TEXT = st.text(max_size=8)
_VALUES = st.lists(
    st.one_of(st.none(), _TEXT, st.dictionaries(_TEXT, st.lists(_TEXT, max_size=2), max_size=2)), max_size=3
)
_RESPONSES = st.lists(st.dictionaries(_TEXT, _VALUES, max_size=3), max_size=3)


@given(_RESPONSES)
def test_what_is_printed_is_read_back(responses: list[envelope.Response]) -> None:
    answer = Envelope(tuple(responses))
    assert Envelope.parse(answer.to_json()) == answer


def test_parts_are_gathered_over_all_responses() -> None:
    answer = Envelope.parse(
        b'{"data":[{"info":["a: Deploying"],"xcatdsource":["vm"]},{"info":[null]},'
        b'{"error":["a: (Error) no"],"errorcode":["1"]},{"errorcode":["2"]},'
        b'{"node":[{"name":["a"],"data":["sshd"]}],"warning":["w"],"data":["d"]}]}'
    )
    assert answer.info == ["a: Deploying", ""]
    assert answer.errors == ["a: (Error) no"]
    assert answer.errorcode == ["1", "2"]
    assert answer.node == [{"name": ["a"], "data": ["sshd"]}]
    assert (answer.warnings, answer.data) == (["w"], ["d"])
    assert answer.text == "a: Deploying\n"


def test_the_declared_charset_is_read_too() -> None:
    assert Envelope.parse('{"data":[{"info":["ü"]}]}'.encode("iso-8859-1")).info == ["ü"]
    assert Envelope.parse('{"data":[{"info":["ü"]}]}'.encode()).info == ["ü"]


def test_our_own_is_ascii() -> None:
    assert Envelope((envelope.info("ü"),)).to_json() == b'{"data":[{"info":["\\u00fc"]}]}'


@pytest.mark.parametrize("body", [b"", b"<p>x</p>", b"[]", b'{"data":{}}', b'{"data":["x"]}', b'{"x":[]}'])
def test_anything_else_is_refused(body: bytes) -> None:
    with pytest.raises(EnvelopeError):
        Envelope.parse(body)


def test_responses() -> None:
    assert envelope.info("") == {"info": [None]}
    assert envelope.data("a", "b") == {"data": ["a", "b"]}
    assert envelope.error("x", code=4) == {"error": ["x"], "errorcode": ["4"]}
    assert envelope.error("x", details={"rc": 1})["zvm"] == [{"rc": 1}]
