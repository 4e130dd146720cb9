# SPDX-License-Identifier: Apache-2.0
"""DirMaint's locks: of a whole entry, or of one device in it."""

from __future__ import annotations

from typing import Any

from zvm.simulator.refused import Refused


class DirectoryLocks:
    """Who holds which lock. The device "" stands for the whole entry."""

    def __init__(self) -> None:
        self._locks: dict[str, dict[str, str]] = {}

    def lock(self, userid: str, vdev: str, by: str) -> None:
        """Lock an entry or a device.

        Raises:
            Refused: 400/12 or 404/12, it is locked.
        """
        self.check(userid)
        mine = self._locks.setdefault(userid, {})
        if vdev in mine:
            raise Refused(404, 12)
        mine[vdev] = by

    def unlock(self, userid: str, vdev: str) -> None:
        """Unlock an entry or a device.

        Raises:
            Refused: 400/24 or 404/24, it is not locked.
        """
        mine = self._locks.get(userid, {})
        if mine.pop(vdev, None) is None:
            raise Refused(404 if vdev else 400, 24)
        if not mine:
            del self._locks[userid]

    def holder(self, userid: str, vdev: str = "") -> str:
        """Return who holds a lock, or ""."""
        return self._locks.get(userid, {}).get(vdev, "")

    def devices(self, userid: str) -> dict[str, str]:
        """Return the locked devices of an entry, and who holds each."""
        return {vdev: by for vdev, by in sorted(self._locks.get(userid, {}).items()) if vdev}

    def check(self, userid: str, vdev: str = "", rc: int = 400) -> None:
        """Refuse work on a locked entry, or on a locked device of it, with ``rc``/12.

        Raises:
            Refused: rc/12.
        """
        mine = self._locks.get(userid, {})
        if "" in mine or (vdev and vdev in mine):
            raise Refused(rc, 12)

    def forget(self, userid: str) -> None:
        """Drop all locks of an entry that is gone."""
        self._locks.pop(userid, None)

    def dump(self) -> dict[str, Any]:
        """Return what the store keeps."""
        return {userid: dict(locks) for userid, locks in self._locks.items()}

    def load(self, state: dict[str, Any]) -> None:
        """Take up what ``dump`` returned."""
        self._locks = {userid: dict(locks) for userid, locks in state.items()}
