# SPDX-License-Identifier: Apache-2.0
"""The verbs of resize and cold migration."""

from __future__ import annotations

from zvm.nova import live_resize
from zvm.nova.resize import Resizer


class ResizeVerbs:
    """Leaving, arriving, and then confirming or going back."""

    _resizer: Resizer

    def migrate_disk_and_power_off(
        self,
        context,
        instance,
        dest,
        flavor,
        network_info,
        block_device_info=None,
        timeout=0,
        retry_interval=0,
    ):
        """Change the guest's size, as it runs or switched off for it; a refusal leaves it as it was."""
        return self._resizer.leave(context, instance, flavor, block_device_info, timeout, retry_interval)

    def finish_migration(
        self,
        context,
        migration,
        instance,
        disk_info,
        network_info,
        image_meta,
        resize_instance,
        allocations,
        block_device_info=None,
        power_on=True,
        share_info=None,
    ):
        """Take over the guest and start it; one that was resized as it runs goes on."""
        if live_resize.was_done(disk_info):
            return
        source = migration.source_node
        self._resizer.arrive(instance, source, network_info, block_device_info, power_on=power_on)

    def confirm_migration(self, context, migration, instance, network_info):
        """Remove the disks that the guest had before."""
        self._resizer.confirm(instance)

    def finish_revert_migration(
        self,
        context,
        instance,
        network_info,
        migration,
        block_device_info=None,
        power_on=True,
        share_info=None,
    ):
        """Take the guest back as it was, and start it if it does not run."""
        self._resizer.revert(instance, network_info, block_device_info, power_on=power_on)

    def check_instance_shared_storage_local(self, context, instance):
        """Return what the other host is to look for."""
        return {"uuid": instance.uuid}

    def check_instance_shared_storage_remote(self, context, data):
        """Return whether the guest's disks are this host's too, so that they must not be removed."""
        return self._resizer.is_on_shared_storage(data["uuid"])
