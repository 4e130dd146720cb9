# SPDX-License-Identifier: Apache-2.0
"""Images whose signature is checked while they pass, by Nova's own verification.

Nova's image API checks a signature only while it writes to a file. Here that file is a queue with a few
chunks, read by who sends the image on: nothing is stored on this host, and when the signature turns out to be
wrong the stream breaks off before its end, so that its receiver discards what it has.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from cryptography.exceptions import InvalidSignature
from cursive import certificate_utils
from cursive import exception as cursive_exception
from nova import context as nova_context
from nova import exception, objects
from nova.i18n import _
from oslo_config import cfg

#: Chunks that wait between Glance and the management node.
_WAITING = 8


def certificates(conf: cfg.ConfigOpts, wanted: objects.TrustedCerts | None) -> objects.TrustedCerts | None:
    """Return the certificates that an image's must follow from: the user's, else the operator's."""
    if wanted:
        return wanted
    if conf.glance.enable_certificate_validation and conf.glance.default_trusted_certificate_ids:
        return objects.TrustedCerts(ids=conf.glance.default_trusted_certificate_ids)
    return None


def check_certificate(
    context: nova_context.RequestContext, certificate: str, trusted: objects.TrustedCerts
) -> None:
    """Check that the certificate of an image that was verified before follows from trusted ones.

    :raises CertificateValidationFailed: it does not.
    """
    try:
        certificate_utils.verify_certificate(
            context=context, certificate_uuid=certificate, trusted_certificate_uuids=trusted.ids
        )
    except cursive_exception.SignatureVerificationError as problem:
        raise exception.CertificateValidationFailed(cert_uuid=certificate, reason=str(problem)) from problem


def chunks(
    glance: Any, context: nova_context.RequestContext, image_id: str, trusted: objects.TrustedCerts | None
) -> Iterator[bytes]:
    """Yield the content of an image; it ends with an exception unless its signature is right.

    :param glance: Nova's image API.
    :raises CertificateValidationFailed: the image's certificate does not follow from a trusted one.
    :raises ImageUnacceptable: it has no signature, or a wrong one.
    """
    passing = _Passing()

    def work() -> None:
        end: BaseException | None = None
        try:
            glance.download(context, image_id, data=passing, trusted_certs=trusted)
        except (InvalidSignature, cursive_exception.SignatureVerificationError) as problem:
            told = _("its signature is wrong or missing (%s)") % (str(problem) or type(problem).__name__)
            end = exception.ImageUnacceptable(image_id=image_id, reason=told)
        except BaseException as problem:
            end = problem
        with suppress(_Left):
            passing.put(end)

    threading.Thread(target=work, name=f"zvm-image-{image_id}", daemon=True).start()
    try:
        while not isinstance(item := passing.chunks.get(), BaseException | None):
            yield item
        if item is not None:
            raise item
    finally:
        passing.leave()


class _Left(Exception):
    """Nobody reads any more."""


class _Passing:
    """A file that Glance's client writes to, and who reads from it."""

    def __init__(self) -> None:
        self.chunks: queue.Queue[bytes | BaseException | None] = queue.Queue(_WAITING)
        self._left = False

    def put(self, item: bytes | BaseException | None) -> None:
        if self._left:
            raise _Left
        self.chunks.put(item)

    def write(self, chunk: bytes) -> None:
        """Hand a chunk over."""
        self.put(chunk)

    def truncate(self, size: int) -> None:
        """Do nothing: what the signature refuses is discarded by who got it."""

    def leave(self) -> None:
        """Read no more; let go who waits to write."""
        self._left = True
        with suppress(queue.Empty):
            while True:
                self.chunks.get_nowait()
