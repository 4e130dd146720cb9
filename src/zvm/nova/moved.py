# SPDX-License-Identifier: Apache-2.0
"""Guests that were moved without Nova: by an operator's VMRELOCATE, or while the service was away.

CP has the truth. The compute service that the instance is recorded on finds its guest on another member of
the cluster and records it on that member's compute service: host, port bindings, allocations, and a migration
that says so.
"""

from __future__ import annotations

from nova import context as nova_context
from nova import exception, objects
from nova.network import neutron
from nova.objects import fields
from nova.scheduler.client import report
from oslo_log import log as logging

from zvm.nova.session import Session

LOG = logging.getLogger(__name__)

#: A live migration's record that has not come to its end.
_UNFINISHED = ("accepted", "queued", "preparing", "running", "failed", "error")


class Moved:
    """Lets Nova follow the guests of the service behind ``session``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def look(self) -> None:
        """Follow every guest of this service that is on another member; one question, however many."""
        context = nova_context.get_admin_context()
        where = {guest.uuid: guest.host for guest in self._session.everywhere() if guest.uuid}
        for instance in objects.InstanceList.get_by_host(context, self._session.service, expected_attrs=[]):
            if where.get(instance.uuid, self._session.host) != self._session.host:
                self.follow(instance.uuid, where[instance.uuid])

    def follow(self, uuid: str, system: str) -> None:
        """Record an instance on the compute service of the z/VM system ``system``.

        Nothing is done while Nova itself works on the instance: a live migration of its own ends by itself.
        """
        context = nova_context.get_admin_context()
        try:
            instance = objects.Instance.get_by_uuid(context, uuid, expected_attrs=["info_cache", "flavor"])
        except exception.InstanceNotFound:
            return
        if instance.host != self._session.service or instance.task_state is not None:
            return
        try:
            node = objects.ComputeNode.get_by_nodename(context, system)
        except exception.ComputeHostNotFound:
            LOG.error(
                "The guest is on %s now, for which there is no compute service", system, instance=instance
            )
            return
        LOG.warning(
            "The guest was moved to %s without Nova; its record follows", node.host, instance=instance
        )
        migration = self._migration(context, instance, node)
        neutron.API().setup_instance_network_on_host(context, instance, node.host, migration)
        self._move_allocations(context, instance, migration, node)
        instance.host, instance.node, instance.compute_id = node.host, system, node.id
        instance.save()
        migration.status = "completed"
        migration.save()

    def _migration(
        self, context: nova_context.RequestContext, instance: objects.Instance, node: objects.ComputeNode
    ) -> objects.Migration:
        """Return the record of the move: of a live migration that was broken off, or a new one."""
        found = objects.MigrationList.get_by_filters(
            context,
            {
                "instance_uuid": instance.uuid,
                "source_compute": instance.host,
                "migration_type": fields.MigrationType.LIVE_MIGRATION,
            },
        )
        fitting = [item for item in found if item.dest_compute == node.host and item.status in _UNFINISHED]
        if fitting:
            return fitting[0]
        migration = objects.Migration(
            context=context,
            source_compute=instance.host,
            source_node=instance.node,
            dest_compute=node.host,
            dest_node=node.hypervisor_hostname,
            dest_compute_id=node.id,
            instance_uuid=instance.uuid,
            migration_type=fields.MigrationType.LIVE_MIGRATION,
            status="running",
            old_instance_type_id=instance.flavor.id,
            new_instance_type_id=instance.flavor.id,
        )
        migration.create()
        return migration

    def _move_allocations(
        self,
        context: nova_context.RequestContext,
        instance: objects.Instance,
        migration: objects.Migration,
        node: objects.ComputeNode,
    ) -> None:
        """Let the instance hold on the destination what it held on the source.

        What a broken-off live migration holds on the source in its own name is given back.
        """
        placement = report.report_client_singleton()
        source = objects.ComputeNode.get_by_host_and_nodename(context, instance.host, instance.node)
        held = placement.get_allocs_for_consumer(context, instance.uuid)
        allocations = held["allocations"]
        if source.uuid in allocations:
            allocations[node.uuid] = {"resources": allocations.pop(source.uuid)["resources"]}
            placement.put_allocations(context, instance.uuid, held)
        placement.delete_allocation_for_instance(context, migration.uuid, consumer_type="migration")
