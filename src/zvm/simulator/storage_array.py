# SPDX-License-Identifier: Apache-2.0
"""What manages the LUNs of the storage network: those of the configuration, and those made, grown and masked
while the systems run, as a storage server's own administration does. All members of a cluster see one array.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, replace
from typing import Any

from zvm.directory import Extent
from zvm.simulator.config import LunSettings

BLOCK = 512
VENDOR, PRODUCT, REVISION = "IBM", "2107900", "1060"


class SanError(Exception):
    """There is no such LUN behind this path, or the request does not fit it."""


class Lun:
    """A logical unit. ``uuid`` is what SCSI inquiry page 0x83 says, without its type digit."""

    def __init__(self, settings: LunSettings) -> None:
        self.settings = settings
        self.number = settings.lun.upper().ljust(16, "0")
        digest = hashlib.sha256("/".join((self.number, *sorted(settings.targets))).encode()).hexdigest()
        self.uuid = settings.uuid.upper() or f"6005076{digest[:25].upper()}"
        self.serial = self.uuid[-12:]

    @property
    def size(self) -> int:
        """Length in bytes."""
        return self.settings.blocks * BLOCK

    @property
    def wwid(self) -> str:
        """What Linux calls it: 3 (an NAA name) and the name."""
        return f"3{self.uuid.lower()}"

    @property
    def place(self) -> Extent:
        """What stands for the LUN where a disk is asked for its extent; the same however it grows."""
        return Extent(f"LUN:{self.uuid}", 0, 1)

    def shows_itself_to(self, initiator: str) -> bool:
        """Tell whether the mask lets this port name in."""
        return any(name == "*" or name.upper() == initiator for name in self.settings.initiators)


class StorageArray:
    """The LUNs. Those of the configuration can be changed, not removed."""

    def __init__(self, luns: Iterable[LunSettings]) -> None:
        self.luns = [Lun(settings) for settings in luns]
        self._configured = {lun.uuid: lun.settings for lun in self.luns}

    def get(self, uuid: str) -> Lun:
        """Return a LUN.

        :raises SanError: there is none.
        """
        found = next((lun for lun in self.luns if lun.uuid == uuid.upper()), None)
        if found is None:
            raise SanError(f"no LUN {uuid}")
        return found

    def add(self, settings: LunSettings) -> Lun:
        """Make a LUN; it is empty.

        :raises SanError: a target has a LUN of this number, or the size is none.
        """
        lun = Lun(settings)
        taken = any(
            other.uuid == lun.uuid
            or (other.number == lun.number and set(other.settings.targets) & set(settings.targets))
            for other in self.luns
        )
        if taken or settings.blocks <= 0 or not settings.targets:
            raise SanError(f"LUN {lun.number} is taken, or has no size, or no target")
        self.luns.append(lun)
        return lun

    def change(self, uuid: str, *, blocks: int = 0, initiators: list[str] | None = None) -> Lun:
        """Grow a LUN, or change who sees it.

        :raises SanError: there is no such LUN, or it would shrink.
        """
        lun = self.get(uuid)
        if blocks and blocks < lun.settings.blocks:
            raise SanError(f"LUN {lun.number} has {lun.settings.blocks} blocks and does not shrink")
        lun.settings = replace(
            lun.settings,
            blocks=blocks or lun.settings.blocks,
            initiators=lun.settings.initiators if initiators is None else initiators,
        )
        return lun

    def remove(self, uuid: str) -> Lun:
        """Remove a LUN.

        :raises SanError: there is none, or the configuration has it.
        """
        lun = self.get(uuid)
        if lun.uuid in self._configured:
            raise SanError(f"LUN {lun.number} belongs to the configuration")
        self.luns.remove(lun)
        return lun

    def dump(self) -> dict[str, Any]:
        """Return what the store keeps: what differs from the configuration."""
        return {
            lun.uuid: asdict(lun.settings)
            for lun in self.luns
            if self._configured.get(lun.uuid) != lun.settings
        }

    def load(self, state: dict[str, Any]) -> None:
        """Take up what ``dump`` returned."""
        for uuid, kept in state.items():
            settings = LunSettings(**{**kept, "uuid": uuid})
            if uuid in self._configured:
                self.get(uuid).settings = replace(settings, uuid=self._configured[uuid].uuid)
            else:
                self.luns.append(Lun(settings))
