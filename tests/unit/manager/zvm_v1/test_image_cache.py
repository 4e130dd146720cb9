# SPDX-License-Identifier: Apache-2.0
"""The cache of images by its routes: what is wanted stays, what is in use stays."""

from __future__ import annotations

import pytest

from tests.support.chain import HOST, Chain
from tests.unit.manager.worlds import World
from zvm.xcat import XcatNotFound, XcatRefused


def test_an_image_that_is_not_glances_stays(chain: Chain, world: World) -> None:
    image = world.upload("cachemine")
    assert chain.zvm.prepare_image(image, HOST, "3390")
    assert not chain.zvm.prepare_image(image, HOST, "3390")
    others = {item.name for item in chain.zvm.images()} - {image}
    images, goldens = chain.zvm.expire_images(HOST, others, 0)
    assert images == []
    assert image in goldens  # beside those that others left without an image
    assert chain.zvm.image(image) is not None
    chain.zvm.delete_image(image)


def test_what_is_refused(chain: Chain, world: World) -> None:
    with pytest.raises(XcatNotFound):
        chain.zvm.prepare_image("nosuch", HOST, "3390")
    with pytest.raises(XcatNotFound):
        chain.zvm.expire_images("nosuch", [], 0)
    for wrong in (
        {"keep": "a"},
        {"keep": []},
        {"keep": [], "unused_seconds": -1},
        {"keep": [], "unused_seconds": 1},
    ):
        with pytest.raises(XcatRefused):
            chain.client.extension("POST", "/image_cache/expire", json=wrong)
    image = world.upload("cachetype")
    with pytest.raises(XcatRefused):
        chain.client.extension("POST", f"/images/{image}/golden", json={"host": HOST, "device_type": "3380"})
    chain.zvm.delete_image(image)
