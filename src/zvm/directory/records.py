# SPDX-License-Identifier: Apache-2.0
"""Records of 72 columns and the statements written on them.

A statement that does not fit goes on: a record whose last character is a comma is continued by the next one
(CP Planning and Administration, "Continuing directory statements"). A comma after a blank stands between two
words; a comma in column 72 right behind a character splits a word that alone is longer than a record.
Columns 73-80 of a record are sequence numbers and carry nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from zvm.directory.errors import InvalidStatement

COLUMNS = 72


def unfold(lines: Iterable[str]) -> list[tuple[str, tuple[str, ...]]]:
    """Return each statement in ``lines`` as (its whole text, the records it stood on).

    Blank records vanish; comment records (``*`` first) are never continued and keep their leading blanks.
    """
    statements: list[tuple[str, tuple[str, ...]]] = []
    text = ""
    records: list[str] = []
    glued = False
    for line in lines:
        record = line[:COLUMNS].rstrip()
        if not records:
            if not record:
                continue
            if record.lstrip().startswith("*"):
                statements.append((record, (record,)))
                continue
            text = record.lstrip()
        elif glued:
            text += record
        else:
            text = f"{text} {record.lstrip()}"
        records.append(record)
        glued = len(record) == COLUMNS and record[-1] == "," and record[-2] != " "
        if record.endswith(","):
            text = text[:-1].rstrip()
            continue
        statements.append((text, tuple(records)))
        text, records = "", []
    if records:
        statements.append((text, tuple(records)))
    return statements


def fold(text: str) -> list[str]:
    """Return ``text``, one whole statement, as records of at most 72 columns.

    Raises:
        InvalidStatement: the text ends with a comma, or cannot be broken without loss.
    """
    keyword = text.split(" ", 1)[0]
    if text != text.strip() or text.endswith(",") or not text.isprintable():
        raise InvalidStatement(keyword, "ends with a comma, has blanks around it or unprintable characters")
    records = []
    while len(text) > COLUMNS:
        cut = next((at for at in range(COLUMNS - 2, 0, -1) if _breakable(text, at)), 0)
        if cut:
            records.append(f"{text[:cut]} ,")
            text = text[cut + 1 :]
        elif " " not in text[COLUMNS - 2 : COLUMNS]:
            records.append(f"{text[: COLUMNS - 1]},")
            text = text[COLUMNS - 1 :]
        else:
            raise InvalidStatement(keyword, "no place to continue it on another record")
    records.append(text)
    return records


def _breakable(text: str, at: int) -> bool:
    """Tell whether ``text[at]`` is a single blank between two words, the only blank that survives a break."""
    return text[at] == " " and text[at - 1] != " " and text[at + 1 : at + 2] not in ("", " ")
