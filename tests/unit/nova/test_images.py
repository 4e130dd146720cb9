# SPDX-License-Identifier: Apache-2.0
"""Images: what can be told beforehand, and the way to the management node."""

from __future__ import annotations

import base64
import datetime
import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cursive import signature_utils
from glanceclient.common import utils as glance_utils
from nova import exception, objects
from nova.image import glance as nova_glance
from oslo_config import cfg

from tests.unit.nova.conftest import Node
from zvm.nova import images, verified_download
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
        (image(hw_firmware_type="uefi"), "hw_firmware_type is uefi, but s390x boots by IPL"),
        (image(os_secure_boot="required"), "Secure Boot"),
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


CONTENT = b"signed content" * 1000
CERTIFICATE = "3f1f6f4a-1111-4222-8333-000000000001"


class SignedGlance:
    """Nova's own image service with its verification, before a Glance that has one signed image."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.content = CONTENT
        self.downloads = 0
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.certificates = {CERTIFICATE: self_signed(key)}
        pss = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=padding.PSS.MAX_LENGTH)
        signature = key.sign(CONTENT, pss, hashes.SHA256())
        self.properties = {
            "img_signature": base64.b64encode(signature).decode(),
            "img_signature_hash_method": "SHA-256",
            "img_signature_key_type": "RSA-PSS",
            "img_signature_certificate_uuid": CERTIFICATE,
        }
        # In place of Barbican, which keeps certificates.
        monkeypatch.setattr(
            signature_utils, "get_certificate", lambda _context, uuid: self.certificates[uuid]
        )
        monkeypatch.setattr(nova_glance.GlanceImageServiceV2, "show", self.show)
        self.service = nova_glance.GlanceImageServiceV2(client=self)

    def show(self, *_: Any, **__: Any) -> dict[str, Any]:
        return {"id": IMAGE, "disk_format": "raw", "properties": self.properties}

    def call(self, *_: Any, **__: Any) -> Any:
        """Return the content, as Glance's client does."""
        self.downloads += 1
        chunks = (self.content[at : at + 1000] for at in range(0, len(self.content), 1000))
        body = glance_utils.IterableWithLength(chunks, len(self.content))
        return glance_utils.RequestIdProxy((body, SimpleNamespace(headers={})))

    def download(self, context: Any, image_id: str, **how: Any) -> Any:
        return self.service.download(context, image_id, **how)


def self_signed(key: rsa.RSAPrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "images")])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - datetime.timedelta(days=1))
    builder = builder.not_valid_after(now + datetime.timedelta(days=1))
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    usage = [True, False, False, False, False, True, False, False, False]
    builder = builder.add_extension(x509.KeyUsage(*usage), critical=True)
    return builder.sign(key, hashes.SHA256())


@pytest.fixture
def signed(copied: images.Images, monkeypatch: pytest.MonkeyPatch) -> SignedGlance:
    copied._glance = SignedGlance(monkeypatch)
    return copied._glance


TRUSTED = objects.TrustedCerts(ids=[CERTIFICATE])
STRANGER = "3f1f6f4a-1111-4222-8333-000000000002"


def test_a_signed_image_is_checked_while_it_passes(
    copied: images.Images, signed: SignedGlance, node: Node
) -> None:
    taken = put(node, hashlib.sha256(CONTENT).hexdigest())
    copied.ensure(None, image(**signed.properties), TRUSTED)
    assert taken == [CONTENT]
    [query] = [request.qs for request in node.mock.request_history if request.method == "PUT"]
    assert query["origin"] == [f"glance:{IMAGE} signed:{CERTIFICATE}"]


def test_a_wrong_signature_breaks_the_stream(copied: images.Images, signed: SignedGlance, node: Node) -> None:
    signed.content = CONTENT.replace(b"signed", b"forged")
    taken = put(node, "")
    with pytest.raises(exception.ImageUnacceptable, match="signature"):
        copied.ensure(None, image(**signed.properties), TRUSTED)
    assert taken == []


def test_a_certificate_that_nobody_trusts(copied: images.Images, signed: SignedGlance, node: Node) -> None:
    put(node, "")
    signed.certificates[STRANGER] = self_signed(rsa.generate_private_key(65537, 2048))
    with pytest.raises(exception.CertificateValidationFailed):
        copied.ensure(None, image(**signed.properties), objects.TrustedCerts(ids=[STRANGER]))
    assert signed.downloads == 0


def test_a_copy_that_was_never_checked_is_made_anew(
    copied: images.Images, signed: SignedGlance, node: Node
) -> None:
    put(node, hashlib.sha256(CONTENT).hexdigest())
    node.extension(
        "GET", f"/images/{IMAGE}", {"name": IMAGE, "state": "complete", "origin": f"glance:{IMAGE}"}
    )
    copied.ensure(None, image(**signed.properties))
    assert signed.downloads == 0
    copied.ensure(None, image(**signed.properties), TRUSTED)
    assert signed.downloads == 1
    checked = {"name": IMAGE, "state": "complete", "origin": f"glance:{IMAGE} signed:{CERTIFICATE}"}
    node.extension("GET", f"/images/{IMAGE}", checked)
    copied.ensure(None, image(**signed.properties), TRUSTED)
    assert signed.downloads == 1
    signed.certificates[STRANGER] = self_signed(rsa.generate_private_key(65537, 2048))
    with pytest.raises(exception.CertificateValidationFailed):
        copied.ensure(None, image(**signed.properties), objects.TrustedCerts(ids=[STRANGER]))


def test_a_reader_that_leaves_lets_the_download_end(copied: images.Images, signed: SignedGlance) -> None:
    signed.content = CONTENT * 100
    stream = verified_download.chunks(signed, None, IMAGE, TRUSTED)
    next(stream)
    [worker] = [thread for thread in threading.enumerate() if thread.name == f"zvm-image-{IMAGE}"]
    stream.close()
    worker.join(30)
    assert not worker.is_alive()


def test_what_is_unused_goes_as_the_operator_says(
    copied: images.Images, node: Node, conf: cfg.ConfigOpts
) -> None:
    node.extension("POST", "/image_cache/expire", {"images": [], "goldens": []})
    used = [SimpleNamespace(image_ref="b"), SimpleNamespace(image_ref=""), SimpleNamespace(image_ref="a")]
    copied.expire(used)
    assert node.bodies("POST /zvm/v1/image_cache/expire") == [
        {"host": "z", "keep": ["a", "b"], "unused_seconds": 86400}
    ]
    conf.set_override("remove_unused_base_images", False, group="image_cache")
    copied.expire(used)
    assert len(node.bodies("POST /zvm/v1/image_cache/expire")) == 1
