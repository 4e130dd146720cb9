# SPDX-License-Identifier: Apache-2.0
"""Images of guests: the root disk, copied by FLASHCOPY when the guest is on, streamed to Glance.

Nothing is stored on this host. A running guest's file systems are frozen, where its agent answers, only until
the copy is made.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing, suppress
from typing import Any

from nova import context as nova_context
from nova import exception, objects
from nova.compute import task_states
from nova.i18n import _
from nova.image import glance
from nova.objects import fields
from oslo_log import log as logging

from zvm.nova import adopted, exceptions, naming
from zvm.nova.disks import ROOT
from zvm.nova.session import Session
from zvm.xcat.chunks import Chunks

LOG = logging.getLogger(__name__)

#: Seconds that the agent has to freeze or thaw the file systems.
_FREEZE = 30


class Snapshots:
    """Makes images of the guests behind ``session``. Thread-safe."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._glance = glance.API()

    def take(
        self,
        context: nova_context.RequestContext,
        instance: objects.Instance,
        image_id: str,
        update_task_state: Callable[..., None],
    ) -> None:
        """Store the instance's root disk as the Glance image ``image_id``; a failure deletes the image.

        :raises InstanceNotRunning: the host has no guest of it.
        """
        guest = self._session.find(instance.uuid, fresh=True)
        if guest is None:
            raise exception.InstanceNotRunning(instance_id=instance.uuid)
        try:
            update_task_state(task_state=task_states.IMAGE_PENDING_UPLOAD)
            with closing(self._content(instance, guest.state)) as content:
                update_task_state(
                    task_state=task_states.IMAGE_UPLOADING, expected_state=task_states.IMAGE_PENDING_UPLOAD
                )
                metadata = _metadata(instance, self._session.disk_format)
                self._glance.update(context, image_id, metadata, data=content, purge_props=False)
        except Exception as problem:
            LOG.error("Snapshot failed: %s", problem, instance=instance)
            with suppress(exception.ImageNotFound):
                self._glance.delete(context, image_id)
            raise

    def _content(self, instance: objects.Instance, state: str) -> Chunks:
        """Return the disk as it is now."""
        node = naming.node_name(instance)
        vdev = self._adopted_root(instance, node) if adopted.is_adopted(instance) else ROOT
        stream = Chunks(self._session.read_disk(node, vdev, copy=state != "off"))
        frozen = state == "running" and self._freeze(instance, node)
        try:
            stream.open()
        finally:
            if frozen:
                self._thaw(instance, node)
        return stream

    def _adopted_root(self, instance: objects.Instance, node: str) -> str:
        """Return the device number of the minidisk that an adopted guest IPLs.

        :raises Refused: it IPLs something else, of which there is no image to make.
        """
        guest = self._session.detail(node)
        vdev = guest.ipl.upper().zfill(4)
        if any(disk.vdev == vdev for disk in guest.minidisks):
            return vdev
        raise exceptions.Refused(
            _("Snapshot"),
            _("guest %(userid)s IPLs %(ipl)s, which is no minidisk of its own (it has %(disks)s)")
            % {
                "userid": guest.userid,
                "ipl": guest.ipl or _("nothing"),
                "disks": ", ".join(disk.vdev for disk in guest.minidisks) or _("none"),
            },
            next_step=_("back it up by other means"),
        )

    def _freeze(self, instance: objects.Instance, node: str) -> bool:
        """Freeze the file systems; return whether they have to be thawed."""
        try:
            self._session.agent(node, "guest-fsfreeze-freeze", {}, timeout=_FREEZE)
        except exceptions.OutcomeUnknown:
            return True
        except (exceptions.Refused, exceptions.Unreachable) as problem:
            LOG.info("Snapshot is as after a loss of power: %s", problem, instance=instance)
            return False
        return True

    def _thaw(self, instance: objects.Instance, node: str) -> None:
        try:
            self._session.agent(node, "guest-fsfreeze-thaw", {}, timeout=_FREEZE)
        except exception.NovaException as problem:
            LOG.error("File systems of the guest may still be frozen: %s", problem, instance=instance)


def _metadata(instance: objects.Instance, disk_format: str) -> dict[str, Any]:
    return {
        "disk_format": disk_format,
        "container_format": "bare",
        "properties": {
            "architecture": fields.Architecture.S390X,
            "image_location": "snapshot",
            "image_state": "available",
            "owner_id": instance.project_id,
        },
    }
