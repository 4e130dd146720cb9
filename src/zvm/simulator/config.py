# SPDX-License-Identifier: Apache-2.0
"""The configuration of a simulated z/VM system: ``default.toml``, and a file of the user's over it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from importlib import resources
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any, TypeVar

from zvm.directory import Extent, InvalidName, names

T = TypeVar("T")

_MOST_MEMBERS = 8

_TABLES = {"system", "timing", "smapi", "network", "vswitch", "volume", "region", "pool", "fcp"} | {
    "lun",
    "iscsi_target",
    "san",
    "exclude",
    "ipl",
    "directory",
    "eqid",
    "ssi",
    "member",
    "relocation_domain",
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
    memory_pass: float = 0.0
    quiesce: float = 0.0


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
class IscsiTargetSettings:
    """An iSCSI target behind a portal, IPv4 ``address:port``; with ``user`` it wants the password (CHAP).

    LUNs name it among their ``targets``, and initiators by their iqn.
    """

    iqn: str
    portal: str
    user: str = ""
    password: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        """Check the name and the portal.

        :raises ConfigError: one of them is none.
        """
        address, _, port = self.portal.rpartition(":")
        if not self.iqn.startswith("iqn."):
            raise ConfigError(f"[[iscsi_target]]: {self.iqn} is no iqn")
        try:
            IPv4Address(address)
            int(port)
        except ValueError:
            raise ConfigError(
                f"[[iscsi_target]] {self.iqn}: the portal {self.portal} is no IPv4 address with a port"
            ) from None


@dataclass(frozen=True)
class SsiSettings:
    """A single system image cluster: its name, the volume of its persistent data record."""

    name: str
    pdr_volume: str = ""


@dataclass(frozen=True)
class MemberSettings:
    """A member of the cluster; what it does not say is as the tables for a single system have it.

    ``system`` replaces keys of ``[system]``; ``peer`` is the userid behind its sockets; ``vswitch`` are its
    own switches; ``eqid`` gives equivalency ids to real devices.
    """

    name: str
    peer: str = ""
    mac_prefix: str = ""
    system: dict[str, Any] = field(default_factory=dict)
    vswitch: list[dict[str, Any]] | None = None
    fcp: list[dict[str, Any]] | None = None
    eqid: dict[str, str] | None = None


@dataclass(frozen=True)
class DomainSettings:
    """A relocation domain: the members within which its guests may move."""

    name: str
    members: list[str]


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
    iscsi_targets: tuple[IscsiTargetSettings, ...]
    logon: tuple[str, ...]
    directory: str = field(repr=False)
    eqids: dict[str, str] = field(default_factory=dict)
    ssi: SsiSettings | None = None
    members: tuple[MemberSettings, ...] = ()
    domains: tuple[DomainSettings, ...] = ()

    def instant(self) -> Config:
        """Return the same configuration with nothing taking any time."""
        return replace(self, timing=Timing(0.0, 0.0, 0.0, 0.0, 0.0))

    def of_member(self, member: MemberSettings) -> Config:
        """Return the configuration of one member of the cluster.

        Raises:
            ConfigError: a table of the member has an unknown key.
        """
        facts = {"name": member.name, "lpar_name": member.name} | member.system
        own = {"vswitch": member.vswitch or [], "fcp": member.fcp or []}
        fcp_devices = tuple(fcp for table in own["fcp"] for fcp in _fcp_devices(table))
        return replace(
            self,
            system=_record(SystemFacts, "member.system", vars(self.system) | facts),
            smapi=replace(self.smapi, peer=member.peer or self.smapi.peer),
            network=replace(self.network, mac_prefix=member.mac_prefix or self.network.mac_prefix),
            vswitches=self.vswitches if member.vswitch is None else _records(VswitchSettings, "vswitch", own),
            fcp_devices=self.fcp_devices if member.fcp is None else fcp_devices,
            eqids=self.eqids if member.eqid is None else member.eqid,
        )


def load_config(path: Path | None = None) -> Config:
    """Return the built-in configuration with the tables of the TOML or YAML file ``path`` over it.

    Raises:
        ConfigError: the file is neither, or has an unknown table or key.
        OSError: the file cannot be read.
    """
    tables = tomllib.loads(resources.files(__package__).joinpath("default.toml").read_text("ascii"))
    if path is not None:
        try:
            own = _tables(path)
        except (ValueError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path}: {error}") from error
        for name, value in own.items():
            merged = isinstance(value, dict) and isinstance(tables.get(name), dict)
            tables[name] = tables[name] | value if merged else value
        if network := tables.get("san", {}).get("file"):
            tables |= _san_file(path.parent / network)
    config = _config(tables)
    for member in config.members:
        config.of_member(member)  # a mistake shows now, not when the member starts
    return config


def _tables(path: Path) -> dict[str, Any]:
    """Return the tables of a file: YAML by its ending, otherwise TOML.

    Raises:
        ValueError: it is not what its ending says.
    """
    text = path.read_text("utf-8")
    if path.suffix not in (".yaml", ".yml"):
        return tomllib.loads(text)
    try:
        import yaml
    except ImportError:
        raise ValueError("YAML needs PyYAML: pip install 'nova-zvm[simulator]'") from None
    try:
        tables = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error
    if not isinstance(tables, dict):
        raise ValueError("the top of the file is not a mapping")
    return tables


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
        iscsi_targets=_records(IscsiTargetSettings, "iscsi_target", tables),
        logon=tuple(tables["ipl"].get("logon", [])),
        directory=tables["directory"]["text"],
        eqids=tables.get("eqid", {}),
        **_cluster(tables),
    )


def _system_name(name: str) -> str:
    try:
        canonical = names.userid(name)
    except InvalidName as error:
        raise ConfigError(f"[[member]]: {error}") from error
    if name != canonical:
        raise ConfigError(f"[[member]]: the name {name} is written {canonical}")
    return name


def _cluster(tables: dict[str, Any]) -> dict[str, Any]:
    members = _records(MemberSettings, "member", tables)
    domains = _records(DomainSettings, "relocation_domain", tables)
    if "ssi" not in tables:
        if members or domains:
            raise ConfigError("[[member]] and [[relocation_domain]] need [ssi]")
        return {}
    known = {_system_name(member.name) for member in members}
    if not 1 <= len(members) <= _MOST_MEMBERS or len(known) != len(members):
        raise ConfigError(f"[ssi] needs 1 to {_MOST_MEMBERS} [[member]] tables of different names")
    for domain in domains:
        if unknown := set(domain.members) - known:
            raise ConfigError(f"[[relocation_domain]] {domain.name}: no member {', '.join(sorted(unknown))}")
    return {"ssi": _record(SsiSettings, "ssi", tables["ssi"]), "members": members, "domains": domains}


def _san_file(path: Path) -> dict[str, Any]:
    """Return the tables of a storage network that several systems share: ``lun``, ``iscsi_target``."""
    try:
        tables = _tables(path)
    except (ValueError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from error
    if unknown := set(tables) - {"lun", "iscsi_target"}:
        raise ConfigError(f"{path}: unknown tables: {', '.join(sorted(unknown))}")
    return {"lun": tables.get("lun", []), "iscsi_target": tables.get("iscsi_target", [])}


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
