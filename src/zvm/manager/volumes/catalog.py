# SPDX-License-Identifier: Apache-2.0
"""Finding volumes in the directory: one by its id, or all of them, in a number of calls that never grows."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from zvm.directory import Link, Mdisk
from zvm.directory.errors import DirectoryError
from zvm.manager import guests
from zvm.manager.errors import NotFound
from zvm.manager.hosts import Host
from zvm.manager.service import ManagementNode
from zvm.manager.volumes.volume import SOURCE, Volume, own, userid_of
from zvm.zhcp.client import ZhcpClient


async def get(zhcp: ZhcpClient, uuid: str) -> Volume:
    """Return the volume ``uuid``.

    :raises NotFound: there is none.
    :raises Refused: its userid is somebody else's.
    """
    userid = userid_of(uuid)
    entry = await guests.find_entry(zhcp, userid)
    if entry is None:
        raise NotFound(f"no volume {uuid}: the directory has no {userid}")
    return own(entry, uuid)


async def locate(mn: ManagementNode, uuid: str, host: str = "") -> tuple[Host, Volume]:
    """Return the volume ``uuid`` and its system: ``host``, or whichever has it.

    :raises NotFound: none has.
    """
    for item in mn.hosts.all(host):
        try:
            async with item.zhcp() as zhcp:
                return item, await get(zhcp, uuid)
        except NotFound:
            continue
    raise NotFound(f"no volume {uuid} on {host or 'any z/VM system'}")


async def all_of(host: Host) -> list[dict[str, Any]]:
    """Return all volumes of a system as ``/zvm/v1`` tells them, in three calls."""
    async with host.zhcp() as zhcp:
        marks = await _search(zhcp, "*ZVMVOL")
        if not marks:
            return []
        disks = _statements(Mdisk, await _search(zhcp, "MDISK"))
        links = _statements(Link, await _search(zhcp, "LINK V"))
    comments: dict[str, list[str]] = defaultdict(list)
    for userid, record in marks:
        comments[userid].append(record)
    held = defaultdict(list)
    for userid, found in links.items():
        for link in found:
            held[link.userid].append((userid, link))
    shown = []
    for userid, records in sorted(comments.items()):
        volume = Volume.of_statements(userid, records, disks.get(userid, ()), links.get(userid, ()))
        if volume is not None and volume.userid == userid_of(volume.uuid):
            shown.append({"host": host.name, **volume.shown(_attachments(held[userid]))})
    return shown


async def holders(zhcp: ZhcpClient, volume: Volume) -> list[tuple[str, Link]]:
    """Return whose directory entries link to the volume, and how (one call)."""
    found = _statements(Link, await _search(zhcp, f"LINK {volume.userid}"))
    return [
        (userid, link) for userid, links in found.items() for link in links if link.userid == volume.userid
    ]


def attachments(found: list[tuple[str, Link]]) -> list[dict[str, Any]]:
    """Return those of ``found`` that are guests', as ``/zvm/v1`` tells them."""
    return _attachments(found)


def _attachments(found: list[tuple[str, Link]]) -> list[dict[str, Any]]:
    return [
        {"userid": userid, "vdev": link.vdev, "mode": link.mode}
        for userid, link in found
        if link.vdev != SOURCE
    ]


async def linked(zhcp: ZhcpClient, volume: Volume) -> list[tuple[str, str, str]]:
    """Return who has the volume linked at this moment: userid, device number, WRITE or READ (one call).

    Source: Image_MDISK_Link_Query; each of its lines is "system userid vdev access", none at all is 0/28.
    """
    answer = await zhcp.smapi("Image_MDISK_Link_Query", volume.userid, {"vdev": volume.vdev})
    lines = [
        str(item["mdiskLink"] if isinstance(item, dict) else item).split() for item in _links(answer.reply)
    ]
    return [(words[1], words[2], words[3]) for words in lines if len(words) == 4]


def _links(reply: dict[str, Any]) -> list[Any]:
    return list(reply.get("mdiskLinkList") or ())


async def _search(zhcp: ZhcpClient, pattern: str) -> list[tuple[str, str]]:
    """Return userid and statement of every directory record that begins with ``pattern``."""
    answer = await zhcp.smapi("Directory_Manager_Search_DM", "MAINT", {"search_pattern": pattern})
    found = answer.reply.get("statementList") or ()
    return [(item["targetId"].strip(), item["statement"].strip()) for item in found]


def _statements(kind: type[Mdisk] | type[Link], found: list[tuple[str, str]]) -> dict[str, list[Any]]:
    read: dict[str, list[Any]] = defaultdict(list)
    for userid, text in found:
        _, *words = text.split()
        try:
            read[userid].append(kind.read(words, ""))
        except DirectoryError:  # of somebody else's entry; ours can be read
            continue
    return read
