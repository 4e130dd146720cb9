# SPDX-License-Identifier: Apache-2.0
"""Disk images: checked, and streamed from Glance to the management node once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from nova import context as nova_context
from nova import exception, objects, utils
from nova.i18n import _
from nova.image import glance
from nova.objects import fields
from oslo_log import log as logging
from oslo_utils import units

from zvm.nova.session import Session
from zvm.xcat.records import Image

LOG = logging.getLogger(__name__)

#: Glance's disk formats that the management node can unpack.
FORMATS = ("raw", "qcow2")
#: Octets of a cylinder of a 3390 as Linux formats it: 15 tracks of 12 blocks of 4096.
_CYLINDER = 737280


def check(image: objects.ImageMeta) -> None:
    """Check what can be told about an image without its content.

    :raises ImageUnacceptable: it is not for z/VM.
    """
    reasons = []
    if image.disk_format not in FORMATS:
        reasons.append(_("disk_format %s is none of %s") % (image.disk_format, ", ".join(FORMATS)))
    architecture = image.properties.get("hw_architecture")
    if architecture not in (None, fields.Architecture.S390X):
        reasons.append(_("its property hw_architecture is %s, not s390x") % architecture)
    hypervisor = image.properties.get("img_hv_type")
    if hypervisor not in (None, fields.HVType.ZVM):
        reasons.append(_("its property img_hv_type is %s, not zvm") % hypervisor)
    if reasons:
        raise exception.ImageUnacceptable(image_id=image.id, reason="; ".join(reasons))


def check_fits(image: Image, flavor: objects.Flavor) -> None:
    """Check that the image's content fits on the flavor's root disk; 0 GB means as large as the image.

    A disk of whole cylinders is a little larger than the flavor says, and so is an image of it.

    :raises FlavorDiskSmallerThanImage: it does not.
    """
    size = flavor.root_gb * units.Gi
    if size and image.bytes > -(-size // _CYLINDER) * _CYLINDER:
        raise exception.FlavorDiskSmallerThanImage(flavor_size=size, image_size=image.bytes)


class Images:
    """The images of the management node behind ``session``, as copies of Glance's. Thread-safe."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._glance = glance.API()

    def ensure(self, context: nova_context.RequestContext, image: objects.ImageMeta) -> Image:
        """Return the node's copy of the Glance image, made first where there is none.

        Nothing is kept on this host. Glance's client checks the content against Glance's checksum while it
        passes, and what the node stored is checked against what was sent.

        :raises ImageUnacceptable: the content is damaged, or no disk image.
        """
        found = self._session.image(image.id)
        if found is not None and found.state != "importing":
            return found

        @utils.synchronized(f"zvm-image-{image.id}")
        def import_once() -> Image:
            found = self._session.image(image.id)
            return found if found is not None and found.state != "importing" else self._import(context, image)

        return import_once()

    def _import(self, context: nova_context.RequestContext, image: objects.ImageMeta) -> Image:
        LOG.info("Copying image %s to %s", image.id, self._session)
        chunks = self._glance.download(context, image.id)
        if chunks is None:
            raise exception.ImageUnacceptable(image_id=image.id, reason=_("it has no content"))
        sent = _Digest(chunks)
        stored = self._session.put_image(
            image.id, sent, format=image.disk_format, origin=f"glance:{image.id}"
        )
        if stored.sha256 and image.disk_format == "raw" and stored.sha256 != sent.hexdigest():
            raise exception.ImageUnacceptable(
                image_id=image.id, reason=_("it was damaged on its way to the management node")
            )
        return stored


class _Digest:
    """A stream, and the SHA-256 of what has passed."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = chunks
        self._sha256 = hashlib.sha256()

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self._sha256.update(chunk)
            yield chunk

    def hexdigest(self) -> str:
        return self._sha256.hexdigest()
