# SPDX-License-Identifier: Apache-2.0
"""Making and removing guests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nova import context as nova_context
from nova import exception, objects
from nova.i18n import _
from nova.virt.virtapi import VirtAPI
from oslo_log import log as logging

from zvm.nova import (
    adopted,
    configdrive,
    device_metadata,
    disks,
    exceptions,
    extra_specs,
    first_boot,
    images,
    live_resize,
    naming,
    network,
)
from zvm.nova.adoption import Adoption
from zvm.nova.disks import ROOT, Disks
from zvm.nova.host import Host
from zvm.nova.power import Power
from zvm.nova.session import Session
from zvm.nova.volumes import qos
from zvm.nova.volumes import volume as volumes
from zvm.nova.volumes.attachments import Attachments
from zvm.xcat.records import Image

LOG = logging.getLogger(__name__)

#: A directory password with which nobody can log on, only XAUTOLOG starts the guest.
AUTOLOG_ONLY = "AUTOONLY"


class VMOps:
    """The life of guests on the host behind ``session``. Thread-safe."""

    def __init__(
        self,
        session: Session,
        host: Host,
        power: Power,
        attachments: Attachments,
        adoption: Adoption,
        virtapi: VirtAPI,
    ) -> None:
        self._session = session
        self._adoption = adoption
        self._conf = session.conf
        self._host = host
        self._power = power
        self._attachments = attachments
        self._virtapi = virtapi
        self._images = images.Images(session)
        self._disks = Disks(session, host)

    def spawn(
        self,
        context: nova_context.RequestContext,
        instance: objects.Instance,
        image_meta: objects.ImageMeta,
        injected_files: Sequence[tuple[str, bytes]],
        admin_password: str | None,
        allocations: dict[str, Any] | None,
        network_info: network.NetworkInfo | None,
        block_device_info: dict[str, Any] | None,
        *,
        power_on: bool,
    ) -> None:
        """Make a guest from an image, or on a volume that has one, and start it.

        When it fails nothing of the guest is left behind: its directory entry with disk and network cards,
        its reader files and its node are removed. The copy of the image on the management node stays.

        :raises ComputeResourcesUnavailable: this host cannot, another one might.
        :raises BuildAbortException: it would fail elsewhere too, or there is no other host.
        """
        if adopted.is_adopted(instance):
            self._adoption.spawn(
                context,
                instance,
                injected_files,
                allocations,
                network_info,
                block_device_info,
                power_on=power_on,
            )
            return
        try:
            nics = network.nic_specs(self._conf, network_info)
            extra_specs.operands(instance.flavor)  # refused before anything is made
            prefix = self._session.mac_prefix() if nics else ""
            network.check_macs(nics, prefix)
            qos.check_all(instance, block_device_info)
            wanted = disks.further(block_device_info)
            image = None
            if not volumes.root(block_device_info):
                images.check(image_meta)
                image = self._images.ensure(context, image_meta, instance.trusted_certs)
                images.check_fits(image, instance.flavor)
                wanted.insert(0, disks.root(image, instance.flavor))
            device_metadata.update(context, instance, network_info)
            drive = configdrive.archive(instance, injected_files, admin_password, network_info)
            self._define_somewhere(instance, image, nics)
            try:
                self._disks.add(instance, wanted, self._host.pool_for(allocations))
                first_boot.deploy(self._session, instance, image, ROOT, drive)
                self._attachments.before_logon(instance, block_device_info)
                if power_on:
                    with network.plugged(self._conf, self._virtapi, instance, network_info):
                        self._power.on(instance)
                    if nics and not prefix:
                        network.check_macs(nics, self._session.mac_prefix(fresh=True))
                    first_boot.wait_reachable(self._session, instance)
                    self._attachments.after_logon(instance, block_device_info)
            except BaseException:
                self._roll_back(instance)
                raise
        except (exception.InstanceNotFound, exception.UnexpectedDeletingTaskStateError):
            raise
        except Exception as problem:
            LOG.error("Spawn failed: %s", problem, instance=instance)
            raise self._verdict(context, instance, problem) from problem

    def _verdict(
        self, context: nova_context.RequestContext, instance: objects.Instance, problem: Exception
    ) -> exception.NovaException:
        """Return what to raise for a spawn that ended with ``problem``."""
        elsewhere = isinstance(
            problem, (exceptions.NoSpace, exceptions.Unreachable, exceptions.OutcomeUnknown)
        )
        if elsewhere and self._is_another_host(context, instance):
            return exception.ComputeResourcesUnavailable(reason=str(problem))
        return exception.BuildAbortException(instance_uuid=instance.uuid, reason=str(problem))

    def _is_another_host(self, context: nova_context.RequestContext, instance: objects.Instance) -> bool:
        """Return whether the cell has a further compute service than the instance's.

        Where there is none, a build that Nova schedules anew ends as "exhausted all hosts", which hides why.
        """
        services = objects.ServiceList.get_by_binary(context.elevated(), "nova-compute")
        return any(service.host != instance.host for service in services)

    # the steps, in their order

    def _define_somewhere(
        self, instance: objects.Instance, image: Image | None, nics: list[network.NicSpec]
    ) -> None:
        """Make the guest under its userid, or under another one when that is taken and was not asked for."""
        for last in (False, False, True):
            try:
                self._define(instance, image, nics)
                return
            except exceptions.UserIdTaken as problem:
                if last or not naming.take_another(instance):
                    raise
                LOG.info("%s; %s is tried", problem, naming.userid(instance), instance=instance)
                instance.save()

    def _define(self, instance: objects.Instance, image: Image | None, nics: list[network.NicSpec]) -> None:
        """Make the node and the directory entry; when it fails there is neither."""
        node, userid, flavor = naming.node_name(instance), naming.userid(instance), instance.flavor
        operands = [
            f"profile={self._conf.zvm_xcat.user_profile.upper()}",
            *extra_specs.operands(flavor),
            f"cpu={flavor.vcpus}",
            f"memory={flavor.memory_mb}m",
            f"privilege={self._conf.zvm_xcat.privilege_class.upper()}",
            f"password={AUTOLOG_ONLY}",
            f"ipl={ROOT}",
        ]
        if image:
            operands.append(f"imagename={image.name}")
        try:
            self._session.define_node(node, instance.uuid, userid, self._host.zhcp())
        except exceptions.OutcomeUnknown:
            self._roll_back(instance)
            raise
        except exceptions.Refused as problem:
            known = self._session.find(instance.uuid, fresh=True)
            if known is None or known.node != node:  # else it was defined with what its volumes need
                raise exceptions.Refused(
                    f"Defining node {node} for guest {userid}",
                    problem.reason,
                    next_step=f"if node {node} is not another system's, remove it from the management node",
                ) from problem
        try:
            self._session.create_guest(node, instance.uuid, [*operands, *map(str, nics)])
        except (exceptions.Refused, exceptions.Unreachable):
            self._roll_back(instance, node_only=True)
            raise
        except BaseException:
            self._roll_back(instance)
            raise

    def _roll_back(self, instance: objects.Instance, *, node_only: bool = False) -> None:
        """Remove all that a failed spawn has made. Never raises: what made the spawn fail is what matters.

        :param node_only: there is no directory entry.
        """
        node = naming.node_name(instance)
        try:
            if not node_only:
                self._session.remove_guest(node, instance.uuid)
            self._session.remove_node(node)
        except exception.NovaException as problem:
            LOG.error("Rollback did not finish, deleting the instance will: %s", problem, instance=instance)

    # the end

    def send_back(self, instance: objects.Instance, block_device_info: dict[str, Any] | None) -> None:
        """Switch a guest off that is to go back where it came from; its directory entry and disks stay.

        One that was resized as it ran goes back as it runs, unless it has got volumes since, whose
        connections Nova has Cinder end next.
        """
        migration = instance.migration_context and objects.Migration.get_by_id_and_instance(
            instance._context, instance.migration_context.migration_id, instance.uuid
        )
        moves = bool(migration and migration.source_node != migration.dest_node)
        has_volumes = any(volumes.mapped(block_device_info))
        if not moves and not has_volumes and live_resize.is_pending(self._session, instance):
            return
        self._power.off(instance)
        if moves:
            self._attachments.leave(instance, block_device_info)

    def destroy(self, instance: objects.Instance, *, destroy_disks: bool = True) -> None:
        """Remove the guest; what of it is gone already, or was never made, does no harm.

        One that was adopted is let go and stays.

        :param destroy_disks: False: only switch it off; its directory entry and disks stay.
        """
        if not destroy_disks:
            self._power.off(instance)
            return
        if self._has_moved_away(instance):
            LOG.info("Left alone: the guest is on another z/VM system of the cluster", instance=instance)
            return
        if adopted.is_adopted(instance):
            self._adoption.release(instance)
            return
        node = naming.node_name(instance)
        try:
            self._session.remove_guest(node, instance.uuid)
        except exceptions.Refused as problem:
            if self._session.find(instance.uuid, fresh=True) is not None:
                raise
            # A guest of somebody else under our name, for which our spawn was refused.
            LOG.warning("Left alone: %s", problem, instance=instance)
            return
        self._session.remove_node(node)

    def _has_moved_away(self, instance: objects.Instance) -> bool:
        """Return whether the instance is another host's now, and its guest there too, as after an evacuation.

        Members of a cluster share their directory, so that its guest could be deleted from here as well.
        """
        here = self._session.service
        return bool(
            here
            and instance.host
            and instance.host != here
            and self._session.find(instance.uuid, fresh=True) is None
        )

    def exists(self, instance: objects.Instance) -> bool:
        """Return whether the host has the instance's guest.

        :raises UserIdTaken: its name or userid belongs to a guest of somebody else.
        """
        if self._session.find(instance.uuid, fresh=True) is not None:
            return True
        node, userid = naming.node_name(instance), naming.userid(instance)
        for guest in self._session.guests.get():
            asked_for = userid == instance.name.upper()  # else another one is taken
            if node == guest.node or (userid == guest.userid and asked_for):
                raise exceptions.UserIdTaken(
                    f"Use of userid {userid}",
                    _("node %(node)s with userid %(userid)s belongs to %(owner)s")
                    % {
                        "node": guest.node,
                        "userid": guest.userid,
                        "owner": f"instance {guest.uuid}" if guest.uuid else _("nobody in Nova"),
                    },
                    next_step=_("choose an instance_name_template that is unique on this z/VM system"),
                )
        return False
