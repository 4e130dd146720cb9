# SPDX-License-Identifier: Apache-2.0
"""Disk pools: the groups of regions that EXTENT CONTROL names, and the space in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from zvm.directory.extents import BLOCK, CYLINDER
from zvm.manager.hosts import Host
from zvm.zhcp import errors as zhcp_errors
from zvm.zhcp.client import ZhcpClient

_DEFINITION, _FREE, _USED = 1, 2, 3
_GROUP = 3


@dataclass(frozen=True, slots=True)
class Pool:
    """A pool of a z/VM system; ``guests_bytes`` of the ``used_bytes`` are those of its instances' guests."""

    name: str
    host: str
    total_bytes: int
    used_bytes: int
    guests_bytes: int
    free_bytes: int
    largest_free_bytes: int
    device_type: str


@dataclass(frozen=True, slots=True)
class Used:
    """Space of a pool that is in use, of the minidisk ``vdev`` of ``owner``, "" where that is not told."""

    kind: str
    octets: int
    owner: str = ""
    vdev: str = ""


async def names_of(host: Host) -> list[str]:
    """Return the names of all pools of a system."""
    async with host.zhcp() as zhcp:
        lines = await _query(zhcp, _DEFINITION, "*")
    return sorted({line.split()[0] for line in lines if line.split()})


#: userid → octets of its disks in a pool that count as a guest's at most; None: all.
Guests = Mapping[str, int | None]


async def of(
    host: Host,
    wanted: Sequence[str] | None = None,
    guests: Callable[[str], Guests] = lambda pool: {},
) -> list[Pool]:
    """Return the pools of a system: those asked for, else those configured, else all.

    :param guests: for the name of a pool, the system's guests that are instances of OpenStack.
    :raises zvm.zhcp.errors.Refused: 420/8: there is no such pool.
    """
    names = list(wanted or host.options.pools) or await names_of(host)
    async with host.zhcp() as zhcp:
        return [await _pool(host, zhcp, name, guests(name)) for name in names]


async def used_of(zhcp: ZhcpClient, name: str) -> list[Used]:
    """Return the extents of a pool that are in use, one for each minidisk."""
    return [_used(line) for line in await _query(zhcp, _USED, name)]


async def _pool(host: Host, zhcp: ZhcpClient, name: str, guests: Guests) -> Pool:
    free = [_extent(line) for line in await _query(zhcp, _FREE, name)]
    used = await used_of(zhcp, name)
    free_bytes = sum(size for _, size in free)
    used_bytes = sum(item.octets for item in used)
    owners: Counter[str] = Counter()
    for item in used:
        owners[item.owner] += item.octets
    return Pool(
        name,
        host.name,
        free_bytes + used_bytes,
        used_bytes,
        sum(_at_most(owners[userid], most) for userid, most in guests.items()),
        free_bytes,
        max((size for _, size in free), default=0),
        next((kind for kind, _ in [*free, *((item.kind, 0) for item in used)]), "3390"),
    )


async def extents(host: Host, name: str, kind: str) -> list[str]:
    """Return the extents of a pool that are ``free`` or ``used``: volume, type, start and size a line."""
    async with host.zhcp() as zhcp:
        lines = await _query(zhcp, _FREE if kind == "free" else _USED, name)
    return [" ".join(line.split()[:4]) for line in lines]


async def _query(zhcp: ZhcpClient, query: int, name: str) -> list[str]:
    try:
        result = await zhcp.smapi(
            "Image_Volume_Space_Query_DM",
            "MAINT",
            {"query_type": query, "entry_type": _GROUP, "entry_names": name},
        )
    except zhcp_errors.Refused as error:
        if (error.rc, error.rs) == (420, 8) and query != _DEFINITION:
            raise zhcp_errors.NotFound(f"there is no disk pool {name}") from error
        raise
    return [line for line in result.reply["recordList"] if len(line.split()) >= (2 if query == 1 else 4)]


def _extent(line: str) -> tuple[str, int]:
    """Return device type and octets of a line ``volume type start size ...``.

    Only the first four characters of the type count: ``3390-09``.
    """
    kind, size = line.split()[1][:4], int(line.split()[3])
    return (kind, size * CYLINDER) if kind == "3390" else ("9336", size * BLOCK)


def _used(line: str) -> Used:
    """Return what a line ``volume type start size owner vdev ...`` of the space in use says."""
    owner, vdev = [*line.split()[4:6], "", ""][:2]
    return Used(*_extent(line), owner, vdev.zfill(4).upper() if vdev else "")


def _at_most(octets: int, most: int | None) -> int:
    return octets if most is None else min(octets, most)
