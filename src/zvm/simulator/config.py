# SPDX-License-Identifier: Apache-2.0
"""The configuration of a simulated z/VM system: ``default.toml``, and a file of the user's over it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

from zvm.directory import Extent

T = TypeVar("T")

_TABLES = {"system", "timing", "smapi", "network", "vswitch", "volume", "region", "pool", "fcp"} | {
    "lun",
    "san",
    "exclude",
    "ipl",
    "directory",
}


class ConfigError(ValueError):
    """The configuration cannot be used; the text says which table and why."""


@dataclass(frozen=True)
class SystemFacts:
    """What CP and the hardware say about themselves."""

    name: str
    level: int
    version: str
    timezone: str
    cpuid: str
    manufacturer: str
    machine_type: str
    model: str
    sequence_code: str
    lpar_name: str
    lpar_number: int
    cpus: int
    cpu_type: str
    storage: str
    generated: datetime


@dataclass(frozen=True)
class Timing:
    """How long things take, in seconds."""

    boot: float
    logoff: float
    shutdown: float
    smapi: float
    cp: float


@dataclass(frozen=True)
class SmapiSettings:
    """How the SMAPI servers behave; see ``default.toml``."""

    workers: int
    authorized: list[str]
    peer: str
    asynchronous: bool
    polls: int
    signal_timeout: float


@dataclass(frozen=True)
class NetworkSettings:
    """VMLAN: MAC prefixes, and whether a NICDEF authorises its guest."""

    mac_prefix: str
    user_prefix: str
    directory_network_authorization: bool


@dataclass(frozen=True)
class VswitchSettings:
    """A virtual switch as SYSTEM CONFIG defines it."""

    name: str
    transport: str = "ETHERNET"
    vlan_aware: bool = False
    native_vlan: int = 1
    port_type: str = "ACCESS"
    based: str = "USERBASED"
    rdevs: list[str] = field(default_factory=list)
    controller: str = "*"


@dataclass(frozen=True)
class VolumeSettings:
    """A real DASD volume; ``use`` as System_Disk_Query says it (OWNED, SYSTEM, FREE)."""

    volser: str
    devtype: str
    rdev: str
    cylinders: int = 0
    blocks: int = 0
    use: str = "SYSTEM"


@dataclass(frozen=True)
class RegionSettings:
    """A region of EXTENT CONTROL: ``size`` units of a volume from ``start``."""

    name: str
    volume: str
    start: int
    size: int

    @property
    def extent(self) -> Extent:
        """The region's place."""
        return Extent(self.volume, self.start, self.size)


@dataclass(frozen=True)
class PoolSettings:
    """A group of EXTENT CONTROL."""

    name: str
    regions: list[str]
    method: str = "LINEAR"


@dataclass(frozen=True)
class FcpSettings:
    """An FCP device: its port names under NPIV and without, and its channel path.

    In a file ``count`` makes so many of them, numbers and NPIV port names rising by one.
    """

    rdev: str
    npiv_wwpn: str = ""
    wwpn: str = ""
    chpid: str = "00"


@dataclass(frozen=True)
class LunSettings:
    """A LUN of the storage network: 512-byte ``blocks``, behind the target ports named.

    ``initiators`` are the port names that see it, ``*`` for all. Without ``uuid`` it gets one of its own.
    """

    lun: str
    blocks: int
    targets: list[str]
    initiators: list[str] = field(default_factory=lambda: ["*"])
    uuid: str = ""


@dataclass(frozen=True)
class ExcludeSettings:
    """Minidisks that EXTENT CONTROL overlooks, such as full-pack ones; a trailing ``*`` means anything."""

    userid: str
    vdev: str = "*"

    def meets(self, userid: str, vdev: str) -> bool:
        """Tell whether a minidisk is meant."""
        return _like(self.userid, userid) and _like(self.vdev, vdev)


