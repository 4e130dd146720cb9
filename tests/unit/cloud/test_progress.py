# SPDX-License-Identifier: Apache-2.0
"""What the operator reads, on a pipe and on a terminal."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from zvm.cloud.progress import Reporter


def tell(reporter: Reporter) -> None:
    with reporter:
        reporter.heading("Part")
        with reporter.step("make [it]"):
            pass
        reporter.command("openstack server list")
        reporter.quote("| a |\n| b |")
        with pytest.raises(ValueError, match="no"), reporter.step("break it"):
            raise ValueError("no")


def test_plain_lines_on_a_pipe() -> None:
    out = io.StringIO()
    tell(Reporter(Console(file=out, highlight=False, soft_wrap=True)))
    assert out.getvalue().splitlines() == [
        "",
        "Part",
        "  ✔ make [it]  0.0 s",
        "  $ openstack server list",
        "    | a |",
        "    | b |",
        "  ✘ break it",
    ]


def test_live_on_a_terminal() -> None:
    out = io.StringIO()
    tell(Reporter(Console(file=out, force_terminal=True, highlight=False, soft_wrap=True)))
    assert "make [it]" in out.getvalue()
    assert "\x1b[" in out.getvalue()
