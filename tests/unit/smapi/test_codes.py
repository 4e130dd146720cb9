# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from zvm.smapi import codes, functions


@pytest.mark.parametrize(
    ("rc", "rs", "function", "part"),
    [
        (400, 8, None, "exists already"),
        (200, 12, "Image_Deactivate", "not running"),
        (408, 24, "Image_Disk_Create_DM", "not enough space"),
        (24, 613, "Image_Disk_Create_DM", "Parameter 6 (size) is too long"),
        (24, 613, None, "Parameter 6 is too long"),
        (24, 9977, "Image_Query_DM", "Parameter 99 is wrong (syntax error 77)"),
        (396, 2788, None, "HCP2788"),
        (596, 6312, None, "DVH6312"),
        (596, 9999, None, "DVH9999"),
        (592, 1234, "Image_Create_DM", "operation 1234"),
        (592, 0, "Image_Create_DM", "goes on"),
        (0, 710, "Query_API_Functional_Level", "z/VM 7.1.0"),
        (0, 12, "Image_Status_Query", "not active"),
        (0, 12, "Name_List_Add", "list is new"),
        (24, 13, "Metadata_Set", "too long"),
        (900, 12, "Image_Explode_DM", "does not exist"),
        (777, 1, None, "unknown here"),
    ],
)
def test_explanations(rc: int, rs: int, function: str | None, part: str) -> None:
    explanation = codes.explain(rc, rs, function)
    assert explanation.name == f"{rc}/{rs}"
    assert part in explanation.text
    assert explanation.next_step


def test_every_declared_code_has_words() -> None:
    unknown = codes.explain(777, 1).text
    for name in functions.names():
        for rc, rs in functions.get(name).codes:
            assert codes.explain(rc, rs, name).text != unknown, (name, rc, rs)
