# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zvm.zhcp import errors

text = st.text(max_size=20)
number = st.none() | st.integers()


@given(st.sampled_from(sorted(errors.KINDS)), text, text, text, number, number, text, text)
def test_an_error_survives_its_way_through_json(
    kind: str,
    message: str,
    function: str,
    target: str,
    rc: int | None,
    rs: int | None,
    explanation: str,
    next_step: str,
) -> None:
    error = errors.KINDS[kind](
        message,
        function=function,
        target=target,
        rc=rc,
        rs=rs,
        explanation=explanation,
        next_step=next_step,
        details={"a": 1},
    )
    again = errors.from_json(error.to_json())
    assert type(again) is type(error)
    assert again.to_json() == error.to_json()


def test_each_kind_has_its_own_status() -> None:
    statuses = [cls.status for cls in errors.KINDS.values()]
    assert len(set(statuses)) == len(statuses)


@pytest.mark.parametrize("document", [None, [], "x", {}, {"error": "x"}])
def test_a_foreign_body_gives_a_plain_error(document: object) -> None:
    assert type(errors.from_json(document)) is errors.ZhcpError


def test_an_unknown_kind_gives_a_plain_error() -> None:
    error = errors.from_json({"error": {"kind": "newer", "message": "m"}})
    assert type(error) is errors.ZhcpError
    assert error.message == "m"


def test_a_refusal_in_other_words_keeps_its_codes() -> None:
    first = errors.Refused("204/4", function="F", target="A", rc=204, rs=4, details={"text": "HCP"})
    again = first.retold("A has another device", "detach it")
    assert again.to_json() == {
        "error": {
            **first.to_json()["error"],
            "message": "A has another device",
            "explanation": "A has another device",
            "next_step": "detach it",
        }
    }


def test_only_what_is_named_is_accepted() -> None:
    with errors.accepted((404, 8), (204, 8)):
        raise errors.Refused("not there", rc=204, rs=8)
    with pytest.raises(errors.Refused, match="busy"), errors.accepted((404, 8), (204, 8)):
        raise errors.Refused("busy", rc=204, rs=4)
    with pytest.raises(errors.OutcomeUnknown), errors.accepted((204, 8)):
        raise errors.OutcomeUnknown("lost", rc=204, rs=8)
