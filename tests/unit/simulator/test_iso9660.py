# SPDX-License-Identifier: Apache-2.0
"""ISO 9660 images: label, files, long names."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support import iso
from zvm.simulator import iso9660

FILES = {"openstack/latest/meta_data.json": b"{}", "openstack/content/0000": b"x" * 5000, "readme": b"hello"}


def reader(data: bytes) -> Callable[[int, int], bytes]:
    return lambda offset, length: data[offset : offset + length]


@pytest.mark.parametrize("joliet", [True, False])
def test_files_and_label(joliet: bool) -> None:
    read = reader(iso.image(FILES, "CONFIG-2", joliet=joliet))
    assert iso9660.label(read) == "CONFIG-2"
    assert dict(iso9660.files(read)) == FILES


def test_a_folder_of_several_sectors() -> None:
    many = {f"file{number:03}": bytes([number]) for number in range(30)}
    assert dict(iso9660.files(reader(iso.image(many)))) == many


@pytest.mark.parametrize("data", [b"", bytes(100_000), b"x" * 40_000])
def test_other_disks_have_no_label(data: bytes) -> None:
    assert iso9660.label(reader(data)) is None
