# SPDX-License-Identifier: Apache-2.0
"""Maintenance of a z/VM system: its guests are moved, running, to the other members of its cluster.

Nova does the moving, as many at a time as ``max_concurrent_live_migrations`` says: it chooses the
destination, and what CP refuses stays where it is and is told in the server's migrations.
"""

from __future__ import annotations

from nova import context as nova_context
from nova import exception, objects
from nova.compute import api, power_state
from nova.virt.virtapi import VirtAPI
from oslo_log import log as logging

from zvm.nova.session import Session

LOG = logging.getLogger(__name__)

#: What is written as the reason why the service is disabled; a service disabled by somebody else stays so.
REASON = "maintenance of its z/VM system"
#: How often Placement is told: others change the same provider at the same moment.
_ATTEMPTS = 5
#: Placement's answer to who was overtaken before its own reading is a conflict, after it an error (500).
_OVERTAKEN = (exception.ResourceProviderUpdateConflict, exception.ResourceProviderUpdateFailed)
ON, OFF = "on_maintenance", "off_maintenance"


class Maintenance:
    """Empties the z/VM system behind ``session``."""

    def __init__(self, session: Session, virtapi: VirtAPI) -> None:
        self._session = session
        self._virtapi = virtapi

    def begin(self) -> str:
        """Let no new server come here, and begin to migrate those that run; return Nova's word for it.

        Servers that are off stay: their directory entries and disks are the cluster's, so that they can be
        evacuated while the system is down.
        """
        context = nova_context.get_admin_context()
        self._set_disabled(context, True)
        instances = objects.InstanceList.get_by_host(
            context, self._session.service, expected_attrs=["flavor", "info_cache", "pci_requests"]
        )
        nova = api.API()
        for instance in instances:
            if instance.power_state not in (power_state.RUNNING, power_state.PAUSED):
                continue
            try:
                nova.live_migrate(
                    context,
                    instance,
                    block_migration=None,
                    disk_over_commit=None,
                    host_name=None,
                    async_=True,
                )
            except exception.NovaException as problem:
                LOG.warning("Not migrated: %s", problem, instance=instance)
        return ON

    def end(self) -> str:
        """Let servers come here again; return Nova's word for it."""
        self._set_disabled(nova_context.get_admin_context(), False)
        return OFF

    def _set_disabled(self, context: nova_context.RequestContext, disabled: bool) -> None:
        service = objects.Service.get_by_compute_host(context, self._session.service)
        if service.disabled == disabled or (service.disabled and service.disabled_reason != REASON):
            return
        service.disabled, service.disabled_reason = disabled, REASON if disabled else None
        service.save()
        node = objects.ComputeNode.get_by_host_and_nodename(
            context, self._session.service, self._session.host
        )
        for attempt in range(_ATTEMPTS):
            try:
                self._virtapi.update_compute_provider_status(context, node.uuid, enabled=not disabled)
            except _OVERTAKEN:
                if attempt == _ATTEMPTS - 1:
                    raise
            else:
                break
