# SPDX-License-Identifier: Apache-2.0
"""The config drive as guests of this driver get it: a tar archive in the reader, ``openstack/`` its root.

Its vendor data let cloud-init make the ephemeral disks and the swap disk usable at every start: only the
guest's own Linux can format a minidisk as it wants it. With automatic disk configuration (AUTO in
``OS-DCF:diskConfig``) the root partition takes up its whole minidisk, too.
"""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Iterable, Iterator
from importlib import resources
from typing import Any

from nova import objects
from nova.api.metadata import base as instance_metadata
from nova.virt import configdrive

#: Names of the scripts as their ``$0``: cloud-init's log, and the simulator, know them by these.
PREPARE_DISKS, GROW_ROOT = "zvm-prepare-disks", "zvm-grow-root"
_VENDOR_DATA = "/vendor_data.json"


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
        return pack(_with_vendor_data(builder.mdfiles, grow_root=bool(instance.auto_disk_config)))


def _with_vendor_data(
    files: Iterable[tuple[str, str | bytes]], *, grow_root: bool
) -> Iterator[tuple[str, str | bytes]]:
    """Yield the files below ``openstack/``, our part added to the operator's vendor data."""
    for name, data in files:
        if name.endswith(_VENDOR_DATA):
            yield name, json.dumps(vendor_data(json.loads(data), grow_root=grow_root))
        elif name.startswith("openstack/"):
            yield name, data


def vendor_data(given: Any, *, grow_root: bool = False) -> dict[str, Any]:
    """Return vendor data that prepare the disks, beside what the operator gave.

    :param given: the operator's: an object, whose key ``cloud-init`` is a text or a list of texts.
    :param grow_root: let the root partition take up its minidisk.
    Source: cloud-init's documentation, "Vendor-data" and module bootcmd.
    """
    scripts = {PREPARE_DISKS: "prepare_disks.sh", **({GROW_ROOT: "grow_root.sh"} if grow_root else {})}
    command = {"bootcmd": [["sh", "-c", _script(file), name] for name, file in scripts.items()]}
    # Otherwise a later part's list would replace an earlier part's.
    merged = {"merge_how": "list(append)+dict(no_replace,recurse_list)+str()"}
    ours = "#cloud-config\n" + json.dumps({**merged, **command})
    theirs = given.get("cloud-init", []) if isinstance(given, dict) else given
    parts = [theirs] if isinstance(theirs, str) else list(theirs)
    kept = given if isinstance(given, dict) else {}
    return {**kept, "cloud-init": [*parts, ours] if parts else ours}


def _script(file: str) -> str:
    return resources.files("zvm.nova").joinpath(file).read_text("ascii")


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
