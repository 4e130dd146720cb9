# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import pytest

from zvm.smapi import cursor as numbers
from zvm.smapi.cursor import Cursor, Malformed
from zvm.smapi.errors import InvalidParameter
from zvm.smapi.fields import Array, Asciiz, Extent, Field, Fixed, Integer, Lines, Raw, Text, encode_fields

NUMBER = Integer("number", 4)
NAME = Text("name", 1, 8)


@pytest.mark.parametrize(
    ("field", "value", "wire"),
    [
        (Integer("i", 1), 2, "02"),
        (Integer("i", 4), -1, "ffffffff"),
        (Integer("i", 8), 0x020001000005, "0000020001000005"),
        (NAME, "MAINT", "00000005 4d41494e54"),
        (Text("s", 0, 8), "", "00000000"),
        (Text("s", 1, 8, pad=8), "TCPIP", "00000008 5443504950202020"),
        (Asciiz("z"), "AB", "414200"),
        (Asciiz("z", prefixed=True), "AB", "00000003 414200"),
        (Fixed("f", size=4), "01", "30312020"),
        (Fixed("f", size=8, encoding="cp037"), "LINUX01", "d3c9d5e4e7f0f140"),
        (Raw("r"), "AB\0", "414200"),
        (Raw("r", closing=4), "AB", "414200000000"),
        (Lines("l"), ["A", "B"], "41004200"),
        (Lines("l", prefixed=True), ["A", "B"], "00000004 41004200"),
        (Lines("l", prefixed=True), [], "00000000"),
        (Array("a", (NAME,)), ["A", "BC"], "0000000b 0000000141 000000024243"),
        (Array("a", (NUMBER,), structured=True), [7], "00000008 00000004 00000007"),
        (
            Array("a", (NUMBER, NAME), structured=True, extent=Extent.COUNT),
            [{"number": 1, "name": "A"}],
            "00000001 00000009 00000001 0000000141",
        ),
        (Array("a", (Fixed("f", size=2),), extent=Extent.END), ["AB", "C"], "41424320"),
        (Array("a", (Array("b", (NUMBER,)),)), [[1], []], "0000000c 00000004 00000001 00000000"),
    ],
)
def test_bytes_out_and_in(field: Field, value: Any, wire: str) -> None:
    raw = bytes.fromhex(wire)
    assert field.encode(value) == raw
    cursor = Cursor(raw)
    assert field.decode(cursor) == value
    assert cursor.remaining == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (Integer("i", 1), 128),
        (Integer("i", 1, 0, 2), 3),
        (Integer("i", 4), "4"),
        (NAME, ""),
        (NAME, "NINELETTE"),
        (NAME, None),
        (NAME, "€"),
        (NAME, True),
        (Text("vdev", 1, 4, hexadecimal=True), "01G0"),
        (Asciiz("z"), "A\0B"),
        (Fixed("f", size=2), "ABC"),
        (Lines("l"), "AB"),
        (Lines("l"), ["A\0B"]),
        (Array("a", (NAME,)), "AB"),
        (Array("a", (NUMBER, NAME)), ["AB"]),
        (Array("a", (NUMBER, NAME)), [{"number": 1, "name": "A", "more": 1}]),
    ],
)
def test_values_that_cannot_be_carried(field: Field, value: Any) -> None:
    with pytest.raises(InvalidParameter):
        field.encode(value)


@pytest.mark.parametrize(
    ("field", "wire", "rr"),
    [
        (Integer("i", 1, 0, 2), "03", numbers.NOT_RECOGNISED),
        (Integer("i", 4), "0000", numbers.ENDED_EARLY),
        (NAME, "00000000", numbers.MISSING),
        (Text("s", 2, 8), "0000000141", numbers.TOO_SHORT),
        (NAME, "00000009 414141414141414141", numbers.TOO_LONG),
        (NAME, "00000004 4141", numbers.ENDED_EARLY),
        (NAME, "ffffffff 4141", 0),
        (Text("vdev", 1, 4, hexadecimal=True), "00000004 30314730", numbers.NOT_HEXADECIMAL),
        (Asciiz("z"), "", numbers.MISSING),
        (Fixed("f", size=4), "4141", numbers.ENDED_EARLY),
        (Lines("l", prefixed=True), "00000004 4100", numbers.ENDED_EARLY),
        (Array("a", (NAME,)), "00000005 00000002 41", numbers.ENDED_EARLY),
        (Array("a", (NUMBER,), structured=True), "00000004 00000000", numbers.ENDED_EARLY),
        (Array("a", (NUMBER,), structured=True, extent=Extent.COUNT), "7fffffff", numbers.ENDED_EARLY),
    ],
)
def test_octets_that_are_no_such_field(field: Field, wire: str, rr: int) -> None:
    with pytest.raises(Malformed) as caught:
        field.decode(Cursor(bytes.fromhex(wire)))
    assert caught.value.rr == rr


def test_unknown_fields_at_the_end_of_a_structure_are_skipped() -> None:
    field = Array("a", (NUMBER,), structured=True)
    assert field.decode(
        Cursor(bytes.fromhex("00000018 00000008 00000001 0000ffff 00000008 00000002 ffff0000"))
    ) == [
        1,
        2,
    ]


def test_what_is_left_out_takes_its_default() -> None:
    fields = (Integer("size", 4, unset=-1), Text("name", 0, 8), Lines("lines", prefixed=True))
    assert encode_fields(fields, {}) == bytes.fromhex("ffffffff 00000000 00000000")
    with pytest.raises(InvalidParameter, match=r"nmae.*no such field"):
        encode_fields(fields, {"nmae": "A"})


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        (NAME, "MAINT", "'MAINT'"),
        (Text("password", 0, 8, secret=True), "SESAME", "***"),
        (Text("password", 0, 8, secret=True), "", "''"),
        (Lines("records", secret=True), ["USER A SESAME"], "<1 elements>"),
        (Lines("definitions"), ["MDISK=READPASSWORD=SESAME MODE=W"], "['MDISK=READPASSWORD=*** MODE=W']"),
        (Lines("many"), ["A"] * 9, "<9 elements>"),
    ],
)
def test_printable_without_secrets(field: Field, value: Any, shown: str) -> None:
    assert field.show(value) == shown
