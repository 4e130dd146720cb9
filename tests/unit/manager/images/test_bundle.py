# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from zvm.manager.errors import Invalid
from zvm.manager.images import bundle

TOLD = {"imagename": "a-s390x-netboot-p", "osvers": "a", "osarch": "s390x", "profile": "p"}


def tar(path: Path, **members: bytes) -> Path:
    with tarfile.open(path, "w") as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(name.replace("__", ".").replace("_slash_", "/"))
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return path


@pytest.mark.parametrize("name", ["b.tar", "b.tgz"])
def test_what_is_written_is_read(tmp_path: Path, name: str) -> None:
    disk = tmp_path / "disk"
    disk.write_bytes(b"blocks" * 1000)
    path = tmp_path / name
    bundle.write(path, disk, TOLD)
    assert bundle.is_bundle(path)
    found = bundle.look(path)
    assert found.attributes == TOLD
    with tarfile.open(path) as archive:
        assert bundle.open_disk(archive, found).read() == b"blocks" * 1000


def test_a_bundle_without_a_manifest(tmp_path: Path) -> None:
    assert bundle.look(tar(tmp_path / "b", _slash_etc_slash_x__img=b"disk")).attributes == {}


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({}, "no disks"),
        ({"a__img": b"1", "b__img": b"2"}, "2 disks"),
        ({"a__img": b"1", "manifest__xml": b"<xcatimage>"}, "is broken"),
        ({"a__img": b"1", "manifest__xml": b'<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'}, "document type"),
        ({"a__img": b"1", "manifest__xml": "<x><profile>\u00fc</profile></x>".encode()}, "plain text"),
        ({"a__img": b"1", "manifest__xml": b" " * (1 << 20) + b"<x/>"}, "more than"),
    ],
)
def test_bundles_that_are_refused(tmp_path: Path, members: dict[str, bytes], reason: str) -> None:
    with pytest.raises(Invalid, match=reason):
        bundle.look(tar(tmp_path / "b", **members))


def test_a_disk_is_no_bundle(tmp_path: Path) -> None:
    for content in (b"", bytes(20480), b"QFI\xfb" + bytes(1000)):
        (tmp_path / "disk").write_bytes(content)
        assert not bundle.is_bundle(tmp_path / "disk")


def test_a_bundle_that_breaks_off(tmp_path: Path) -> None:
    path = tar(tmp_path / "b", a__img=bytes(100_000))
    path.write_bytes(path.read_bytes()[:50_000])
    with pytest.raises(Invalid, match="broken"):
        bundle.look(path)
