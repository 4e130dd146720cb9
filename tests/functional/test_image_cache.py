# SPDX-License-Identifier: Apache-2.0
"""Images cached beforehand on a host, and dropped when nobody uses them any more."""

from __future__ import annotations

from nova import context

from tests.support import images
from tests.support.servers import Servers
from zvm.nova import exceptions


class TestImageCache(Servers):
    def goldens(self) -> list[str]:
        """Return the volumes' extents that hold golden minidisks."""
        entry = self.inventory()["directory"].get("ZVMGOLD", [])
        return [line for line in str(entry).split("'") if line.startswith("MDISK")]

    def cache(self, image: str) -> str:
        """Ask for an image to be cached; return what Nova says it did."""
        return self.compute.manager.cache_images(context.get_admin_context(), [image])[image]

    def expire(self, seconds: int) -> None:
        """Let Nova's periodic task run."""
        self.flags(group="image_cache", remove_unused_original_minimum_age_seconds=seconds)
        self.compute.manager._run_image_cache_manager_pass(context.get_admin_context())

    def test_a_cached_image_is_kept_as_long_as_it_is_wanted(self) -> None:
        session = self.compute.driver._session
        self.expire(0)  # what other tests left
        before = len(self.goldens())
        image = self.glance.add(images.bootable(seed="cache"))
        assert self.cache(image) == "cached"
        assert len(self.goldens()) == before + 1
        assert self.cache(image) == "existing"
        server = self.boot(image_uuid=image)
        assert self.glance.downloads[image] == 1

        self.expire(0)
        assert session.image(image) is not None
        assert len(self.goldens()) == before + 1
        self.delete(server)
        self.expire(86400)
        assert session.image(image) is not None
        # z/VM refuses: nothing is half gone, and the next pass does it.
        self.fault("Image_Disk_Delete_DM", rc=396, rs=1)
        with self.assertRaises(exceptions.Refused):
            self.expire(0)
        self.expire(0)
        assert session.image(image) is None
        assert len(self.goldens()) == before
        server = self.boot(image_uuid=image)
        assert self.glance.downloads[image] == 2
        self.delete(server)

    def test_what_cannot_be_cached(self) -> None:
        wrong = self.glance.add(images.bootable(seed="x86"), architecture="x86_64")
        assert self.cache(wrong) == "error"
        assert self.compute.driver._session.image(wrong) is None
