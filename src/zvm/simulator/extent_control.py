# SPDX-License-Identifier: Apache-2.0
"""EXTENT CONTROL: DirMaint's regions and groups (disk pools), and where a new minidisk goes.

The first region of a group with a hole that is large enough wins, at the hole's lowest start. LINEAR
groups try their regions in order; ROTATING ones begin behind the region used last. Cylinder 0 and FBA blocks
0-15 hold the label and are never given away (DirMaint Tailoring and Administration Guide, "EXTENT CONTROL").
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from zvm.directory import Extent, Mdisk, first_fit, holes
from zvm.simulator.config import ExcludeSettings, PoolSettings, RegionSettings
from zvm.simulator.dasd import Volume
from zvm.simulator.refused import Refused
from zvm.simulator.virtual_devices import Disk

if TYPE_CHECKING:
    from zvm.simulator.system import System

#: 3390 models by their last cylinder.
_MODELS = ((1113, "01"), (3339, "03"), (10017, "09"), (32760, "27"), (65520, "54"))


@dataclass
class Group:
    """A disk pool: regions, in order."""

    name: str
    regions: list[str]
    method: str = "LINEAR"
    last: str = ""


@dataclass(frozen=True)
class Use:
    """An extent and whose minidisk it is."""

    extent: Extent
    owner: str
    vdev: str


class ExtentControl:
    """Regions, groups, and the extents in use."""

    def __init__(self, system: System) -> None:
        self._system = system
        self.regions: dict[str, RegionSettings] = {}
        self.groups: dict[str, Group] = {}
        self.exclude: tuple[ExcludeSettings, ...] = system.config.exclude

    def install(self, regions: Iterable[RegionSettings], pools: Iterable[PoolSettings]) -> None:
        """Define the configured regions and groups; a region nobody tells is the volume of its name."""
        for region in regions:
            self.define_region(region)
        for pool in pools:
            for name in pool.regions:
                if name not in self.regions:
                    self.define_region(self.whole_volume(name, name))
            self.groups[pool.name] = Group(pool.name, list(pool.regions), pool.method)

    # Places

    def volume(self, volser: str) -> Volume:
        """Return a volume.

        Raises:
            Refused: 420/8, no such volume.
        """
        try:
            return self._system.dasd.volumes[volser]
        except KeyError:
            raise Refused(420, 8) from None

    def allocatable(self, volser: str) -> Extent:
        """Return the part of a volume behind its label.

        Raises:
            Refused: 420/8, no such volume.
        """
        volume = self.volume(volser)
        first = first_allocatable(volume.devtype)
        return Extent(volser, first, volume.size - first)

    def whole_volume(self, region: str, volser: str) -> RegionSettings:
        """Return a region that is all of a volume but its label."""
        place = self.allocatable(volser)
        return RegionSettings(region, volser, place.start, place.size)

    def define_region(self, region: RegionSettings) -> None:
        """Add a region.

        Raises:
            Refused: 420/4 it exists, 420/8 no such volume, 420/36 it does not fit the volume.
        """
        if region.name in self.regions:
            raise Refused(420, 4)
        place = self.allocatable(region.volume)
        if region.size < 1 or region.start < place.start or region.start + region.size - 1 > place.end:
            raise Refused(420, 36)
        self.regions[region.name] = region

    def remove_region(self, name: str) -> None:
        """Remove a region, from its groups too.

        Raises:
            Refused: 420/8, no such region.
        """
        if self.regions.pop(name, None) is None:
            raise Refused(420, 8)
        for group in self.groups.values():
            group.regions = [region for region in group.regions if region != name]

    def region(self, name: str) -> RegionSettings:
        """Return a region.

        Raises:
            Refused: 420/8, no such region.
        """
        try:
            return self.regions[name]
        except KeyError:
            raise Refused(420, 8) from None

    def group(self, name: str) -> Group:
        """Return a group.

        Raises:
            Refused: 420/8, no such group.
        """
        try:
            return self.groups[name]
        except KeyError:
            raise Refused(420, 8) from None

    def group_of(self, region: str) -> str:
        """Return the first group a region belongs to, or ``*``."""
        return next((group.name for group in self.groups.values() if region in group.regions), "*")

    # Allocation

    def place_of(self, disk: Mdisk) -> Extent | None:
        """Return where a minidisk is, END resolved; None for a disk without a place on a volume we have."""
        if disk.start is None or disk.volume not in self._system.dasd.volumes:
            return None
        size = self._system.dasd.volumes[disk.volume].size
        length = size - disk.start if disk.size is None else disk.size
        return Extent(disk.volume, disk.start, length) if length > 0 else None

    def excluded(self, userid: str, vdev: str) -> bool:
        """Tell whether EXCLUDE says that a minidisk may lie over others."""
        return any(item.meets(userid, vdev) for item in self.exclude)

    def uses(self) -> Iterator[Use]:
        """Yield every minidisk with a place, in the order of the directory; excluded ones not."""
        for entry in self._system.directory.entries():
            for disk in entry.minidisks():
                place = self.place_of(disk)
                if place and not self.excluded(entry.userid, disk.vdev):
                    yield Use(place, entry.userid, disk.vdev)

    def taken(self, but: str = "") -> list[Extent]:
        """Return the extents nobody else may get: of the directory, and still used by guests logged on.

        Parameters:
            but: a userid whose own minidisks are left out.
        """
        held = [
            device.extent
            for machine in self._system.everybody()
            for device in machine.devices.values()
            if isinstance(device, Disk) and not device.temporary and device.owner != but
        ]
        return [use.extent for use in self.uses() if use.owner != but] + held

    def allocate(self, how: str, area: str, devtype: str, size: int, more: Iterable[Extent] = ()) -> Extent:
        """Return room for ``size`` cylinders or blocks; nothing is reserved until a directory entry says so.

        Parameters:
            how: AUTOG (a group), AUTOR (a region), AUTOV (a volume), or the start as a decimal number.
            area: the group, region or volume.
            devtype: ``3390`` or ``9336``; volumes of another type are passed over.
            more: extents that are taken beside those the directory tells.

        Raises:
            Refused: 408/24 no room, 420/8 no such area.
        """
        group = self.group(area) if how == "AUTOG" else None
        if group and group.name in self._system.trouble.full_pools:
            raise Refused(408, 24)
        if group:
            regions = [self.region(name) for name in self._order(group)]
        elif how == "AUTOR":
            regions = [self.region(area)]
        else:
            regions = [self.whole_volume("", area)]
        fitting = [item.extent for item in regions if self.volume(item.volume).devtype == devtype]
        if how.isdigit():
            start, whole = int(how), fitting[0] if fitting else None
            if whole is None or start < whole.start or start + size - 1 > whole.end:
                raise Refused(408, 24)
            fitting = [Extent(area, start, size)]
        found = first_fit(fitting, [*self.taken(), *more], size)
        if found is None:
            raise Refused(408, 24)
        if group:
            group.last = next(item.name for item in regions if item.extent.overlaps(found))
        return found

    def _order(self, group: Group) -> list[str]:
        if group.method != "ROTATING" or group.last not in group.regions:
            return group.regions
        after = group.regions.index(group.last) + 1
        return group.regions[after:] + group.regions[:after]

    # Image_Volume_Space_Query_DM: the lines of DirMaint's answers

    def definition_lines(self, entry_type: int, names: list[str]) -> list[str]:
        """Return the definitions of volumes (1), regions (2) or groups (3)."""
        if entry_type == 3:
            return [" ".join((group.name, *group.regions)) for group in self._groups(names)]
        if entry_type == 2:
            return [
                f"{item.name} {item.volume} {item.start} {item.extent.end} {model(self.volume(item.volume))}"
                for item in self._regions(2, names)
            ]
        volumes = {item.volume: self.volume(item.volume) for item in self._regions(1, names)}
        return [f"{volser} {model(volume)} {volume.size}" for volser, volume in volumes.items()]

    def free_lines(self, entry_type: int, names: list[str]) -> list[str]:
        """Return the holes in volumes (1), regions (2) or groups (3)."""
        taken = self.taken()
        lines = []
        for region, pool in self._asked(entry_type, names):
            for hole in holes(region.extent, taken):
                kind = model(self.volume(region.volume))
                words = (hole.volume, kind, str(hole.start), str(hole.size), pool, region.name)
                lines.append(" ".join(word for word in words if word))
        return lines

    def used_lines(self, entry_type: int, names: list[str]) -> list[str]:
        """Return the minidisks in volumes (1), regions (2) or groups (3)."""
        uses = sorted(self.uses(), key=lambda use: use.extent)
        lines = []
        for region, pool in self._asked(entry_type, names):
            kind = self.volume(region.volume).devtype
            lines += [
                f"{use.extent.volume} {kind} {use.extent.start} {use.extent.size} {use.owner} {use.vdev} *"
                f" {pool or self.group_of(region.name)} {region.name}"
                for use in uses
                if use.extent.overlaps(region.extent)
            ]
        return lines

    def _asked(self, entry_type: int, names: list[str]) -> list[tuple[RegionSettings, str]]:
        """Return the regions asked for, each with the pool it was asked for in ("" outside group queries)."""
        if entry_type != 3:
            return [(region, "") for region in self._regions(entry_type, names)]
        return [(self.region(name), group.name) for group in self._groups(names) for name in group.regions]

    def _groups(self, names: list[str]) -> list[Group]:
        return list(self.groups.values()) if names == ["*"] else [self.group(name) for name in names]

    def _regions(self, entry_type: int, names: list[str]) -> list[RegionSettings]:
        everything = list(self.regions.values())
        if names == ["*"]:
            return everything
        if entry_type == 2:
            return [self.region(name) for name in names]
        for name in names:
            self.volume(name)
        return [region for region in everything if region.volume in names]

    # State

    def dump(self) -> dict[str, Any]:
        """Return what the store keeps."""
        return {
            "regions": [asdict(region) for region in self.regions.values()],
            "groups": [asdict(group) for group in self.groups.values()],
        }

    def load(self, state: dict[str, Any]) -> None:
        """Take up what ``dump`` returned."""
        self.regions = {kept["name"]: RegionSettings(**kept) for kept in state["regions"]}
        self.groups = {kept["name"]: Group(**kept) for kept in state["groups"]}


def first_allocatable(devtype: str) -> int:
    """Return the first cylinder or block behind the label."""
    return 1 if devtype == "3390" else 16


def model(volume: Volume) -> str:
    """Return a volume's device type with its model, as DirMaint writes it (``3390-09``)."""
    if volume.devtype != "3390":
        return volume.devtype
    return f"3390-{next((name for last, name in _MODELS if volume.size <= last), 'A')}"
