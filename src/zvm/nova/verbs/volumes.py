# SPDX-License-Identifier: Apache-2.0
"""The verbs about volumes."""

from __future__ import annotations

from nova import context

from zvm.nova import device_metadata
from zvm.nova.session import Session
from zvm.nova.volumes import usage
from zvm.nova.volumes.attachments import Attachments
from zvm.nova.volumes.volume import Volume


class VolumeVerbs:
    """Attaching, detaching and extending."""

    _attachments: Attachments
    _session: Session

    def get_volume_connector(self, instance):
        """Return how Cinder lets the guest at volumes."""
        return self._attachments.connector(instance)

    def attach_volume(
        self,
        context,
        connection_info,
        instance,
        mountpoint,
        disk_bus=None,
        device_type=None,
        encryption=None,
    ):
        """Give the guest a volume, at once when it is on."""
        self._attachments.attach(instance, Volume.of(connection_info, mountpoint, encryption))
        _tell_tags(instance)

    def detach_volume(self, context, connection_info, instance, mountpoint, encryption=None):
        """Take a volume from the guest; Nova itself takes a tag out of the server's metadata."""
        self._attachments.detach(instance, Volume.of(connection_info, mountpoint, encryption))

    def swap_volume(self, context, old_connection_info, new_connection_info, instance, mountpoint, resize_to):
        """Copy a volume to another one, which takes its place; the guest must not use it meanwhile."""
        old, new = (Volume.of(info, mountpoint) for info in (old_connection_info, new_connection_info))
        self._attachments.swap(instance, old, new)

    def extend_volume(self, context, connection_info, instance, requested_size):
        """Let the guest see that a volume has grown."""
        self._attachments.extend(instance, Volume.of(connection_info), requested_size)

    def block_stats(self, instance, disk_id):
        """Return what the guest's kernel has counted for a disk."""
        return usage.of_disk(self._session, instance, disk_id)

    def get_all_volume_usage(self, context, compute_host_bdms):
        """Return what the guests' kernels have counted for their volumes."""
        return usage.of_volumes(self._session, compute_host_bdms)


def _tell_tags(instance):
    """Let the metadata of a server with tagged devices tell what it has now."""
    before = instance.device_metadata
    device_metadata.update(context.get_admin_context(), instance, instance.get_network_info())
    if before or instance.device_metadata:
        instance.save()
