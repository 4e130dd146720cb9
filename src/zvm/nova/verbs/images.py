# SPDX-License-Identifier: Apache-2.0
"""The cache of images, which are golden minidisks of the z/VM system and files of the management node."""

from __future__ import annotations

from zvm.nova.host import Host
from zvm.nova.images import Images
from zvm.nova.session import Session


class ImageVerbs:
    """Filling the cache and emptying it."""

    _session: Session
    _host: Host
    _images: Images

    def cache_image(self, context, image_id):
        """Make an image ready; return False when it was."""
        return self._images.cache(context, image_id, self._host.device_type(self._session.pool))

    def manage_image_cache(self, context, all_instances):
        """Remove what no instance uses, and no build has for as long as ``[image_cache]`` says."""
        self._images.expire(all_instances)
