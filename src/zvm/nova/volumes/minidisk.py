# SPDX-License-Identifier: Apache-2.0
"""Volumes that are minidisks, of Cinder's driver ``zvm``: a LINK in the guest's directory entry.

CP gives the guest the disk at each logon, and a running guest has it at once; there the agent sets the device
online. Who may write beside whom is CP's rule: one guest alone (M), or all that share a multiattach volume
(MW).
"""

from __future__ import annotations

from typing import Any

from nova import objects

from zvm.nova import naming
from zvm.nova.volumes.kind import Kind
from zvm.nova.volumes.volume import Volume

#: What Cinder's driver calls its volumes.
TYPE = "zvm_minidisk"


class MinidiskVolumes(Kind):
    """Minidisk volumes; 0200 to 02FF are their device numbers."""

    def connector(self, instance: objects.Instance) -> dict[str, Any]:
        """Return the z/VM system, by which Cinder's driver knows a guest that can link a minidisk."""
        return {"zvm_host": self.session.host}

    def connect(self, instance: objects.Instance, volume: Volume) -> None:
        """Let the guest link the volume; where it runs and has an agent, the device is online then."""
        node = naming.node_name(instance)
        volume.data["vdev"] = self.session.attach_minidisk(node, _uuid(volume), _mode(volume))

    def disconnect(self, instance: objects.Instance, volume: Volume) -> None:
        """Set the device offline in a running guest and take the link away, at once and for later logons."""
        if self.session.find(instance.uuid, fresh=True) is not None:
            self.session.detach_minidisk(naming.node_name(instance), _uuid(volume))

    def device(self, volume: Volume) -> str:
        """Return the link to the DASD."""
        vdev = str(volume.data.get("vdev") or "")
        return f"/dev/disk/by-path/ccw-0.0.{vdev.lower()}" if vdev else ""

    def boot_from(self, instance: objects.Instance, volume: Volume) -> None:
        """Let the next logon IPL the volume's device."""
        self.session.change_guest(naming.node_name(instance), f"--setipl {volume.data['vdev']}")


def _uuid(volume: Volume) -> str:
    """Return the volume's id in the directory; Cinder's own, but for one that Cinder took over."""
    return str(volume.data.get("minidisk_uuid") or volume.id)


def _mode(volume: Volume) -> str:
    """Return CP's access mode."""
    if volume.read_only:
        return "RR"
    return "MW" if volume.data.get("multiattach") else "M"
