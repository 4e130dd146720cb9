# SPDX-License-Identifier: Apache-2.0
"""How much a guest reads and writes: counters of its own kernel, asked of its agent.

CP counts channel programs, not what is in them; only Linux knows the octets of each disk.
"""

from __future__ import annotations

import base64
import json
import posixpath
from collections.abc import Iterable, Mapping
from typing import Any

from nova import context as nova_context
from nova import exception, objects
from oslo_log import log as logging

from zvm.nova import naming
from zvm.nova.session import Session

LOG = logging.getLogger(__name__)

_SECTOR = 512  # what Linux counts in, whatever the disk


def of_disk(session: Session, instance: objects.Instance, disk: str) -> list[int] | None:
    """Return reads, bytes read, writes, bytes written and flushes of a disk since the guest was booted.

    None when the guest is off, its agent does not answer, or it has no such disk: Nova asks before a detach,
    which is to go on.

    :param disk: Nova's name of it, without ``/dev/``.
    """
    bdms = objects.BlockDeviceMappingList.get_by_instance_uuid(
        nova_context.get_admin_context(), instance.uuid
    )
    device = next((_path(bdm) for bdm in bdms if bdm.device_name == f"/dev/{disk}"), "")
    try:
        return _counted(session, instance, device or f"/dev/{disk}")
    except exception.NovaException as problem:
        LOG.debug("No counters of disk %s: %s", disk, problem, instance=instance)
        return None


def of_volumes(session: Session, compute_host_bdms: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the counters of volumes; a guest that is off, or whose agent does not answer, is left out.

    :param compute_host_bdms: Nova's: an instance and its volumes each.
    """
    found = []
    for item in compute_host_bdms:
        instance = item["instance"]
        for bdm in item["instance_bdms"]:
            try:
                counted = _counted(session, instance, _path(bdm) or bdm.device_name)
            except exception.NovaException as problem:
                LOG.debug("No counters of volume %s: %s", bdm.volume_id, problem, instance=instance)
                continue
            names = ("rd_req", "rd_bytes", "wr_req", "wr_bytes")
            counts = dict(zip(names, counted, strict=False))
            found.append({"volume": bdm.volume_id, "instance": instance, **counts})
    return found


def _path(bdm: objects.BlockDeviceMapping) -> str:
    """Return the path in the guest that was kept when the volume was connected, or ""."""
    info = json.loads(bdm.connection_info) if bdm.connection_info else {}
    data = info.get("data", {})
    return str(data.get("opened_device") or data.get("device_path") or "")


def _counted(session: Session, instance: objects.Instance, path: str) -> list[int]:
    node = naming.node_name(instance)
    order = {"path": "readlink", "arg": ["-f", path], "capture-output": True}
    pid = session.agent(node, "guest-exec", order)["pid"]
    ended = session.agent(node, "guest-exec-status", {"pid": pid})
    name = posixpath.basename(base64.b64decode(ended.get("out-data", "")).decode().strip() or path)
    for disk in session.agent(node, "guest-get-diskstats", {}):
        if disk["name"] == name:
            stats = disk["stats"]
            sectors = [int(stats.get(key, 0)) for key in ("read-sectors", "write-sectors")]
            return [
                int(stats.get("read-ios", 0)),
                sectors[0] * _SECTOR,
                int(stats.get("write-ios", 0)),
                sectors[1] * _SECTOR,
                int(stats.get("flush-ios", 0)),
            ]
    raise exception.DiskNotFound(location=path)
