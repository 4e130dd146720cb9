# SPDX-License-Identifier: Apache-2.0
"""What Nova's database says of the volumes of instances: who has which kind."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from nova import context, objects

from zvm.xcat.records import Guest

#: Stands for a volume whose attachment has only begun: it has no connection yet.
UNDER_WAY = ""


def connections(uuid: str, *, but: str = "") -> list[dict[str, Any]]:
    """Return the connection_info of each volume of an instance, empty while an attachment is under way.

    :param but: id of a volume that does not count.
    """
    admin = context.get_admin_context()
    return [
        json.loads(bdm.connection_info) if bdm.connection_info else {}
        for bdm in objects.BlockDeviceMappingList.get_by_instance_uuid(admin, uuid)
        if bdm.is_volume and bdm.volume_id != but
    ]


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


def without(type: str, guests: Iterable[Guest]) -> list[Guest]:
    """Return those of the guests whose instances have no volume of a type, and none under way."""
    ours = {guest.uuid: guest for guest in guests}
    used = types(ours) if ours else {}
    return [guest for uuid, guest in ours.items() if not used.get(uuid, set()) & {type, UNDER_WAY}]
