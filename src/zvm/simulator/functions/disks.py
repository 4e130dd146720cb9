# SPDX-License-Identifier: Apache-2.0
"""Minidisks, in the directory and in the running virtual machine."""

from __future__ import annotations

import re
from typing import Any

from zvm.directory import Extent, InvalidStatement, Link, Mdisk, names
from zvm.simulator import link, logon
from zvm.simulator.cp_error import CpError
from zvm.simulator.dasd import DasdError
from zvm.simulator.directory_manager import ANY_DEVTYPE
from zvm.simulator.functions.activation import active
from zvm.simulator.functions.entries import SYNCHRONOUS, unlocked
from zvm.simulator.functions.registry import Call, checked, done, serves
from zvm.simulator.refused import Refused
from zvm.simulator.virtual_devices import Disk
from zvm.smapi.frames import Reply

#: Blocks of 512, 1024, 2048 and 4096 bytes that fit on a 3390 cylinder (15 tracks of 49, 33, 21, 12).
_BLOCKS_PER_CYLINDER = {2: 735, 3: 495, 4: 315, 5: 180}
_CYLINDERS = 1
#: An access mode, and the letters that ask for a virtual reserve, exclusive or stable access.
_MODE = re.compile("(R|RR|W|WR|M|MR|MW)[VES]{0,2}")
#: What volumes the device types lie on.
_DEVICE_TYPES = {"3390": "3390", "3380": "3390", ANY_DEVTYPE: "3390", "9336": "9336", "FB-512": "9336"}
_ALLOCATIONS = ("AUTOG", "AUTOR", "AUTOV", "DEVNO", "T-DISK", "V-DISK")
_DO_NOT_FORMAT = 1
#: DVH3543: DATAMOVE does not finish a work unit; it cannot format what exists only while its owner runs.
_CANNOT_FORMAT = (596, 3543)
_DISK_CREATED = 0
_READ_ONLY, _READ_WRITE = 1, 2


@serves("Image_Disk_Create_DM")
def image_disk_create_dm(call: Call) -> Reply:
    vdev, how, area = call.vdev("vdev"), call.text("allocation"), call.text("area_or_volser")
    mode, *rest = (call.text(name) for name in ("mode", "read_pw", "write_pw", "multi_pw"))
    devtype = _DEVICE_TYPES.get(call.text("device_type"))
    if devtype is None:
        raise Refused(24, 218)
    if how not in _ALLOCATIONS and not how.isdecimal():
        raise Refused(24, 318)
    size = _units(devtype, call["unit"], call["size"])
    if not _MODE.fullmatch(mode):
        raise Refused(24, 718)
    entry = unlocked(call)
    if call.system.directory.resolved(entry.userid).devices(vdev):
        raise Refused(408, 4)
    if call["format"] > _DO_NOT_FORMAT and how in ("V-DISK", "T-DISK"):
        return Reply(*_CANNOT_FORMAT, {"operation_id": SYNCHRONOUS})
    try:
        disk = _disk(call, vdev, devtype, how, area, size, [mode, *rest])
    except InvalidStatement:
        raise Refused(24, 1024) from None
    call.system.directory.add_disk(entry.userid, disk)
    return done(operation_id=_DISK_CREATED)


def _disk(call: Call, vdev: str, devtype: str, how: str, area: str, size: int, rest: list[str]) -> Mdisk:
    mode, read, write, multi = rest
    if how in ("V-DISK", "T-DISK"):
        kind = "FB-512" if how == "V-DISK" else devtype
        if how == "V-DISK" and call.text("device_type") != "FB-512":
            raise Refused(24, 223)
        return Mdisk(vdev, kind, None, size, "", mode, read, write, multi, how)
    if how == "DEVNO":
        rdev = checked(names.vdev, area, Refused(24, 415))
        return Mdisk(vdev, devtype, None, None, rdev, mode, read, write, multi, how)
    if how not in _ALLOCATIONS and not how.isdecimal():
        raise Refused(24, 418)
    place = call.system.extents.allocate(how, area, devtype, size)
    return Mdisk(vdev, _statement_type(devtype), place.start, size, place.volume, mode, read, write, multi)


def _statement_type(devtype: str) -> str:
    return "3390" if devtype == "3390" else "FB-512"


