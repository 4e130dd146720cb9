# SPDX-License-Identifier: Apache-2.0
"""Pools of SCSI disks as xCAT keeps them: which LUN of which port is free, reserved or used, and by whom.

xCAT has a file for each pool on the zHCP, which several writers break; here they are rows, changed in
transactions. What a pool holds is told by an operator: nothing is read from the storage network.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, delete, insert, select, update

from zvm.directory import names
from zvm.manager.errors import Invalid, NotFound, Refused
from zvm.manager.tables.models import zfcp_devices

STATUS = ("free", "used", "reserved")
_POOL = re.compile(r"[A-Za-z0-9_.-]{1,64}\Z")
_HEX = re.compile(r"(?:0x)?([0-9A-Fa-f]{16})\Z")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)([MGT])?\Z", re.IGNORECASE)
_UNITS = {"M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


@dataclass(frozen=True, slots=True)
class Device:
    """A SCSI disk of a pool.

    :ivar wwpn: the port names, several between semicolons.
    :ivar size: as it was told: ``10G``, ``512M``; ``""``: not known.
    :ivar range: FCP devices it may be used with: ``1FA0-1FAF;1FB0``.
    :ivar channel: the FCP device it is used with.
    """

    pool: str
    wwpn: str
    lun: str
    status: str = "free"
    size: str = ""
    range: str = ""
    owner: str = ""
    channel: str = ""
    tag: str = ""

    def line(self) -> str:
        """Return the device as a line of xCAT's pool file."""
        return ",".join(
            (self.status, self.wwpn, self.lun, self.size, self.range, self.owner, self.channel, self.tag)
        )


def pool_name(text: str) -> str:
    """Return a pool's name.

    :raises Invalid: it is none.
    """
    if not _POOL.match(text):
        raise Invalid(f"'{text[:70]}' is no name of a zFCP pool: letters, digits, '_', '.' and '-'")
    return text


def ports(text: str) -> str:
    """Return port names as they are kept."""
    return ";".join(digits(item, "WWPN") for item in text.split(";"))


def digits(text: str, what: str = "LUN") -> str:
    """Return the 16 hexadecimal digits of a WWPN or LUN, in small letters.

    :raises Invalid: they are none.
    """
    match = _HEX.match(text)
    if match is None:
        raise Invalid(f"'{text[:40]}' is no {what}: 16 hexadecimal digits")
    return match[1].lower()


def status(text: str) -> str:
    """Return a status.

    :raises Invalid: it is none.
    """
    if text.lower() not in STATUS:
        raise Invalid(f"'{text[:20]}' is none of {', '.join(STATUS)}")
    return text.lower()


def octets(size: str) -> int:
    """Return the octets of a size; 0 where it is not known.

    :raises Invalid: it is no size.
    """
    if not size:
        return 0
    match = _SIZE.match(size)
    if match is None:
        raise Invalid(f"'{size[:20]}' is no size, such as 10G or 512M")
    return int(float(match[1]) * _UNITS[(match[2] or "M").upper()])


def add(connection: Connection, hcp: str, device: Device) -> bool:
    """Add a device to its pool; return whether the pool is new.

    :raises Refused: it is in a pool already.
    """
    if found := _find(connection, hcp, device.wwpn, device.lun):
        raise Refused(f"the zFCP device {device.wwpn}/{device.lun} exists in the pool {found.pool}")
    fresh = not devices(connection, hcp, device.pool)
    connection.execute(insert(zfcp_devices).values(hcp=hcp, **_values(device)))
    return fresh


def remove(connection: Connection, hcp: str, pool: str, lun: str, wwpn: str) -> None:
    """Take a device out of its pool.

    :raises NotFound: it is not there.
    :raises Refused: somebody has it.
    """
    device = get(connection, hcp, pool, lun, wwpn)
    if device.status == "used":
        raise Refused(f"the zFCP device {device.wwpn}/{lun} is used by {device.owner}")
    connection.execute(delete(zfcp_devices).where(_this(hcp, device)))


def get(connection: Connection, hcp: str, pool: str, lun: str, wwpn: str = "") -> Device:
    """Return a device, of any port when none is told.

    :raises NotFound: it is not there.
    """
    for device in devices(connection, hcp, pool):
        if device.lun == lun and (not wwpn or set(wwpn.split(";")) & set(device.wwpn.split(";"))):
            return device
    raise NotFound(f"the pool {pool} has no zFCP device {wwpn + '/' if wwpn else ''}{lun}")


