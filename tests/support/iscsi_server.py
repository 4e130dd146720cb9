# SPDX-License-Identifier: Apache-2.0
"""Nova's Cinder fixture with iSCSI targets of the simulator's array behind it, one for each volume."""

from __future__ import annotations

from typing import Any

from tests.support.simulator import SimulatorProcess
from tests.support.storage_server import StorageServer

PORTAL = "10.9.0.1:3260"
#: What every target wants, unless a test says otherwise.
USER, SECRET = "cinder", "chapS3cret99"


class IscsiServer(StorageServer):
    """Cinder over iSCSI."""

    WANTED = ("initiator", "ip")

    def __init__(self, test: Any, simulator: SimulatorProcess) -> None:
        super().__init__(test, simulator)
        #: Volumes of which Cinder tells another password than the target's; None: none at all.
        self.told: dict[str, str | None] = {}

    def iqn(self, id: str) -> str:
        """Return the name of a volume's target."""
        return f"iqn.2010-10.org.openstack:volume-{id}"

    def device(self, id: str) -> str:
        """Return the name under which a guest finds a volume."""
        return f"/dev/disk/by-path/ip-{PORTAL}-iscsi-{self.iqn(id)}-lun-1"

    def _lun(self, id: str, blocks: int) -> dict[str, Any]:
        target = {"iqn": self.iqn(id), "portal": PORTAL, "user": USER, "password": SECRET}
        self._simulator.control("POST", "/array/targets", target)
        self.test.addCleanup(self._simulator.control, "DELETE", f"/array/targets/{self.iqn(id)}")
        wanted = {"lun": "0001", "blocks": blocks, "targets": [self.iqn(id)], "initiators": []}
        return {**self._simulator.control("POST", "/array/luns", wanted), "number": 1}

    def _names(self, connector: dict[str, Any]) -> list[str]:
        return [connector["initiator"]] if "initiator" in connector else []

    def _find_connection_info(self, volume_id: str, attachment_id: str) -> dict[str, Any]:
        data: dict[str, Any] = {
            "target_portal": PORTAL,
            "target_iqn": self.iqn(volume_id),
            "target_lun": 1,
            "volume_id": volume_id,
            "attachment_id": attachment_id,
            "access_mode": "rw",
            "encrypted": volume_id in self.encrypted,
        }
        password = self.told.get(volume_id, SECRET)
        if password is not None:
            data |= {"auth_method": "CHAP", "auth_username": USER, "auth_password": password}
        return {"driver_volume_type": "iscsi", "data": data}