@dataclass(frozen=True)
class Config:
    """Everything a system is started from."""

    system: SystemFacts
    timing: Timing
    smapi: SmapiSettings
    network: NetworkSettings
    vswitches: tuple[VswitchSettings, ...]
    volumes: tuple[VolumeSettings, ...]
    regions: tuple[RegionSettings, ...]
    pools: tuple[PoolSettings, ...]
    exclude: tuple[ExcludeSettings, ...]
    fcp_devices: tuple[FcpSettings, ...]
    luns: tuple[LunSettings, ...]
    logon: tuple[str, ...]
    directory: str = field(repr=False)

    def instant(self) -> Config:
        """Return the same configuration with nothing taking any time."""
        return replace(self, timing=Timing(0.0, 0.0, 0.0, 0.0, 0.0))


def load_config(path: Path | None = None) -> Config:
    """Return the built-in configuration with the tables of the TOML file ``path`` over it.

    Raises:
        ConfigError: the file is no TOML, or has an unknown table or key.
        OSError: the file cannot be read.
    """
    tables = tomllib.loads(resources.files(__package__).joinpath("default.toml").read_text("ascii"))
    if path is not None:
        try:
            own = tomllib.loads(path.read_text("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path}: {error}") from error
        for name, value in own.items():
            merged = isinstance(value, dict) and isinstance(tables.get(name), dict)
            tables[name] = tables[name] | value if merged else value
        if network := tables.get("san", {}).get("file"):
            tables["lun"] = _san_file(path.parent / network)
    return _config(tables)


def _config(tables: dict[str, Any]) -> Config:
    if unknown := set(tables) - _TABLES:
        raise ConfigError(f"unknown tables: {', '.join(sorted(unknown))}")
    return Config(
        system=_record(SystemFacts, "system", tables["system"]),
        timing=_record(Timing, "timing", tables["timing"]),
        smapi=_record(SmapiSettings, "smapi", tables["smapi"]),
        network=_record(NetworkSettings, "network", tables["network"]),
        vswitches=_records(VswitchSettings, "vswitch", tables),
        volumes=_records(VolumeSettings, "volume", tables),
        regions=_records(RegionSettings, "region", tables),
        pools=_records(PoolSettings, "pool", tables),
        exclude=_records(ExcludeSettings, "exclude", tables),
        fcp_devices=tuple(fcp for table in tables.get("fcp", []) for fcp in _fcp_devices(table)),
        luns=_records(LunSettings, "lun", tables),
        logon=tuple(tables["ipl"].get("logon", [])),
        directory=tables["directory"]["text"],
    )


def _san_file(path: Path) -> list[dict[str, Any]]:
    """Return the ``[[lun]]`` tables of a storage network that several systems share."""
    try:
        tables = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from error
    if unknown := set(tables) - {"lun"}:
        raise ConfigError(f"{path}: unknown tables: {', '.join(sorted(unknown))}")
    luns: list[dict[str, Any]] = tables.get("lun", [])
    return luns


def _fcp_devices(table: dict[str, Any]) -> list[FcpSettings]:
    count = table.get("count", 1)
    first = _record(FcpSettings, "fcp", {key: value for key, value in table.items() if key != "count"})
    try:
        rdev, npiv = int(first.rdev, 16), int(first.npiv_wwpn or "0", 16)
    except ValueError as error:
        raise ConfigError(f"[fcp]: {error}") from error
    return [
        replace(first, rdev=f"{rdev + at:04X}", npiv_wwpn=f"{npiv + at:016X}" if npiv else "")
        for at in range(count)
    ]


def _like(pattern: str, value: str) -> bool:
    return value.startswith(pattern[:-1]) if pattern.endswith("*") else value == pattern


def _records(kind: type[T], name: str, tables: dict[str, Any]) -> tuple[T, ...]:
    return tuple(_record(kind, name, table) for table in tables.get(name, []))


def _record(kind: type[T], name: str, table: dict[str, Any]) -> T:
    unknown = set(table) - {item.name for item in fields(kind)}  # type: ignore[arg-type]
    if unknown:
        raise ConfigError(f"[{name}] does not know {', '.join(sorted(unknown))}")
    try:
        return kind(**table)
    except TypeError as error:
        raise ConfigError(f"[{name}]: {error}") from error
