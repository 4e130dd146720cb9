# SPDX-License-Identifier: Apache-2.0
"""Rebuild in place: the guest stays who it is, the content of its disks becomes new.

Its directory entry, userid, network cards and MAC addresses are kept, and its root disk where the new image
fits on it. All that can be refused without touching the guest is looked at first. Whatever fails after that
leaves a guest that is off and has its directory entry, so that the rebuild can be repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from nova import context as nova_context
from nova import objects
from nova.compute import task_states
from nova.compute import utils as compute_utils
from nova.virt.virtapi import VirtAPI
from oslo_log import log as logging

from zvm.nova import configdrive, device_metadata, disks, first_boot, images, naming, network
from zvm.nova.disks import Disks
from zvm.nova.host import Host
from zvm.nova.power import Power
from zvm.nova.repair import Repair
from zvm.nova.session import Session
from zvm.nova.volumes import volume as volumes
from zvm.nova.volumes.attachments import Attachments
from zvm.xcat.records import Image

LOG = logging.getLogger(__name__)


class Rebuild:
    """Rebuilds the guests behind ``session``. Thread-safe; may be repeated."""

    def __init__(
        self,
        session: Session,
        host: Host,
        disks: Disks,
        power: Power,
        repair: Repair,
        attachments: Attachments,
        virtapi: VirtAPI,
    ) -> None:
        self._session = session
        self._host = host
        self._disks = disks
        self._power = power
        self._repair = repair
        self._attachments = attachments
        self._virtapi = virtapi
        self._images = images.Images(session)

    def possible(self, instance: objects.Instance, block_device_info: dict[str, Any] | None) -> bool:
        """Return whether there is a guest, and it boots from a disk of its own."""
        return (
            not volumes.root(block_device_info) and self._session.find(instance.uuid, fresh=True) is not None
        )

    def run(
        self,
        context: nova_context.RequestContext,
        instance: objects.Instance,
        image_meta: objects.ImageMeta,
        injected_files: Sequence[tuple[str, bytes]],
        admin_password: str | None,
        allocations: dict[str, Any] | None,
        bdms: Any,
        detach_block_devices: Callable[..., None],
        attach_block_devices: Callable[..., dict[str, Any]],
        network_info: network.NetworkInfo | None,
        *,
        preserve_ephemeral: bool,
    ) -> None:
        """Give the guest the content of the image and start it; for the arguments see Nova's ``rebuild``."""
        conf = self._session.conf
        network.nic_specs(conf, network_info)
        images.check(image_meta)
        image = self._images.ensure(context, image_meta, instance.trusted_certs)
        images.check_fits(image, instance.flavor)
        device_metadata.update(context, instance, network_info)
        drive = configdrive.archive(instance, injected_files, admin_password, network_info)

        timeout = compute_utils.get_value_from_system_metadata(
            instance, "image_os_shutdown_timeout", int, conf.shutdown_timeout
        )
        self._power.off(instance, timeout, conf.compute.shutdown_retry_interval)
        detach_block_devices(context, bdms)
        _enter(instance, task_states.REBUILD_BLOCK_DEVICE_MAPPING, task_states.REBUILDING)
        block_device_info = attach_block_devices(context, instance, bdms)
        _enter(instance, task_states.REBUILD_SPAWNING, task_states.REBUILD_BLOCK_DEVICE_MAPPING)

        pool = self._host.pool_for(allocations)
        self._replace_disks(instance, image, block_device_info, pool, preserve_ephemeral)
        first_boot.deploy(self._session, instance, image, disks.ROOT, drive)
        self._repair.before_logon(instance, network_info, block_device_info)
        with network.plugged(conf, self._virtapi, instance, network_info):
            self._power.on(instance)
        first_boot.wait_reachable(self._session, instance)
        self._attachments.after_logon(instance, block_device_info)

    def _replace_disks(
        self,
        instance: objects.Instance,
        image: Image,
        block_device_info: dict[str, Any],
        pool: str,
        preserve_ephemeral: bool,
    ) -> None:
        """Make the root disk anew where the image does not fit, the others unless they are preserved."""
        has = {disk.vdev: disk for disk in self._session.detail(naming.node_name(instance)).minidisks}
        wanted = {disk.vdev: disk for disk in disks.further(block_device_info)}
        old = [vdev for vdev in (*disks.EPHEMERALS, disks.SWAP) if vdev in has]
        doomed = [vdev for vdev in old if not preserve_ephemeral or vdev not in wanted]
        if disks.ROOT not in has or (has[disks.ROOT].bytes or 0) < image.bytes:
            wanted[disks.ROOT] = disks.root(image, instance.flavor)
            doomed += [disks.ROOT] if disks.ROOT in has else []
        if doomed:
            LOG.info("Removing minidisks %s", ", ".join(doomed), instance=instance)
        self._disks.remove(instance, doomed)
        kept = has.keys() - set(doomed)
        self._disks.add(instance, [disk for vdev, disk in wanted.items() if vdev not in kept], pool)


def _enter(instance: objects.Instance, state: str, before: str) -> None:
    """Tell Nova how far the rebuild has come.

    :raises UnexpectedTaskStateError: somebody changed the server meanwhile, deleted it for instance.
    """
    instance.task_state = state
    instance.save(expected_task_state=[before])
