# SPDX-License-Identifier: Apache-2.0
"""Resize and cold migration: on one member of a cluster, or from one to another.

The members share their directory and their DASD, so nothing is sent from host to host: the guest's entry is
changed where it stands and another zHCP looks after it. What was before stays until the user confirms.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from nova import context as nova_context
from nova import exception, objects
from nova.compute import power_state
from nova.i18n import _
from nova.scheduler.client import report
from nova.virt.virtapi import VirtAPI
from oslo_log import log as logging
from oslo_utils import units

from zvm.nova import adopted, exceptions, extra_specs, live_resize, naming, network
from zvm.nova.disks import EPHEMERALS, LOCAL, ROOT, SWAP
from zvm.nova.host import Host
from zvm.nova.power import Power
from zvm.nova.session import Session
from zvm.nova.volumes import volume as volumes
from zvm.nova.volumes.attachments import Attachments
from zvm.xcat.records import Minidisk
from zvm.xcat.resizes import DiskWanted, SizeWanted

LOG = logging.getLogger(__name__)


class Resizer:
    """Gives the guests behind ``session`` another size or host. Thread-safe; every verb may be repeated."""

    def __init__(
        self, session: Session, host: Host, power: Power, attachments: Attachments, virtapi: VirtAPI
    ) -> None:
        self._session = session
        self._host = host
        self._power = power
        self._attachments = attachments
        self._virtapi = virtapi

    def leave(
        self,
        context: nova_context.RequestContext,
        instance: objects.Instance,
        flavor: objects.Flavor,
        block_device_info: dict[str, Any] | None,
        timeout: int,
        retry_interval: int,
    ) -> str:
        """Give the guest the size of ``flavor``, on its way to the migration's host.

        That is done as it runs where that can be, else it is switched off for it; what can be refused is
        refused before.

        :return: what the destination is told: whether it runs on. The directory says the rest.
        :raises InstanceFaultRollback: it was refused; the guest is as it was.
        """
        if adopted.is_adopted(instance):
            raise exception.InstanceFaultRollback(adopted.refusal(_("Resize or cold migration"), instance))
        node = naming.node_name(instance)
        migration = _migration(context, instance)
        moves = migration is not None and migration.dest_node != self._session.host
        destination = migration.dest_node if moves else ""
        state = self._power.info(instance, use_cache=False).state
        if not moves and self._resized_live(instance, flavor, block_device_info, state):
            return live_resize.DONE
        was_on = state != power_state.SHUTDOWN
        try:
            size, changed = self._size(context, instance, flavor, block_device_info)
            self._prepare(node, size, destination)
        except exception.NovaException as problem:
            self._undo(instance, problem)
            raise exception.InstanceFaultRollback(problem) from problem
        try:
            self._power.off(instance, timeout, retry_interval)
            if changed:
                self._session.apply_resize(node, size)
            if moves:
                self._attachments.leave(instance, block_device_info)
        except exception.NovaException as problem:
            if not self._undo(instance, problem):
                raise
            self._attachments.before_logon(instance, block_device_info)
            if was_on:
                self._power.on(instance)
            raise exception.InstanceFaultRollback(problem) from problem
        return json.dumps({})

    def _resized_live(
        self,
        instance: objects.Instance,
        flavor: objects.Flavor,
        block_device_info: dict[str, Any] | None,
        state: int,
    ) -> bool:
        """Resize the guest as it runs; return whether that can be.

        :raises InstanceFaultRollback: it was refused; the directory is as it was, and the guest as far as it
            gave back what it had got.
        """
        try:
            reason = live_resize.why_not(instance.flavor, flavor, block_device_info, state)
            if reason:
                LOG.debug("Resized with a restart: %s", reason, instance=instance)
            return not reason and live_resize.run(self._session, instance, flavor)
        except exception.NovaException as problem:
            if not self._undo(instance, problem) and isinstance(problem, exceptions.OutcomeUnknown):
                raise
            raise exception.InstanceFaultRollback(problem) from problem

    def _prepare(self, node: str, size: SizeWanted, destination: str) -> None:
        try:
            self._session.prepare_resize(node, size, destination)
        except exceptions.NoSpace as full:
            pool = next(disk.pool for disk in size.disks if disk.pool)
            reason = _("no room in %s") % self._host.room_in(pool)
            raise exceptions.NoSpace(full.function, reason, full.rc, full.rs, full.next_step) from full

    def _undo(self, instance: objects.Instance, problem: Exception) -> bool:
        """Take back what there is of a resize that ``problem`` ended; return whether that is certain."""
        LOG.error("Resize failed: %s", problem, instance=instance)
        try:
            self._session.revert_resize(naming.node_name(instance))
        except exception.NovaException as further:
            LOG.error("What the resize has done so far stays: %s", further, instance=instance)
            return False
        return True

    def _size(
        self,
        context: nova_context.RequestContext,
        instance: objects.Instance,
        flavor: objects.Flavor,
        block_device_info: dict[str, Any] | None,
    ) -> tuple[SizeWanted, bool]:
        """Return the size that the guest is to have, and whether it is another than it has.

        :raises ResizeError: a disk would become smaller.
        :raises InvalidInput: an extra spec of ``flavor`` breaks its rule.
        """
        old = instance.flavor
        _check_growth(old, flavor, has_root=volumes.root(block_device_info) is None)
        has = {disk.vdev: disk for disk in self._session.detail(naming.node_name(instance)).minidisks}
        wanted = {vdev: DiskWanted(vdev) for vdev in LOCAL if vdev in has}
        if flavor.swap != old.swap:
            wanted.pop(SWAP, None)
        if new := _new_sizes(old, flavor, has):
            pool = self._host.pool_for(_allocations(context, instance))
            place = {"pool": pool, "device_type": self._host.device_type(pool)}
            for vdev, octets in new.items():
                wanted[vdev] = DiskWanted(vdev, octets, copy=vdev in has and vdev != SWAP, **place)
        most = extra_specs.maxima(flavor)
        maxima = (
            {}
            if extra_specs.maxima(old) == most
            else {"max_cpus": most.cpus, "max_memory_mb": most.memory_mb}
        )
        operands = extra_specs.changes(old, flavor, self._session.conf.zvm_xcat.user_profile)
        size = SizeWanted(flavor.vcpus, flavor.memory_mb, tuple(wanted.values()), operands=operands, **maxima)
        changed = (
            (old.vcpus, old.memory_mb) != (flavor.vcpus, flavor.memory_mb)
            or bool(maxima or operands)
            or any(disk.bytes for disk in size.disks)
            or set(wanted) != set(LOCAL).intersection(has)
        )
        return size, changed

    def arrive(
        self,
        instance: objects.Instance,
        source: str,
        network_info: network.NetworkInfo | None,
        block_device_info: dict[str, Any] | None,
        *,
        power_on: bool,
    ) -> None:
        """Look after a guest that was sent here from the z/VM system ``source``, and log it on.

        When that fails the guest gets its old size back, as Nova gives the instance its old flavor back;
        when this system cannot do it any more, ``source`` does.
        """
        node = naming.node_name(instance)
        try:
            self._session.take_over(node)
            self._start(instance, network_info, block_device_info, power_on=power_on)
        except Exception as problem:
            with suppress(exception.NovaException):
                self._power.off(instance)
            if not self._undo(instance, problem) and source != self._session.host:
                with suppress(exception.NovaException):
                    self._session.take_over(node, source)
                    self._undo(instance, problem)
            raise

    def _start(
        self,
        instance: objects.Instance,
        network_info: network.NetworkInfo | None,
        block_device_info: dict[str, Any] | None,
        *,
        power_on: bool,
    ) -> None:
        self._attachments.before_logon(instance, block_device_info)
        if power_on:
            with network.plugged(self._session.conf, self._virtapi, instance, network_info):
                self._power.on(instance)
            self._attachments.after_logon(instance, block_device_info)

    def bring_here(self, instance: objects.Instance) -> None:
        """Look after a guest of this host that a migration which broke off left with another member."""
        if self._session.find(instance.uuid) is None:
            self._session.take_over(naming.node_name(instance))

    def confirm(self, instance: objects.Instance) -> None:
        """Remove what the guest had before; a guest that is gone does no harm."""
        try:
            self._session.confirm_resize(naming.node_name(instance))
        except exceptions.NotInTables:
            LOG.info("There is nothing left to confirm", instance=instance)

    def revert(
        self,
        instance: objects.Instance,
        network_info: network.NetworkInfo | None,
        block_device_info: dict[str, Any] | None,
        *,
        power_on: bool,
    ) -> None:
        """Take the guest back as it was before it left, and log it on.

        One that was resized as it ran gives back what it got as it runs, or is switched off for it.
        """
        node = naming.node_name(instance)
        self._session.take_over(node)
        live = live_resize.is_pending(self._session, instance)
        try:
            self._session.revert_resize(node)
        except exception.NovaException as problem:
            if not live:
                raise
            LOG.warning("Reverted with a restart: %s", problem, instance=instance)
            self._power.off(instance)
            self._session.revert_resize(node)
        if not live or self._power.is_off(instance):
            self._start(instance, network_info, block_device_info, power_on=power_on)

    def is_on_shared_storage(self, uuid: str) -> bool:
        """Return whether the management node looks after the guest of the instance ``uuid``, wherever it is.

        :raises Unreachable: it cannot be asked.
        """
        return any(guest.uuid == uuid for guest in self._session.everywhere())


def _migration(context: nova_context.RequestContext, instance: objects.Instance) -> objects.Migration | None:
    """Return the migration that is under way."""
    if not instance.migration_context:
        return None
    return objects.Migration.get_by_id_and_instance(
        context, instance.migration_context.migration_id, instance.uuid
    )


def _allocations(context: nova_context.RequestContext, instance: objects.Instance) -> dict[str, Any]:
    """Return what Placement has given the instance for its new size."""
    client = report.report_client_singleton()
    allocations: dict[str, Any] = client.get_allocations_for_consumer(context, instance.uuid) or {}
    return allocations


def _check_growth(old: objects.Flavor, new: objects.Flavor, *, has_root: bool) -> None:
    """Check that no disk that keeps what it holds is to become smaller.

    :raises ResizeError: one is.
    """
    for name, what in (("root_gb", _("root disk")), ("ephemeral_gb", _("ephemeral disk"))):
        if new[name] < old[name] and (has_root or name != "root_gb"):
            raise exception.ResizeError(
                reason=_("the %(what)s cannot shrink from %(old)d to %(new)d GB; choose a larger flavor")
                % {"what": what, "old": old[name], "new": new[name]}
            )


def _new_sizes(old: objects.Flavor, new: objects.Flavor, has: dict[str, Minidisk]) -> dict[str, int]:
    """Return device number → octets of the disks that are to be made.

    The last ephemeral disk gets what the flavor has more of; swap space is made anew.
    """
    found = {}
    if ROOT in has and new.root_gb > old.root_gb:
        found[ROOT] = new.root_gb * units.Gi
    if more := (new.ephemeral_gb - old.ephemeral_gb) * units.Gi:
        last = max((vdev for vdev in EPHEMERALS if vdev in has), default=None)
        found[last or EPHEMERALS[0]] = more + (has[last].bytes if last else 0)
    if new.swap and new.swap != old.swap:
        found[SWAP] = new.swap * units.Mi
    return found
