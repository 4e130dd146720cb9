# SPDX-License-Identifier: Apache-2.0
"""Evacuation: a guest whose z/VM system failed is started on another member of its cluster.

Its directory entry and its disks are there already, since members share both; nothing is copied or made anew.
A guest never runs twice: the management node lets this system look after it only when CP says that it is
logged on nowhere in the cluster, and CP itself lets a user log on once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nova import context as nova_context
from nova import exception, objects
from nova.compute import task_states
from nova.i18n import _
from oslo_log import log as logging

from zvm.nova import naming
from zvm.nova.power import Power
from zvm.nova.session import Session
from zvm.nova.volumes.attachments import Attachments
from zvm.xcat.records import Guest

LOG = logging.getLogger(__name__)


class Evacuation:
    """Evacuates guests to the z/VM system behind ``session``. Thread-safe; may be repeated."""

    def __init__(self, session: Session, power: Power, attachments: Attachments) -> None:
        self._session = session
        self._power = power
        self._attachments = attachments

    def on_disk(self, instance: objects.Instance) -> bool:
        """Return whether the guest is in the directory of the cluster, and can be started here.

        Nova asks this first, before it has moved a port or a volume.

        :raises ComputeResourcesUnavailable: the guest is logged on at a member that is up, or where it is
            cannot be told. Nova leaves the server as it is.
        """
        guest = self._guest(instance)
        if guest is None:
            return False
        try:
            found = self._session.relocation(guest.node)
        except exception.NovaException as problem:
            raise exception.ComputeResourcesUnavailable(reason=str(problem)) from problem
        if found.where != "off":
            raise exception.ComputeResourcesUnavailable(
                reason=_(
                    "guest %(userid)s is logged on in its cluster (%(host)s looks after it) and must not run "
                    "twice; log it off, or migrate it live"
                )
                % {"userid": guest.userid, "host": found.host}
            )
        return True

    def _guest(self, instance: objects.Instance) -> Guest | None:
        found = (guest for guest in self._session.everywhere() if guest.uuid == instance.uuid)
        return next(found, None)

    def rebuild(
        self,
        context: nova_context.RequestContext,
        instance: objects.Instance,
        bdms: objects.BlockDeviceMappingList,
        detach_block_devices: Callable[..., None],
        attach_block_devices: Callable[..., Any],
    ) -> None:
        """Start the guest here; when that fails its former system has it again, as Nova has it.

        :raises Refused: it is logged on elsewhere, or its system is in another cluster.
        """
        guest = self._guest(instance)
        self._session.take_over(naming.node_name(instance))
        LOG.info("Guest %s is looked after here now", naming.userid(instance), instance=instance)
        try:
            self._start(context, instance, bdms, detach_block_devices, attach_block_devices)
        except BaseException:
            if guest is not None:
                self._give_back(instance, guest)
            raise

    def _give_back(self, instance: objects.Instance, guest: Guest) -> None:
        try:
            self._session.take_over(guest.node, guest.host)
        except exception.NovaException as problem:
            LOG.warning("The guest stays with this z/VM system: %s", problem, instance=instance)

    def _start(
        self,
        context: nova_context.RequestContext,
        instance: objects.Instance,
        bdms: objects.BlockDeviceMappingList,
        detach_block_devices: Callable[..., None],
        attach_block_devices: Callable[..., Any],
    ) -> None:
        detach_block_devices(context, bdms)
        instance.task_state = task_states.REBUILD_BLOCK_DEVICE_MAPPING
        instance.save(expected_task_state=[task_states.REBUILDING])
        self._attachments.arrive(instance)
        block_device_info = attach_block_devices(context, instance, bdms)
        instance.task_state = task_states.REBUILD_SPAWNING
        instance.save(expected_task_state=[task_states.REBUILD_BLOCK_DEVICE_MAPPING])
        self._attachments.before_logon(instance, block_device_info)
        self._power.on(instance)
        self._attachments.after_logon(instance, block_device_info)
