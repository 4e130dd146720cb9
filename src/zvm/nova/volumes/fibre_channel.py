# SPDX-License-Identifier: Apache-2.0
"""Volumes over Fibre Channel: FCP devices with port names of their own (NPIV), LUNs behind them in the guest.

A guest has one FCP device on each of so many channel paths (option ``fcp_paths``) while it has at least one
such volume. They are reserved by its directory entry: choosing them is choosing the port names that Cinder
tells the storage server, and the same guest has the same until it has lost its last volume.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nova import exception, objects
from nova.compute import task_states
from nova.i18n import _
from oslo_log import log as logging

from zvm.nova import exceptions, naming
from zvm.nova.session import Session
from zvm.nova.volumes import bdms
from zvm.nova.volumes.kind import Kind
from zvm.nova.volumes.storage_calls import StorageCalls
from zvm.nova.volumes.volume import Volume
from zvm.xcat.records import Fcp
from zvm.xcat.storage import Path

LOG = logging.getLogger(__name__)

TYPE = "fibre_channel"


class FibreChannel(Kind):
    """See the module."""

    encryptable = True

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._calls = StorageCalls(session)
        self._options = session.conf.zvm_xcat

    def connector(self, instance: objects.Instance) -> dict[str, Any]:
        """Return the port and node names of the guest's FCP devices; reserve them if it has none.

        Of a guest that is to come here live they are those of the devices that CP will give it.
        Without the option ``fcp_devices`` the host has no volumes over Fibre Channel and nothing is reserved.

        :raises Refused: no FCP device is free: the message has the numbers.
        """
        if not self._options.fcp_devices:
            return {}
        node = naming.node_name(instance)
        if instance.vm_state == "deleted" or instance.task_state == task_states.DELETING:
            devices = self._calls.reserved(node)
        elif self.session.awaits(instance):
            devices = self._calls.arriving(node, self.session.host, self._options.fcp_devices)
        else:
            devices = self._reserve(instance)
        return {"wwpns": [item.wwpn for item in devices], "wwnns": [item.wwnn for item in devices]}

    def _reserve(self, instance: objects.Instance) -> list[Fcp]:
        wanted = (
            naming.node_name(instance),
            naming.userid(instance),
            instance.uuid,
            self._options.fcp_paths,
            self._options.fcp_devices,
        )
        return self.or_reap(lambda: self._calls.reserve(*wanted))

    def connect(self, instance: objects.Instance, volume: Volume) -> None:
        """Let the guest see the LUN; one that is off sees it when it is next on."""
        node = naming.node_name(instance)
        # Reserved since Cinder was told of them, unless the guest was made anew.
        devices = self._calls.reserved(node) or self._reserve(instance)
        lun = self._calls.connect(node, paths(volume, devices))
        if lun.device:
            volume.data["device_path"], volume.data["multipath_id"] = lun.device, lun.wwid
            LOG.info("Volume %s is %s over %d paths", volume.id, lun.device, lun.paths, instance=instance)

    def disconnect(self, instance: objects.Instance, volume: Volume) -> None:
        """Take the LUN from the guest.

        :raises DeviceDetachFailed: something in the guest uses it, or the guest's agent does not answer.
        """
        node = naming.node_name(instance)
        devices = self._calls.reserved(node)
        if not devices:
            return
        try:
            self._calls.disconnect(node, paths(volume, devices))
        except exceptions.NotInTables:
            return
        except (exceptions.Refused, exceptions.Unreachable) as problem:
            raise exception.DeviceDetachFailed(device=volume.mountpoint, reason=str(problem)) from problem

    def device(self, volume: Volume) -> str:
        """Return the link to the LUN, whatever the path."""
        return str(volume.data.get("device_path") or "")

    def boot_from(self, instance: objects.Instance, volume: Volume) -> None:
        """Let CP load the machine loader from the LUN over its first path (LOADDEV and IPL statements)."""
        node = naming.node_name(instance)
        first = paths(volume, self._calls.reserved(node))[0]
        self.session.change_guest(node, f"--setloaddev {first['wwpn']} {first['lun']}")
        self.session.change_guest(node, f"--setipl {first['vdev']}")

    def check_live_migration(self, instance: objects.Instance, volume: Volume, destination: str) -> None:
        """Return if it is known which devices, hence which port names, the guest gets on the other system.

        :raises MigrationPreCheckError: it is not, or one of the devices is not free.
        """
        try:
            self._calls.arriving(naming.node_name(instance), destination)
        except exception.NovaException as problem:
            raise exception.MigrationPreCheckError(reason=str(problem)) from problem

    def check_arrival(self, volume: Volume, before: Callable[[], Volume]) -> None:
        """Return if the storage server shows the LUN here behind a port where the guest has it already.

        Linux knows a path by port and LUN: one of another number is another disk to it, found by nobody.

        :raises MigrationPreCheckError: no path stays.
        """
        there, here = _ways(before().data), _ways(volume.data)
        if there.isdisjoint(here):
            reason = _(
                "volume %(id)s: the storage server shows it to this z/VM system as %(here)s, to the one that "
                "the guest is on as %(there)s; the running guest would lose it"
            )
            shown = {"here": _told(here), "there": _told(there)}
            raise exception.MigrationPreCheckError(reason=reason % {"id": volume.id, **shown})

    def extend(self, instance: objects.Instance, volume: Volume, size: int) -> None:
        """Let the guest see the LUN's new size; one that is off sees it when it is next on.

        :raises VolumeExtendFailed: the guest sees less than ``size`` bytes.
        """
        node = naming.node_name(instance)
        lun = self._calls.extend(node, paths(volume, self._calls.reserved(node)))
        if lun.device and lun.bytes < size:
            reason = _("the guest sees %(now)d of %(size)d bytes") % {"now": lun.bytes, "size": size}
            raise exception.VolumeExtendFailed(volume_id=volume.id, reason=reason)

    def unused(self, instance: objects.Instance) -> None:
        """Give back the FCP devices of a guest that has no such volume any more."""
        if not self._options.fcp_devices:
            return
        node = naming.node_name(instance)
        if self._calls.reserved(node):
            self._calls.release(node, instance.uuid)

    def reap(self) -> int:
        """Give back what guests hold without a volume: an attachment ended between reserving and connecting.

        :return: how many guests had such devices.
        """
        if not self._options.fcp_devices:
            return 0
        holders = {device.reserved for device in self._calls.fcp_devices() if device.reserved}
        idle = bdms.without(TYPE, (guest for guest in self.session.made() if guest.userid in holders))
        for guest in idle:
            LOG.info("Guest %s holds FCP devices and has no volume behind them", guest.userid)
            self._calls.release(guest.node, guest.uuid, force=True)
        return len(idle)


def paths(volume: Volume, devices: Sequence[Fcp]) -> list[Path]:
    """Return every way from the guest's FCP devices to the volume, as Cinder's connection says.

    Source: os-brick's Fibre Channel connector: target_wwn(s) and target_lun(s), of which Cinder's drivers
    give one or several, and initiator_target_map or initiator_target_lun_map where the fabric is zoned.

    :raises InvalidBDM: there is none.
    """
    targets = _targets(volume.data)
    found = [
        {"vdev": device.vdev, "wwpn": wwpn, "lun": lun}
        for device in devices
        for wwpn, lun in _of_initiator(volume.data, device.wwpn, targets)
    ]
    if not found:
        raise exception.InvalidBDM(
            _("volume %(volume)s: no target of its connection can be reached from %(ports)s")
            % {"volume": volume.id, "ports": ", ".join(item.wwpn for item in devices) or _("no FCP device")}
        )
    return found


def _targets(data: Mapping[str, Any]) -> list[tuple[str, str]]:
    wwns = data.get("target_wwns") or data.get("target_wwn") or []
    wwns = [wwns] if isinstance(wwns, str) else list(wwns)
    luns = data.get("target_luns") or [data.get("target_lun")] * len(wwns)
    return [(str(wwn).lower(), _lun(lun)) for wwn, lun in zip(wwns, luns, strict=False) if lun is not None]


def _ways(data: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Return every target port with its LUN, whichever initiator reaches it."""
    by_lun = _folded(data.get("initiator_target_lun_map"))
    if by_lun:
        return {(str(wwn).lower(), _lun(lun)) for ways in by_lun.values() for wwn, lun in ways}
    return set(_targets(data))


