# SPDX-License-Identifier: Apache-2.0
"""The verbs about volumes."""

from __future__ import annotations

from zvm.nova.volumes.attachments import Attachments
from zvm.nova.volumes.volume import Volume


class VolumeVerbs:
    """Attaching, detaching and extending."""

    _attachments: Attachments

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

    def detach_volume(self, context, connection_info, instance, mountpoint, encryption=None):
        """Take a volume from the guest."""
        self._attachments.detach(instance, Volume.of(connection_info, mountpoint, encryption))

    def extend_volume(self, context, connection_info, instance, requested_size):
        """Let the guest see that a volume has grown."""
        self._attachments.extend(instance, Volume.of(connection_info), requested_size)
