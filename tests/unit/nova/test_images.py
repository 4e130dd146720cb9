# SPDX-License-Identifier: Apache-2.0
"""What can be told about an image beforehand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from nova import exception, objects

from zvm.nova import images
from zvm.xcat.extension import Image

objects.register_all()
IMAGE = "155d900f-4e14-4e4c-a73d-069cbf4541e6"


def image(disk_format: str = "raw", **properties: Any) -> objects.ImageMeta:
    return objects.ImageMeta.from_dict({"id": IMAGE, "disk_format": disk_format, "properties": properties})


@pytest.mark.parametrize("disk_format", ["raw", "qcow2"])
def test_formats_that_can_be_unpacked(disk_format: str) -> None:
    images.check(image(disk_format, hw_architecture="s390x", img_hv_type="zvm"))


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (image("vmdk"), "vmdk"),
        (image(hw_architecture="x86_64"), "x86_64"),
        (image(img_hv_type="kvm"), "kvm"),
        (image("iso", hw_architecture="x86_64"), "iso .*; .*x86_64"),
    ],
)
def test_what_is_not_for_this_hypervisor(wrong: objects.ImageMeta, reason: str) -> None:
    with pytest.raises(exception.ImageUnacceptable, match=reason):
        images.check(wrong)


def test_the_content_must_fit_on_the_disk() -> None:
    gigabyte = 1 << 30
    images.check_fits(Image("i", bytes=gigabyte), SimpleNamespace(root_gb=1))
    images.check_fits(Image("i", bytes=9 * gigabyte), SimpleNamespace(root_gb=0))
    with pytest.raises(exception.FlavorDiskSmallerThanImage):
        images.check_fits(Image("i", bytes=gigabyte + 1), SimpleNamespace(root_gb=1))
