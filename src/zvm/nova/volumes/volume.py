# SPDX-License-Identifier: Apache-2.0
"""A volume of an instance, as Cinder and Nova tell of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from nova.virt import driver


@dataclass(frozen=True, slots=True)
class Volume:
    """What connects a volume.

    :ivar id: Cinder's id of the volume.
    :ivar type: ``driver_volume_type`` of its connection_info.
    :ivar data: the ``data`` of it; what is written into it is kept in Nova's database with the attachment.
    :ivar mountpoint: the name under which the user asked for it; a hint, as on every s390x.
    :ivar encryption: what Cinder says of its encryption, empty when it has none.
    """

    id: str
    type: str
    data: dict[str, Any]
    mountpoint: str = ""
    encryption: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        connection_info: dict[str, Any],
        mountpoint: str | None = "",
        encryption: Mapping[str, Any] | None = None,
    ) -> Volume:
        """Return the volume of a connection_info."""
        data = connection_info.setdefault("data", {})
        id = connection_info.get("serial") or data.get("volume_id") or connection_info.get("volume_id")
        return cls(
            str(id or ""), connection_info["driver_volume_type"], data, mountpoint or "", encryption or {}
        )

    @property
    def encrypted(self) -> bool:
        """Whether Cinder says that it is encrypted, be it by the guest or by the storage server."""
        return bool(self.encryption or self.data.get("encrypted"))

    @property
    def read_only(self) -> bool:
        """Whether the guest may only read."""
        return self.data.get("access_mode") == "ro"


def mapped(block_device_info: dict[str, Any] | None) -> Iterator[Volume]:
    """Yield the volumes in Nova's description of an instance's disks."""
    for item in driver.block_device_info_get_mapping(block_device_info):
        yield Volume.of(item["connection_info"], item["mount_device"])


def root(block_device_info: dict[str, Any] | None) -> Volume | None:
    """Return the volume that the instance boots from, None when it boots from a disk of its own."""
    for item in driver.block_device_info_get_mapping(block_device_info):
        if item.get("boot_index") == 0:
            return Volume.of(item["connection_info"], item["mount_device"])
    return None
