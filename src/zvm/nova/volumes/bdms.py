# SPDX-License-Identifier: Apache-2.0
"""What Nova's database says of the volumes of instances: who has which kind."""

from __future__ import annotations

import json
from collections.abc import Iterable

from nova import context, objects

#: Stands for a volume whose attachment has only begun: it has no connection yet.
UNDER_WAY = ""


def types(uuids: Iterable[str], *, but: str = "") -> dict[str, set[str]]:
    """Return uuid of an instance → types of its volumes, for those instances that have volumes.

    :param but: id of a volume that does not count.
    """
    admin = context.get_admin_context()
    found: dict[str, set[str]] = {}
    for uuid, bdms in objects.BlockDeviceMappingList.bdms_by_instance_uuid(admin, list(uuids)).items():
        for bdm in bdms:
            if bdm.is_volume and bdm.volume_id != but:
                info = json.loads(bdm.connection_info) if bdm.connection_info else {}
                found.setdefault(uuid, set()).add(str(info.get("driver_volume_type") or UNDER_WAY))
    return found
