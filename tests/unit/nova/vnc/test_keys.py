# SPDX-License-Identifier: Apache-2.0
"""What keys type."""

from __future__ import annotations

import pytest

from zvm.nova.vnc.keys import Keyboard

CONTROL, ALT, SHIFT, UP = 0xFFE3, 0xFFE9, 0xFFE1, 0xFF52


@pytest.mark.parametrize(
    ("keysym", "typed"),
    [
        (ord("a"), "a"),
        (ord("#"), "#"),
        (0xE9, "é"),
        (0x010020AC, "€"),
        (0xFF0D, "\r"),
        (0xFF8D, "\r"),
        (0xFF08, "\x7f"),
        (0xFF09, "\t"),
        (0xFF1B, "\x1b"),
        (UP, "\x1b[A"),
        (0xFF97, "\x1b[A"),
        (0xFFFF, "\x1b[3~"),
        (0xFFB7, "7"),
        (0xFFAB, "+"),
        (0xFFBE, "\x1bOP"),
        (0xFFC9, "\x1b[24~"),
        (SHIFT, ""),
        (0x0100D800, ""),
        (0x01110000, ""),
        (0x10000000, ""),
    ],
)
def test_a_key(keysym: int, typed: str) -> None:
    keyboard = Keyboard()
    assert keyboard.press(keysym, down=True) == typed
    assert keyboard.press(keysym, down=False) == ""


@pytest.mark.parametrize(
    ("key", "typed"), [("c", "\x03"), ("C", "\x03"), ("[", "\x1b"), (" ", "\0"), ("1", "1")]
)
def test_with_control(key: str, typed: str) -> None:
    keyboard = Keyboard()
    keyboard.press(CONTROL, down=True)
    assert keyboard.press(ord(key), down=True) == typed
    keyboard.press(CONTROL, down=False)
    assert keyboard.press(ord(key), down=True) == key


def test_with_alt_and_in_application_mode() -> None:
    keyboard = Keyboard()
    assert keyboard.press(UP, down=True, application=True) == "\x1bOA"
    keyboard.press(ALT, down=True)
    assert keyboard.press(ord("x"), down=True) == "\x1bx"
