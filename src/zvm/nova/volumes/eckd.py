# SPDX-License-Identifier: Apache-2.0
"""ECKD volumes over FICON: real 3390 of a storage server, each one guest's whole and alone.

Cinder tells a volume by the control unit and its unit address in it (``cula``, ``unit_address``). Under
which real device number a z/VM system has it is in the system's I/O configuration, and here in the option
``eckd_control_units``. The DEDICATE statement in the guest's directory entry is the attachment, and nothing
else.
"""

from __future__ import annotations

from collections.abc import Mapping

from nova import exception, objects
from nova.i18n import _
from oslo_log import log as logging

from zvm.nova import exceptions, naming
from zvm.nova.session import Session
from zvm.nova.volumes import bdms
from zvm.nova.volumes.kind import Kind
from zvm.nova.volumes.storage_calls import StorageCalls
from zvm.nova.volumes.volume import Volume

LOG = logging.getLogger(__name__)

#: What Cinder's DS8000 driver calls them. Source: cinder.volume.drivers.ibm.ibm_storage.ds8k_helper.
TYPE = "fibre_channel_eckd"
#: Unit addresses of a control unit image.
_UNITS = 256


class EckdVolumes(Kind):
    """ECKD volumes; 0300 to 03FF are their device numbers in guests."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._calls = StorageCalls(session)
        self._bases = control_units(session.conf.zvm_xcat.eckd_control_units)

    def connect(self, instance: objects.Instance, volume: Volume) -> None:
        """Dedicate the volume to the guest; where it runs and has an agent, the device is online then.

        :raises InvalidVolume: its control unit is none of this host's.
        :raises Refused: another guest has it, or it cannot be had; the message says which.
        """
        node, rdev = naming.node_name(instance), real_device(volume, self._bases)
        vdev = self.or_reap(lambda: self._calls.attach_dasd(node, rdev, readonly=volume.read_only))
        volume.data["vdev"] = vdev
        LOG.info("Volume %s is DASD %s, %s in the guest", volume.id, rdev, vdev, instance=instance)

    def disconnect(self, instance: objects.Instance, volume: Volume) -> None:
        """Set the device offline in a running guest and take it away, at once and for later logons.

        :raises DeviceDetachFailed: something in the guest uses it.
        """
        if self.session.find(instance.uuid, fresh=True) is None:
            return
        try:
            self._calls.detach_dasd(naming.node_name(instance), real_device(volume, self._bases))
        except exceptions.NotInTables:
            return
        except (exceptions.Refused, exceptions.Unreachable, exception.InvalidVolume) as problem:
            raise exception.DeviceDetachFailed(device=volume.mountpoint, reason=str(problem)) from problem

    def device(self, volume: Volume) -> str:
        """Return the link to the DASD."""
        vdev = str(volume.data.get("vdev") or "")
        return f"/dev/disk/by-path/ccw-0.0.{vdev.lower()}" if vdev else ""

    def boot_from(self, instance: objects.Instance, volume: Volume) -> None:
        """Let the next logon IPL the volume's device."""
        self.session.set_ipl(naming.node_name(instance), volume.data["vdev"])

    def check_live_migration(self, instance: objects.Instance, volume: Volume, destination: str) -> None:
        """Refuse: a real DASD is dedicated to the guest, under the number it has on this z/VM system.

        :raises MigrationPreCheckError: always.
        """
        reason = _(
            "volume %s is a real DASD of this z/VM system that is dedicated to the guest; migrate the server "
            "cold (openstack server migrate)"
        )
        raise exception.MigrationPreCheckError(reason=reason % volume.id)

    def unused(self, instance: objects.Instance) -> None:
        """Take from a guest that has no such volume the DASD that an attachment left with it."""
        if self._bases:
            self._release(naming.node_name(instance))

    def reap(self) -> int:
        """Take DASD from guests that have no such volume: an attachment broke off after it was dedicated.

        :return: how many guests had some.
        """
        if not self._bases:
            return 0
        holders = {item.userid for item in self._calls.dasd()}
        idle = bdms.without(TYPE, (guest for guest in self.session.made() if guest.userid in holders))
        for guest in idle:
            LOG.info("Guest %s has DASD dedicated and no volume there", guest.userid)
            self._release(guest.node)
        return len(idle)

    def _release(self, node: str) -> None:
        for item in self._calls.dasd_of(node):
            self._calls.detach_dasd(node, item.rdev)


def control_units(option: Mapping[str, str]) -> dict[int, int]:
    """Return the number of each control unit → real device number of its unit address 00.

    :raises InvalidConfiguration: a part of the option is no hexadecimal number, or too large.
    """
    found = {}
    for unit, device in option.items():
        try:
            number, base = int(unit, 16), int(device, 16)
        except ValueError:
            number, base = -1, -1
        if number < 0 or not 0 <= base <= 0x10000 - _UNITS:
            raise exception.InvalidConfiguration(
                _("[zvm_xcat] eckd_control_units: %(unit)s:%(device)s is no control unit and device number")
                % {"unit": unit, "device": device}
            )
        found[number] = base
    return found


def real_device(volume: Volume, bases: Mapping[int, int]) -> str:
    """Return the real device number of a volume on this z/VM system.

    :param bases: of :func:`control_units`.
    :raises InvalidBDM: the connection does not say which control unit and unit address it is.
    :raises InvalidVolume: the control unit is none of this host's.
    """
    unit, address = volume.data.get("cula"), volume.data.get("unit_address")
    if not isinstance(unit, int) or not isinstance(address, int) or not 0 <= address < _UNITS:
        reason = _(
            "volume %(id)s: its connection has cula %(unit)s, unit_address %(address)s: no ECKD volume"
        )
        raise exception.InvalidBDM(reason % {"id": volume.id, "unit": unit, "address": address})
    if unit not in bases:
        reason = _(
            "volume %(id)s is unit address %(address)02X of control unit %(unit)X, for which this host has "
            "no device number (option eckd_control_units in [zvm_xcat])"
        )
        raise exception.InvalidVolume(reason=reason % {"id": volume.id, "unit": unit, "address": address})
    return f"{bases[unit] + address:04X}"
