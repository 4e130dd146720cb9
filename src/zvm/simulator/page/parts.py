# SPDX-License-Identifier: Apache-2.0
"""Pieces of HTML. Everything that comes from outside goes through ``text``."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from html import escape

#: Elements that have nothing in them.
_VOID = ("input",)


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def text(value: object) -> Html:
    """Return a value as HTML; what is HTML already stays as it is."""
    return value if isinstance(value, Html) else Html(escape(str(value)))


def join(parts: Iterable[object], between: str = "") -> Html:
    """Return the parts one after the other."""
    return Html(between.join(text(part) for part in parts))


def tag(element: str, /, *parts: object, cls: str = "", **attributes: str) -> Html:
    """Return an element."""
    given = ({"class": cls} if cls else {}) | attributes
    shown = "".join(f' {key}="{escape(value)}"' for key, value in given.items())
    end = "" if element in _VOID else f"{join(parts)}</{element}>"
    return Html(f"<{element}{shown}>{end}")


def section(title: str, note: str, *body: Html, half: bool = False) -> Html:
    """Return a card with a heading."""
    heading = tag("h2", title, tag("small", note) if note else "")
    return tag("section", heading, *body, cls="half" if half else "")


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], none: str, most: int = 200) -> Html:
    """Return a table, of at most so many rows, or what to say when there are none."""
    shown = list(rows)
    if not shown:
        return tag("p", none, cls="none")
    head = tag("tr", *(tag("th", column) for column in columns))
    body = (tag("tr", *(tag("td", cell) for cell in row)) for row in shown[:most])
    rest = tag("p", f"and {len(shown) - most} more", cls="faint") if len(shown) > most else ""
    return join([tag("table", head, *body), rest])


def code(value: object) -> Html:
    """Return a value in the typeface of names and numbers."""
    return tag("code", value)


def state(word: str) -> Html:
    """Return a state as a small label."""
    return tag("span", word, cls=f"state {word.split()[0]}")


def hue(name: str) -> int:
    """Return the colour of an owner, always the same one."""
    return zlib.crc32(name.encode()) % 36 * 10
