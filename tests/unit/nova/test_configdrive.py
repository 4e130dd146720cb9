# SPDX-License-Identifier: Apache-2.0
"""The archive that goes into a guest's reader."""

from __future__ import annotations

import io
import tarfile

from hypothesis import given
from hypothesis import strategies as st

from zvm.nova import configdrive


def unpacked(archive: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
        return {member.name: tar.extractfile(member).read() for member in tar}


def test_text_and_octets_and_nothing_else() -> None:
    archive = configdrive.pack([("openstack/b", b"\x00\xff"), ("openstack/a", "é")])
    assert unpacked(archive) == {"openstack/a": "é".encode(), "openstack/b": b"\x00\xff"}


def test_nobody_else_may_read_a_file() -> None:
    with tarfile.open(fileobj=io.BytesIO(configdrive.pack([("openstack/a", "x")])), mode="r:gz") as tar:
        assert [member.mode for member in tar] == [0o600]


@given(st.dictionaries(st.text("abc/", min_size=1, max_size=8).filter(lambda n: n[0] != "/"), st.binary()))
def test_the_same_files_give_the_same_octets(files: dict[str, bytes]) -> None:
    pairs = list(files.items())
    assert configdrive.pack(pairs) == configdrive.pack(reversed(pairs))
