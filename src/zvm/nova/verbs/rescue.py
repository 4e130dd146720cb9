# SPDX-License-Identifier: Apache-2.0
"""The verbs of rescue."""

from nova import context as nova_context

from zvm.nova.rescue import Rescue


class RescueVerbs:
    """Into the rescue system and back."""

    _rescue: Rescue

    def rescue(
        self,
        context,
        instance,
        network_info,
        image_meta,
        rescue_password,
        block_device_info,
        share_info,
    ):
        """Start the guest from a rescue image; its own disks stay where they are."""
        self._rescue.begin(context, instance, image_meta, rescue_password, network_info, block_device_info)

    def unrescue(self, context: nova_context.RequestContext, instance: "objects.Instance"):  # noqa: F821
        """Start the guest from its own disk again; one that was not rescued is restarted."""
        block_device_info = self._rescue.end(context, instance)
        self._start(instance, instance.get_network_info(), block_device_info)
