# SPDX-License-Identifier: Apache-2.0
"""Writes ISO 9660 images for tests, after ECMA-119, with or without Joliet names."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

SECTOR = 2048


@dataclass
class _Folder:
    folders: dict[str, _Folder] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    sector: int = 0

    def everything(self) -> list[_Folder]:
        return [self, *(one for folder in self.folders.values() for one in folder.everything())]


def image(files: dict[str, bytes], label: str = "config-2", *, joliet: bool = True) -> bytes:
    """Return an image with these files; without ``joliet`` their names are in capital letters."""
    placed: dict[bytes, int] = {}
    body = bytearray()

    def place(data: bytes) -> int:
        sector = 20 + len(body) // SECTOR
        body.extend(data + bytes(-len(data) % SECTOR))
        return sector

    for content in files.values():
        placed[content] = place(content)
    trees = {False: _tree(files), True: _tree(files)}
    for wide, tree in trees.items():
        for folder in reversed(tree.everything()):  # the deepest first: its sector is needed above
            folder.sector = place(_directory(folder, placed, wide))
    descriptors = [_descriptor(1, label, trees[False])]
    if joliet:
        descriptors.append(_descriptor(2, label, trees[True]))
    descriptors.append(b"\xffCD001\x01".ljust(SECTOR, b"\0"))
    head = bytes(16 * SECTOR) + b"".join(descriptors)
    return head.ljust(20 * SECTOR, b"\0") + bytes(body)


def _tree(files: dict[str, bytes]) -> _Folder:
    root = _Folder()
    for path, content in files.items():
        *parts, name = path.split("/")
        folder = root
        for part in parts:
            folder = folder.folders.setdefault(part, _Folder())
        folder.files[name] = content
    return root


def _directory(folder: _Folder, placed: dict[bytes, int], wide: bool) -> bytes:
    def name(text: str, suffix: str = "") -> bytes:
        return (text + suffix).encode("utf-16-be") if wide else (text.upper() + suffix).encode()

    records = [_record(b"\0", 0, SECTOR, True), _record(b"\1", 0, SECTOR, True)]
    records += [_record(name(text), sub.sector, SECTOR, True) for text, sub in folder.folders.items()]
    records += [
        _record(name(text, ";1"), placed[content], len(content), False)
        for text, content in folder.files.items()
    ]
    return b"".join(records).ljust(SECTOR, b"\0")


def _record(name: bytes, sector: int, size: int, directory: bool) -> bytes:
    fixed = (
        struct.pack("<I", sector)
        + struct.pack(">I", sector)
        + struct.pack("<I", size)
        + struct.pack(">I", size)
    )
    rest = bytes(7) + bytes([2 * directory]) + bytes(6) + bytes([len(name)]) + name
    record = b"\0" + fixed + rest
    record += bytes((len(record) + 1) % 2)
    return bytes([len(record) + 1]) + record


def _descriptor(kind: int, label: str, root: _Folder) -> bytes:
    block = bytearray(SECTOR)
    block[0:7] = bytes([kind]) + b"CD001\x01"
    block[40:72] = (label.encode("utf-16-be") if kind == 2 else label.encode()).ljust(32)[:32]
    block[156:190] = _record(b"\0", root.sector, SECTOR, True)
    return bytes(block)
