# SPDX-License-Identifier: Apache-2.0
"""The directory entry of a guest that is given another size, until that is confirmed or taken back.

A new disk is made at a *parking number*, 00C0 above the number it is to have. :func:`resized` exchanges the
numbers: the new disk gets its place and the former one waits at the parking number, kept from the guest by a
``COMMAND DETACH``. Comment records say what the size was::

    *NOVA former cpus=1 storage=1G maximum=1G
    *NOVA added 0110

All is one change of one entry, so that there is no moment at which a disk belongs to nobody or to two.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace

from zvm.directory import names, passwords
from zvm.directory.entry import Entry
from zvm.directory.statements import Command, Comment, Cpu, User

#: Device numbers of the disks that can be exchanged: root disk, ephemeral disks, swap disk.
DISKS = tuple(f"{number:04X}" for number in range(0x100, 0x111))
_PARKING = 0xC0
_FORMER = re.compile(r"\*NOVA former cpus=(\d+) storage=(\w*) maximum=(\w*)\Z")
_ADDED = re.compile(r"\*NOVA added ([0-9A-F]{4})\Z")


@dataclass(frozen=True, slots=True)
class Former:
    """What a resized entry was before.

    :ivar storage: memory as the USER statement had it: ``2G``; ``maximum`` likewise.
    :ivar added: device numbers of disks that there were none of.
    """

    cpus: int
    storage: str
    maximum: str
    added: tuple[str, ...] = ()


def parked(vdev: str) -> str:
    """Return the parking number for the disk ``vdev``: 01C0 for 0100."""
    return names.vdev(f"{int(vdev, 16) + _PARKING:04X}")


def parking(entry: Entry) -> list[str]:
    """Return the parking numbers at which the entry has disks."""
    return [place for place in map(parked, DISKS) if entry.minidisk(place)]


def former(entry: Entry) -> Former | None:
    """Return what the entry was before it was resized; None: it was not, or that is settled."""
    found: Former | None = None
    added = []
    for comment in entry.find(Comment):
        if match := _FORMER.match(comment.comment.strip()):
            found = Former(int(match[1]), match[2], match[3])
        elif match := _ADDED.match(comment.comment.strip()):
            added.append(match[1])
    return replace(found, added=tuple(added)) if found else None


def cpus(entry: Entry) -> int:
    """Return how many processors the entry defines."""
    return len(entry.find(Cpu)) or 1


def resized(entry: Entry, disks: Collection[str], count: int, storage: str) -> Entry:
    """Return the entry with another size.

    :param disks: which of :data:`DISKS` there are to be; those parked take their places.
    :param count: processors.
    :param storage: memory, such as ``4096M``.
    :raises ValueError: the entry is resized already, or is none of a user.
    """
    header = _user(entry)
    if former(entry) is not None:
        raise ValueError(f"{entry.userid} is resized already")
    moves: dict[str, str] = {}
    added = []
    for vdev in DISKS:
        if entry.minidisk(parked(vdev)):
            moves[parked(vdev)] = vdev
            if entry.minidisk(vdev):
                moves[vdev] = parked(vdev)
            else:
                added.append(vdev)
        elif entry.minidisk(vdev) and vdev not in disks:
            moves[vdev] = parked(vdev)
    was = f"*NOVA former cpus={cpus(entry)} storage={header.storage} maximum={header.maximum_storage}"
    entry = _sized(_moved(entry, moves), count, storage, storage)
    for place in parking(entry):
        entry = entry.with_statement(Command(f"DETACH {place}"))
    for text in (was, *(f"*NOVA added {vdev}" for vdev in added)):
        entry = entry.with_statement(Comment(text))
    return entry


def reverted(entry: Entry) -> Entry:
    """Return the entry as it was before :func:`resized`, the new disks parked; else the entry itself."""
    was = former(entry)
    if was is None:
        return entry
    moves: dict[str, str] = {}
    for vdev in DISKS:
        if entry.minidisk(parked(vdev)):
            moves[parked(vdev)] = vdev
        if entry.minidisk(vdev) and (entry.minidisk(parked(vdev)) or vdev in was.added):
            moves[vdev] = parked(vdev)
    return settled(_sized(_moved(entry, moves), was.cpus, was.storage, was.maximum))


def settled(entry: Entry) -> Entry:
    """Return the entry without the records of what it was, and without orders to detach parked disks."""
    orders = {f"DETACH {parked(vdev)}" for vdev in DISKS}
    gone = [
        item
        for item in entry.statements
        if (isinstance(item, Command) and item.command in orders)
        or (
            isinstance(item, Comment)
            and (_FORMER.match(item.comment.strip()) or _ADDED.match(item.comment.strip()))
        )
    ]
    return entry.without(*gone)


def _user(entry: Entry) -> User:
    if not isinstance(entry.header, User):
        raise ValueError(f"{entry.userid} is no user")
    return entry.header


def _moved(entry: Entry, moves: dict[str, str]) -> Entry:
    """Return the entry with other device numbers for its minidisks."""
    for disk in entry.minidisks():
        if disk.vdev in moves:
            # Found by itself, not by its number: two disks exchange theirs.
            entry = entry.with_statement(replace(disk, vdev=moves[disk.vdev]), instead_of=disk)
    return entry


def _sized(entry: Entry, count: int, storage: str, maximum: str) -> Entry:
    header = _user(entry)
    password = passwords.AUTOLOG_ONLY if header.password == passwords.HIDDEN else header.password
    entry = replace(
        entry, header=replace(header, password=password, storage=storage, maximum_storage=maximum)
    )
    has = {cpu.address: cpu for cpu in entry.find(Cpu)}
    wanted = [f"{number:02X}" for number in range(count)]
    entry = entry.without(*(cpu for address, cpu in has.items() if address not in wanted))
    for address in wanted:
        if address not in has:
            entry = entry.with_statement(Cpu(address, ("BASE",) if address == "00" else ()))
    return entry
