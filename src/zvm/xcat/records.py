# SPDX-License-Identifier: Apache-2.0
"""What ``/zvm/v1`` answers, as records with types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Record:
    """A JSON object with known keys; others are ignored, so that a newer node can tell more."""

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Self:
        """Return the record in the decoded JSON ``document``."""
        names = {item.name for item in fields(cls)}
        return cls(**{key: value for key, value in document.items() if key in names})


@dataclass(frozen=True, slots=True)
class Image(Record):
    """A disk image on the node: ``bytes`` of plain block content, ``state`` complete or importing."""

    name: str
    bytes: int = 0
    sha256: str = ""
    format: str = ""
    state: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Minidisk(Record):
    """A minidisk of a guest: ``size`` in ``unit`` (cylinders or blocks) from ``start`` on ``volume``."""

    vdev: str
    volume: str = ""
    start: int | None = None
    size: int | None = None
    unit: str = ""
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class Nic(Record):
    """A network card: ``coupled`` says whether its guest is logged on and connected to ``vswitch``;
    ``trunk`` are the VLANs whose tagged frames it takes, none for a card that is no trunk port.
    """

    vdev: str
    node: str = ""
    userid: str = ""
    uuid: str = ""
    port: str = ""
    mac: str = ""
    vswitch: str = ""
    vlan: int | None = None
    trunk: list[int] = field(default_factory=list)
    coupled: bool = False


@dataclass(frozen=True, slots=True)
class Guest(Record):
    """A guest: ``state`` is running, paused, crashed, off or unknown (its zHCP does not answer).

    ``adopted``: it was there before it became its instance's.
    """

    node: str
    userid: str
    uuid: str = ""
    state: str = "unknown"
    host: str = ""
    adopted: bool = False


@dataclass(frozen=True, slots=True)
class GuestDetail(Guest):
    """A guest with all that the directory and the guest itself say.

    ``reachable`` means that the agent inside answers; ``console_tail`` is the end of the console's log;
    ``ipl`` is the device or saved system that its next logon starts; ``resized`` how it was resized when that
    is neither confirmed nor reverted: off or live, "": it was not.
    """

    reachable: bool = False
    console_tail: str = ""
    ipl: str = ""
    resized: str = ""
    minidisks: list[Minidisk] = field(default_factory=list)
    nics: list[Nic] = field(default_factory=list)

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Self:
        """Return the guest in the decoded JSON ``document``, its parts typed."""
        names = {item.name for item in fields(cls)}
        known = {key: value for key, value in document.items() if key in names}
        known["minidisks"] = [Minidisk.read(item) for item in document.get("minidisks") or ()]
        known["nics"] = [Nic.read(item) for item in document.get("nics") or ()]
        return cls(**known)


@dataclass(frozen=True, slots=True)
class NicCounters(Record):
    """What has passed the network card ``vdev``."""

    vdev: str
    rx_octets: int = 0
    rx_packets: int = 0
    rx_drop: int = 0
    rx_errors: int = 0
    tx_octets: int = 0
    tx_packets: int = 0
    tx_drop: int = 0
    tx_errors: int = 0


@dataclass(frozen=True, slots=True)
class Performance(Record):
    """What a guest has used since it was logged on; ``io_requests`` counts those of all its devices."""

    cpus: int = 0
    cpu_microseconds: int = 0
    elapsed_microseconds: int = 0
    memory_kilobytes: int = 0
    used_memory_kilobytes: int = 0
    io_requests: int = 0
    nics: list[NicCounters] = field(default_factory=list)

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Self:
        """Return the figures in the decoded JSON ``document``, its parts typed."""
        names = {item.name for item in fields(cls)}
        known = {key: value for key, value in document.items() if key in names}
        known["nics"] = [NicCounters.read(item) for item in document.get("nics") or ()]
        return cls(**known)


@dataclass(frozen=True, slots=True)
class Load(Record):
    """How busy a z/VM system is: ``busy_percent`` of all its ``cpus``, as CP smooths it."""

    host: str
    cpus: int = 0
    busy_percent: int = 0
    paging_per_second: int = 0


@dataclass(frozen=True, slots=True)
class Pool(Record):
    """A disk pool of a z/VM system.

    ``guests_bytes`` of the ``used_bytes`` are the disks of the system's own instances; None: not known.
    """

    name: str
    host: str = ""
    total_bytes: int = 0
    used_bytes: int = 0
    free_bytes: int = 0
    largest_free_bytes: int = 0
    device_type: str = ""
    guests_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Relocation(Record):
    """Where a guest is, and its relocation between the z/VM systems of a cluster.

    ``host`` looks after it now; ``state`` is moving, idle, or unknown (on a member that cannot be asked);
    ``where`` is on, off or elsewhere. Of one that moves ``source`` and ``destination`` are members' names,
    and ``status`` says it in CP's words (``Moving Memory, Pass 2``, ``Quiescing``).
    """

    node: str
    userid: str = ""
    host: str = ""
    state: str = "unknown"
    where: str = ""
    source: str = ""
    destination: str = ""
    since: str = ""
    status: str = ""


@dataclass(frozen=True, slots=True)
class Volume(Record):
    """A volume or snapshot: minidisk ``vdev`` of ``userid``; ``state`` is complete or copying."""

    uuid: str
    host: str = ""
    userid: str = ""
    vdev: str = ""
    pool: str = ""
    bytes: int = 0
    snapshot_of: str = ""
    state: str = ""
    attachments: list[dict[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Leftover(Record):
    """What belongs to no node or guest: ``kind`` is userid, node, minidisk, grant or transport."""

    kind: str
    name: str
    host: str = ""
    what: str = ""
    next_step: str = ""
    uuid: str = ""


@dataclass(frozen=True, slots=True)
class Task(Record):
    """A long command: ``state`` running or finished; progress in percent and bytes; what it does now."""

    id: str
    requestid: str = ""
    command: str = ""
    node: str = ""
    state: str = ""
    percent: int = 0
    bytes: int = 0
    step: str = ""
    answer: Any = None


@dataclass(frozen=True, slots=True)
class Fcp(Record):
    """An FCP device of a guest: number there and in the system, port and node name, channel path."""

    vdev: str
    rdev: str
    wwpn: str
    wwnn: str
    chpid: str


@dataclass(frozen=True, slots=True)
class FcpDevice(Record):
    """An FCP device of a z/VM system.

    :ivar status: active, free or offline, as CP says.
    :ivar owner: userid that CP has given it to, or "".
    :ivar reserved: userid that the directory dedicates it to, or "".
    """

    rdev: str
    wwpn: str
    permanent_wwpn: str = ""
    chpid: str = ""
    status: str = ""
    owner: str = ""
    reserved: str = ""
    host: str = ""


@dataclass(frozen=True, slots=True)
class Dasd(Record):
    """A real DASD of a guest: its number there and in the system; in a list of all also whose it is."""

    vdev: str
    rdev: str
    userid: str = ""
    host: str = ""


@dataclass(frozen=True, slots=True)
class Lun(Record):
    """A LUN in a guest: its lasting name, WWID, size and working paths; nothing while the guest is off."""

    device: str = ""
    wwid: str = ""
    bytes: int = 0
    paths: int = 0
