# SPDX-License-Identifier: Apache-2.0
"""A small VNC client that reads a text screen with its own eyes: what it cannot make out it does not know."""

from __future__ import annotations

import string
import struct
from collections.abc import Callable
from contextlib import suppress

from PIL import Image, ImageDraw, ImageFont

_WIDE, _HIGH = 6, 13
_READABLE = string.digits + string.ascii_letters + string.punctuation


def _glyphs() -> dict[bytes, str]:
    """Return what each character looks like: an octet for each pixel, 1 where there is ink."""
    font = ImageFont.load_default_imagefont()
    known = {bytes(_WIDE * _HIGH): " "}
    for character in _READABLE:
        cell = Image.new("P", (_WIDE, _HIGH))
        ImageDraw.Draw(cell).text((0, 1), character, fill=1, font=font)
        known[cell.tobytes()] = character
    return known


class Viewer:
    """One client of a VNC server.

    :param receive: returns the next octets, nothing when the server has ended.
    :param send: sends octets.
    """

    def __init__(self, receive: Callable[[], bytes], send: Callable[[bytes], object]) -> None:
        self._next = receive
        self._send = send
        self._data = b""
        self._glyphs = _glyphs()
        self._open()

    def _open(self) -> None:
        assert self._read(12) == b"RFB 003.008\n"
        self._send(b"RFB 003.008\n")
        count = self._read(1)[0]
        if not count:
            raise ConnectionRefusedError(self._text())
        assert 1 in self._read(count)
        self._send(b"\x01")
        assert self._read(4) == bytes(4)
        self._send(b"\x01")
        self.width, self.height = struct.unpack("!HH", self._read(4))
        self._read(16)
        self.title = self._text()
        self._frame = bytearray(self.width * self.height * 4)
        # As noVNC asks: 32 bits, red in the first octet.
        self._send(struct.pack("!B3xBBBBHHHBBB3x", 0, 32, 24, 0, 1, 255, 255, 255, 0, 8, 16))
        self._send(struct.pack("!BxHi", 2, 1, 0))
        self._lines = [""] * (self.height // _HIGH)
        self._request(incremental=False)

    def types(self, *keys: str | int) -> None:
        """Press and release keys: characters, or keysyms."""
        for key in keys:
            for keysym in [key] if isinstance(key, int) else map(ord, key):
                for down in (1, 0):
                    self._send(struct.pack("!BBxxI", 4, down, keysym))

    def shows(self, text: str) -> bool:
        """Wait until a text is on the screen; return False when the server ends instead."""
        while not any(text in line for line in self.lines()):
            try:
                self._update()
            except EOFError:
                return False
        return True

    def has_ended(self) -> bool:
        """Wait for the end of the server."""
        return not self.shows("no terminal ever shows this")

    def lines(self) -> list[str]:
        """Return what can be read on the screen."""
        return list(self._lines)

    def _line(self, top: int) -> str:
        return "".join(self._character(left, top) for left in range(0, self.width, _WIDE))

    def _character(self, left: int, top: int) -> str:
        pixels = [
            self._frame[at : at + 3]
            for line in range(top, top + _HIGH)
            for at in range((line * self.width + left) * 4, (line * self.width + left + _WIDE) * 4, 4)
        ]
        paper = pixels[0]  # the top left corner has never ink
        return self._glyphs.get(bytes(pixel != paper for pixel in pixels), "?")

    def _update(self) -> None:
        kind, count = struct.unpack("!BxH", self._read(4))
        assert kind == 0
        for _ in range(count):
            left, top, width, height, encoding = struct.unpack("!HHHHi", self._read(12))
            assert encoding == 0
            for line in range(top, top + height):
                at = (line * self.width + left) * 4
                self._frame[at : at + width * 4] = self._read(width * 4)
            for row in range(top // _HIGH, (top + height) // _HIGH):
                self._lines[row] = self._line(row * _HIGH)
        with suppress(OSError):  # a server that has ended is read to its end
            self._request(incremental=True)

    def _request(self, *, incremental: bool) -> None:
        self._send(struct.pack("!BBHHHH", 3, incremental, 0, 0, self.width, self.height))

    def _text(self) -> str:
        return self._read(struct.unpack("!I", self._read(4))[0]).decode()

    def _read(self, count: int) -> bytes:
        while len(self._data) < count:
            more = self._next()
            if not more:
                raise EOFError
            self._data += more
        piece, self._data = self._data[:count], self._data[count:]
        return piece
