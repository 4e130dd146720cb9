# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import time

import pytest

from zvm.manager.errors import Invalid, UnknownNodes
from zvm.manager.range_grammar import Known, expand

NODES = ["n1", "n2", "n3", "n10", "web01", "web02", "web03", "r1n1", "r1n2", "a-b", "n1-n3x"]
KNOWN = Known(
    dict.fromkeys(NODES),
    {"all": NODES, "web": ["web01", "web02", "web03"], "odd": ["n1", "n3", "web01", "web03"], "g-1": ["n2"]},
    lambda name: {"n1": "zvm", "n2": "zvm", "web01": "ipmi"} if name == "mgt" else {},
)


@pytest.mark.parametrize(
    ("text", "nodes"),
    [
        ("n2,n1,n2", "n2 n1"),
        ("web", "web01 web02 web03"),
        ("web@odd", "web01 web03"),
        ("web,-web02", "web01 web03"),
        ("-web02,web", "web01 web03"),
        ("web,^odd", "web02"),
        ("n1-n3", "n1 n2 n3"),
        ("n1:n3", "n1 n2 n3"),
        ("web01-web03", "web01 web02 web03"),
        ("r1n1-r1n2", "r1n1 r1n2"),
        ("web[01-02]", "web01 web02"),
        ("web[01,03]", "web01 web03"),
        ("r[1]n[1-2]", "r1n1 r1n2"),
        ("web01+2", "web01 web02 web03"),
        ("/web.*", "web01 web02 web03"),
        ("~n[123]", "n1 n2 n3"),
        ("mgt==zvm", "n1 n2"),
        ("mgt=~^z", "n1 n2"),
        ("web@mgt!=ipmi", "web02 web03"),
        ("(web,n1)@odd", "web01 web03 n1"),
        ("all,-(web,odd)", "n2 n10 r1n1 r1n2 a-b n1-n3x"),
        ("a-b,n1-n3x,g-1", "a-b n1-n3x n2"),
        ("", ""),
    ],
)
def test_what_a_range_means(text: str, nodes: str) -> None:
    assert expand(text, KNOWN) == nodes.split()


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("nosuch", "nosuch"),
        ("n1,nosuch,n4", "nosuch,n4"),
        ("n1-n5", "n4,n5"),
        ("web[01-04]", "web04"),
        ("x-y", "x-y"),
        ("n[a-b]", "n[a-b]"),
        ("web+", "web+"),
    ],
)
def test_names_that_nobody_has(text: str, unknown: str) -> None:
    with pytest.raises(UnknownNodes) as caught:
        expand(text, KNOWN)
    assert caught.value.message == f"Invalid nodes and/or groups in noderange: {unknown}"


@pytest.mark.parametrize(
    "text",
    [
        *("n[1-99999]", "n1-n9999999999", "n[1-200]x[1-200]"),
        *("/(a+)+b", "/[", "/a*a*a*a*a*b", "(" * 50, "n" * 30000),
    ],
)
def test_ranges_that_are_refused_at_once(text: str) -> None:
    start = time.monotonic()
    with pytest.raises((Invalid, UnknownNodes)):
        expand(text, KNOWN)
    assert time.monotonic() - start < 5
