# SPDX-License-Identifier: Apache-2.0
"""EDEVs: LUNs that CP itself reaches over its FCP devices and shows as 9336 volumes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from zvm.simulator.san import Lun, Route, SanError

if TYPE_CHECKING:
    from zvm.simulator.system import System

#: At most so many paths, as CP has it.
_MOST_PATHS = 8


class EdevError(Exception):
    """The EDEV cannot be made or changed as asked."""


class NoPath(EdevError):
    """No LUN is seen over a path."""


@dataclass
class Edev:
    """An emulated device: its number, the LUN, the paths to it, and the volume it shows itself as."""

    rdev: str
    uuid: str
    volser: str
    blocks: int
    persist: bool
    paths: list[Route] = field(default_factory=list)

    def dump(self) -> dict[str, Any]:
        """Return what the store keeps."""
        return {**vars(self), "paths": [str(path) for path in self.paths]}


class Edevs:
    """The EDEVs of one system."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._edevs: dict[str, Edev] = {}

    def all(self) -> list[Edev]:
        """Return all EDEVs, lowest number first."""
        return [self._edevs[rdev] for rdev in sorted(self._edevs)]

    def get(self, rdev: str) -> Edev | None:
        """Return an EDEV, or None."""
        return self._edevs.get(rdev)

    def add(self, rdev: str, paths: list[Route], persist: bool) -> Edev:
        """Make an EDEV; its volume is ``ED`` and the device number.

        :raises EdevError: the number is taken, or the paths do not all lead to one LUN that is free.
        """
        if rdev in self._system.real_devices():
            raise EdevError(f"device {rdev} exists")
        lun = self._lun(paths, rdev)
        if any(edev.uuid == lun.uuid for edev in self.all()):
            raise EdevError(f"LUN {lun.number} is an EDEV already")
        edev = Edev(rdev, lun.uuid, f"ED{rdev}", lun.settings.blocks, persist, list(dict.fromkeys(paths)))
        self._edevs[rdev] = edev
        self._system.dasd.add_volume(
            edev.volser, "9336", blocks=edev.blocks, rdev=rdev, file=self._system.san.file(lun)
        )
        return edev

    def add_paths(self, rdev: str, paths: list[Route], persist: bool) -> None:
        """Add paths to an EDEV.

        :raises EdevError: there is none, or a path leads to another LUN.
        """
        edev = self._existing(rdev)
        if self._lun([*edev.paths, *paths], rdev).uuid != edev.uuid:
            raise EdevError("a path leads to another LUN")
        edev.paths = list(dict.fromkeys([*edev.paths, *paths]))
        edev.persist = persist

    def remove_paths(self, rdev: str, paths: list[Route], persist: bool) -> None:
        """Take paths away from an EDEV, not its last.

        :raises EdevError: there is no such EDEV or path, or none would be left.
        """
        edev = self._existing(rdev)
        left = [path for path in edev.paths if path not in paths]
        if not left or len(left) != len(edev.paths) - len(set(paths)):
            raise EdevError("a path is not there, or it is the last")
        edev.paths, edev.persist = left, persist

    def delete(self, rdev: str) -> None:
        """Give a LUN back; its data stays.

        :raises EdevError: there is no such EDEV, or a guest or minidisk uses it.
        """
        edev = self._existing(rdev)
        if any(disk.volume == edev.volser for guest in self._system.everybody() for disk in guest.disks):
            raise EdevError(f"volume {edev.volser} is in use")
        self._system.dasd.remove_volume(edev.volser)
        del self._edevs[rdev]

    def ipl(self) -> None:
        """Forget what SYSTEM CONFIG does not define."""
        for edev in self.all():
            if not edev.persist:
                self.delete(edev.rdev)

    def _existing(self, rdev: str) -> Edev:
        edev = self._edevs.get(rdev)
        if edev is None:
            raise EdevError(f"no EDEV {rdev}")
        return edev

    def _lun(self, paths: list[Route], rdev: str) -> Lun:
        if not 0 < len(paths) <= _MOST_PATHS:
            raise EdevError(f"an EDEV has 1 to {_MOST_PATHS} paths")
        for path in paths:
            owner = self._system.san.owner(path.fcp)
            if self._system.san.fcp(path.fcp) is None or owner not in ("", "SYSTEM"):
                raise EdevError(f"FCP device {path.fcp} is not free for CP")
        try:
            found = {lun.uuid: lun for p in paths for lun in [self._system.san.find(p.fcp, p.wwpn, p.lun)]}
        except SanError as error:
            raise NoPath(str(error)) from error
        if len(found) != 1:
            raise EdevError("the paths lead to different LUNs")
        return next(iter(found.values()))

    def dump(self) -> dict[str, Any]:
        """Return what the store keeps."""
        return {edev.rdev: edev.dump() for edev in self.all()}

    def load(self, state: dict[str, Any]) -> None:
        """Take up what ``dump`` returned; the volumes come back with the others."""
        self._edevs = {
            rdev: Edev(**{**kept, "paths": [Route(*path.split()) for path in kept["paths"]]})
            for rdev, kept in state.items()
        }
