# SPDX-License-Identifier: Apache-2.0
"""Faults tell function, codes, text and next step."""

from __future__ import annotations

from nova import exception

from zvm import xcat
from zvm.nova import exceptions


def refused(**facts: object) -> exception.NovaException:
    defaults = {"function": "Image_Disk_Create_DM", "target": "IBM0001", "text": "words"}
    return exceptions.translated(xcat.XcatRefused("PUT /vms/ibm0001", ["failed"], **{**defaults, **facts}))


def test_a_refusal_tells_all() -> None:
    problem = refused(rc=436, rs=4, text="Profile not found", next_step="create it")
    assert type(problem) is exceptions.Refused
    for part in ("Image_Disk_Create_DM for IBM0001", "rc 436 rs 4", "Profile not found"):
        assert part in str(problem)
    assert str(problem).endswith("Next: create it")


def test_a_taken_userid_and_a_full_pool_are_told_apart() -> None:
    assert isinstance(refused(rc=400, rs=8), exceptions.UserIdTaken)
    assert isinstance(refused(rc=408, rs=24), exceptions.NoSpace)
    assert "Next: " in str(refused(rc=400, rs=8))
    assert "Next: " in str(refused(rc=408, rs=24))


def test_without_codes_the_text_is_given() -> None:
    problem = exceptions.translated(xcat.XcatRefused("POST /nodes/x", ["already there"]))
    assert str(problem) == "POST /nodes/x refused: already there"


def test_wrong_credentials_say_where_to_look() -> None:
    problem = exceptions.translated(xcat.XcatUnauthorized("GET /version", ["Authentication failure"]))
    assert "[zvm_xcat]" in str(problem)


def test_unreachable_means_not_ready_to_nova() -> None:
    problem = exceptions.translated(xcat.XcatUnreachable("GET /guests", "no connection", next_step="look"))
    assert isinstance(problem, exception.VirtDriverNotReady)
    assert str(problem).startswith("no connection; GET /guests was not carried out")
    assert str(problem).endswith("Next: look")


def test_a_lost_answer_is_neither() -> None:
    problem = exceptions.translated(xcat.XcatOutcomeUnknown("POST /vms/x", "the connection broke"))
    assert isinstance(problem, exceptions.OutcomeUnknown)
    assert not isinstance(problem, exception.VirtDriverNotReady)


def test_a_crash_tells_the_last_words_first() -> None:
    console = "z/VM Version 7\nBooting.\nHCPGIR450W CP entered; disabled wait PSW 00020001.\n\n"
    problem = exceptions.GuestNotReachable("IBM0001", "crashed as it started", console)
    last_words = "HCPGIR450W CP entered; disabled wait PSW 00020001"
    assert str(problem).startswith(f"Guest IBM0001 crashed as it started, its last words: {last_words}. ")
    assert "Booting" in str(problem)
    assert "(nothing)" in str(exceptions.GuestNotReachable("IBM0001", "is silent", ""))
