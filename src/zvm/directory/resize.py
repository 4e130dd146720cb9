# SPDX-License-Identifier: Apache-2.0
"""The directory entry of a guest that is given another size, until that is confirmed or taken back.

A new disk is made at a *parking number*, 00C0 above the number it is to have. :func:`resized` exchanges the
numbers: the new disk gets its place and the former one waits at the parking number, kept from the guest by a
``COMMAND DETACH``. Comment records say what the size was::

    *NOVA former cpus=1 storage=1G maximum=1G
    *NOVA former MACHINE ESA 4
    *NOVA former CPU 00 BASE
    *NOVA former SHARE
    *NOVA added 0110
    *NOVA live

All is one change of one entry, so that there is no moment at which a disk belongs to nobody or to two. Of the
statements of :mod:`zvm.directory.extras` those of a keyword are there when one of them was changed; the
keyword alone says that there was none. The last record says that the guest is to take the size as it runs
(:func:`resized_live`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from zvm.directory import extras, maxima, names, passwords
from zvm.directory.entry import Entry
from zvm.directory.extras import Extras
from zvm.directory.maxima import Maxima
from zvm.directory.statement_base import Statement
from zvm.directory.statements import Command, Comment, Cpu, User, read_statements

#: Device numbers of the disks that can be exchanged: root disk, ephemeral disks, swap disk.
DISKS = tuple(f"{number:04X}" for number in range(0x100, 0x111))
_PARKING = 0xC0
_FORMER = re.compile(r"\*NOVA former cpus=(\d+) storage=(\w*) maximum=(\w*)\Z")
_ADDED = re.compile(r"\*NOVA added ([0-9A-F]{4})\Z")
_STATEMENT = re.compile(rf"\*NOVA former ({'|'.join((*maxima.KEYWORDS, *extras.KINDS))})(?: (.+))?\Z")
_LIVE = "*NOVA live"
_AS_THEY_ARE = Extras()


@dataclass(frozen=True, slots=True)
class Former:
    """What a resized entry was before.

    :ivar storage: memory as the USER statement had it: ``2G``; ``maximum`` likewise.
    :ivar added: device numbers of disks that there were none of.
    :ivar live: the guest was to take its new size as it runs, and no disk was changed.
    """

    cpus: int
    storage: str
    maximum: str
    added: tuple[str, ...] = ()
    live: bool = False


def parked(vdev: str) -> str:
    """Return the parking number for the disk ``vdev``: 01C0 for 0100."""
    return names.vdev(f"{int(vdev, 16) + _PARKING:04X}")


def parking(entry: Entry) -> list[str]:
    """Return the parking numbers at which the entry has disks."""
    return [place for place in map(parked, DISKS) if entry.minidisk(place)]


def former(entry: Entry) -> Former | None:
    """Return what the entry was before it was resized; None: it was not, or that is settled."""
    found: Former | None = None
    added, live = [], False
    for comment in entry.find(Comment):
        text = comment.comment.strip()
        if match := _FORMER.match(text):
            found = Former(int(match[1]), match[2], match[3])
        elif match := _ADDED.match(text):
            added.append(match[1])
        elif text == _LIVE:
            live = True
    return replace(found, added=tuple(added), live=live) if found else None


def cpus(entry: Entry) -> int:
    """Return how many processors the entry defines."""
    return len(entry.find(Cpu)) or 1


def has_size(entry: Entry, count: int, storage: str) -> bool:
    """Return whether a user's entry has so many processors and just this memory, such as ``4096M``."""
    return isinstance(entry.header, User) and entry.header.storage == storage and cpus(entry) == count


def resized(
    entry: Entry,
    disks: Collection[str],
    count: int,
    storage: str,
    most: Maxima | None = None,
    more: Extras = _AS_THEY_ARE,
) -> Entry:
    """Return the entry with another size.

    :param disks: which of :data:`DISKS` there are to be; those parked take their places.
    :param count: processors.
    :param storage: memory, such as ``4096M``.
    :param most: what it can have as it runs; None: as the entry says, and no less than it has.
    :param more: what else is to be another.
    :raises ValueError: the entry is resized already, or is none of a user.
    """
    before, was = entry, _was(entry)
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
    was += [f"*NOVA former {statement.text()}" for statement in maxima.statements(entry)]
    maximum = (most.storage or storage) if most else maxima.kept_storage(entry, storage)
    entry = _with_storage(_moved(entry, moves), storage, maximum)
    entry = more.put_in(_with_cpus(entry, count, dedicated=more.dedicated))
    entry = maxima.replaced(entry, most.statements()) if most else maxima.with_cpus(entry, count)
    for place in parking(entry):
        entry = entry.with_statement(Command(f"DETACH {place}"))
    return _noted(entry, [*was, *_records(before, entry), *(f"*NOVA added {vdev}" for vdev in added)])


