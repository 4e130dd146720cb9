# SPDX-License-Identifier: Apache-2.0
"""The iSCSI targets of the storage array: names behind portals, each with a user and a password for CHAP.

The LUNs behind a target are those of the array that name it among their ``targets``; whom they show
themselves to is said by initiator names, as by port names on the Fibre Channel side.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from zvm.simulator.config import IscsiTargetSettings
from zvm.simulator.storage_array import Lun, SanError, StorageArray


class IscsiTargets:
    """The targets. Those of the configuration cannot be removed; all members of a cluster see the same."""

    def __init__(self, array: StorageArray, targets: Iterable[IscsiTargetSettings]) -> None:
        self._array = array
        self._configured = {target.iqn: target for target in targets}
        self._targets = dict(self._configured)

    def all(self) -> list[IscsiTargetSettings]:
        """Return every target."""
        return list(self._targets.values())

    def find(self, portal: str, iqn: str) -> IscsiTargetSettings | None:
        """Return the target of this name behind a portal (``address:port``), or None."""
        found = self._targets.get(iqn)
        return found if found and found.portal == portal else None

    def portals(self) -> set[str]:
        """Return the portals that somebody listens on."""
        return {target.portal for target in self._targets.values()}

    def luns(self, iqn: str, initiator: str) -> dict[int, Lun]:
        """Return number → LUN of those that a target shows to an initiator."""
        return {
            int(lun.number[:4], 16): lun
            for lun in self._array.luns
            if iqn in lun.settings.targets and lun.shows_itself_to(initiator.upper())
        }

    def add(self, target: IscsiTargetSettings) -> None:
        """Make a target.

        :raises SanError: there is one of this name.
        """
        if target.iqn in self._targets:
            raise SanError(f"target {target.iqn} is taken")
        self._targets[target.iqn] = target

    def remove(self, iqn: str) -> None:
        """Remove a target.

        :raises SanError: there is none, or the configuration has it.
        """
        if iqn not in self._targets or iqn in self._configured:
            raise SanError(f"there is no target {iqn}, or it belongs to the configuration")
        del self._targets[iqn]

    def dump(self) -> dict[str, Any]:
        """Return what the store keeps: the targets that are not of the configuration."""
        return {iqn: asdict(target) for iqn, target in self._targets.items() if iqn not in self._configured}

    def load(self, state: dict[str, Any]) -> None:
        """Take up what ``dump`` returned."""
        for kept in state.values():
            target = IscsiTargetSettings(**kept)
            self._targets.setdefault(target.iqn, target)
