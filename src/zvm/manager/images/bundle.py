# SPDX-License-Identifier: Apache-2.0
"""Image bundles as xCAT's ``imgimport`` and ``imgexport`` have them: a tar file with a manifest and a disk.

``manifest.xml`` has a root ``xcatimage`` with an element for each attribute of the image; the disk is a
member whose name ends in ``.img``. Members are only read one after the other: nothing is unpacked to a path.
"""

from __future__ import annotations

import io
import re
import tarfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from zvm.manager.errors import Invalid

MANIFEST = "manifest.xml"
#: Attributes of an image that a manifest tells, in its order.
ATTRIBUTES = ("imagename", "imagetype", "osarch", "osname", "osvers", "profile", "provmethod", "rootimgdir")
_LIMIT = 1 << 20
_VALUE = re.compile(r"[ -~]{0,500}\Z")


@dataclass(frozen=True, slots=True)
class Bundle:
    """What a bundle holds.

    :ivar attributes: of the manifest; empty when there is none.
    :ivar disk: name of the member with the disk.
    """

    disk: str
    attributes: Mapping[str, str] = field(default_factory=dict)


def is_bundle(path: Path) -> bool:
    """Return whether the file is a tar file, compressed or not."""
    try:
        with tarfile.open(path) as tar:
            return tar.next() is not None
    except (tarfile.TarError, EOFError, OSError):
        return False


def look(path: Path) -> Bundle:
    """Return what is in the bundle.

    :raises Invalid: it is broken, or has no disk or several.
    """
    attributes: dict[str, str] = {}
    disks = []
    try:
        with tarfile.open(path) as tar:
            for member in tar:
                name = member.name.rpartition("/")[2]
                if not member.isfile():
                    continue
                if name == MANIFEST:
                    content = tar.extractfile(member)
                    attributes = _manifest(content.read(_LIMIT + 1) if content else b"")
                elif name.endswith(".img"):
                    disks.append(member.name)
    except (tarfile.TarError, EOFError, OSError) as problem:
        raise Invalid(f"the image bundle is broken: {problem}") from problem
    if len(disks) != 1:
        raise Invalid(
            f"the image bundle has {len(disks) or 'no'} disks (members named *.img); images here have one"
        )
    return Bundle(disks[0], attributes)


def open_disk(tar: tarfile.TarFile, bundle: Bundle) -> IO[bytes]:
    """Return the disk of a bundle as a stream."""
    content = tar.extractfile(bundle.disk)
    if content is None:
        raise Invalid(f"{bundle.disk} is no file")
    return content


def write(target: Path, disk: Path, attributes: Mapping[str, str]) -> None:
    """Write a bundle; compressed when its name ends in ``gz``."""
    compressed = target.name.endswith("gz")
    root = ElementTree.Element("xcatimage")
    for name in ATTRIBUTES:
        if attributes.get(name):
            ElementTree.SubElement(root, name).text = attributes[name]
    manifest = ElementTree.tostring(root, xml_declaration=True, encoding="UTF-8") + b"\n"
    with tarfile.open(target, "w:gz" if compressed else "w") as tar:
        entry = tarfile.TarInfo(MANIFEST)
        entry.size, entry.mode = len(manifest), 0o644
        tar.addfile(entry, io.BytesIO(manifest))
        with disk.open("rb") as content:
            entry = tarfile.TarInfo("0100.img")
            entry.size, entry.mode = disk.stat().st_size, 0o644
            tar.addfile(entry, content)


def _manifest(content: bytes) -> dict[str, str]:
    if len(content) > _LIMIT:
        raise Invalid(f"the manifest of the image bundle has more than {_LIMIT} octets")
    if b"<!" in content.replace(b"<!--", b""):  # entities could make a small file large
        raise Invalid("the manifest of the image bundle declares a document type")
    try:
        root = ElementTree.fromstring(content)  # noqa: S314 - no entities, see above
    except ElementTree.ParseError as problem:
        raise Invalid(f"the manifest of the image bundle is broken: {problem}") from problem
    found = {}
    for element in root.iter():
        text = (element.text or "").strip()
        if element.tag in ATTRIBUTES and text:
            if not _VALUE.match(text):
                raise Invalid(f"the manifest of the image bundle: {element.tag} is no plain text")
            found[element.tag] = text
    return found
