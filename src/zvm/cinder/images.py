# SPDX-License-Identifier: Apache-2.0
"""Images between Glance and volumes: streamed by way of the management node, never kept on this host."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from cinder import exception, utils
from cinder.i18n import _
from oslo_log import log as logging

from zvm.cinder.exceptions import errors_as_cinder
from zvm.xcat import Extension
from zvm.xcat.chunks import Chunks
from zvm.xcat.volumes import Volumes

LOG = logging.getLogger(__name__)

#: Glance's disk formats that the management node can unpack and make.
FORMATS = ("raw", "qcow2")


class Images:
    """The images of a management node as copies of Glance's; Nova's driver keeps its images there too."""

    def __init__(self, extension: Extension, volumes: Volumes) -> None:
        self._extension = extension
        self._volumes = volumes

    def to_volume(self, context: Any, uuid: str, image_service: Any, image_id: str) -> None:
        """Write an image to a volume: the first time streamed to the node, then a FLASHCOPY for each volume.

        :raises ImageUnacceptable: the management node cannot unpack such an image.
        """
        form = image_service.show(context, image_id)["disk_format"]
        if form not in FORMATS:
            reason = _("disk_format %s is none of %s") % (form, ", ".join(FORMATS))
            raise exception.ImageUnacceptable(image_id=image_id, reason=reason)
        self._ensure(context, image_service, image_id, form)
        with errors_as_cinder():
            how = self._volumes.put_image(uuid, image_id)
        LOG.info("Image %s is on volume %s (%s)", image_id, uuid, how)

    def _ensure(self, context: Any, image_service: Any, image_id: str, form: str) -> None:
        """Let the node have the image."""

        @utils.synchronized(f"zvm-image-{image_id}")
        def import_once() -> None:
            found = self._extension.image(image_id)
            if found is not None and found.state != "importing":
                return
            LOG.info("Copying image %s to the management node", image_id)
            chunks = image_service.download(context, image_id)
            if chunks is None:
                raise exception.ImageUnacceptable(image_id=image_id, reason=_("it has no content"))
            self._extension.put_image(image_id, chunks, format=form, origin=f"glance:{image_id}")

        with errors_as_cinder():
            import_once()

    def from_volume(
        self, context: Any, uuid: str, image_service: Any, image_meta: dict[str, Any], **where: Any
    ) -> None:
        """Store what is on a volume as the content of an image.

        :raises ImageUnacceptable: another format than raw or qcow2 is wanted.
        """
        form = image_meta.get("disk_format") or "raw"
        if form not in FORMATS:
            reason = _("a volume becomes an image of disk_format %s, not %s") % (" or ".join(FORMATS), form)
            raise exception.ImageUnacceptable(image_id=image_meta["id"], reason=reason)
        with errors_as_cinder(uuid), closing(Chunks(self._volumes.read(uuid, format=form))) as stream:
            stream.open()
            image_service.update(context, image_meta["id"], {}, stream, **where)
