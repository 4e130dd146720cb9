# SPDX-License-Identifier: Apache-2.0
"""Images: what can be told beforehand, and the way to the management node."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
from nova import exception, objects

from tests.unit.nova.conftest import Node
from zvm.nova import images
from zvm.nova.session import Session
from zvm.xcat.records import Image

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
    cylinder = 737280
    images.check_fits(Image("i", bytes=gigabyte), SimpleNamespace(root_gb=1))
    # What a disk of 1 GB holds, which a snapshot of it is to fit on again.
    images.check_fits(Image("i", bytes=1457 * cylinder), SimpleNamespace(root_gb=1))
    images.check_fits(Image("i", bytes=9 * gigabyte), SimpleNamespace(root_gb=0))
    with pytest.raises(exception.FlavorDiskSmallerThanImage):
        images.check_fits(Image("i", bytes=1457 * cylinder + 1), SimpleNamespace(root_gb=1))


class Glance:
    """Hands out an image in three chunks."""

    def __init__(self) -> None:
        self.downloads = 0

    def download(self, context: Any, image_id: str) -> Any:
        self.downloads += 1
        return iter([b"a" * 10, b"b" * 10, b"c" * 10])


DIGEST = hashlib.sha256(b"a" * 10 + b"b" * 10 + b"c" * 10).hexdigest()


@pytest.fixture
def copied(session: Session) -> images.Images:
    copies = images.Images(session)
    copies._glance = Glance()
    return copies


def put(node: Node, digest: str) -> list[bytes]:
    """Let the node take an image that it has not; return where its content goes."""
    taken: list[bytes] = []

    def take(request: Any, _context: Any) -> dict[str, Any]:
        taken.append(b"".join(request.body))
        stored = {"name": IMAGE, "bytes": 30, "sha256": digest, "state": "complete"}
        node.extension("GET", f"/images/{IMAGE}", stored)
        return stored

    node.answer("GET", f"/zvm/v1/images/{IMAGE}", status_code=404, json={"error": {"kind": "not_found"}})
    node.answer("PUT", f"/zvm/v1/images/{IMAGE}", json=take)
    return taken


def test_an_image_that_the_node_has_is_not_sent(copied: images.Images, node: Node) -> None:
    assert copied.ensure(None, image()).name == "disk"
    assert copied._glance.downloads == 0


def test_an_image_is_streamed_and_checked(copied: images.Images, node: Node) -> None:
    taken = put(node, DIGEST)
    assert copied.ensure(None, image()).bytes == 30
    assert taken == [b"a" * 10 + b"b" * 10 + b"c" * 10]
    [query] = [request.qs for request in node.mock.request_history if request.method == "PUT"]
    assert query == {"format": ["raw"], "origin": [f"glance:{IMAGE}"]}


def test_an_image_that_arrives_damaged_is_refused(copied: images.Images, node: Node) -> None:
    put(node, "0" * 64)
    with pytest.raises(exception.ImageUnacceptable, match="damaged"):
        copied.ensure(None, image())


def test_an_image_without_content_is_refused(copied: images.Images, node: Node) -> None:
    put(node, DIGEST)
    copied._glance.download = lambda *_: None
    with pytest.raises(exception.ImageUnacceptable, match="no content"):
        copied.ensure(None, image())


def test_many_at_once_send_it_once(copied: images.Images, node: Node) -> None:
    put(node, DIGEST)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: copied.ensure(None, image()), range(16)))
    assert {item.sha256 for item in found} == {DIGEST}
    assert copied._glance.downloads == 1
