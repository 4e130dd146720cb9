# SPDX-License-Identifier: Apache-2.0
"""What SYSTEM CONFIG says about DASD: which volumes CP owns, which are the system's, which nobody uses."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from zvm.simulator.config import VolumeSettings

OWNED, SYSTEM, FREE = "OWNED", "SYSTEM", "FREE"
SPOOL, PAGE = "SPOOL", "PAGE"


class SystemConfig:
    """The uses of the volumes; those nobody told are the system's, as EDEVs are when they appear."""

    def __init__(self, volumes: Iterable[VolumeSettings]) -> None:
        self._uses = {volume.volser: volume.use for volume in volumes}
        #: What CP does with volumes it owns, where that was told: SPOOL or PAGE.
        self.purposes: dict[str, str] = {}
        #: Real devices that several systems may use (SET RDEVICE SHARED).
        self.shared: set[str] = set()

    def use(self, volser: str) -> str:
        """Return OWNED, SYSTEM or FREE."""
        return self._uses.get(volser, SYSTEM)

    def set_use(self, volser: str, use: str, purpose: str = "") -> None:
        """Give a volume to CP, to the system or to nobody."""
        self._uses[volser] = use
        self.purposes.pop(volser, None)
        if purpose:
            self.purposes[volser] = purpose

    def dump(self) -> dict[str, Any]:
        """Return what the store keeps."""
        return {
            "uses": dict(self._uses),
            "purposes": dict(self.purposes),
            "shared": sorted(self.shared),
        }

    def load(self, state: dict[str, Any]) -> None:
        """Take up what ``dump`` returned; nothing from a state that was written without it."""
        self._uses |= state.get("uses", {})
        self.purposes = dict(state.get("purposes", {}))
        self.shared = set(state.get("shared", ()))
