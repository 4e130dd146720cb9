# SPDX-License-Identifier: Apache-2.0
"""The verbs that put a guest aside and take it up again: suspend and resume, soft delete and restore.

z/VM cannot write a guest's memory to disk: a suspended guest is one whose processors CP has stopped. CP pages
it out as others need its memory, and an IPL of z/VM loses it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from nova import exception, objects
from nova.virt import driver

from zvm.nova import adopted, exceptions
from zvm.nova.power import Power


@contextmanager
def _unchanged() -> Iterator[None]:
    """Let Nova keep the server's state when it was refused: the guest is as it was.

    :raises InstanceFaultRollback: with what was raised within.
    """
    try:
        yield
    except (exceptions.Refused, exceptions.Unreachable) as problem:
        raise exception.InstanceFaultRollback(inner_exception=problem) from problem


class SuspensionVerbs:
    """Putting aside and taking up."""

    _power: Power

    def suspend(self, context, instance):
        """Stop the guest's processors; its memory stays where it is."""
        with _unchanged():
            self._power.pause(instance)

    def resume(self, context, instance, network_info, block_device_info=None, share_info=None):
        """Let the guest's processors run; one that an IPL of z/VM has lost is logged on anew."""
        with _unchanged():
            if self._power.resume(instance):
                return
        self.power_on(context, instance, network_info, block_device_info, share_info=share_info)

    def soft_delete(self, instance):
        """Force the guest off; it can be restored until Nova deletes it. An adopted one runs on."""
        if not adopted.is_adopted(instance):
            self._power.off(instance)

    def restore(self, instance):
        """Log a guest on that was deleted softly."""
        context = instance._context
        bdms = objects.BlockDeviceMappingList.get_by_instance_uuid(context, instance.uuid)
        self.power_on(
            context,
            instance,
            instance.get_network_info(),
            driver.get_block_device_info(instance, bdms),
        )
