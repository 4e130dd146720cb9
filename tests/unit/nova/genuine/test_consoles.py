# SPDX-License-Identifier: Apache-2.0
"""Consoles that are handed out once, or again and again."""

from __future__ import annotations

from zvm.nova.genuine.consoles import ConsoleLogs


def test_what_is_handed_out_once_is_kept() -> None:
    logs = ConsoleLogs()
    assert logs.add("linux1", "a\nb\n") == "a\nb\n"
    assert logs.add("linux1", "c\n") == "a\nb\nc\n"
    assert logs.add("linux1", "") == "a\nb\nc\n"
    assert logs.add("linux2", "") == ""


def test_what_is_handed_out_again_is_not_doubled() -> None:
    logs = ConsoleLogs()
    lines = "".join(f"line {number}\n" for number in range(200))
    logs.add("linux1", lines)
    assert logs.add("linux1", lines + "more\n") == lines + "more\n"
    assert logs.add("linux1", lines[-500:] + "more\nyet more\n") == lines + "more\nyet more\n"


def test_a_log_has_an_end_and_goes_with_its_guest() -> None:
    logs = ConsoleLogs()
    assert len(logs.add("linux1", "x" * 200_000)) == 102_400
    logs.forget("linux1")
    assert logs.add("linux1", "") == ""
