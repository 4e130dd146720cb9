# SPDX-License-Identifier: Apache-2.0
"""Nova's Cinder fixture with real 3390 of the simulator's array behind it, like Cinder's DS8000 driver."""

from __future__ import annotations

from typing import Any

from tests.support.storage_server import StorageServer

#: The control unit of all volumes, and the real device number of its unit address 00 on the z/VM systems.
CONTROL_UNIT, BASE = 0xC4, 0xE400
#: What the option of the driver says of it.
OPTION = {"C4": "E400"}
_CYLINDER = 737280 // 512  # in blocks


class EckdServer(StorageServer):
    """Cinder over FICON: it lets every host at every volume, and wants no names of it."""

    WANTED = ()

    def rdev(self, id: str) -> str:
        """Return the real device number of a volume."""
        return f"{BASE + self.luns[id]['unit_address']:04X}"

    def place(self, id: str) -> str:
        """Return where the control API has a volume."""
        return f"/array/dasd/{self.rdev(id)}"

    def seen_by(self, id: str) -> list[str]:
        """Return nothing: nobody is let in by name."""
        return []

    def holder(self, id: str) -> str:
        """Return the userid that CP has given a volume to, and its device number there; "" for nobody."""
        known = self._simulator.control("GET", "/array/dasd")
        return str(next(item["holder"] for item in known if item["rdev"] == self.rdev(id)))

    def _lun(self, id: str, blocks: int) -> dict[str, Any]:
        taken = {item["rdev"] for item in self._simulator.control("GET", "/array/dasd")}
        address = next(number for number in range(256) if f"{BASE + number:04X}" not in taken)
        wanted = {"rdev": f"{BASE + address:04X}", "cylinders": -(-blocks // _CYLINDER)}
        return {**self._simulator.control("POST", "/array/dasd", wanted), "unit_address": address}

    def _mask(self, id: str) -> None:
        """Do nothing: the driver neither lets in nor shuts out."""

    def _find_connection_info(self, volume_id: str, attachment_id: str) -> dict[str, Any]:
        """Return what the driver's initialize_connection does, with what Cinder's manager adds."""
        data = {
            "target_discovered": True,
            "cula": CONTROL_UNIT,
            "unit_address": self.luns[volume_id]["unit_address"],
            "discard": False,
            "volume_id": volume_id,
            "attachment_id": attachment_id,
            "access_mode": "rw",
            "encrypted": volume_id in self.encrypted,
        }
        return {"driver_volume_type": "fibre_channel_eckd", "data": data}
