# SPDX-License-Identifier: Apache-2.0
"""What the keys of a VNC client type at a terminal: X11's keysyms in, characters and xterm's codes out."""

from __future__ import annotations

_CONTROL = frozenset((0xFFE3, 0xFFE4))
_ALT = frozenset((0xFFE7, 0xFFE8, 0xFFE9, 0xFFEA))
#: First keysym of those that are a Unicode code point plus this.
_UNICODE = 0x01000000

_PLAIN = {
    0xFF08: "\x7f",  # BackSpace, as a Linux terminal has it
    0xFF09: "\t",
    0xFE20: "\x1b[Z",  # shift and tab
    0xFF0A: "\n",
    0xFF0D: "\r",
    0xFF1B: "\x1b",
    0xFF55: "\x1b[5~",
    0xFF56: "\x1b[6~",
    0xFF63: "\x1b[2~",
    0xFFFF: "\x1b[3~",
    **{0xFFBE + number: "\x1bO" + "PQRS"[number] for number in range(4)},
    **{0xFFC2 + number: f"\x1b[{code}~" for number, code in enumerate((15, 17, 18, 19, 20, 21, 23, 24))},
}
#: Keys whose sequence depends on the mode that a program has set (DECCKM).
_CURSOR = {0xFF50: "H", 0xFF51: "D", 0xFF52: "A", 0xFF53: "C", 0xFF54: "B", 0xFF57: "F"}
#: The number pad's keys that do what others do.
_PAD = {
    0xFF8D: 0xFF0D,
    **dict(zip(range(0xFF95, 0xFF9B), (0xFF50, 0xFF51, 0xFF52, 0xFF53, 0xFF54, 0xFF55), strict=True)),
    0xFF9B: 0xFF56,
    0xFF9C: 0xFF57,
    0xFF9E: 0xFF63,
    0xFF9F: 0xFFFF,
}


class Keyboard:
    """A keyboard, with the keys that are held down."""

    def __init__(self) -> None:
        self._held: set[int] = set()

    def press(self, keysym: int, *, down: bool, application: bool = False) -> str:
        """Return what a key types as it goes down or up; nothing for keys that type nothing.

        :param application: the program at the terminal has asked for the cursor keys' other sequences.
        """
        if keysym in _CONTROL | _ALT:
            (self._held.add if down else self._held.discard)(keysym)
            return ""
        if not down:
            return ""
        text = self._typed(_PAD.get(keysym, keysym), application=application)
        if text and self._held & _CONTROL:
            text = _with_control(text)
        return "\x1b" + text if text and self._held & _ALT else text

    @staticmethod
    def _typed(keysym: int, *, application: bool) -> str:
        if keysym in _CURSOR:
            return ("\x1bO" if application else "\x1b[") + _CURSOR[keysym]
        if keysym in _PLAIN:
            return _PLAIN[keysym]
        if 0x20 <= keysym <= 0x7E or 0xA0 <= keysym <= 0xFF:
            return chr(keysym)
        if 0xFFAA <= keysym <= 0xFFBD:  # the number pad's digits and signs
            return chr(keysym - 0xFF80)
        point = keysym - _UNICODE
        return chr(point) if 0x100 <= point <= 0x10FFFF and not 0xD800 <= point < 0xE000 else ""


def _with_control(text: str) -> str:
    """Return the control character of a key, or the key's own text where there is none."""
    if text == " ":
        return "\0"
    upper = text.upper()
    return chr(ord(upper) & 0x1F) if len(upper) == 1 and "@" <= upper <= "_" else text