def reserve(
    connection: Connection, hcp: str, pool: str, wanted: Device, *, least: int = 0
) -> tuple[Device, bool]:
    """Give a device of the pool to ``wanted.owner``; return it, and whether it was the owner's before.

    :param wanted: status, owner, channel and tag; wwpn and lun, or ``""`` for any free one.
    :param least: octets it has at least.
    :raises Refused: there is none.
    """
    owned = {"owner": wanted.owner, "channel": wanted.channel, "status": wanted.status, "tag": wanted.tag}
    found = devices(connection, hcp, pool)
    if not found:
        raise NotFound(f"there is no zFCP pool {pool}")
    for device in found:
        if wanted.lun and (
            device.lun != wanted.lun or not set(wanted.wwpn.split(";")) & set(device.wwpn.split(";"))
        ):
            continue
        mine = device.status != "free" and device.owner == wanted.owner and bool(wanted.lun)
        if not mine and (device.status != "free" or 0 < octets(device.size) < least):
            continue
        if not _in_range(wanted.channel, device.range):
            continue
        connection.execute(update(zfcp_devices).where(_this(hcp, device)).values(**owned))
        return get(connection, hcp, pool, device.lun, device.wwpn), mine
    what = (
        f"zFCP device {wanted.wwpn}/{wanted.lun} that is free" if wanted.lun else "free zFCP device that fits"
    )
    raise Refused(f"the pool {pool} has no {what}", next_step="rinv --zfcppool shows the pool")


def release(connection: Connection, hcp: str, pool: str, lun: str, wwpn: str, to: str = "free") -> Device:
    """Make a device free, or keep it reserved for its owner."""
    device = get(connection, hcp, pool, lun, wwpn)
    values = {"status": to} if to == "reserved" else {"status": to, "owner": "", "channel": "", "tag": ""}
    connection.execute(update(zfcp_devices).where(_this(hcp, device)).values(**values))
    return device


def forget_owner(connection: Connection, hcp: str, owner: str) -> None:
    """Make all devices of a guest that goes free."""
    mine = and_(zfcp_devices.c.hcp == hcp, zfcp_devices.c.owner == owner)
    freed = {"status": "free", "owner": "", "channel": "", "tag": ""}
    connection.execute(update(zfcp_devices).where(mine).values(**freed))


def pools(connection: Connection, hcp: str) -> list[str]:
    """Return the names of all pools of a system."""
    query = select(zfcp_devices.c.pool).where(zfcp_devices.c.hcp == hcp).distinct()
    return sorted(connection.execute(query).scalars())


def devices(connection: Connection, hcp: str, pool: str) -> list[Device]:
    """Return the devices of a pool, in the order in which they were added."""
    query = select(zfcp_devices).where(zfcp_devices.c.hcp == hcp, zfcp_devices.c.pool == pool)
    return [_device(row) for row in connection.execute(query.order_by(zfcp_devices.c.row)).mappings()]


def of_owner(connection: Connection, hcp: str, owner: str) -> list[Device]:
    """Return the devices that a guest has."""
    query = select(zfcp_devices).where(zfcp_devices.c.hcp == hcp, zfcp_devices.c.owner == owner)
    return [_device(row) for row in connection.execute(query.order_by(zfcp_devices.c.row)).mappings()]


def owned_by(connection: Connection, hcp: str, owner: str, lun: str, wwpn: str) -> Device:
    """Return the device that a guest has under a port and LUN, whatever its pool.

    :raises NotFound: it has none.
    """
    found = _find(connection, hcp, wwpn, lun)
    if found is None or found.owner != owner:
        raise NotFound(f"{owner} has no zFCP device {wwpn}/{lun}")
    return found


def _find(connection: Connection, hcp: str, wwpn: str, lun: str) -> Device | None:
    query = select(zfcp_devices).where(zfcp_devices.c.hcp == hcp, zfcp_devices.c.lun == lun)
    wanted = set(wwpn.split(";"))
    for row in connection.execute(query).mappings():
        if wanted & set(row["wwpn"].split(";")):
            return _device(row)
    return None


def _device(row: RowMapping) -> Device:
    return Device(**{name: str(row[name]) for name in Device.__slots__})


def _values(device: Device) -> dict[str, str]:
    return {name: getattr(device, name) for name in Device.__slots__}


def _this(hcp: str, device: Device) -> ColumnElement[bool]:
    table = zfcp_devices.c
    return and_(
        table.hcp == hcp, table.pool == device.pool, table.wwpn == device.wwpn, table.lun == device.lun
    )


def _in_range(channel: str, text: str) -> bool:
    """Return whether an FCP device is among those that a disk may be used with."""
    if not channel or not text:
        return True
    number = int(channel, 16)
    for part in filter(None, text.split(";")):
        first, _, last = part.partition("-")
        if int(first, 16) <= number <= int(last or first, 16):
            return True
    return False


def device_range(text: str) -> str:
    """Return a range of FCP devices as it is kept.

    :raises Invalid: a part of it is no device number.
    """
    parts = []
    for part in filter(None, text.split(";")):
        first, separator, last = part.partition("-")
        parts.append(names.vdev(first) + (f"-{names.vdev(last)}" if separator else ""))
    return ";".join(parts)
