# SPDX-License-Identifier: Apache-2.0
"""Writes a disk as a qcow2 image (version 3) to a stream, clusters that are zero left out.

The tables stand in front of the data and say which clusters there are, so the disk is read twice: first by a
:class:`Survey`. Nothing is kept but a bit for each cluster. Source: QEMU, docs/interop/qcow2.rst.
"""

from __future__ import annotations

import struct
from collections.abc import AsyncIterable, AsyncIterator

#: Octets of a cluster; of what a refcount block counts, of what a level 2 table maps.
CLUSTER = 1 << 16
_COUNTED = CLUSTER // 2
_MAPPED = CLUSTER // 8
_HEADER = struct.Struct(">4sIQIIQIIQQIIQQQQII")
#: Of a level 1 or 2 entry: the cluster is used once, and may be written in place.
_COPIED = 1 << 63
_ZERO = bytes(CLUSTER)


class Changed(Exception):
    """The disk did not hold the same when it was read again."""


class Survey:
    """Which clusters of a disk hold anything.

    :ivar size: octets of the disk.
    :ivar used: an octet for each cluster, 1 where it is not all zero.
    """

    def __init__(self) -> None:
        self.size = 0
        self.used = bytearray()

    async def read(self, disk: AsyncIterable[bytes]) -> None:
        """Look at the whole disk."""
        async for cluster in clusters(disk):
            self.size += len(cluster)
            self.used.append(cluster != _ZERO[: len(cluster)])


async def clusters(disk: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """Yield ``disk`` in pieces of a cluster, the last one as long as it is."""
    rest = bytearray()
    async for data in disk:
        rest += data
        whole = len(rest) - len(rest) % CLUSTER
        view = bytes(rest[:whole])
        del rest[:whole]
        for at in range(0, whole, CLUSTER):
            yield view[at : at + CLUSTER]
    if rest:
        yield bytes(rest)


async def encoded(disk: AsyncIterable[bytes], survey: Survey) -> AsyncIterator[bytes]:
    """Yield the image of ``disk``.

    :raises Changed: the disk is not as ``survey`` has seen it.
    """
    yield head(survey)
    number = size = 0
    async for cluster in clusters(disk):
        size += len(cluster)
        if number >= len(survey.used):
            break
        if survey.used[number]:
            yield cluster.ljust(CLUSTER, b"\0")
        elif cluster != _ZERO[: len(cluster)]:
            raise Changed(f"cluster {number} was zero and is not any more")
        number += 1
    if size != survey.size:
        raise Changed(f"the disk had {survey.size} octets and now has {size} or more")


def length(survey: Survey) -> int:
    """Return the octets of the whole image."""
    return len(head(survey)) + survey.used.count(1) * CLUSTER


def head(survey: Survey) -> bytes:
    """Return header and tables; the used clusters follow in their order."""
    data = survey.used.count(1)
    tables = [at for at in range(0, len(survey.used), _MAPPED) if 1 in survey.used[at : at + _MAPPED]]
    l1_entries = max(1, -(-len(survey.used) // _MAPPED))
    l1_clusters = -(-l1_entries * 8 // CLUSTER)
    blocks = table_clusters = 1
    while True:  # the refcounts count themselves too
        total = 1 + table_clusters + blocks + l1_clusters + len(tables) + data
        wanted = -(-total // _COUNTED)
        wanted_table = -(-wanted * 8 // CLUSTER)
        if (wanted, wanted_table) == (blocks, table_clusters):
            break
        blocks, table_clusters = wanted, wanted_table
    first_block = 1 + table_clusters
    first_l1 = first_block + blocks
    first_l2 = first_l1 + l1_clusters
    first_data = first_l2 + len(tables)
    header = _HEADER.pack(
        *(b"QFI\xfb", 3, 0, 0, CLUSTER.bit_length() - 1, survey.size, 0, l1_entries, first_l1 * CLUSTER),
        *(CLUSTER, table_clusters, 0, 0, 0, 0, 0, 4, _HEADER.size),
    )
    refcount_table = b"".join(struct.pack(">Q", (first_block + at) * CLUSTER) for at in range(blocks))
    refcounts = b"\0\1" * total
    l1 = bytearray(l1_entries * 8)
    l2 = bytearray()
    following = first_data
    for at, start in enumerate(tables):
        struct.pack_into(">Q", l1, start // _MAPPED * 8, _COPIED | (first_l2 + at) * CLUSTER)
        table = bytearray(CLUSTER)
        for entry, used in enumerate(survey.used[start : start + _MAPPED]):
            if used:
                struct.pack_into(">Q", table, entry * 8, _COPIED | following * CLUSTER)
                following += 1
        l2 += table
    return b"".join(
        (
            header.ljust(CLUSTER, b"\0"),
            refcount_table.ljust(table_clusters * CLUSTER, b"\0"),
            refcounts.ljust(blocks * CLUSTER, b"\0"),
            l1.ljust(l1_clusters * CLUSTER, b"\0"),
            l2,
        )
    )
