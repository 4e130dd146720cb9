# SPDX-License-Identifier: Apache-2.0
"""The Linux installed on each disk that was booted: what a guest finds again when it is IPLed once more."""

from __future__ import annotations

import copy
from typing import Any

from zvm.directory import Extent
from zvm.simulator.light_guest import Linux

#: Begins the store's key of an installed Linux; no userid has a blank.
PREFIX = "linux "


def place_key(extent: Extent) -> str:
    """Return the name under which the Linux on a disk is kept."""
    return f"{extent.volume} {extent.start} {extent.size}"


class Installed:
    """Each Linux by the place of its disk; the members of a cluster share them, as they share the disks."""

    def __init__(self) -> None:
        self._systems: dict[str, Linux] = {}
        # Only those that were handed out since the last transaction are described anew.
        self._handed_out: set[str] = set()
        self._described: dict[str, dict[str, Any]] = {}

    def get(self, key: str) -> Linux | None:
        """Return the Linux of a disk, or None; it may be changed within the current transaction."""
        self._handed_out.add(key)
        return self._systems.get(key)

    def look(self, key: str) -> Linux | None:
        """Return the Linux of a disk, or None; to look at, not to change."""
        return self._systems.get(key)

    def boot(self, key: str) -> Linux:
        """Return the Linux of a disk, a new one when it is booted for the first time."""
        self._handed_out.add(key)
        if key not in self._systems:
            self._systems[key] = self._shorter(key) or Linux()
        return self._systems[key]

    def _shorter(self, key: str) -> Linux | None:
        """Return the Linux that was copied to the start of a larger disk."""
        volume, start, size = key.split()
        for known in list(self._systems):
            if known.split()[:2] == [volume, start] and int(known.split()[2]) < int(size):
                return self._systems.pop(known)
        return None

    def disk_changed(self, extent: Extent) -> None:
        """Forget the Linux on a disk that was written from outside, if only in part."""
        for key in list(self._systems):
            volume, start, size = key.split()
            if volume == extent.volume and extent.overlaps(Extent(volume, int(start), int(size))):
                del self._systems[key]

    def disk_copied(self, source: Extent, target: Extent) -> None:
        """Install the Linux of a disk on another too, as a copy of all of it brings it there."""
        if linux := self._systems.get(place_key(source)):
            key = place_key(target)
            self._handed_out.add(key)
            self._systems[key] = copy.deepcopy(linux)

    def dump(self) -> dict[str, Any]:
        """Return what the store keeps."""
        self._described = {
            PREFIX + key: self._described[PREFIX + key]
            if key not in self._handed_out and PREFIX + key in self._described
            else linux.dump()
            for key, linux in self._systems.items()
        }
        self._handed_out.clear()
        return dict(self._described)

    def load(self, state: dict[str, Any]) -> None:
        """Take up what ``dump`` returned, beside what is known already."""
        for key, kept in state.items():
            self._systems[key.removeprefix(PREFIX)] = Linux(**kept)
