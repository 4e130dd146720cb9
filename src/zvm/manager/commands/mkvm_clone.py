# SPDX-License-Identifier: Apache-2.0
"""``mkvm`` after a pattern: a file with a directory entry, or another guest with its disks.

The pattern of a clone has to be logged off. Its minidisks are made anew in a pool and copied by FLASHCOPY;
network cards get MAC addresses of their own; real devices stay with the pattern.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from zvm.directory import (
    Dedicate,
    Entry,
    Loaddev,
    Mdisk,
    NicDef,
    Statement,
    User,
    mark,
    marked_uuid,
    names,
    passwords,
)
from zvm.manager import guests, noderange
from zvm.manager.commands.base import Report, step
from zvm.manager.commands.chvm_more import read_entry
from zvm.manager.definition import marked_as
from zvm.manager.errors import Invalid, Refused
from zvm.manager.service import GuestNode, ManagementNode
from zvm.manager.tables.rows import upsert
from zvm.xcat.smcli_text import done
from zvm.zhcp import errors as zhcp_errors
from zvm.zhcp.client import ZhcpClient


async def from_file(mn: ManagementNode, guest: GuestNode, name: str, objectid: str, report: Report) -> None:
    """Create the guest after the entry in a file of the directory ``exchange``.

    :raises Refused: the entry has minidisks at places of its own, which could be somebody else's.
    """
    entry = await read_entry(mn, name, guest.userid)
    if any(disk.allocation in ("PERM", "DEVNO") for disk in entry.minidisks()):
        raise Refused(
            "the entry has minidisks at fixed places; those could be somebody else's",
            next_step="leave MDISK statements out and add disks with chvm --add3390",
        )
    await _create(mn, guest, _marked(entry, objectid), objectid, report)


async def from_guest(
    mn: ManagementNode,
    guest: GuestNode,
    pattern: str,
    wanted: dict[str, str],
    objectid: str,
    report: Report,
) -> None:
    """Create the guest as a copy of another one; nothing stays behind when that fails."""
    source = await mn.guest(pattern)
    mn.check_userid(source.userid)
    if source.host is not guest.host:
        raise Refused(f"{pattern} is on another z/VM system, {source.host.name}")
    pool = wanted.get("pool") or guest.host.options.golden_pool
    if not pool:
        raise Invalid("a clone needs pool=NAME")
    pool = names.poolname(pool)
    async with guest.host.zhcp() as zhcp:
        with step(f"Getting the directory entry of {source.userid}"):
            entry = await guests.entry_of(zhcp, source.userid)
        if await guests.is_on(zhcp, source):
            raise Refused(f"{source.userid} is logged on; a clone would not be whole", next_step="log it off")
        disks = [disk for disk in entry.minidisks() if disk.allocation in ("PERM", "DEVNO")]
        if any(disk.size is None or disk.allocation == "DEVNO" for disk in disks):
            raise Refused(f"{source.userid} has whole volumes as minidisks; those are not cloned")
        copy = _marked(_like(entry, guest.userid, wanted.get("pw", passwords.AUTOLOG_ONLY)), objectid)
        await _create(mn, guest, copy, objectid, report)
        try:
            for disk in disks:
                await _copied(zhcp, guest.userid, source.userid, disk, pool, report)
        except BaseException:
            with suppress(zhcp_errors.ZhcpError):
                await zhcp.smapi("Image_Delete_DM", guest.userid, {"data_security_erase": 2})
            raise
    report.info(done(f"Cloning {source.userid} to {guest.userid}"))


async def _create(mn: ManagementNode, guest: GuestNode, entry: Entry, objectid: str, report: Report) -> None:
    sentence = f"Defining {guest.userid} in the directory"
    comments = noderange.comment(marked_as(objectid) or "")
    await mn.database.write(upsert, "zvm", {"node": guest.node}, {"comments": comments})
    with step(sentence):
        async with guest.host.zhcp() as zhcp:
            await zhcp.smapi("Image_Create_DM", guest.userid, {"image_record_array": entry.records()})
    report.info(done(sentence) + "\n")


async def _copied(zhcp: ZhcpClient, userid: str, source: str, disk: Mdisk, pool: str, report: Report) -> None:
    kind = disk.devtype[:4]
    made = {
        "vdev": disk.vdev,
        "device_type": kind if kind == "3390" else "9336",
        "allocation": "AUTOG",
        "area_or_volser": pool,
        "unit": 1 if kind == "3390" else 2,
        "size": disk.size,
        "mode": disk.mode or "MR",
        "format": 1,
    }
    sentence = f"Copying disk ({disk.vdev}) of {source} to {userid}"
    with step(sentence):
        await zhcp.smapi("Image_Disk_Create_DM", userid, made)
        await zhcp.clone_disk(userid, disk.vdev, source, disk.vdev)
    report.info(done(sentence))


def _like(entry: Entry, userid: str, password: str) -> Entry:
    """Return an entry as that of a pattern, without what only one guest can have."""
    header = entry.header
    if not isinstance(header, User):
        raise Refused("the pattern is no guest")
    kept: list[Statement] = []
    for statement in entry.statements:
        if isinstance(statement, NicDef):
            kept.append(replace(statement, macid=""))
        elif not isinstance(statement, Dedicate | Loaddev) and not _is_real(statement):
            kept.append(statement)
    header = replace(header, name=userid, password=password.upper())
    return replace(entry, header=header, statements=tuple(kept))


def _is_real(statement: Statement) -> bool:
    """Return whether a statement is a minidisk on a volume, which is made anew."""
    return isinstance(statement, Mdisk) and statement.allocation in ("PERM", "DEVNO")


def _marked(entry: Entry, objectid: str) -> Entry:
    """Return the entry with the mark of the instance and no other's."""
    old = marked_uuid(entry)
    statements = [item for item in entry.statements if not old or item != mark(old)]
    uuid = marked_as(objectid)
    return replace(entry, statements=(*statements, *([mark(uuid)] if uuid else [])))
