# SPDX-License-Identifier: Apache-2.0
"""xCAT's own texts, read: what the v1 API tells of guests, pools, tables and images in words alone.

Sources: answers of xCAT 2.19.0 and of its z/VM plugin (``zvm.pm``), and the rules by which OpenStack's old
clients of xCAT read them. Every line has the node's name and ``: `` before it; a blank line may have it too.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable

_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)\b")
_SPACE = re.compile(r"(?P<pool>\S+) (?P<what>Total|Used|Free):\s*(?P<size>.*)")
_CAPTURED = re.compile(r"Completed capturing the image\s*\((?P<name>[^()\s]+)\)")
_SECONDS = re.compile(r"(\d+(?:\.\d+)?) sec")


def lines(texts: Iterable[str], node: str = "") -> list[str]:
    """Return the lines of ``texts`` without the name of ``node``, "" for any, before them."""
    found = []
    for line in "\n".join(texts).splitlines():
        name, colon, rest = line.partition(": ")
        if not colon and line.endswith(":"):
            name, colon = line[:-1], ":"
        known = bool(colon) and (name == node if node else " " not in name)
        found.append(rest if known else line)
    return found


def size(text: str) -> int:
    """Return octets of a size such as ``8.9G``, ``512M`` or ``0``; 0 when it is none."""
    match = _SIZE.match(text.strip())
    return int(float(match[1]) * _UNITS[match[2]]) if match else 0


def powers(texts: Iterable[str]) -> dict[str, str]:
    """Return node → on or off of ``rpower stat``; a node of which it says something else is left out.

    CP's complaint about a guest that is off may follow in further lines.
    """
    found: dict[str, str] = {}
    for line in "\n".join(texts).splitlines():
        node, _, word = line.partition(": ")
        if word.strip() in ("on", "off"):
            found.setdefault(node, word.strip())
    return found


def is_reachable(texts: Iterable[str]) -> bool:
    """Return what ``rpower isreachable`` says: ``X: reachable`` or ``X: unreachable``."""
    return any(line.strip().endswith(": reachable") for line in texts)


def pool_spaces(texts: Iterable[str], node: str) -> dict[str, dict[str, int]]:
    """Return pool → Total, Used, Free in octets of ``rinv --diskpoolspace``."""
    found: dict[str, dict[str, int]] = {}
    for line in lines(texts, node):
        if match := _SPACE.match(line.strip()):
            found.setdefault(match["pool"], {})[match["what"]] = size(match["size"])
    return found


def extents(texts: Iterable[str], node: str) -> list[tuple[str, str, int, int]]:
    """Return volume, device type, start and size of each extent of ``rinv --diskpool``."""
    found = []
    for line in lines(texts, node):
        words = line.split()
        if len(words) >= 4 and words[2].isdigit() and words[3].isdigit():
            found.append((words[0], words[1], int(words[2]), int(words[3])))
    return found


def facts(texts: Iterable[str], node: str) -> dict[str, str]:
    """Return the ``key: value`` lines of ``rinv``; of a key that comes again the first counts."""
    found: dict[str, str] = {}
    for line in lines(texts, node):
        key, colon, value = line.partition(":")
        if colon:
            found.setdefault(key.strip(), value.strip())
    return found


def cpu_microseconds(told: str) -> int:
    """Return the processor time in ``1.23 sec`` or ``1230000 uS``."""
    if match := _SECONDS.match(told):
        return int(float(match[1]) * 1_000_000)
    match = re.match(r"\d+", told)
    return int(match.group()) if match else 0


def table(data: Iterable[str]) -> list[dict[str, str]]:
    """Return the rows of ``tabdump``: ``#node,hcp,...`` and a line of quoted values for each row."""
    rows = list(csv.reader("\n".join(data).splitlines()))
    if not rows:
        return []
    header = [name.lstrip("#") for name in rows[0]]
    return [dict(zip(header, row, strict=False)) for row in rows[1:] if row]


def attributes(data: Iterable[str]) -> dict[str, str]:
    """Return column → value of ``gettab`` with several attributes: lines ``table.column: value``."""
    found: dict[str, str] = {}
    for line in data:
        name, colon, value = line.partition(": ")
        if colon and "." in name:
            found.setdefault(name.rpartition(".")[2], value)
    return found


def captured(texts: Iterable[str]) -> str:
    """Return the name of the image that ``imgcapture`` made, "" when it names none."""
    match = _CAPTURED.search("\n".join(texts))
    return match["name"] if match else ""
