# SPDX-License-Identifier: Apache-2.0
"""Limits of a volume's rate that the hypervisor is to keep (QoS specs, consumer front-end or both).

CP limits the I/O of a whole real device only (SET THROTTLE), on which other guests may have minidisks, and
LUNs are the guest's own affair. As with limits of a flavor's disks, a volume that comes with one is refused.
Source: Cinder leaves ``qos_specs`` out of what it tells Nova where the consumer is the back-end alone; for
the names see Nova's documentation of ``quota:disk_...``.
"""

from __future__ import annotations

import re
from typing import Any

from nova import exception, objects
from nova.i18n import _
from oslo_log import log as logging

from zvm.nova.volumes import volume as volumes
from zvm.nova.volumes.volume import Volume

LOG = logging.getLogger(__name__)

_LIMIT = re.compile(r"(?:total|read|write)_(?:bytes|iops)_sec(?:_max(?:_length)?)?|size_iops_sec")


def check(instance: objects.Instance, volume: Volume) -> None:
    """Check that no limit of the volume's rate is asked of the hypervisor; what it does not know is logged.

    :raises InvalidVolume: one is.
    """
    specs = volume.data.get("qos_specs") or {}
    if limits := sorted(f"{name}={value}" for name, value in specs.items() if _LIMIT.fullmatch(name)):
        raise exception.InvalidVolume(
            reason=_(
                "volume %(volume)s has limits that the hypervisor is to keep (QoS specs %(limits)s), but "
                "z/VM limits the I/O of whole real devices only; use a volume type whose QoS specs "
                "are for the back-end (--consumer back-end), or none"
            )
            % {"volume": volume.id, "limits": ", ".join(limits)}
        )
    if specs:
        names = ", ".join(sorted(specs))
        LOG.warning("QoS specs of volume %s have no effect: %s", volume.id, names, instance=instance)


def check_all(instance: objects.Instance, block_device_info: dict[str, Any] | None) -> None:
    """Check the volumes of a new instance; see :func:`check`."""
    for volume in volumes.mapped(block_device_info):
        check(instance, volume)
