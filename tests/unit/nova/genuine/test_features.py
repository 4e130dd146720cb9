# SPDX-License-Identifier: Apache-2.0
"""What is off on a genuine xCAT: messages and the administrator's page."""

from __future__ import annotations

from pathlib import Path

import pytest

from zvm.nova.genuine import features

PAGE = Path(__file__).parents[4] / "doc" / "source" / "admin" / "genuine-xcat.rst"


def test_the_page_names_what_is_off_and_nothing_else() -> None:
    section = PAGE.read_text().partition("What is off\n")[2].partition("What is different\n")[0]
    listed = [line for line in section.splitlines() if line.startswith("* ")]
    assert listed == [f"* {feature.name}: {feature.why}" for feature in features.OFF]


@pytest.mark.parametrize(
    ("method", "path", "words"),
    [
        ("POST", "/guests/linux1/agent", "guest's agent"),
        ("POST", "/guests/linux1/resize/apply", "resize"),
        ("DELETE", "/guests/linux1/relocation", "live migration"),
        ("GET", "/fcp", "Fibre Channel"),
        ("POST", "/guests/linux1/volumes", "minidisk volumes"),
        ("GET", "/something/new", "GET /something/new"),
    ],
)
def test_a_call_is_named_by_its_feature(method: str, path: str, words: str) -> None:
    assert words in features.named(method, path)
