# SPDX-License-Identifier: Apache-2.0
"""Volumes over iSCSI: the guest's own open-iscsi is the initiator, told what to do through the agent.

z/VM has no initiator. The name that Cinder lets in follows from the instance's uuid, so that it is known
before there is a guest, and stays the same wherever it runs. Nothing is held for such volumes on z/VM.
"""

from __future__ import annotations

from typing import Any

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

TYPE = "iscsi"


class Iscsi(Kind):
    """One path to each volume: the first that Cinder's connection names."""

    encryptable = True

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._calls = StorageCalls(session)

    def connector(self, instance: objects.Instance) -> dict[str, Any]:
        """Return the name of the guest's initiator, and its first fixed address where it has a port."""
        connector = {"initiator": initiator(instance)}
        # Ports of an instance that came without them, and from no request, cannot be looked up.
        known = instance.obj_attr_is_set("info_cache") or instance._context
        addresses = instance.get_network_info().fixed_ips() if known else []
        return {**connector, "ip": str(addresses[0]["address"])} if addresses else connector

    def connect(self, instance: objects.Instance, volume: Volume) -> None:
        """Let the guest log in and see the LUN; one that is off does when it is next on.

        :raises Refused: it has no open-iscsi, no way to the portal, or the password is wrong.
        """
        where = target(volume)
        login = {"initiator": initiator(instance)}
        if method := volume.data.get("auth_method"):
            if method != "CHAP":
                reason = _("volume %(id)s wants the authentication %(method)s; guests know CHAP")
                raise exception.InvalidVolume(reason=reason % {"id": volume.id, "method": method})
            login |= {"user": volume.data["auth_username"], "password": volume.data["auth_password"]}
        keep = _others(instance, volume)
        if device := self._calls.connect_iscsi(naming.node_name(instance), where, login, keep):
            volume.data["device_path"] = device
            LOG.info("Volume %s is %s", volume.id, device, instance=instance)

    def disconnect(self, instance: objects.Instance, volume: Volume) -> None:
        """Take the LUN from the guest; with the last one of its target the guest logs out.

        :raises DeviceDetachFailed: something in the guest uses it, or the guest's agent does not answer.
        """
        try:
            self._calls.disconnect_iscsi(naming.node_name(instance), target(volume))
        except (exceptions.Refused, exceptions.Unreachable) as problem:
            raise exception.DeviceDetachFailed(device=volume.mountpoint, reason=str(problem)) from problem

    def device(self, volume: Volume) -> str:
        """Return the link to the LUN over its portal."""
        return str(volume.data.get("device_path") or "")

    def check_root(self, volume: Volume) -> None:
        """Refuse: what would log in is on the volume.

        :raises InvalidVolume: always.
        """
        reason = _(
            "volume %s is connected over iSCSI, and CP has no initiator that could load a guest from it; "
            "boot from a minidisk or a volume over Fibre Channel and attach this one as a data volume"
        )
        raise exception.InvalidVolume(reason=reason % volume.id)

    def check_live_migration(self, instance: objects.Instance, volume: Volume, destination: str) -> None:
        """Refuse: Cinder ends the source's connection when the guest, which uses the same one, has moved.

        :raises MigrationPreCheckError: always.
        """
        reason = _(
            "volume %s is connected over iSCSI by the guest itself, whose one session Cinder would end with "
            "the connection of the host that it leaves; migrate the server cold (openstack server migrate)"
        )
        raise exception.MigrationPreCheckError(reason=reason % volume.id)

    def extend(self, instance: objects.Instance, volume: Volume, size: int) -> None:
        """Let the guest see the LUN's new size; one that is off sees it when it is next on.

        :raises VolumeExtendFailed: the guest sees less than ``size`` bytes.
        """
        now = self._calls.extend_iscsi(naming.node_name(instance), target(volume))
        if now is not None and now < size:
            reason = _("the guest sees %(now)d of %(size)d bytes") % {"now": now, "size": size}
            raise exception.VolumeExtendFailed(volume_id=volume.id, reason=reason)


def _others(instance: objects.Instance, volume: Volume) -> list[dict[str, Any]] | None:
    """Return the targets of the instance's other volumes, None while it is not known of all."""
    connections = bdms.connections(instance.uuid, but=volume.id)
    if not all(connections):
        return None
    return [target(Volume.of(info)) for info in connections if info["driver_volume_type"] == TYPE]


def initiator(instance: objects.Instance) -> str:
    """Return the name by which storage servers know the guest."""
    return f"iqn.2013-08.org.openstack.zvm:{instance.uuid}"


def target(volume: Volume) -> dict[str, Any]:
    """Return portal, name and LUN of a volume's target, as Cinder's connection says.

    Source: os-brick's iSCSI connector: ``target_portal``, ``target_iqn``, ``target_lun``, or lists of them.

    :raises InvalidBDM: the connection says none.
    """
    found = {}
    for ours, theirs in (("portal", "target_portal"), ("iqn", "target_iqn"), ("lun", "target_lun")):
        several = volume.data.get(f"{theirs}s") or [None]
        value = volume.data.get(theirs)
        found[ours] = several[0] if value is None else value
    if None in found.values():
        missing = ", ".join(key for key, value in found.items() if value is None)
        reason = _("volume %(volume)s: its connection has no %(missing)s")
        raise exception.InvalidBDM(reason % {"volume": volume.id, "missing": missing})
    return {**found, "lun": int(found["lun"])}
