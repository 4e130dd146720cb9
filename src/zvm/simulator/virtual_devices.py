# SPDX-License-Identifier: Apache-2.0
"""The devices of a virtual machine while the guest is logged on. Its network cards are with the network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from zvm.directory import Extent


@dataclass
class VirtualDevice:
    """A device at ``vdev``. ``kind`` is the word QUERY VIRTUAL begins its line with."""

    kind: ClassVar[str] = ""

    vdev: str

    @property
    def disk(self) -> Disk | None:
        """The disk that it is to a program: a minidisk, or a whole real volume; None: no disk."""
        return None

    def dump(self) -> dict[str, Any]:
        """Return what the store keeps."""
        return {"kind": self.kind, **vars(self)}


@dataclass
class ConsoleDevice(VirtualDevice):
    """The virtual machine's console."""

    kind: ClassVar[str] = "CONS"


@dataclass
class UnitRecord(VirtualDevice):
    """A spooling device: ``queue`` is RDR, PUN or PRT; ``cls`` the class of files it makes or reads."""

    kind: ClassVar[str] = "UR"

    queue: str
    cls: str = "A"
    hold: bool = False
    to: str = ""


@dataclass
class Disk(VirtualDevice):
    """A linked minidisk: ``owner`` has it in the directory as ``source``; it lies in an extent of a volume.

    ``temporary`` disks (V-DISK, T-DISK) are volumes of their own that go when their owner logs off.
    ``online``: the Linux in the machine has taken the device up, at its start by itself, later when told.
    """

    kind: ClassVar[str] = "DASD"

    owner: str
    source: str
    devtype: str
    volume: str
    start: int
    size: int
    write: bool
    temporary: str = ""
    online: bool = True

    @property
    def disk(self) -> Disk:
        """Itself."""
        return self

    @property
    def extent(self) -> Extent:
        """The place on the volume."""
        return Extent(self.volume, self.start, self.size)

    def is_on(self, place: Extent) -> bool:
        """Tell whether the disk shares a cylinder or block with ``place``; asked of every disk there is."""
        return (
            self.volume == place.volume and self.start <= place.end and place.start < self.start + self.size
        )

    @property
    def unit(self) -> str:
        """What ``size`` counts: CYL or BLK."""
        return "CYL" if self.devtype == "3390" else "BLK"

    @property
    def access(self) -> str:
        """``R/W`` or ``R/O``."""
        return "R/W" if self.write else "R/O"


@dataclass
class Dedicated(VirtualDevice):
    """A real device that only this guest has; of a real DASD ``dasd`` is the whole volume as a disk."""

    kind: ClassVar[str] = "DEV"

    rdev: str
    readonly: bool = False
    dasd: Disk | None = None

    @property
    def disk(self) -> Disk | None:
        """The real DASD."""
        return self.dasd

    def dump(self) -> dict[str, Any]:
        """Return what the store keeps."""
        kept = super().dump()
        dasd = kept.pop("dasd")
        return {**kept, "dasd": dasd.dump()} if dasd else kept


@dataclass
class Ctca(VirtualDevice):
    """A virtual channel-to-channel adapter, coupled to ``partner`` of ``user``; both empty: to nothing."""

    kind: ClassVar[str] = "CTCA"

    user: str = ""
    partner: str = ""


_KINDS: dict[str, type[VirtualDevice]] = {
    cls.kind: cls for cls in (ConsoleDevice, UnitRecord, Disk, Dedicated, Ctca)
}


def restore(state: dict[str, Any]) -> VirtualDevice:
    """Return the device that its ``dump`` described."""
    values = dict(state)
    if "dasd" in values:
        values["dasd"] = restore(values["dasd"])
    return _KINDS[values.pop("kind")](**values)
