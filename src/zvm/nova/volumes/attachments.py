# SPDX-License-Identifier: Apache-2.0
"""The volumes of guests: which kind each is, and when in a guest's life it is connected."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from nova import exception, objects
from nova.compute import task_states, vm_states
from nova.i18n import _
from nova.virt import driver
from nova.volume import cinder
from oslo_log import log as logging

from zvm.nova import adopted, exceptions, naming
from zvm.nova.session import Session
from zvm.nova.volumes import bdms, eckd, fibre_channel, iscsi, minidisk, qos
from zvm.nova.volumes import volume as volumes
from zvm.nova.volumes.encryption import Encryption
from zvm.nova.volumes.kind import Kind
from zvm.nova.volumes.storage_calls import StorageCalls
from zvm.nova.volumes.volume import Volume

LOG = logging.getLogger(__name__)

#: driver_volume_type of Cinder's connection_info → what handles it.
KINDS: dict[str, type[Kind]] = {
    eckd.TYPE: eckd.EckdVolumes,
    fibre_channel.TYPE: fibre_channel.FibreChannel,
    iscsi.TYPE: iscsi.Iscsi,
    minidisk.TYPE: minidisk.MinidiskVolumes,
}


class Attachments:
    """The volumes of the guests behind ``session``. Thread-safe; every verb may be repeated."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._storage = StorageCalls(session)
        self._encryption = Encryption(session)
        self._kinds = {name: make(session) for name, make in KINDS.items()}

    def _kind(self, volume: Volume) -> Kind:
        kind = self._kinds.get(volume.type)
        if kind is None:
            raise NotImplementedError(f"volumes of the type {volume.type}")
        if not volume.id:
            raise exception.InvalidBDM(_("the connection to a volume does not say which volume it is"))
        return kind

    def connector(self, instance: objects.Instance) -> dict[str, Any]:
        """Return how Cinder lets the guest at volumes: names and addresses of every kind together.

        :raises Refused: the guest was adopted.
        """
        conf = self._session.conf
        connector: dict[str, Any] = {
            "host": conf.host,
            "ip": conf.my_block_storage_ip,
            "os_type": "linux",
            "platform": "s390x",
            "multipath": True,
        }
        if adopted.is_adopted(instance) and instance.task_state == task_states.DELETING:
            return connector
        adopted.check_changeable(instance, _("Attaching a volume"))
        for kind in self._kinds.values():
            connector.update(kind.connector(instance))
        return connector

    def attach(self, instance: objects.Instance, volume: Volume) -> None:
        """Give the guest a volume; an encrypted one is open then.

        :raises InvalidVolume: the hypervisor is to limit its rate.
        """
        kind = self._kind(volume)
        try:
            qos.check(instance, volume)
            self._encryption.check(instance, volume, kind)
            kind.connect(instance, volume)
            self._open(instance, volume, kind)
        except BaseException:
            self._give_back(instance, volume)
            raise
        self._give_back(instance, volume, but=volume.type)

    def _open(self, instance: objects.Instance, volume: Volume, kind: Kind) -> None:
        """Let the guest open a volume that was connected just now; if that fails it is taken away."""
        try:
            self._encryption.open(instance, volume, kind.device(volume))
        except BaseException:
            self._quietly(instance, lambda: self._encryption.close(instance, volume))
            self._quietly(instance, lambda: kind.disconnect(instance, volume))
            raise

    def _quietly(self, instance: objects.Instance, step: Callable[[], None]) -> None:
        """Undo a step. Never raises: what failed before is what matters."""
        try:
            step()
        except exception.NovaException as problem:
            LOG.error("What was done to a volume was not undone wholly: %s", problem, instance=instance)

    def detach(self, instance: objects.Instance, volume: Volume) -> None:
        """Take a volume from the guest; one that stays attached is open again when it was encrypted.

        From a guest that was to come here live and did not, nothing is taken: it has its volumes where it is.
        """
        if self._session.awaits(instance):
            return
        kind = self._kind(volume)
        self._encryption.close(instance, volume)
        try:
            kind.disconnect(instance, volume)
        except BaseException:
            device = kind.device(volume)
            self._quietly(instance, lambda: self._encryption.open(instance, volume, device))
            raise
        self._give_back(instance, volume)

    def _give_back(self, instance: objects.Instance, volume: Volume, *, but: str = "") -> None:
        """Let every kind of which the guest has no volume but ``volume`` give back what it held for it.

        Never raises: what could not be given back is, when it is wanted elsewhere or the guest goes.
        """
        used = bdms.types([instance.uuid], but=volume.id).get(instance.uuid, set())
        for type, kind in self._kinds.items():
            if type == but or type in used:
                continue
            try:
                kind.unused(instance)
            except exception.NovaException as problem:
                LOG.error("Volumes of type %s left something: %s", type, problem, instance=instance)

    def reap(self) -> None:
        """Let every kind give back what guests hold in vain. Never raises: the service starts without."""
        for type, kind in self._kinds.items():
            try:
                kind.reap()
            except exception.NovaException as problem:
                LOG.warning("What volumes of type %s left could not be looked for: %s", type, problem)

    def extend(self, instance: objects.Instance, volume: Volume, size: int) -> None:
        """Let the guest see that a volume has grown to ``size`` bytes."""
        self._kind(volume).extend(instance, volume, size)
        self._encryption.grow(instance, volume)

    def swap(self, instance: objects.Instance, old: Volume, new: Volume) -> None:
        """Copy a volume that nothing in the guest uses to another one, which takes its place.

        A failure leaves the guest with the old one, as it was.

        :raises Refused: the guest uses it, or is off, or the new one is too small.
        :raises InvalidVolume: the hypervisor is to limit the new one's rate.
        :raises NotImplementedError: one of the two is encrypted, and Nova does not tell how.
        """
        self._kind(new)
        qos.check(instance, new)
        if old.encrypted or new.encrypted:
            raise NotImplementedError("swap of encrypted volumes")
        self._kind(old).connect(instance, old)  # it tells its device
        copied = False
        try:
            self._kind(new).connect(instance, new)
            devices = [self._kind(volume).device(volume) for volume in (old, new)]
            octets = self._storage.copy(naming.node_name(instance), *devices)
            copied = True
            self._kind(old).disconnect(instance, old)
        except BaseException:
            self._swap_back(instance, old, new, copied=copied)
            self._give_back(instance, new, but=old.type)
            raise
        LOG.info("Copied %d bytes from volume %s to %s", octets, old.id, new.id, instance=instance)
        self._give_back(instance, old, but=new.type)

    def _swap_back(self, instance: objects.Instance, old: Volume, new: Volume, *, copied: bool) -> None:
        """Give the guest the old volume as it was. Never raises: why the swap failed is what matters."""

        def old_as_before() -> None:
            self._kind(old).connect(instance, old)
            if copied:
                self._storage.writable(naming.node_name(instance), self._kind(old).device(old))

        self._quietly(instance, lambda: self._kind(new).disconnect(instance, new))
        self._quietly(instance, old_as_before)

    # in the life of a guest

    def leave(self, instance: objects.Instance, block_device_info: dict[str, Any] | None) -> None:
        """Disconnect all volumes of a guest that is off, on its way to another member of its cluster.

        What it held for them is given back last: this system's names mean nothing on the other one.
        """
        wanted = list(volumes.mapped(block_device_info))
        for volume in wanted:
            self._kind(volume).disconnect(instance, volume)
        for type in {volume.type for volume in wanted}:
            self._kinds[type].unused(instance)

    def check_live_migration(
        self, instance: objects.Instance, block_device_info: dict[str, Any] | None, destination: str
    ) -> None:
        """Return if a running guest can take its volumes along to another member of its cluster.

        :param destination: node name of the other z/VM system.
        :raises MigrationPreCheckError: it cannot.
        """
        for volume in volumes.mapped(block_device_info):
            self._kind(volume).check_live_migration(instance, volume, destination)

    def check_arrival(
        self, context: Any, block_device_info: dict[str, Any] | None, attachments: dict[str, str]
    ) -> None:
        """Return if a running guest that is to come here goes on with its volumes, as connected here.

        :param attachments: id of a volume → id of its attachment where the guest is now.
        :raises MigrationPreCheckError: it does not.
        """
        for volume in volumes.mapped(block_device_info):
            if id := attachments.get(volume.id):
                self._kind(volume).check_arrival(volume, functools.partial(_attached, context, id))

    def arrived(self, instance: objects.Instance, block_device_info: dict[str, Any] | None) -> None:
        """Write down where a guest that came here live has its volumes. Never raises: it has them.

        One that is paused cannot tell; it does when it is next logged on.
        """
        if instance.vm_state != vm_states.ACTIVE:
            return
        for item in driver.block_device_info_get_mapping(block_device_info):
            volume = Volume.of(item["connection_info"], item["mount_device"])
            kind = self._kind(volume)
            try:
                kind.connect(instance, volume)
                self._encryption.open(instance, volume, kind.device(volume))
                item.save()
            except exception.NovaException as problem:
                LOG.warning("Volume %s is not looked at: %s", volume.id, problem, instance=instance)

    def arrive(self, instance: objects.Instance) -> None:
        """Give back what a guest that is off held on the member of its cluster that it came from."""
        if adopted.is_adopted(instance):
            return  # what it has is its owner's
        for kind in self._kinds.values():
            kind.unused(instance)

    def before_logon(
        self, instance: objects.Instance, block_device_info: dict[str, Any] | None, *, boot: bool = True
    ) -> None:
        """Connect all volumes of a guest that is off; it boots from its root volume where it has one.

        :param boot: False: it boots from something else.
        :raises InvalidVolume: it cannot have one of them, or not boot from it; none is connected then.
        """
        root, wanted = volumes.root(block_device_info), list(volumes.mapped(block_device_info))
        for volume in wanted:
            is_root = bool(root and root.id == volume.id)
            if is_root:
                self._kind(volume).check_root(volume)
            self._encryption.check(instance, volume, self._kind(volume), root=is_root)
        for volume in wanted:
            self._kind(volume).connect(instance, volume)
        if boot and root:
            self._kind(root).boot_from(instance, root)

    def after_logon(self, instance: objects.Instance, block_device_info: dict[str, Any] | None) -> None:
        """Let a guest that was just logged on find the volumes that it got while it was off.

        Costs nothing without volumes. Without an agent in time a guest has what it finds by itself.
        """
        wanted = list(volumes.mapped(block_device_info))
        timeout = self._session.conf.zvm_xcat.reachable_timeout
        if not wanted or not timeout:
            return
        if not self._session.wait_for(naming.node_name(instance), "reachable", timeout).reachable:
            LOG.warning("No agent answers, so volumes were not set up in the guest", instance=instance)
            return
        for volume in wanted:
            kind = self._kind(volume)
            try:
                kind.connect(instance, volume)
                self._encryption.open(instance, volume, kind.device(volume))
            except (exceptions.Refused, exceptions.Unreachable, exceptions.OutcomeUnknown) as problem:
                LOG.error("Volume %s is not set up in the guest: %s", volume.id, problem, instance=instance)
                raise exception.VolumeAttachFailed(volume_id=volume.id, reason=str(problem)) from problem


def _attached(context: Any, attachment: str) -> Volume:
    """Return a volume as Cinder says that an attachment connects it."""
    return Volume.of(cinder.API().attachment_get(context, attachment)["connection_info"])
