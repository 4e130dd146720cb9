# SPDX-License-Identifier: Apache-2.0
"""A guest that is off is made as Nova has it, before its next logon.

What CP does at a logon stands in the directory entry: which device is IPLed, which network cards there are,
which disks. An operator, or a kill in the middle of a change, may have left it otherwise.
"""

from __future__ import annotations

from typing import Any

from nova import objects
from nova.compute import task_states, vm_states
from oslo_log import log as logging

from zvm.nova import adopted, disks, naming, network
from zvm.nova.disks import Disks
from zvm.nova.session import Session
from zvm.nova.vifs import Vifs
from zvm.nova.volumes import volume as volumes
from zvm.nova.volumes.attachments import Attachments
from zvm.xcat.records import GuestDetail

LOG = logging.getLogger(__name__)


def is_rescued(instance: objects.Instance) -> bool:
    """Return whether Nova has the server in its rescue system, and not on the way out of it."""
    return instance.vm_state == vm_states.RESCUED and instance.task_state != task_states.UNRESCUING


class Repair:
    """Repairs the guests behind ``session``. Thread-safe; every verb may be repeated."""

    def __init__(self, session: Session, disks: Disks, vifs: Vifs, attachments: Attachments) -> None:
        self._session = session
        self._disks = disks
        self._vifs = vifs
        self._attachments = attachments

    def before_logon(
        self,
        instance: objects.Instance,
        network_info: network.NetworkInfo | None,
        block_device_info: dict[str, Any] | None,
    ) -> None:
        """Make the directory entry of a guest that is off as Nova has it: network cards, volumes, IPL.

        That of a guest that was adopted is its owner's.

        :raises Refused: z/VM does not let it be made so.
        """
        if adopted.is_adopted(instance):
            return
        guest = self._session.detail(naming.node_name(instance))
        self._vifs.correct(instance, guest, network_info)
        rescued = is_rescued(instance)
        self._attachments.before_logon(instance, block_device_info, boot=not rescued)
        if rescued:
            self._boot_from(instance, guest, disks.RESCUE)
            return
        if not volumes.root(block_device_info) and _has(guest, disks.ROOT):
            self._boot_from(instance, guest, disks.ROOT)
        if _has(guest, disks.RESCUE):
            LOG.info("A rescue disk was left behind; it is removed", instance=instance)
            self._disks.remove(instance, [disks.RESCUE])

    def _boot_from(self, instance: objects.Instance, guest: GuestDetail, vdev: str) -> None:
        if guest.ipl.upper().zfill(4) != vdev:
            LOG.info("Guest would IPL %s; it is set to %s", guest.ipl or "nothing", vdev, instance=instance)
            self._session.set_ipl(guest.node, vdev)


def _has(guest: GuestDetail, vdev: str) -> bool:
    return any(disk.vdev == vdev for disk in guest.minidisks)
