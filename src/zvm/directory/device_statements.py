# SPDX-License-Identifier: Apache-2.0
"""Directory statements that give a guest a device: minidisks, links, network cards, unit record, console."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar, Self

from zvm.directory import names
from zvm.directory.errors import InvalidStatement
from zvm.directory.extents import BLOCK, CYLINDER, Extent
from zvm.directory.statement_base import Statement, count, one_of, operands, present, register, word

_PASSWORDS = 8  # characters of a minidisk password at most


@dataclass(frozen=True, slots=True)
class DeviceStatement(Statement):
    """A statement for the virtual device ``vdev``."""

    device: ClassVar[bool] = True

    vdev: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "vdev", names.vdev(self.vdev))


@register
@dataclass(frozen=True, slots=True)
class Mdisk(DeviceStatement):
    """``MDISK vdev type start size volume mode [read write multi]`` and its V-DISK, T-DISK and DEVNO forms.

    ``allocation`` is PERM for an extent of a volume, else V-DISK, T-DISK or DEVNO; ``size`` is in cylinders
    or blocks, None for END; ``volume`` is a volume label, the real device number for DEVNO, else "".
    """

    keyword: ClassVar[str] = "MDISK"

    devtype: str
    start: int | None
    size: int | None
    volume: str
    mode: str = ""
    read_password: str = field(default="", repr=False)
    write_password: str = field(default="", repr=False)
    multi_password: str = field(default="", repr=False)
    allocation: str = "PERM"

    def __post_init__(self) -> None:
        DeviceStatement.__post_init__(self)
        if self.allocation == "PERM":
            fits = self.start is not None and (self.size is None or self.size > 0)
            object.__setattr__(self, "volume", names.volser(self.volume))
        elif self.allocation == "DEVNO":
            fits = self.start is None and self.size is None
            object.__setattr__(self, "volume", names.vdev(self.volume))
        else:
            one_of(self.keyword, self.allocation, ("V-DISK", "T-DISK"))
            fits = self.start is None and bool(self.size) and not self.volume
        if not fits:
            raise InvalidStatement(self.keyword, f"place and size do not make a {self.allocation} disk")
        optional = [self.mode, self.read_password, self.write_password, self.multi_password]
        filled = [item for item in optional if item]
        if optional[: len(filled)] != filled:
            raise InvalidStatement(self.keyword, "a mode or password cannot be left out before another")
        for item in (self.devtype, *filled):
            word(self.keyword, item, _PASSWORDS)

    @classmethod
    def read(cls, words: list[str], tail: str) -> Self:
        if len(words) < 4:
            raise InvalidStatement(cls.keyword, "needs a device number, a type, a place and a size")
        vdev, devtype, start, size, *rest = (item.upper() for item in words)
        if start in ("V-DISK", "T-DISK", "DEVNO"):
            mode, read, write, multi = operands(cls.keyword, rest, 0, 4)
            device = start == "DEVNO"
            blocks = None if device else count(cls.keyword, size, 1)
            volume = size if device else ""
            return cls(vdev, devtype, None, blocks, volume, mode, read, write, multi, start)
        volume, *optional = operands(cls.keyword, rest, 1, 5)
        number = None if size == "END" else count(cls.keyword, size, 1)
        return cls(vdev, devtype, count(cls.keyword, start), number, volume, *optional)

    @property
    def device_type(self) -> str:
        """The kind of volume that it is on: 3390, counted in cylinders, or 9336, in blocks."""
        return "3390" if self.devtype.startswith("33") else "9336"

    @property
    def unit(self) -> str:
        """What its size counts."""
        return "cylinders" if self.device_type == "3390" else "blocks"

    @property
    def octets(self) -> int | None:
        """What it holds; None where it reaches to the END of its volume, or is one."""
        each = CYLINDER if self.device_type == "3390" else BLOCK
        return None if self.size is None else self.size * each

    @property
    def extent(self) -> Extent | None:
        """The place on a volume, or None for a disk that has no place or reaches to the END."""
        if self.start is None or self.size is None:
            return None
        return Extent(self.volume, self.start, self.size)

    def text(self) -> str:
        size = "END" if self.size is None else str(self.size)
        match self.allocation:
            case "PERM":
                place = f"{self.start} {size} {self.volume}"
            case "DEVNO":
                place = f"DEVNO {self.volume}"
            case _:
                place = f"{self.allocation} {size}"
        optional = (self.mode, self.read_password, self.write_password, self.multi_password)
        return present(self.keyword, self.vdev, self.devtype, place, *optional)


@register
@dataclass(frozen=True, slots=True)
class Link(Statement):
    """``LINK userid vdev [as-vdev [mode [password]]]``: another user's minidisk as one's own ``vdev``."""

    keyword: ClassVar[str] = "LINK"
    device: ClassVar[bool] = True

    userid: str
    source: str
    vdev: str
    mode: str = ""
    password: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "userid", self.userid if self.userid == "*" else names.userid(self.userid))
        object.__setattr__(self, "source", names.vdev(self.source))
        object.__setattr__(self, "vdev", names.vdev(self.vdev))
        if self.password and not self.mode:
            raise InvalidStatement(self.keyword, "a password needs a mode before it")
        for item in filter(None, (self.mode, self.password)):
            word(self.keyword, item, _PASSWORDS)

    @classmethod
    def read(cls, words: list[str], tail: str) -> Self:
        userid, source, vdev, mode, password = operands(cls.keyword, [item.upper() for item in words], 2, 5)
        return cls(userid, source, vdev or source, mode, password)

    def text(self) -> str:
        return present(self.keyword, self.userid, self.source, self.vdev, self.mode, self.password)


@register
@dataclass(frozen=True, slots=True)
class NicDef(DeviceStatement):
    """``NICDEF vdev [TYPE QDIO] [DEVICES 3] [LAN owner name] [MACID id] [VLAN set] ...``: a network card.

    Empty fields were not given: one card may be told in several NICDEF records, see ``Entry.nics``.
    ``port_type`` is ACCESS, for the one VLAN of frames without tags, or TRUNK, for frames with the tags in
    ``vlan``; ``options`` holds other words such as PROMISCUOUS.
    """

    keyword: ClassVar[str] = "NICDEF"

    type: str = ""
    devices: int | None = None
    lan_owner: str = ""
    lan_name: str = ""
    macid: str = ""
    chpid: str = ""
    vlan: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    port_type: str = ""

    def __post_init__(self) -> None:
        DeviceStatement.__post_init__(self)
        if bool(self.lan_owner) != bool(self.lan_name):
            raise InvalidStatement(self.keyword, "LAN needs an owner and a name")
        if self.lan_name:
            owner = self.lan_owner if self.lan_owner == "*" else names.userid(self.lan_owner)
            object.__setattr__(self, "lan_owner", owner)
            object.__setattr__(self, "lan_name", names.vswitch(self.lan_name))
        if self.macid:
            object.__setattr__(self, "macid", names.macid(self.macid))
        if any(not _is_vlan(item) for item in self.vlan):
            raise InvalidStatement(self.keyword, "VLAN takes numbers from 1 to 4094 or ranges of them")
        if self.port_type not in ("", "ACCESS", "TRUNK"):
            raise InvalidStatement(self.keyword, f"PORTTYPE is ACCESS or TRUNK, not {self.port_type}")
        if any(_is_vlan(item) for item in self.options[:1]):
            raise InvalidStatement(self.keyword, "an option begins with a word, not a number")
        for item in filter(None, (self.type, self.chpid, *self.options)):
            word(self.keyword, item)
        if set(self.options) & _NIC_OPERANDS:
            raise InvalidStatement(self.keyword, "an operand appears twice")

    @classmethod
    def read(cls, words: list[str], tail: str) -> Self:
        if not words:
            raise InvalidStatement(cls.keyword, "needs a device number")
        nic = cls(words[0])
        rest = [item.upper() for item in words[1:]]
        seen: set[str] = set()
        while rest:
            name = rest.pop(0)
            if name in seen:
                raise InvalidStatement(cls.keyword, f"{name} appears twice")
            needed = {"LAN": 2}.get(name, 1)
            if name in _NIC_OPERANDS:
                seen.add(name)
                if len(rest) < needed:
                    raise InvalidStatement(cls.keyword, f"{name} needs a value")
            match name:
                case "TYPE":
                    nic = replace(nic, type=rest.pop(0))
                case "DEVICES":
                    nic = replace(nic, devices=count(cls.keyword, rest.pop(0), 1))
                case "LAN":
                    nic = replace(nic, lan_owner=rest.pop(0), lan_name=rest.pop(0))
                case "MACID":
                    nic = replace(nic, macid=rest.pop(0))
                case "CHPID":
                    nic = replace(nic, chpid=rest.pop(0))
                case "VLAN":
                    vlan = [rest.pop(0)]
                    while rest and _is_vlan(rest[0]):
                        vlan.append(rest.pop(0))
                    nic = replace(nic, vlan=tuple(vlan))
                case "PORTTYPE":
                    nic = replace(nic, port_type=rest.pop(0))
                case _:
                    nic = replace(nic, options=(*nic.options, name))
        return nic

    def text(self) -> str:
        return present(
            self.keyword,
            self.vdev,
            f"TYPE {self.type}" if self.type else "",
            f"DEVICES {self.devices}" if self.devices else "",
            f"LAN {self.lan_owner} {self.lan_name}" if self.lan_name else "",
            f"MACID {self.macid}" if self.macid else "",
            f"CHPID {self.chpid}" if self.chpid else "",
            f"VLAN {' '.join(self.vlan)}" if self.vlan else "",
            f"PORTTYPE {self.port_type}" if self.port_type else "",
            *self.options,
        )

    def merged(self, other: NicDef) -> NicDef:
        """Return this card with what ``other``, a later record for the same device, says."""
        return NicDef(
            self.vdev,
            other.type or self.type,
            other.devices or self.devices,
            other.lan_owner or self.lan_owner,
            other.lan_name or self.lan_name,
            other.macid or self.macid,
            other.chpid or self.chpid,
            other.vlan or self.vlan,
            self.options + tuple(item for item in other.options if item not in self.options),
            other.port_type or self.port_type,
        )


_NIC_OPERANDS = {"TYPE", "DEVICES", "LAN", "MACID", "CHPID", "VLAN", "PORTTYPE"}


def _is_vlan(text: str) -> bool:
    ends = text.split("-")
    return len(ends) <= 2 and all(end.isascii() and end.isdigit() and 1 <= int(end) <= 4094 for end in ends)


@dataclass(frozen=True, slots=True)
class UnitRecordStatement(DeviceStatement):
    """A console or a spooled device: ``KEYWORD vdev type [word ...]``."""

    devtype: str
    more: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        DeviceStatement.__post_init__(self)
        for item in (self.devtype, *self.more):
            word(self.keyword, item)

    @classmethod
    def read(cls, words: list[str], tail: str) -> Self:
        upper = [item.upper() for item in words]
        operands(cls.keyword, upper, 2, 8)
        return cls(upper[0], upper[1], tuple(upper[2:]))

    def text(self) -> str:
        return present(self.keyword, self.vdev, self.devtype, *self.more)


@register
@dataclass(frozen=True, slots=True)
class Console(UnitRecordStatement):
    """``CONSOLE vdev type [class [observer]]``."""

    keyword: ClassVar[str] = "CONSOLE"


@register
@dataclass(frozen=True, slots=True)
class Spool(UnitRecordStatement):
    """``SPOOL vdev type [READER|PUNCH|PRINTER] [class ...]``: the unit record devices."""

    keyword: ClassVar[str] = "SPOOL"


@register
@dataclass(frozen=True, slots=True)
class Dedicate(DeviceStatement):
    """``DEDICATE vdev rdev [R/O]``: a real device as the guest's own."""

    keyword: ClassVar[str] = "DEDICATE"

    rdev: str
    more: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        DeviceStatement.__post_init__(self)
        object.__setattr__(self, "rdev", names.vdev(self.rdev))
        for item in self.more:
            word(self.keyword, item)

    @classmethod
    def read(cls, words: list[str], tail: str) -> Self:
        if len(words) < 2:
            raise InvalidStatement(cls.keyword, "needs a virtual and a real device number")
        return cls(words[0], words[1], tuple(item.upper() for item in words[2:]))

    @property
    def readonly(self) -> bool:
        """Whether the guest may only read."""
        return "R/O" in self.more

    def text(self) -> str:
        return present(self.keyword, self.vdev, self.rdev, *self.more)
