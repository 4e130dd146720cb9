# SPDX-License-Identifier: Apache-2.0
"""A volume as its directory entry tells it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from zvm.directory import Comment, Entry, Link, Mdisk, User
from zvm.directory.volume_mark import VolumeMark
from zvm.manager.errors import Invalid, Refused

#: Device numbers of a volume's minidisk, one or the other: a volume that grows moves to the other.
VDEVS = ("0100", "0101")
#: Where the LINK to what is being copied stands meanwhile.
SOURCE = "01FF"


@dataclass(frozen=True, slots=True)
class Volume:
    """A volume or snapshot.

    :ivar userid: who owns the minidisk.
    :ivar disk: the minidisk.
    :ivar surplus: what an extension that did not finish left, or nothing.
    :ivar source: whose content is being copied onto it, None once it is complete.
    """

    mark: VolumeMark
    userid: str
    disk: Mdisk
    surplus: tuple[Mdisk, ...] = ()
    source: Link | None = None

    @classmethod
    def read(cls, entry: Entry) -> Volume | None:
        """Return the volume that the entry is, None when it is none of ours."""
        return cls.of_statements(
            entry.userid,
            [item.comment for item in entry.find(Comment)],
            entry.minidisks(),
            entry.find(Link),
        )

    @classmethod
    def of_statements(
        cls, userid: str, comments: Iterable[str], disks: Iterable[Mdisk], links: Iterable[Link]
    ) -> Volume | None:
        """Return the volume of which these are the statements, None when it is none of ours."""
        mark = VolumeMark.read(comments)
        own = sorted((disk for disk in disks if disk.vdev in VDEVS), key=lambda disk: disk.size or 0)
        if mark is None or not own:
            return None
        source = next((link for link in links if link.vdev == SOURCE), None)
        return cls(mark, userid, own[0], tuple(own[1:]), source)

    @property
    def uuid(self) -> str:
        """The id."""
        return self.mark.uuid

    @property
    def vdev(self) -> str:
        """The device number of its minidisk."""
        return self.disk.vdev

    @property
    def device_type(self) -> str:
        """3390 or 9336."""
        return self.disk.device_type

    @property
    def bytes(self) -> int:
        """Octets on the minidisk."""
        return self.disk.octets or 0

    def shown(self, attachments: Iterable[dict[str, Any]] = ()) -> dict[str, Any]:
        """Return what ``/zvm/v1`` tells of it."""
        return {
            "uuid": self.uuid,
            "userid": self.userid,
            "vdev": self.vdev,
            "pool": self.mark.pool,
            "bytes": self.bytes,
            "snapshot_of": self.mark.of,
            "state": "copying" if self.source else "complete",
            "attachments": list(attachments),
        }


def userid_of(uuid: str) -> str:
    """Return the userid of the volume ``uuid``: V, a digit, six of A-Z and 2-7.

    The digit keeps it apart from z/VM's own VM... and VSM... Ten thousand million such names exist; of two
    volumes with the same one, which hardly ever happens, the second is refused.
    """
    digest = hashlib.sha256(uuid.lower().encode("ascii")).digest()
    return f"V{digest[-1] % 10}{base64.b32encode(digest).decode('ascii')[:6]}"


def records(mark: VolumeMark, kind: str, size: int, source: Link | None) -> list[str]:
    """Return the entry of a new volume; DirMaint finds the place of its minidisk.

    :param kind: 3390 or 9336.
    :param size: cylinders or blocks.
    """
    try:
        comments = tuple(mark.comments())
    except ValueError as problem:
        raise Invalid(str(problem)) from problem
    user = User(userid_of(mark.uuid), "NOLOG", "32M", "32M", "G")
    entry = Entry(user, (*comments, *((source,) if source else ())))
    devtype = "3390" if kind == "3390" else "FB-512"
    return [*entry.records(), f"MDISK {VDEVS[0]} {devtype} AUTOG {size} {mark.pool} MR"]


def own(entry: Entry, uuid: str) -> Volume:
    """Return the volume ``uuid`` that the entry must be.

    :raises Refused: it is somebody else's.
    """
    volume = Volume.read(entry)
    if volume is None or volume.uuid != uuid.lower():
        whose = f"is the volume {volume.uuid}" if volume else "carries no mark of a volume"
        raise Refused(
            f"the directory entry of {entry.userid} {whose}, not of {uuid.lower()}; it was left alone",
            next_step=f"see whose {entry.userid} is; another volume gets another userid",
        )
    return volume
