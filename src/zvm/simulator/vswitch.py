# SPDX-License-Identifier: Apache-2.0
"""What a virtual network is made of: virtual switches, guest LANs, grants, adapters, and what they count."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self


@dataclass
class Record:
    """Something the store keeps field by field."""

    def dump(self) -> dict[str, Any]:
        """Return what the store keeps."""
        return dict(vars(self))

    @classmethod
    def restore(cls, state: dict[str, Any]) -> Self:
        """Return the record that ``dump`` described."""
        return cls(**state)


@dataclass(eq=False)
class Flow:
    """What went one way: frames, their octets, and frames that were discarded, each by VLAN."""

    frames: Counter[int] = field(default_factory=Counter)
    octets: Counter[int] = field(default_factory=Counter)
    discarded: Counter[int] = field(default_factory=Counter)

    def count(self, vlan: int, octets: int) -> None:
        """Count a frame that went."""
        self.frames[vlan] += 1
        self.octets[vlan] += octets

    def discard(self, vlan: int) -> None:
        """Count a frame that was to go and was discarded."""
        self.discarded[vlan] += 1


@dataclass(eq=False)
class Traffic:
    """What a card or an uplink has carried since it was made or the simulator was started; not kept."""

    received: Flow = field(default_factory=Flow)
    sent: Flow = field(default_factory=Flow)


@dataclass
class Grant(Record):
    """A userid's right to connect to a switch. ``vlans`` may be empty: the switch's own default.

    ``persist``: SYSTEM CONFIG has it too.
    """

    userid: str
    vlans: list[int] = field(default_factory=list)
    port_type: str = "ACCESS"
    promiscuous: bool = False
    osd_sim: bool = False
    persist: bool = False


@dataclass
class Vswitch(Record):
    """A virtual switch. ``vlan`` is the default VLAN of its ports, 0 for a switch that knows no VLANs.

    ``persist`` tells whether SYSTEM CONFIG defines it, so that it outlives an IPL; ``lost`` that its uplink
    is down on purpose, which is not kept. ``grants`` are in force; ``configured`` are those of SYSTEM CONFIG,
    which are in force again after an IPL whatever was granted and revoked in between.
    """

    name: str
    transport: str = "ETHERNET"
    vlan_aware: bool = False
    vlan: int = 0
    native_vlan: int = 0
    port_type: str = "ACCESS"
    based: str = "USERBASED"
    rdevs: list[str] = field(default_factory=list)
    controller: str = "*"
    portname: str = ""
    connected: bool = True
    queue: int = 8
    router: str = "NONROUTER"
    gvrp: bool = False
    ip_timeout: int = 5
    isolation: bool = False
    mac_protect: str = "UNSPECIFIED"
    counters: bool = False
    mac: str = ""
    persist: bool = True
    grants: dict[str, Grant] = field(default_factory=dict)
    configured: dict[str, Grant] = field(default_factory=dict)
    lost: bool = False
    uplink: Traffic = field(default_factory=Traffic)

    owner: ClassVar[str] = "SYSTEM"

    def dump(self) -> dict[str, Any]:
        kept = {name: value for name, value in vars(self).items() if name not in ("lost", "uplink")}
        for which in ("grants", "configured"):
            kept[which] = {userid: grant.dump() for userid, grant in kept[which].items()}
        return kept

    @classmethod
    def restore(cls, state: dict[str, Any]) -> Self:
        grants = {userid: Grant(**grant) for userid, grant in state["grants"].items()}
        # A state of before this was told apart has it in the grants alone.
        configured = {userid: grant for userid, grant in grants.items() if grant.persist}
        configured |= {userid: Grant(**grant) for userid, grant in state.get("configured", {}).items()}
        return cls(**{**state, "grants": grants, "configured": configured})

    @property
    def ready(self) -> bool:
        """Whether an OSA carries it to the outside."""
        return bool(self.rdevs) and self.connected and not self.lost


@dataclass
class Lan(Record):
    """A guest LAN; ``transport`` is IP or ETHERNET, ``type`` QDIO or HIPERS."""

    name: str
    owner: str
    type: str = "QDIO"
    transport: str = "IP"
    persist: bool = False
    restricted: bool = False


@dataclass
class Adapter(Record):
    """A virtual network card of a guest that is logged on.

    ``mac`` is twelve hexadecimal digits. ``lan_owner`` and ``lan_name`` name what it is coupled to, and are
    empty when it is not coupled. ``defined`` tells that a NICDEF made it, not DEFINE NIC.
    """

    owner: str
    vdev: str
    type: str
    devices: int
    mac: str
    lan_owner: str = ""
    lan_name: str = ""
    vlans: list[int] = field(default_factory=list)
    port: int = 0
    defined: bool = False
    traffic: Traffic = field(default_factory=Traffic)

    def dump(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "traffic"}

    @property
    def coupled(self) -> bool:
        """Whether it is connected to a switch or LAN."""
        return bool(self.lan_name)

    @property
    def last_vdev(self) -> str:
        """The last of its device numbers."""
        return f"{int(self.vdev, 16) + self.devices - 1:04X}"
