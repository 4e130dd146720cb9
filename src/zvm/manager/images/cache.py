# SPDX-License-Identifier: Apache-2.0
"""What is kept so that deploys are quick, beforehand and not for ever: golden minidisks and Glance's images.

Only copies are removed here: images whose ``origin`` says that Glance has them, and golden minidisks.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Collection
from dataclasses import dataclass, field

from zvm.manager.hosts import Host
from zvm.manager.images.golden import Goldens
from zvm.manager.images.store import GLANCE, ImageStore

LOG = logging.getLogger(__name__)


@dataclass
class Expired:
    """What was removed: names of images, and of the images whose golden minidisk went."""

    images: list[str] = field(default_factory=list)
    goldens: list[str] = field(default_factory=list)


class ImageCache:
    """The copies of images on the node and on the systems."""

    def __init__(self, images: ImageStore, goldens: Goldens) -> None:
        self._images = images
        self._goldens = goldens

    async def expire(self, host: Host, keep: Collection[str], seconds: float) -> Expired:
        """Remove what ``host`` has not used for ``seconds``.

        A golden minidisk goes when its image is none of ``keep``, was not deployed for so long and is not
        being copied now; an image when besides no system has a golden minidisk of it any more and it was not
        stored within that time.

        :param keep: names of images that are in use.
        """
        found = Expired()
        rows = {row["name"]: row for row in await self._images.all()}
        kept = {rows[name]["content_sha256"] for name in keep if name in rows}
        oldest = time.time() - seconds
        found.goldens = await self._goldens.expire(host, kept, oldest)
        cached = await self._goldens.contents()
        for name, row in rows.items():
            if name in keep or row["state"] != "complete" or not row["origin"].startswith(GLANCE):
                continue
            if row["content_sha256"] not in cached and await self._images.expire(name, oldest):
                found.images.append(name)
        if found.images or found.goldens:
            LOG.info("no longer used on %s: %s", host.name, found)
        return found
