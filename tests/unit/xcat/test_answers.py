# SPDX-License-Identifier: Apache-2.0
"""What a genuine xCAT answers, and what of it is which of our exceptions."""

from __future__ import annotations

import json

import pytest

from zvm.xcat import answers
from zvm.xcat.envelope import Envelope
from zvm.xcat.errors import (
    XcatError,
    XcatNotFound,
    XcatOutcomeUnknown,
    XcatRefused,
    XcatUnauthorized,
    XcatUnreachable,
)


@pytest.mark.parametrize(
    ("status", "body", "reading", "kind", "text"),
    [
        (401, b"<p>Authentication failure</p>", True, XcatUnauthorized, "Authentication failure"),
        (401, b"<p>Permission denied for request</p>", False, XcatUnauthorized, "Permission denied"),
        (403, b"<p>Invalid nodes and/or groups in noderange: x</p>", False, XcatNotFound, "noderange: x"),
        (403, b"<p>Unsupported request</p>", False, XcatRefused, "Unsupported request"),
        (404, b"Resource 'nosuch' does not exist", True, XcatNotFound, "nosuch"),
        (400, b"No set attribute was supplied.", False, XcatRefused, "No set attribute"),
        (503, b"Connection failurexx: Connection refused", False, XcatUnreachable, "Connection"),
        (408, b"time-out", False, XcatUnreachable, "time-out"),
        (500, b"", False, XcatOutcomeUnknown, "500"),
        (500, b"", True, XcatUnreachable, "500"),
        (200, b"", False, XcatOutcomeUnknown, "no xCAT envelope"),
        (302, b"<html>", True, XcatRefused, ""),
    ],
)
def test_statuses(status: int, body: bytes, reading: bool, kind: type[XcatError], text: str) -> None:
    with pytest.raises(kind) as caught:
        answers.envelope("PUT /x", status, body, reading)
    assert type(caught.value) is kind
    assert text in caught.value.message


def checked(*responses: dict[str, object]) -> None:
    answers.check("PUT /x", Envelope.from_object({"data": list(responses)}))


def test_success_passes() -> None:
    checked()
    checked({"info": ["fine"]}, {"errorcode": ["0"]})
    checked({"error": ["zhcp: Warning: Permanently added 'x' (RSA) to the list"], "errorcode": ["1"]})


def test_codes_are_read_from_xcats_text() -> None:
    text = (
        "a: Activating A... Failed\n  Return Code: 200\n  Reason Code: 8\n  Description: Image already active"
    )
    with pytest.raises(XcatRefused) as caught:
        checked({"error": [text], "errorcode": ["1"]})
    assert (caught.value.rc, caught.value.rs, caught.value.text) == (200, 8, "Image already active")
    assert caught.value.errors == (text,)


def test_unknown_objects() -> None:
    with pytest.raises(XcatNotFound):
        checked({"error": ["Could not find an object named 'x' of type 'node'."]})
    with pytest.raises(XcatRefused) as caught:
        checked({"error": ["x: (Error) Option not supported"]})
    assert type(caught.value) is XcatRefused
    assert caught.value.rc is None


@pytest.mark.parametrize(
    ("kind", "raised"),
    [
        ("refused", XcatRefused),
        ("not_found", XcatNotFound),
        ("unauthenticated", XcatUnauthorized),
        ("forbidden", XcatUnauthorized),
        ("unreachable", XcatUnreachable),
        ("busy", XcatUnreachable),
        ("unknown", XcatOutcomeUnknown),
        ("invalid", XcatRefused),
    ],
)
def test_facts_of_our_own_node_decide(kind: str, raised: type[XcatError]) -> None:
    facts = {
        "kind": kind,
        "message": "m",
        "rc": 400,
        "rs": 4,
        "function": "F",
        "explanation": "e",
        "next_step": "n",
    }
    with pytest.raises(raised) as caught:
        checked({"error": ["text"], "zvm": [facts]})
    assert type(caught.value) is raised
    assert caught.value.next_step == "n"
    with pytest.raises(raised):
        answers.raise_refusal("GET /x", 409, json.dumps({"error": facts}).encode(), True)
    if isinstance(caught.value, XcatRefused):
        assert (caught.value.rc, caught.value.function, caught.value.text) == (400, "F", "e")
