# SPDX-License-Identifier: Apache-2.0
"""The names of block devices."""

from __future__ import annotations

from nova import block_device, exception

from zvm.nova import disks


class DiskVerbs:
    """Verbs about block device names: minidisks by their device numbers, volumes as SCSI disks."""

    def default_root_device_name(self, instance, image_meta, root_bdm):
        """Return the name of the root device."""
        return disks.next_volume_name(()) if root_bdm.is_volume else disks.device_name(disks.ROOT)

    def default_device_names_for_instance(self, instance, root_device_name, *block_device_lists):
        """Name the block devices of a new instance that have no names yet."""
        disks.name_devices(root_device_name, *block_device_lists)

    def get_device_name_for_instance(self, instance, bdms, block_device_obj):
        """Return the name of a volume that is attached: the one asked for, or the next."""
        used = {bdm.device_name for bdm in bdms if bdm.device_name}
        wanted = block_device_obj.device_name
        if not isinstance(wanted, str) or not wanted:
            return disks.next_volume_name(used)
        wanted = block_device.prepend_dev(wanted)
        if wanted in used:
            raise exception.DevicePathInUse(path=wanted)
        return wanted
