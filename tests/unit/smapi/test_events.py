# SPDX-License-Identifier: Apache-2.0
"""Events as octets: the layout, and that what was written is read again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zvm.smapi import events
from zvm.smapi.errors import ProtocolError
from zvm.smapi.events import DirectoryChange, StreamEvent, VmEvent


def test_a_logon_is_twelve_octets_of_data_in_ebcdic() -> None:
    data = events.vmevent("logon", "LINUX01")
    assert data.hex() == "00000000d3c9d5e4e7f0f140"
    wire = events.encode(events.VMEVENT, data)
    assert wire[:8].hex() == "0000001000000000"
    assert events.decode(wire[4:]) == [VmEvent((0, 0), "logon", "LINUX01")]


def test_several_records_come_in_one_event() -> None:
    records = [
        events.vmevent("logoff", "A"),
        events.vmevent("failure", "B", detail=b"\1"),
        events.vmevent("inbound relocation started", "C", "ZVMSIM2"),
    ]
    assert events.decode(bytes(4) + b"".join(records)) == [
        VmEvent((0, 1), "logoff", "A"),
        VmEvent((0, 2), "failure", "B", detail=b"\1"),
        VmEvent((0, 9), "inbound relocation started", "C", "ZVMSIM2"),
    ]


def test_a_record_of_another_kind_is_passed_on_whole() -> None:
    body = bytes(4) + bytes.fromhex("00040018") + b"abcdefgh\1\2"
    assert events.decode(body) == [VmEvent((4, 24), "", detail=b"abcdefgh\1\2")]


def test_what_makes_no_record_is_refused() -> None:
    with pytest.raises(KeyError):
        events.vmevent("lunch", "LINUX01")
    with pytest.raises(ValueError, match="octets"):
        events.vmevent("failure", "LINUX01")


texts = st.text(st.characters(max_codepoint=255), max_size=20)


@given(texts, texts, texts)
def test_directory_changes(userid: str, action: str, data: str) -> None:
    wire = events.encode(events.STREAM, events.directory_change(userid, action, data))
    assert events.decode(wire[4:]) == [DirectoryChange(userid, action, data)]


@given(st.binary(max_size=64))
def test_any_octets_are_events_or_a_protocol_error(body: bytes) -> None:
    try:
        found = events.decode(body)
    except ProtocolError:
        return
    assert all(isinstance(item, VmEvent | DirectoryChange | StreamEvent) for item in found)
