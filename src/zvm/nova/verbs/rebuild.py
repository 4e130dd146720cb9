# SPDX-License-Identifier: Apache-2.0
"""The verb of rebuild."""

from __future__ import annotations

from nova import exception
from nova.i18n import _

from zvm.nova import adopted
from zvm.nova.rebuild import Rebuild


class RebuildVerbs:
    """Rebuild in place."""

    _rebuild: Rebuild

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
        """Give the guest the content of another image; it keeps its userid and network cards.

        :raises NotImplementedError: Nova is to remove the guest and spawn it anew: it moves to this host,
            boots from a volume (whose content Cinder replaces in between), or is not there.
        :raises InstanceFaultRollback: the guest was adopted; it and the server's state stay as they are.
        """
        if not evacuate and adopted.is_adopted(instance):
            raise exception.InstanceFaultRollback(adopted.refusal(_("Rebuild"), instance))
        if evacuate or not self._rebuild.possible(instance, block_device_info):
            raise NotImplementedError
        self._rebuild.run(
            context,
            instance,
            image_meta,
            injected_files,
            admin_password,
            allocations,
            bdms,
            detach_block_devices,
            attach_block_devices,
            network_info,
            preserve_ephemeral=preserve_ephemeral,
        )
