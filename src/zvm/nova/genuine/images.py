# SPDX-License-Identifier: Apache-2.0
"""Disk images on a genuine xCAT: imported and exported as bundles, files that it fetches and puts by ssh.

xCAT names an image by operating system, architecture, provisioning method and profile. The profile is ours:
the Glance image's id, its dashes as underscores, since xCAT takes a name apart at dashes. What xCAT does not
keep, the size of the disk, is written into the image's row once it is there: a row without it is of an import
that broke off.
"""

from __future__ import annotations

import io
import re
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from zvm.nova.genuine.files import SharedFiles
from zvm.xcat import Client, XcatNotFound, XcatRefused, texts
from zvm.xcat.records import Image
from zvm.xcat.urls import path

#: Seconds that xCAT may take to fetch, capture or send an image.
LONG = 3600
_OS, _ARCH, _METHOD = "linux", "s390x", "netboot"
_CYLINDER = 15 * 12 * 4096  # octets of a 3390's cylinder as Linux formats it
_BLOCK = 512
#: The head of xCAT's disk image files. Source: zHCP's ``creatediskimage``.
_HEAD = re.compile(rb"xCAT (?:CKD|FBA|FCP) (?:Disk|Part) Image: *(?P<number>\d+) (?P<unit>CYL|BLK)")
_COMMENT = re.compile(r"nova:bytes=(?P<bytes>\d+)\Z")


class GenuineImages:
    """The images of the node behind ``client``. Thread-safe."""

    def __init__(self, client: Client, files: SharedFiles) -> None:
        self._client = client
        self._files = files

    def find(self, name: str) -> Image | None:
        """Return the image of the Glance image ``name``; one whose import broke off is ``importing``."""
        query = {"col": f"profile={_profile(name)}", "attribute": ["imagename", "comments"]}
        found = texts.attributes(self._client.request("GET", "/tables/osimage", query=query).data)
        if not found.get("imagename"):
            return None
        size = _COMMENT.match(found.get("comments", ""))
        if size is None:
            return Image(found["imagename"], state="importing")
        return Image(found["imagename"], bytes=int(size["bytes"]), format="raw", state="complete")

    def put(self, name: str, content: Iterable[bytes]) -> Image:
        """Let xCAT import an image.

        :raises XcatRefused: it does not.
        """
        left = self.find(name)
        if left is not None:
            self.delete(left.name)
        with self._files.folder() as folder:
            disk = folder / "0100.img"
            with disk.open("wb") as file:
                for chunk in content:
                    file.write(chunk)
            size = disk_size(disk)
            bundle = folder / f"{_profile(name)}.tar"
            _bundled(disk, bundle, _profile(name))
            disk.unlink()
            body = [f"osimage={bundle}", f"profile={_profile(name)}", f"remotehost={self._files.remotehost}"]
            self._client.request("POST", "/images/import", body=[*body, "nozip"], timeout=LONG)
        made = self.find(name)
        if made is None:
            raise XcatRefused("POST /images/import", [f"xCAT has no image of the profile {_profile(name)}"])
        comment = f"osimage.comments=nova:bytes={size}"
        self._client.request("PUT", "/tables/osimage", body=[f"imagename={made.name} {comment}"])
        return Image(made.name, bytes=size, format="raw", state="complete")

    def delete(self, imagename: str) -> None:
        """Remove an image: its files and its rows; one that is not there does no harm."""
        for url in (path("images", imagename), path("objects", "osimage", imagename)):
            try:
                self._client.request("DELETE", url)
            except XcatNotFound:
                continue

    @contextmanager
    def captured(self, node: str) -> Iterator[Path]:
        """Give a file with the image of the guest's root disk, in xCAT's form; the guest is off afterwards.

        :raises XcatRefused: xCAT does not capture or export it.
        """
        profile = f"snapshot_{node.replace('-', '_')}"
        body = [f"nodename={node}", f"profile={profile}", "compress=6"]
        name = texts.captured(self._client.request("POST", "/images/capture", body=body, timeout=LONG).info)
        if not name:
            raise XcatRefused("POST /images/capture", ["xCAT does not say how the image is named"])
        try:
            with self._files.folder() as folder:
                bundle = folder / f"{profile}.tgz"
                wanted = [f"osimage={name}", f"destination={bundle}", f"remotehost={self._files.remotehost}"]
                self._client.request("POST", "/images/export", body=wanted, timeout=LONG)
                yield _unbundled(bundle, folder / "disk.img")
        finally:
            self.delete(name)


def _profile(name: str) -> str:
    return name.replace("-", "_")


def disk_size(disk: Path) -> int:
    """Return the octets of the disk whose image ``disk`` is: by the head of xCAT's form, else of the file."""
    with disk.open("rb") as file:
        match = _HEAD.match(file.read(64))
    if match is None:
        return disk.stat().st_size
    return int(match["number"]) * (_CYLINDER if match["unit"] == b"CYL" else _BLOCK)


def _bundled(disk: Path, bundle: Path, profile: str) -> None:
    """Write the file that ``imgimport`` takes: a manifest and the disk."""
    facts = {
        "imagename": f"{_OS}-{_ARCH}-{_METHOD}-{profile}",
        "imagetype": "linux",
        "osarch": _ARCH,
        "osname": "Linux",
        "osvers": _OS,
        "profile": profile,
        "provmethod": _METHOD,
    }
    elements = "".join(f"<{name}>{value}</{name}>" for name, value in facts.items())
    manifest = f'<?xml version="1.0" encoding="UTF-8"?>\n<xcatimage>{elements}</xcatimage>\n'.encode("ascii")
    with tarfile.open(bundle, "w") as tar:
        entry = tarfile.TarInfo("manifest.xml")
        entry.size, entry.mode = len(manifest), 0o644
        tar.addfile(entry, io.BytesIO(manifest))
        tar.add(disk, disk.name, recursive=False)


def _unbundled(bundle: Path, target: Path) -> Path:
    """Take the disk out of a bundle.

    :raises XcatRefused: there is not exactly one.
    """
    try:
        with tarfile.open(bundle) as tar:
            disks = [member for member in tar if member.isfile() and member.name.endswith(".img")]
            content = tar.extractfile(disks[0]) if len(disks) == 1 else None
            if content is None:
                raise XcatRefused("POST /images/export", [f"the bundle has {len(disks)} disks, not one"])
            with target.open("wb") as file:
                while chunk := content.read(1 << 20):
                    file.write(chunk)
    except (tarfile.TarError, EOFError, OSError) as problem:
        raise XcatRefused("POST /images/export", [f"the bundle cannot be read: {problem}"]) from problem
    return target
