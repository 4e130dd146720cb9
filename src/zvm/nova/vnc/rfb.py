# SPDX-License-Identifier: Apache-2.0
"""The server's side of the Remote Framebuffer protocol 3.8 (RFC 6143), without I/O.

Spoken is what a text screen needs: security type None, raw rectangles, keys. The pointer and the clipboard
are read over. A screen has few colours, so a picture is a string of indices into a palette here, an octet
each, and becomes pixels in the form that the client asked for.
"""

from __future__ import annotations

import struct
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass

VERSION = b"RFB 003.008\n"
_NO_SECURITY = b"\x01"
#: Octets of clipboard that are read over; whoever sends more is no user.
_CLIPBOARD = 1 << 20

Colour = tuple[int, int, int]


class ProtocolError(Exception):
    """The client says what this server does not speak."""


@dataclass(frozen=True)
class Key:
    """A key went down or up; ``keysym`` is X11's number of it."""

    down: bool
    keysym: int


@dataclass(frozen=True)
class UpdateRequest:
    """The client waits for pixels: at once all of them, or those that change when it is ``incremental``."""

    incremental: bool


@dataclass(frozen=True)
class PixelFormat:
    """How a client wants its pixels (RFC 6143, section 7.4).

    :ivar bits: 8, 16 or 32 for each pixel.
    :ivar true_colour: False: a pixel is an index into a table of colours, which the server sends.
    :ivar largest: the largest value of red, green and blue.
    :ivar shifts: by how many bits each is shifted to the left.
    """

    bits: int = 32
    depth: int = 24
    big_endian: bool = False
    true_colour: bool = True
    largest: Colour = (255, 255, 255)
    shifts: Colour = (16, 8, 0)

    @classmethod
    def read(cls, data: bytes) -> PixelFormat:
        """Return the format in 16 octets.

        :raises ProtocolError: there is no such format.
        """
        bits, depth, big, true, *rest = struct.unpack("!BBBBHHHBBB3x", data)
        if bits not in (8, 16, 32) or any(shift >= bits for shift in rest[3:]):
            raise ProtocolError(f"pixels of {bits} bits shifted by {rest[3:]}")
        red, green, blue = rest[:3]
        return cls(bits, depth, bool(big), bool(true), (red, green, blue), tuple(rest[3:]))

    def written(self) -> bytes:
        """Return the 16 octets of this format."""
        return struct.pack(
            "!BBBBHHHBBB3x",
            self.bits,
            self.depth,
            self.big_endian,
            self.true_colour,
            *self.largest,
            *self.shifts,
        )

    def pixels(self, palette: Sequence[Colour]) -> list[bytes]:
        """Return the pixel of each colour."""
        order = "big" if self.big_endian else "little"
        values = range(len(palette)) if not self.true_colour else map(self._value, palette)
        return [(value & (1 << self.bits) - 1).to_bytes(self.bits // 8, order) for value in values]

    def _value(self, colour: Colour) -> int:
        parts = zip(colour, self.largest, self.shifts, strict=True)
        return sum((part * largest + 127) // 255 << shift for part, largest, shift in parts)


class Connection:
    """One client, from the first octet on.

    :param width: of the picture, in pixels.
    :param palette: the colours that the indices of a picture stand for.
    :param name: what the client shows as the title.
    """

    def __init__(self, width: int, height: int, palette: Sequence[Colour], name: str) -> None:
        self._size = (width, height)
        self._palette = palette
        self._name = name.encode()
        self._in = bytearray()
        self._out = bytearray(VERSION)
        self._events: list[Key | UpdateRequest] = []
        self._conversation = self._talk()
        self._wanted = next(self._conversation)
        self._use(PixelFormat())

    def to_send(self) -> bytes:
        """Return what the client is to be sent now, once."""
        data = bytes(self._out)
        self._out.clear()
        return data

    def receive(self, data: bytes) -> list[Key | UpdateRequest]:
        """Return what the client says in ``data``, which may be cut anywhere.

        :raises ProtocolError: this server does not speak that; :meth:`to_send` may have the answer to it.
        """
        self._in += data
        while len(self._in) >= self._wanted:
            piece = bytes(self._in[: self._wanted])
            del self._in[: self._wanted]
            self._wanted = self._conversation.send(piece)
        events, self._events = self._events, []
        return events

    def update(self, rectangles: Iterable[tuple[int, int, bytes]]) -> bytes:
        """Return the message that shows pictures of the full width.

        :param rectangles: the topmost line, the number of lines, a palette index for each pixel.
        """
        width = self._size[0]
        parts = [
            struct.pack("!HHHHi", 0, top, width, lines, 0) + b"".join(map(self._pixels.__getitem__, picture))
            for top, lines, picture in rectangles
        ]
        return struct.pack("!BxH", 0, len(parts)) + b"".join(parts)

    def _use(self, form: PixelFormat) -> None:
        self._pixels = form.pixels(self._palette)
        if not form.true_colour:
            self._out += struct.pack("!BxHH", 1, 0, len(self._palette))
            for colour in self._palette:
                self._out += struct.pack("!HHH", *(part * 257 for part in colour))

    def _talk(self) -> Generator[int, bytes, None]:
        """Yield how many octets are wanted next; take them."""
        version = yield len(VERSION)
        if version != VERSION:
            self._out += refusal("RFB 3.8 is spoken here")
            raise ProtocolError(f"version {version!r}")
        self._out += bytes([len(_NO_SECURITY)]) + _NO_SECURITY
        if (chosen := (yield 1)) != _NO_SECURITY:
            self._out += struct.pack("!I", 1) + _text("only security type None is spoken here")
            raise ProtocolError(f"security type {chosen[0]}")
        self._out += struct.pack("!I", 0)
        yield 1  # whether others may look on: a terminal has one user
        self._out += struct.pack("!HH", *self._size) + PixelFormat().written() + _text(self._name)
        while True:
            yield from self._message((yield 1)[0])

    def _message(self, kind: int) -> Generator[int, bytes, None]:
        if kind == 0:
            self._use(PixelFormat.read((yield 19)[3:]))
        elif kind == 2:  # every client takes raw rectangles
            (count,) = struct.unpack("!xH", (yield 3))
            if count:
                yield 4 * count
        elif kind == 3:
            asked = yield 9
            self._events.append(UpdateRequest(incremental=bool(asked[0])))
        elif kind == 4:
            down, keysym = struct.unpack("!BxxI", (yield 7))
            self._events.append(Key(bool(down), keysym))
        elif kind == 5:
            yield 5
        elif kind == 6:
            (length,) = struct.unpack("!xxxI", (yield 7))
            if length > _CLIPBOARD:
                raise ProtocolError(f"a clipboard of {length} octets")
            if length:
                yield length
        else:
            raise ProtocolError(f"message {kind}")


def refusal(reason: str) -> bytes:
    """Return what follows the client's version when it is not let in."""
    return b"\0" + _text(reason)


def _text(text: str | bytes) -> bytes:
    octets = text.encode() if isinstance(text, str) else text
    return struct.pack("!I", len(octets)) + octets
