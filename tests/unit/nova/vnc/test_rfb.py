# SPDX-License-Identifier: Apache-2.0
"""The Remote Framebuffer protocol, octet by octet (RFC 6143)."""

from __future__ import annotations

import struct

import pytest

from zvm.nova.vnc.rfb import Connection, Key, PixelFormat, ProtocolError, UpdateRequest

PALETTE = ((0, 0, 0), (255, 255, 255), (255, 0, 0))
HELLO = b"RFB 003.008\n"
FORMAT_16 = struct.pack("!B3xBBBBHHHBBB3x", 0, 16, 16, 1, 1, 31, 63, 31, 11, 5, 0)
FORMAT_MAP = struct.pack("!B3xBBBBHHHBBB3x", 0, 8, 8, 0, 0, 0, 0, 0, 0, 0, 0)


def opened() -> Connection:
    connection = Connection(2, 1, PALETTE, "title")
    connection.receive(HELLO + b"\x01\x01")
    connection.to_send()
    return connection


def test_the_first_words() -> None:
    connection = Connection(640, 480, PALETTE, "title")
    assert connection.to_send() == HELLO
    for octet in HELLO:
        assert connection.receive(bytes([octet])) == []
    assert connection.to_send() == b"\x01\x01"
    connection.receive(b"\x01")
    assert connection.to_send() == bytes(4)
    connection.receive(b"\x00")
    format_32 = bytes([32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0])
    assert connection.to_send() == b"\x02\x80\x01\xe0" + format_32 + b"\x00\x00\x00\x05title"
    assert connection.to_send() == b""


def test_what_a_client_says_may_be_cut_anywhere() -> None:
    said = (
        struct.pack("!BxHii", 2, 2, 0, -223)
        + struct.pack("!BxH", 2, 0)
        + struct.pack("!BBxxI", 4, 1, 0x61)
        + struct.pack("!BBHH", 5, 0, 3, 4)
        + struct.pack("!BxxxI", 6, 5)
        + b"paste"
        + struct.pack("!BBHHHH", 3, 1, 0, 0, 2, 1)
        + struct.pack("!BBxxI", 4, 0, 0x61)
    )
    events = [Key(True, 0x61), UpdateRequest(True), Key(False, 0x61)]
    assert opened().receive(said) == events
    connection = opened()
    assert [event for octet in said for event in connection.receive(bytes([octet]))] == events


def test_pixels_in_the_form_that_was_asked_for() -> None:
    connection = opened()
    head = struct.pack("!BxH", 0, 1) + struct.pack("!HHHHi", 0, 7, 2, 1, 0)
    assert connection.update([(7, 1, b"\x00\x02")]) == head + b"\0\0\0\0" + b"\0\0\xff\0"
    connection.receive(FORMAT_16)
    assert connection.update([(7, 1, b"\x01\x02")]) == head + b"\xff\xff" + b"\xf8\0"
    connection.receive(FORMAT_MAP)
    colours = b"".join(struct.pack("!HHH", *(part * 257 for part in colour)) for colour in PALETTE)
    assert connection.to_send() == struct.pack("!BxHH", 1, 0, 3) + colours
    assert connection.update([(7, 1, b"\x01\x02")]) == head + b"\x01\x02"


@pytest.mark.parametrize(
    "said",
    [
        b"\xff",
        struct.pack("!BxxxI", 6, 1 << 31),
        struct.pack("!B3xBBBBHHHBBB3x", 0, 24, 24, 0, 1, 255, 255, 255, 0, 8, 16),
        struct.pack("!B3xBBBBHHHBBB3x", 0, 8, 8, 0, 1, 7, 7, 3, 0, 3, 60),
    ],
)
def test_what_is_not_spoken(said: bytes) -> None:
    with pytest.raises(ProtocolError):
        opened().receive(said)


def test_other_security_is_refused_with_a_reason() -> None:
    connection = Connection(2, 1, PALETTE, "title")
    connection.receive(HELLO)
    connection.to_send()
    with pytest.raises(ProtocolError):
        connection.receive(b"\x02")
    assert connection.to_send()[:4] == b"\0\0\0\x01"


def test_every_colour_has_a_pixel_of_the_right_size() -> None:
    for bits in (8, 16, 32):
        form = PixelFormat(bits, bits, False, True, (7, 7, 3), (0, 3, 6))
        assert [len(pixel) for pixel in form.pixels(PALETTE)] == [bits // 8] * 3
