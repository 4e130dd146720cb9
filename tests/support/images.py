# SPDX-License-Identifier: Apache-2.0
"""Disk images for tests, and a Glance that has them."""

from __future__ import annotations

import hashlib
import io
from collections import Counter
from collections.abc import Iterator
from typing import Any

#: What an ECKD disk starts with so that IPL gets a program going: a PSW (31-bit, address X'400') and two
#: channel command words, READ into X'400' and TRANSFER IN CHANNEL.
#: Source: z/Architecture Principles of Operation, "Initial Program Loading".
IPL_RECORD = bytes.fromhex("00080000 80000400  02000400 60001000  08000410 40000000")
CHUNK = 1 << 16
SIZE = 1 << 20


def bootable(size: int = SIZE, seed: str = "zvm") -> bytes:
    """Return ``size`` octets of an image that IPL accepts; the rest is a pattern made from ``seed``."""
    return (IPL_RECORD + _pattern(size, seed))[:size]


def blank(size: int = SIZE, seed: str = "data") -> bytes:
    """Return ``size`` octets of an image without an IPL record."""
    return (bytes(512) + _pattern(size, seed))[:size]


def _pattern(size: int, seed: str) -> bytes:
    digest = hashlib.sha256(seed.encode()).digest()
    return digest * (size // len(digest) + 1)


def image_service(test: Any) -> Any:
    """Return Nova's Glance fixture, its images with content, and streaming as Glance's client does."""
    from nova.tests.fixtures import glance

    class ImageService(glance.GlanceFixture):
        def setUp(self) -> None:
            super().setUp()
            self.downloads: Counter[str] = Counter()
            for image_id, image in self.images.items():
                image.update(disk_format="raw", container_format="bare", size=SIZE)
                image["properties"] = {"architecture": "s390x"}
                self._imagedata[image_id] = bootable()

        def download(
            self,
            context: Any,
            image_id: str,
            data: Any = None,
            dst_path: str | None = None,
            trusted_certs: Any = None,
        ) -> Iterator[bytes] | None:
            if data or dst_path:
                super().download(context, image_id, data, dst_path, trusted_certs)
                return None
            self.downloads[image_id] += 1
            content = io.BytesIO(self._imagedata[image_id])
            return iter(lambda: content.read(CHUNK), b"")

        def update(
            self, context: Any, image_id: str, metadata: Any, data: Any = None, purge_props: bool = False
        ) -> Any:
            """Take the content, too, as Glance's client does."""
            updated = super().update(context, image_id, metadata, data, purge_props)
            if data is not None:
                self._imagedata[image_id] = b"".join(iter(lambda: data.read(CHUNK), b""))
                updated.update(size=len(self._imagedata[image_id]), status="active")
            return updated

        def add(self, content: bytes, **properties: Any) -> str:
            """Store an image and return its id."""
            properties = {"architecture": "s390x", **properties}
            metadata = {
                "name": "test",
                "disk_format": "raw",
                "container_format": "bare",
                "size": len(content),
                "min_ram": 0,
                "min_disk": 0,
                "properties": properties,
                "visibility": "public",
                "tags": [],
                "protected": False,
                "deleted": False,
                "deleted_at": None,
            }
            return self.create(None, metadata, io.BytesIO(content))["id"]

    return test.useFixture(ImageService(test))
