# SPDX-License-Identifier: Apache-2.0
"""Resize of a server that runs on: other processors and memory within the maxima of its flavors."""

from __future__ import annotations

import json
from typing import Any

from nova import objects
from nova.compute import power_state
from nova.i18n import _
from oslo_log import log as logging

from zvm.nova import extra_specs, naming
from zvm.nova.session import Session
from zvm.nova.volumes import volume as volumes

LOG = logging.getLogger(__name__)

#: What Nova hands on to the verb that would start the guest: that it runs on.
DONE = json.dumps({"live": True})


def why_not(
    old: objects.Flavor, new: objects.Flavor, block_device_info: dict[str, Any] | None, state: int
) -> str:
    """Return why a resize on one host cannot be done as the server runs, or "".

    :param state: Nova's power state of it.
    """
    maxima = extra_specs.maxima(old)
    if not (maxima.cpus or maxima.memory_mb) or maxima != extra_specs.maxima(new):
        return _("its flavors have no zvm:max_vcpus or zvm:max_memory_mb, or other ones")
    if _disks(old) != _disks(new) or extra_specs.operands(old) != extra_specs.operands(new):
        return _("the flavors differ in more than processors and memory")
    if extra_specs.DEDICATED in extra_specs.operands(new) and old.vcpus != new.vcpus:
        return _("processors are dedicated at logon only")
    if state != power_state.RUNNING:
        return _("it does not run")
    if any(volumes.mapped(block_device_info)):
        # Nova has Cinder end the connections of all of them, and make new ones, in the middle of any resize.
        return _("it has volumes")
    return ""


def _disks(flavor: objects.Flavor) -> tuple[int, ...]:
    return flavor.root_gb, flavor.ephemeral_gb, flavor.swap


def was_done(disk_info: str) -> bool:
    """Return whether the guest was resized as it runs, from what Nova hands on."""
    return disk_info == DONE


def is_pending(session: Session, instance: objects.Instance) -> bool:
    """Return whether the guest was resized as it ran, which is neither confirmed nor reverted."""
    return session.detail(naming.node_name(instance)).resized == "live"


def run(session: Session, instance: objects.Instance, flavor: objects.Flavor) -> bool:
    """Give the guest the processors and the memory of ``flavor`` as it runs; return whether that could be.

    :raises Refused: z/VM or the guest's Linux refused.
    :raises OutcomeUnknown: the directory entry may have the new size.
    """
    reason = session.resize_live(naming.node_name(instance), flavor.vcpus, flavor.memory_mb)
    if reason:
        LOG.info("Resized with a restart: %s", reason, instance=instance)
    return not reason
