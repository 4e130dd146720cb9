# SPDX-License-Identifier: Apache-2.0
"""FCP devices as a resource: ``CUSTOM_ZVM_FCP``, which flavors may ask for.

Nova has no allocation for an attached volume. A flavor with ``resources:CUSTOM_ZVM_FCP=2`` sends its servers
where so many devices are free and keeps them for it; what other guests hold counts as reserved.
"""

from __future__ import annotations

from typing import Any

from nova import context, exception, objects
from oslo_log import log as logging

from zvm.directory import names
from zvm.nova import exceptions
from zvm.nova.cache import MAX_AGE, SharedAnswer
from zvm.nova.session import Session
from zvm.nova.volumes.storage_calls import StorageCalls

LOG = logging.getLogger(__name__)

RESOURCE_CLASS = "CUSTOM_ZVM_FCP"
_REQUEST = f"resources:{RESOURCE_CLASS}"


class FcpInventory:
    """The devices of option ``fcp_devices`` on the host behind ``session``. Thread-safe."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._calls = StorageCalls(session)
        self._last: dict[str, Any] | None = None
        self._answer: SharedAnswer[dict[str, Any] | None] = SharedAnswer(
            lambda: [self._fetch()], together=session.together
        )

    def get(self, *, max_age: float = MAX_AGE) -> dict[str, Any] | None:
        """Return the inventory record, None without such devices; without the option nobody is asked.

        While the devices cannot be asked for it is the last known one.

        :param max_age: seconds for which an answer is good enough.
        """
        return self._answer.get(max_age=max_age)[0]

    def expire(self) -> None:
        """Make the next question ask z/VM."""
        self._answer.expire()

    def _fetch(self) -> dict[str, Any] | None:
        ranges = self._session.conf.zvm_xcat.fcp_devices
        if not ranges:
            return None
        try:
            self._last = self._ask(names.vdev_ranges(ranges))
        except (exceptions.Refused, exceptions.Unreachable, names.InvalidName) as problem:
            LOG.warning("The FCP devices of %s are not known: %s", self._session.host, problem)
        return self._last

    def _ask(self, allowed: list[tuple[int, int]]) -> dict[str, Any] | None:
        devices = [
            device
            for device in self._calls.fcp_devices()
            if any(first <= int(device.rdev, 16) <= last for first, last in allowed)
        ]
        if not devices:
            return None
        held: dict[str, int] = {}
        broken = 0
        for device in devices:
            if holder := device.reserved or device.owner:
                held[holder] = held.get(holder, 0) + 1
            elif device.status == "offline":
                broken += 1
        claimed = self._claimed(set(held))
        free_for_none = broken + sum(max(count - claimed.get(userid, 0), 0) for userid, count in held.items())
        return {
            "total": len(devices),
            "reserved": min(free_for_none, len(devices)),
            "min_unit": 1,
            "max_unit": len(devices),
            "step_size": 1,
            "allocation_ratio": 1.0,
        }

    def _claimed(self, holders: set[str]) -> dict[str, int]:
        """Return userid → how many devices its flavor asks for, which Placement has counted already."""
        uuids = {guest.uuid: guest.userid for guest in self._session.ours() if guest.userid in holders}
        found: dict[str, int] = {}
        if not uuids:
            return found
        servers = objects.InstanceList.get_by_filters(
            context.get_admin_context(), {"uuid": list(uuids), "deleted": False}, expected_attrs=["flavor"]
        )
        for server in servers:
            try:
                found[uuids[server.uuid]] = int(server.flavor.extra_specs.get(_REQUEST, 0))
            except (ValueError, exception.NovaException):
                continue
        return found