def _told(ways: set[tuple[str, str]]) -> str:
    return ", ".join(":".join(way) for way in sorted(ways))


def _of_initiator(
    data: Mapping[str, Any], wwpn: str, targets: Sequence[tuple[str, str]]
) -> list[tuple[str, str]]:
    """Return the targets that a port name is zoned to: all where Cinder does not say."""
    by_lun = _folded(data.get("initiator_target_lun_map"))
    if by_lun:
        return [(str(wwn).lower(), _lun(lun)) for wwn, lun in by_lun.get(wwpn.lower(), ())]
    zoned = _folded(data.get("initiator_target_map"))
    if not zoned:
        return list(targets)
    allowed = {str(wwn).lower() for wwn in zoned.get(wwpn.lower(), ())}
    return [target for target in targets if target[0] in allowed]


def _folded(mapping: Mapping[str, Any] | None) -> dict[str, Any]:
    return {key.lower(): value for key, value in (mapping or {}).items()}


def _lun(number: int | str) -> str:
    """Return the eight bytes of a LUN that Cinder gives as a number, the way s390x wants them.

    Source: os-brick, ``_get_lun_string_for_s390x``: two bytes of flat addressing, or four.
    """
    value = int(number, 0) if isinstance(number, str) else int(number)
    return f"{value:04x}{0:012x}" if value <= 0xFFFF else f"{value:08x}{0:08x}"
