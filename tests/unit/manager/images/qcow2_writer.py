# SPDX-License-Identifier: Apache-2.0
"""Writes small qcow2 images, for the tests of the reader. After QEMU's docs/interop/qcow2.rst."""

from __future__ import annotations

import struct
import zlib


def write(
    content: bytes,
    *,
    version: int = 3,
    cluster_bits: int = 16,
    compressed: bool = False,
    zero_flags: bool = False,
    incompatible: int = 0,
    backing: int = 0,
    crypt: int = 0,
) -> bytes:
    """Return ``content`` as an image; clusters that are zero are left out (or flagged as such)."""
    cluster = 1 << cluster_bits
    entries = cluster // 8
    clusters = [content[start : start + cluster] for start in range(0, len(content), cluster)]
    tables = -(-len(clusters) // entries)
    l1_offset, l2_offset = cluster, 2 * cluster
    data = bytearray()
    data_offset = l2_offset + tables * cluster
    l1 = []
    l2: list[int] = []
    for piece in clusters:
        at = data_offset + len(data)
        if not piece.strip(b"\0"):
            l2.append(1 if zero_flags else 0)
        elif compressed:
            packer = zlib.compressobj(9, zlib.DEFLATED, -12)
            packed = packer.compress(piece.ljust(cluster, b"\0")) + packer.flush()
            split = 62 - (cluster_bits - 8)
            sectors = (at % 512 + len(packed) - 1) // 512
            l2.append(1 << 62 | sectors << split | at)
            data += packed
        else:
            data += bytes(-len(data) % cluster)
            l2.append(1 << 63 | (data_offset + len(data)))
            data += piece.ljust(cluster, b"\0")
    for number in range(tables):
        used = any(l2[number * entries : (number + 1) * entries])
        l1.append(1 << 63 | (l2_offset + number * cluster) if used else 0)
    l2 += [0] * (tables * entries - len(l2))
    header = struct.pack(
        ">4sIQIIQIIQQIIQ",
        b"QFI\xfb",
        version,
        backing,
        8 if backing else 0,
        cluster_bits,
        len(content),
        crypt,
        max(len(l1), 1),
        l1_offset,
        0,
        0,
        0,
        0,
    )
    if version == 3:
        header += struct.pack(">QQQII", incompatible, 0, 0, 4, 104)
    image = header.ljust(cluster, b"\0")
    image += struct.pack(f">{len(l1)}Q", *l1).ljust(cluster, b"\0")
    image += struct.pack(f">{len(l2)}Q", *l2)
    return image + bytes(data) + bytes(-len(data) % 512 if compressed else 0)
