# SPDX-License-Identifier: Apache-2.0
"""The screen of a text terminal: pyte keeps it, Pillow draws it with the fixed-width font that it ships."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any

import pyte
from PIL import Image, ImageDraw, ImageFont
from pyte import modes

from zvm.nova.vnc.rfb import Colour

COLUMNS, LINES = 80, 24
#: Pixels of a character, with one empty line above and one below.
CELL = (6, 13)
WIDTH, HEIGHT = COLUMNS * CELL[0], LINES * CELL[1]
#: The sixteen colours of a terminal, the bright ones last.
PALETTE: tuple[Colour, ...] = (
    (0, 0, 0),
    (205, 0, 0),
    (0, 205, 0),
    (205, 205, 0),
    (60, 60, 238),
    (205, 0, 205),
    (0, 205, 205),
    (229, 229, 229),
    (127, 127, 127),
    (255, 0, 0),
    (0, 255, 0),
    (255, 255, 0),
    (120, 120, 255),
    (255, 0, 255),
    (0, 255, 255),
    (255, 255, 255),
)
_NAMES = ("black", "red", "green", "brown", "blue", "magenta", "cyan", "white")
_FOREGROUND, _BACKGROUND, _BRIGHT = 7, 0, 8
#: Characters without any effect after which a control sequence that has no end is given up.
_ENDLESS = 1 << 16


def _tolerant(method: Callable[..., None]) -> Callable[..., None]:
    """Return pyte's method, but one that passes over what it cannot carry out: a guest prints anything."""

    @wraps(method)
    def call(self: _Terminal, *args: Any, **kwargs: Any) -> None:
        self.effects += 1
        try:
            method(self, *args, **kwargs)
        except (TypeError, ValueError, LookupError):
            return

    return call


class _Terminal(pyte.Screen):
    """pyte's screen, always of the same size; questions of the guest stay unanswered.

    An answer would be typed at the guest, again with each replay of what it printed before.
    """

    effects = 0

    def resize(self, lines: int | None = None, columns: int | None = None) -> None:
        """Do nothing: the picture that was told to the viewer has one size."""


for _name in pyte.Stream.events:
    setattr(_Terminal, _name, _tolerant(getattr(pyte.Screen, _name)))


class _Stream(pyte.Stream):
    """pyte's parser, which gives up a control sequence that it cannot read and goes on after it.

    It takes "²" for a digit, and Python reads no number of more than 4,300 digits.
    """

    def _send_to_parser(self, data: str) -> bool | None:
        try:
            return super()._send_to_parser(data)
        except ValueError:
            return True  # pyte has begun anew, with plain text


class TextScreen:
    """What a terminal shows. Not thread-safe."""

    def __init__(self) -> None:
        self._terminal = _Terminal(COLUMNS, LINES)
        self._terminal.set_mode(modes.LNM)  # a line-mode console ends its lines with a bare line feed
        self._stream = _Stream(self._terminal)
        self._font = ImageFont.load_default_imagefont()
        self._without_effect = 0
        self._cursor: tuple[int, int] | None = None

    @property
    def application_cursor(self) -> bool:
        """Whether the program at the terminal has asked for the cursor keys' other sequences (DECCKM)."""
        return _DECCKM in self._terminal.mode

    @property
    def lines(self) -> list[str]:
        """The text that is shown."""
        return list(self._terminal.display)

    def feed(self, text: str) -> None:
        """Show what the guest printed."""
        before = self._terminal.effects
        self._stream.feed(text)
        self._without_effect = 0 if self._terminal.effects > before else self._without_effect + len(text)
        if self._without_effect > _ENDLESS:
            self._without_effect = 0
            self._stream = _Stream(self._terminal)

    def changed(self) -> list[int]:
        """Return the rows whose picture has changed since this was asked last."""
        rows = set(self._terminal.dirty)
        self._terminal.dirty.clear()
        cursor = self._visible_cursor()
        if cursor != self._cursor:
            rows |= {place[1] for place in (cursor, self._cursor) if place}
            self._cursor = cursor
        return sorted(row for row in rows if row < LINES)

    def picture(self, row: int) -> bytes:
        """Return a row as pixels, line by line: an octet for each, an index into :data:`PALETTE`."""
        image = Image.new("P", (WIDTH, CELL[1]))
        draw = ImageDraw.Draw(image)
        cells = self._terminal.buffer[row]
        cursor = self._visible_cursor()
        for column in range(COLUMNS):
            cell = cells[column]
            swap = cell.reverse != ((column, row) == cursor)
            front, back = _colour(cell.fg, _FOREGROUND, bright=cell.bold), _colour(cell.bg, _BACKGROUND)
            if swap:
                front, back = back, front
            left = column * CELL[0]
            if back:
                draw.rectangle((left, 0, left + CELL[0] - 1, CELL[1] - 1), fill=back)
            if cell.data.strip():
                draw.text((left, 1), _drawable(cell.data), fill=front, font=self._font)
            if cell.underscore:
                draw.line((left, CELL[1] - 1, left + CELL[0] - 1, CELL[1] - 1), fill=front)
        return image.tobytes()

    def _visible_cursor(self) -> tuple[int, int] | None:
        cursor = self._terminal.cursor
        return None if cursor.hidden else (min(cursor.x, COLUMNS - 1), cursor.y)


#: pyte keeps the modes of private sequences shifted by five bits.
_DECCKM = 1 << 5
#: Lines of boxes, which the font has not, by what is next to them.
_BOXES = {**dict.fromkeys("─━═╌┄", "-"), **dict.fromkeys("│┃║╎┆", "|"), "█": "#", "●": "*", "•": "*"}


def _drawable(text: str) -> str:
    """Return the one character of a cell that the font has: it knows ISO 8859-1."""
    character = _BOXES.get(text[0], "+" if "\u2500" <= text[0] <= "\u257f" else text[0])
    return character.encode("latin-1", "replace").decode("latin-1")


@lru_cache(1 << 10)
def _colour(name: str, default: int, *, bright: bool = False) -> int:
    """Return the palette's index of one of pyte's colours: a name, or red, green and blue in hexadecimal."""
    if name == "default":
        found = default
    elif name in _NAMES:
        found = _NAMES.index(name)
    elif (plain := name[len("bright") :]) in _NAMES:  # pyte writes one of them "bfightmagenta"
        return _NAMES.index(plain) + _BRIGHT
    else:
        wanted = bytes.fromhex(name)
        return min(
            range(len(PALETTE)),
            key=lambda index: sum((a - b) ** 2 for a, b in zip(PALETTE[index], wanted, strict=True)),
        )
    return found + _BRIGHT if bright and found else found