def resized_live(entry: Entry, count: int, storage: str) -> Entry:
    """Return the entry with other processors and memory within the maxima, which stay as they are.

    :raises ValueError: the entry is resized already, or is none of a user.
    """
    was = _was(entry)
    after = _with_cpus(_with_storage(entry, storage, _user(entry).maximum_storage), count)
    return _noted(after, [*was, *_records(entry, after), _LIVE])


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
    recorded = _former_statements(entry)
    if not was.live:
        entry = maxima.replaced(entry, [item for key in maxima.KEYWORDS for item in recorded.get(key, ())])
    entry = _with_storage(_moved(entry, moves), was.storage, was.maximum)
    for keyword, kind in extras.KINDS.items():
        if keyword in recorded:
            entry = extras.replaced(entry, kind, recorded[keyword])
        elif kind is Cpu:
            entry = _with_cpus(entry, was.cpus)
    return settled(entry)


def settled(entry: Entry) -> Entry:
    """Return the entry without the records of what it was, and without orders to detach parked disks."""
    orders = {f"DETACH {parked(vdev)}" for vdev in DISKS}
    gone = [
        item
        for item in entry.statements
        if (isinstance(item, Command) and item.command in orders)
        or (isinstance(item, Comment) and _is_record(item.comment.strip()))
    ]
    return entry.without(*gone)


def _is_record(comment: str) -> bool:
    return comment == _LIVE or any(pattern.match(comment) for pattern in (_FORMER, _ADDED, _STATEMENT))


def _was(entry: Entry) -> list[str]:
    """Return the record of what the entry is before it is resized."""
    header = _user(entry)
    if former(entry) is not None:
        raise ValueError(f"{entry.userid} is resized already")
    return [f"*NOVA former cpus={cpus(entry)} storage={header.storage} maximum={header.maximum_storage}"]


def _noted(entry: Entry, comments: Iterable[str]) -> Entry:
    for text in comments:
        entry = entry.with_statement(Comment(text))
    return entry


def _records(before: Entry, after: Entry) -> Iterator[str]:
    """Yield the records of the statements that are exchanged by their keyword, where they differ."""
    for keyword, kind in extras.KINDS.items():
        was = before.find(kind)
        if was != after.find(kind):
            yield from (f"*NOVA former {item.text()}" for item in was) if was else [f"*NOVA former {keyword}"]


def _former_statements(entry: Entry) -> dict[str, list[Statement]]:
    """Return keyword -> the statements on record; none where it says that there was none."""
    found: dict[str, list[Statement]] = {}
    for comment in entry.find(Comment):
        if match := _STATEMENT.match(comment.comment.strip()):
            text = [f"{match[1]} {match[2]}"] if match[2] else []
            found.setdefault(match[1], []).extend(read_statements(text))
    return found


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


def _with_storage(entry: Entry, storage: str, maximum: str) -> Entry:
    header = _user(entry)
    password = passwords.AUTOLOG_ONLY if header.password == passwords.HIDDEN else header.password
    return replace(entry, header=replace(header, password=password, storage=storage, maximum_storage=maximum))


def _with_cpus(entry: Entry, count: int, *, dedicated: bool | None = None) -> Entry:
    """Return the entry with ``count`` processors; new ones are dedicated as told, or as all others are."""
    has = {cpu.address: cpu for cpu in entry.find(Cpu)}
    if dedicated is None:
        dedicated = extras.has_dedicated_cpus(entry)
    wanted = [f"{number:02X}" for number in range(count)]
    entry = entry.without(*(cpu for address, cpu in has.items() if address not in wanted))
    for address in wanted:
        if address not in has:
            cpu = Cpu(address, ("BASE",) if address == "00" else ())
            entry = entry.with_statement(extras.dedicated(cpu) if dedicated else cpu)
    return entry