def _units(devtype: str, unit: int, size: int) -> int:
    """Return a size in cylinders (3390) or 512-byte blocks.

    Raises:
        Refused: 24/523, cylinders of a disk that has none.
    """
    if devtype == "3390":
        return size if unit == _CYLINDERS else -(-size // _BLOCKS_PER_CYLINDER[unit])
    if unit == _CYLINDERS:
        raise Refused(24, 523)
    return size << (unit - 2)


@serves("Image_Disk_Delete_DM")
def image_disk_delete_dm(call: Call) -> Reply:
    call.system.directory.remove_disk(
        call.target, call.vdev("image_disk_number"), call["data_security_erase"]
    )
    return done(operation_id=SYNCHRONOUS)


@serves("Image_Disk_Copy_DM")
def image_disk_copy_dm(call: Call) -> Reply:
    """Add a minidisk of the source's size that holds what the source holds."""
    entry = unlocked(call)
    vdev = call.vdev("image_disk_number")
    if call.system.directory.resolved(entry.userid).devices(vdev):
        raise Refused(408, 4)
    source_entry = call.system.directory.find(call.text("source_image_name"))
    source = source_entry.minidisk(call.vdev("source_image_disk_number")) if source_entry else None
    place = call.system.extents.place_of(source) if source else None
    if source is None or place is None:
        raise Refused(404, 28)
    devtype = call.system.extents.volume(place.volume).devtype
    mode = call.text("image_disk_mode") or source.mode
    passwords = [call.text(f"{kind}_password") for kind in ("read", "write", "multi")]
    how = call.text("image_disk_allocation_type") or "AUTOV"
    area = call.text("allocation_area_name_or_volser") or place.volume
    disk = _disk(call, vdev, devtype, how, area, place.size, [mode, *passwords])
    call.system.directory.add_disk(entry.userid, disk)
    if target := call.system.extents.place_of(disk):
        _copy(call, place, target)
    return done(operationId=_DISK_CREATED)


def _copy(call: Call, source: Extent, target: Extent) -> None:
    try:
        call.system.dasd.flashcopy(source, target)
    except DasdError as error:
        raise Refused(596, 3543, str(error)) from error


@serves("Image_Disk_Share_DM")
def image_disk_share_dm(call: Call) -> Reply:
    vdev = call.vdev("image_disk_number")
    entry = unlocked(call, vdev, 408)
    owner = call.text("target_image_name")
    owner_entry = call.system.directory.find(owner)
    if owner_entry is None or owner_entry.minidisk(call.vdev("target_image_disk_number")) is None:
        raise Refused(408, 8)
    if call.system.directory.resolved(entry.userid).devices(vdev):
        raise Refused(408, 4)
    statement = Link(owner, call.vdev("target_image_disk_number"), vdev, call.text("read_write_mode") or "RR")
    call.system.directory.update(entry.with_statement(statement))
    return done()


@serves("Image_Disk_Unshare_DM")
def image_disk_unshare_dm(call: Call) -> Reply:
    vdev = call.vdev("image_disk_number")
    entry = unlocked(call, vdev, 408)
    owner, source = call.text("target_image_name"), call.vdev("target_image_disk_number")
    for statement in entry.find(Link):
        if (statement.userid, statement.source, statement.vdev) == (owner, source, vdev):
            call.system.directory.update(entry.without(statement))
            return done()
    raise Refused(408, 8)


@serves("Image_Disk_Create")
def image_disk_create(call: Call) -> Reply:
    """Make a minidisk of the directory known to the running guest, which links it."""
    entry = call.system.directory.find(call.target)
    if entry is None:
        raise Refused(200, 4)
    vdev, mode = call.vdev("image_disk_number"), call.text("image_disk_mode")
    if mode and mode not in link.MODES:
        raise Refused(24, 218)
    machine = active(call)
    if vdev in machine.devices or call.system.network.occupies(call.target, vdev):
        raise Refused(208, 4)
    disk = entry.minidisk(vdev)
    if disk is None:
        raise Refused(208, 8)
    if disk.allocation == "DEVNO" and not any(
        volume.rdev == disk.volume for volume in call.system.dasd.volumes.values()
    ):
        raise Refused(208, 1157)
    try:
        if disk.allocation in ("V-DISK", "T-DISK"):
            logon.minidisk(call.system, machine, disk)
        else:
            link.link(call.system, machine, call.target, vdev, vdev, mode)
    except CpError as error:
        raise Refused(208, 12) from error
    return done()


@serves("Image_Disk_Delete")
def image_disk_delete(call: Call) -> Reply:
    """Detach a minidisk from the running guest."""
    machine = active(call)
    vdev = call.vdev("image_disk_number")
    if not isinstance(machine.devices.get(vdev), Disk):
        raise Refused(204, 8)
    del machine.devices[vdev]
    return done()


@serves("Image_Disk_Query")
def image_disk_query(call: Call) -> Reply:
    machine = active(call)
    asked = call.text("vdasd_id")
    disks = machine.disks
    if asked != "ALL":
        vdev = checked(names.vdev, asked, Refused(8, 3003, f"UNKNOWN_PARAMETER_OPERAND={asked}"))
        disks = [disk for disk in disks if disk.vdev == vdev]
    if not disks:
        raise Refused(8, 8)
    return done(dasdList=[_described(call, disk) for disk in disks])


def _described(call: Call, disk: Disk) -> dict[str, Any]:
    volume = call.system.dasd.volumes[disk.volume]
    return {
        "vdev": disk.vdev,
        "rdev": volume.rdev or "VDSK",
        "accessType": _READ_WRITE if disk.write else _READ_ONLY,
        "devtype": volume.devtype,
        "size": disk.size,
        "unit": 1 if volume.devtype == "3390" else 2,
        "volid": "(VDSK)" if disk.temporary else disk.volume,
    }


@serves("Image_MDISK_Link_Query")
def image_mdisk_link_query(call: Call) -> Reply:
    vdev = call.vdev("vdev")
    links = [
        f"{member.name:<8} {machine.userid} {disk.vdev} {'WRITE' if disk.write else 'READ'}"
        for member in call.system.members
        for machine in member.guests.logged_on()
        for disk in machine.disks
        if (disk.owner, disk.source) == (call.target, vdev)
    ]
    entry = call.system.directory.find(call.target)
    if entry is None or entry.minidisk(vdev) is None:
        raise Refused(8, 8)
    return done(mdiskLinkList=links) if links else done(28)
