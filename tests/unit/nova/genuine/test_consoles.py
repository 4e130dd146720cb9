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


def test_a_second_start_that_ends_as_the_first_did_is_kept() -> None:
    """A guest that was started again prints the same last lines."""
    end = "[  OK  ] Started getty on hvc0\n" * 20 + "linux1 login: \n"
    first, second = f"[ 0.1] Linux version 6.8\n{end}", f"[ 0.2] Linux version 6.8\n{end}"
    for again in ("", first):
        logs = ConsoleLogs()
        logs.add("linux1", first)
        assert logs.add("linux1", again + second) == first + second


def test_what_is_short_is_not_taken_for_known() -> None:
    logs = ConsoleLogs()
    logs.add("linux1", "\n")
    assert logs.add("linux1", "hello\n") == "\nhello\n"
    assert logs.add("linux1", "lo\n") == "\nhello\nlo\n"


def test_a_log_has_an_end_and_goes_with_its_guest() -> None:
    logs = ConsoleLogs()
    assert len(logs.add("linux1", "x" * 200_000)) == 102_400
    logs.forget("linux1")
    assert logs.add("linux1", "") == ""
