# SPDX-License-Identifier: Apache-2.0
"""Rescue: the guest boots another image from a minidisk at 01F0, its own disks are data disks meanwhile.

All of its devices keep their numbers, so nothing has to be told which disk is which: every rescue here is
what Nova calls a stable device rescue. Of the image's properties ``hw_rescue_device`` can only be ``disk``,
and the bus that ``hw_rescue_bus`` names is taken for what z/VM has: a channel-attached disk.

The directory says how far a rescue has come: the disk is made before it is written to, and IPLed only when it
is complete. What a kill leaves is removed by the next rescue, unrescue, start or hard reboot.
"""

from __future__ import annotations

from typing import Any

from nova import context as nova_context
from nova import exception, objects
from nova.i18n import _
from nova.image import glance
from nova.objects import fields
from nova.virt import driver
from oslo_log import log as logging
from oslo_utils import units

from zvm.nova import adopted, configdrive, disks, first_boot, images, naming, network
from zvm.nova.disks import Disks, DiskSpec
from zvm.nova.power import Power
from zvm.nova.repair import Repair
from zvm.nova.session import Session
from zvm.nova.volumes.attachments import Attachments

LOG = logging.getLogger(__name__)


class Rescue:
    """Rescues the guests behind ``session``. Thread-safe; every verb may be repeated."""

    def __init__(
        self, session: Session, disks: Disks, power: Power, repair: Repair, attachments: Attachments
    ) -> None:
        self._session = session
        self._disks = disks
        self._power = power
        self._repair = repair
        self._attachments = attachments
        self._images = images.Images(session)

    def begin(
        self,
        context: nova_context.RequestContext,
        instance: objects.Instance,
        image_meta: objects.ImageMeta,
        password: str,
        network_info: network.NetworkInfo | None,
        block_device_info: dict[str, Any] | None,
    ) -> None:
        """Start the guest from ``image_meta``, or from the instance's own image where that names none.

        When it fails the guest is off and as it was, and the rescue disk is gone.

        :param password: of the rescue system's administrator, by its config drive.
        :raises InstanceRescueFailure: it did not come up.
        """
        if adopted.is_adopted(instance):
            raise exception.InstanceRescueFailure(reason=str(adopted.refusal(_("Rescue"), instance)))
        if not image_meta.obj_attr_is_set("id"):
            image_meta = objects.ImageMeta.from_image_ref(context, glance.API(), instance.image_ref)
        _check(image_meta)
        image = self._images.ensure(context, image_meta, instance.trusted_certs)
        drive = configdrive.archive(instance, [], password, network_info)
        disk = DiskSpec(disks.RESCUE, -(-image.bytes // units.Mi))
        self._power.off(instance)
        try:
            self._disks.remove(instance, [disks.RESCUE])  # an earlier rescue was killed
            self._disks.add(instance, [disk], self._session.pool)
            first_boot.deploy(self._session, instance, image, disks.RESCUE, drive)
            self._attachments.before_logon(instance, block_device_info, boot=False)
            self._session.set_ipl(naming.node_name(instance), disks.RESCUE)
            self._power.on(instance)
            first_boot.wait_reachable(self._session, instance)
        except BaseException as problem:
            self._roll_back(instance, network_info, block_device_info)
            if isinstance(problem, exception.NovaException):
                raise exception.InstanceRescueFailure(reason=str(problem)) from problem
            raise
        self._attachments.after_logon(instance, block_device_info)

    def end(self, context: nova_context.RequestContext, instance: objects.Instance) -> dict[str, Any]:
        """Shut the rescue system down; the repair before the next logon removes its disk.

        :return: Nova's description of the instance's disks, for that logon.
        """
        bdms = objects.BlockDeviceMappingList.get_by_instance_uuid(context, instance.uuid)
        block_device_info: dict[str, Any] = driver.get_block_device_info(instance, bdms)
        self._power.off(instance, self._session.conf.zvm_xcat.soft_reboot_timeout)
        self._forget_drive(instance)
        return block_device_info

    def _forget_drive(self, instance: objects.Instance) -> None:
        """Let the guest's own system not take the rescue system's config drive for its own."""
        self._session.change_guest(naming.node_name(instance), "--purgerdr")

    def _roll_back(
        self,
        instance: objects.Instance,
        network_info: network.NetworkInfo | None,
        block_device_info: dict[str, Any] | None,
    ) -> None:
        """Take back what there is of a rescue. Never raises: what made it fail is what matters."""
        try:
            self._power.off(instance)
            self._repair.before_logon(instance, network_info, block_device_info)
            self._forget_drive(instance)
        except exception.NovaException as problem:
            LOG.error("Rescue disk may be left, a hard reboot removes it: %s", problem, instance=instance)


def _check(image_meta: objects.ImageMeta) -> None:
    """Check what can be told about a rescue image without its content.

    :raises UnsupportedRescueDevice: it wants to be a CD or a floppy disk.
    :raises ImageUnacceptable: it is not for z/VM.
    """
    device = image_meta.properties.get("hw_rescue_device") or fields.BlockDeviceType.DISK
    if device != fields.BlockDeviceType.DISK:
        raise exception.UnsupportedRescueDevice(device=device)
    images.check(image_meta)
