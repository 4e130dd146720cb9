# SPDX-License-Identifier: Apache-2.0
"""What an operator has varied offline: devices that nobody can be given, channel paths that lead nowhere."""

from __future__ import annotations

from typing import Any


class Offline:
    """Device numbers and channel paths that are offline until VARY ON, or the next IPL."""

    def __init__(self) -> None:
        self.devices: set[str] = set()
        self.chpids: set[str] = set()

    def clear(self) -> None:
        """Bring everything back, as an IPL does."""
        self.devices.clear()
        self.chpids.clear()

    def dump(self) -> dict[str, Any]:
        """Return what the store keeps."""
        return {"devices": sorted(self.devices), "chpids": sorted(self.chpids)}

    def load(self, state: dict[str, Any]) -> None:
        """Take up what ``dump`` returned; nothing from a state that was written without it."""
        self.devices, self.chpids = set(state.get("devices", ())), set(state.get("chpids", ()))
