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

from zvm.nova import verified_download
from zvm.nova.session import Session
from zvm.xcat.records import Image

LOG = logging.getLogger(__name__)

#: Glance's disk formats that the management node can unpack.
FORMATS = ("raw", "qcow2")
#: Properties of images that want what a z/VM guest cannot have.
_IMPOSSIBLE = (
    ("hw_firmware_type", ("uefi",), "s390x boots by IPL, without firmware"),
    ("os_secure_boot", ("required",), "z/VM has no UEFI Secure Boot"),
    ("hw_tpm_version", ("1.2", "2.0"), "CP emulates no TPM"),
    ("hw_mem_encryption", (True,), "z/VM does not encrypt a guest's memory"),
)
#: How the origin of an image tells which certificate its signature was checked with.
_SIGNED = " signed:"
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
    for name, needs, what in _IMPOSSIBLE:
        if (value := image.properties.get(name)) in needs:
            reasons.append(
                _("its property %(name)s is %(value)s, but %(what)s")
                % {"name": name, "value": value, "what": what}
            )
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

    def ensure(
        self,
        context: nova_context.RequestContext,
        image: objects.ImageMeta,
        trusted: objects.TrustedCerts | None = None,
    ) -> Image:
        """Return the node's copy of the Glance image, made first where there is none.

        Nothing is kept on this host. Glance's client checks the content against Glance's checksum while it
        passes, and what the node stored is checked against what was sent. A copy that was made without a
        check of the image's signature is made anew for who wants one.

        :param trusted: certificates that the image's must follow from; None: the operator's, if he set any.
        :raises ImageUnacceptable: the content is damaged, or no disk image, or its signature is wrong.
        :raises CertificateValidationFailed: its certificate is not trusted.
        """
        trusted = verified_download.certificates(self._session.conf, trusted)
        if (found := self._known(context, image, trusted)) is not None:
            return found

        @utils.synchronized(f"zvm-image-{image.id}")
        def import_once() -> Image:
            return self._known(context, image, trusted) or self._import(context, image, trusted)

        return import_once()

    def cache(self, context: nova_context.RequestContext, image_id: str, device_type: str) -> bool:
        """Make an image ready for quick deploys on the host; return False when it is.

        :raises ImageUnacceptable: it is not for z/VM.
        """
        image = objects.ImageMeta.from_image_ref(context, self._glance, image_id)
        check(image)
        known = self._session.image(image_id)
        self.ensure(context, image)
        made = self._session.prepare_image(image_id, device_type)
        return made or known is None

    def expire(self, instances: Iterable[objects.Instance]) -> None:
        """Remove copies that are unused for as long as ``[image_cache]`` says; never one in use."""
        settings = self._session.conf.image_cache
        if not settings.remove_unused_base_images:
            return
        keep = {instance.image_ref for instance in instances if instance.image_ref}
        age = settings.remove_unused_original_minimum_age_seconds
        images, goldens = self._session.expire_images(keep, age)
        if images or goldens:
            LOG.info("Unused for %d s and removed: images %s, golden minidisks of %s", age, images, goldens)

    def _known(
        self,
        context: nova_context.RequestContext,
        image: objects.ImageMeta,
        trusted: objects.TrustedCerts | None,
    ) -> Image | None:
        """Return the copy that there is, None when one must be made."""
        found = self._session.image(image.id)
        if found is None or found.state == "importing" or not trusted:
            return found if found is not None and found.state != "importing" else None
        _origin, signed, certificate = found.origin.partition(_SIGNED)
        if not signed:
            return None
        verified_download.check_certificate(context, certificate, trusted)
        return found

    def _import(
        self,
        context: nova_context.RequestContext,
        image: objects.ImageMeta,
        trusted: objects.TrustedCerts | None,
    ) -> Image:
        LOG.info("Copying image %s to %s", image.id, self._session)
        origin = f"glance:{image.id}"
        if trusted or self._session.conf.glance.verify_glance_signatures:
            chunks = verified_download.chunks(self._glance, context, image.id, trusted)
            origin += f"{_SIGNED}{image.properties.get('img_signature_certificate_uuid', '')}"
        else:
            chunks = self._glance.download(context, image.id)
        if chunks is None:
            raise exception.ImageUnacceptable(image_id=image.id, reason=_("it has no content"))
        sent = _Digest(chunks)
        stored = self._session.put_image(image.id, sent, format=image.disk_format, origin=origin)
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
