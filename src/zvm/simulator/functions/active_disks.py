# SPDX-License-Identifier: Apache-2.0
"""Minidisks of running guests that are shared: LINK and DETACH; RESET of a device."""

from __future__ import annotations

from zvm.simulator import link
from zvm.simulator.cp_error import CpError
from zvm.simulator.functions.activation import active
from zvm.simulator.functions.disks import image_disk_create
from zvm.simulator.functions.registry import Call, done, serves
from zvm.simulator.refused import Refused
from zvm.simulator.virtual_devices import Disk
from zvm.smapi.frames import Reply

#: SMAPI's reason codes for what LINK refuses, by message number.
_LINK_REASONS = {
    101: 16,
    102: 16,
    103: 12,
    104: 12,
    107: 8,
    108: 12,
    110: 4,
    111: 28,
    112: 28,
    113: 28,
    114: 32,
}


@serves("Image_Disk_Copy")
def image_disk_copy(call: Call) -> Reply:
    """Make a minidisk that was copied in the directory known to the running guest."""
    return image_disk_create(call)


@serves("Image_Disk_Share")
def image_disk_share(call: Call) -> Reply:
    """Link another's minidisk; the password is not asked of SMAPI's servers when none was given."""
    machine, vdev = active(call), call.vdev("image_disk_number")
    owner, source = call.text("target_image_name"), call.vdev("target_image_disk_number")
    entry = call.system.directory.find(owner)
    disk = entry.minidisk(source) if entry else None
    if disk is None:
        raise Refused(208, 8)
    if vdev in machine.devices:
        raise Refused(208, 4)
    mode, password = call.text("read_write_mode") or "RR", call.text("optional_password")
    if mode not in link.MODES:
        raise Refused(24, 418)
    try:
        if password:
            link.link(call.system, machine, owner, source, vdev, mode, password)
        else:
            link.attach(call.system, machine, disk, owner, vdev, mode)
    except CpError as error:
        raise Refused(208, _LINK_REASONS.get(error.number, 20)) from error
    return done()


@serves("Image_Disk_Unshare")
def image_disk_unshare(call: Call) -> Reply:
    machine, vdev = active(call), call.vdev("image_disk_number")
    device = machine.devices.get(vdev)
    if not isinstance(device, Disk) or device.owner == call.target:
        raise Refused(208, 8)
    del machine.devices[vdev]
    return done()


@serves("Image_Device_Reset")
def image_device_reset(call: Call) -> Reply:
    """Reset a virtual device (RESET): a disk loses its reserve, which nobody holds here for longer."""
    machine, vdev = active(call), call.vdev()
    if vdev not in machine.devices and not call.system.network.occupies(call.target, vdev):
        raise Refused(204, 8)
    return done()
