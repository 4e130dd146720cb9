# SPDX-License-Identifier: Apache-2.0
"""Verbs of evacuation."""

from __future__ import annotations

from zvm.nova.evacuation import Evacuation


class EvacuationVerbs:
    """Guests of a z/VM system that failed are started on another member of its cluster."""

    _evacuation: Evacuation

    def instance_on_disk(self, instance):
        """Return whether the guest and its disks are in this cluster."""
        return self._evacuation.on_disk(instance)

    def rebuild(
        self,
        context,
        instance,
        image_meta,
        injected_files,
        admin_password,
        allocations,
        bdms,
        detach_block_devices,
        attach_block_devices,
        network_info=None,
        evacuate=False,
        block_device_info=None,
        preserve_ephemeral=False,
        accel_uuids=None,
        reimage_boot_volume=False,
    ):
        """Start an evacuated guest here; a rebuild that is no evacuation is the next class's."""
        if not evacuate:
            return super().rebuild(
                context,
                instance,
                image_meta,
                injected_files,
                admin_password,
                allocations,
                bdms,
                detach_block_devices,
                attach_block_devices,
                network_info=network_info,
                evacuate=evacuate,
                block_device_info=block_device_info,
                preserve_ephemeral=preserve_ephemeral,
                accel_uuids=accel_uuids,
                reimage_boot_volume=reimage_boot_volume,
            )
        return self._evacuation.rebuild(context, instance, bdms, detach_block_devices, attach_block_devices)
