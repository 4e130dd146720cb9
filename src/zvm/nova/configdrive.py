# SPDX-License-Identifier: Apache-2.0
"""The config drive as guests of this driver get it: a tar archive in the reader, ``openstack/`` its root."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Iterable

from nova import objects
from nova.api.metadata import base as instance_metadata
from nova.virt import configdrive


def archive(
    instance: objects.Instance,
    injected_files: Iterable[tuple[str, bytes]],
    admin_password: str | None,
    network_info: object,
) -> bytes:
    """Return the gzipped archive for ``instance``: metadata, user data, network data, injected files.

    :param injected_files: pairs of path in the guest and content; cloud-init puts them in their places.
    :param admin_password: handed over as ``admin_pass`` in meta_data.json; None or "": none.
    """
    extra = {"admin_pass": admin_password} if admin_password else {}
    metadata = instance_metadata.InstanceMetadata(
        instance,
        content=list(injected_files or ()),
        extra_md=extra,
        network_info=network_info,
    )
    with configdrive.ConfigDriveBuilder(instance_md=metadata) as builder:
        return pack((name, data) for name, data in builder.mdfiles if name.startswith("openstack/"))


def pack(files: Iterable[tuple[str, str | bytes]]) -> bytes:
    """Return a gzipped tar archive of ``files``; the same files always give the same octets."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, data in sorted(files):
            octets = data.encode() if isinstance(data, str) else data
            member = tarfile.TarInfo(name)
            member.size = len(octets)
            member.mode = 0o600
            tar.addfile(member, io.BytesIO(octets))
    return gzip.compress(plain.getvalue(), mtime=0)
