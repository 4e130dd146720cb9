# SPDX-License-Identifier: Apache-2.0
"""A virtual machine: what CP keeps about a guest from logon to logoff."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from zvm.simulator.console import Console
from zvm.simulator.terminal import Terminal
from zvm.simulator.virtual_devices import Disk, UnitRecord, VirtualDevice, restore

_UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


class State(StrEnum):
    """What a logged-on virtual machine does. CP_READ: nothing was IPLed, or the IPL failed."""

    RUNNING = "running"
    STOPPED = "stopped"
    CP_READ = "cp read"
    DISABLED_WAIT = "disabled wait"
    LOGGING_OFF = "logging off"


@dataclass
class Pending:
    """What time will bring: ``what`` (boot, shutdown, timeout, reboot, logoff) at ``due`` (epoch seconds)."""

    what: str
    due: float


@dataclass
class VirtualMachine:
    """One logged-on guest. Storage is in bytes; ``booted`` tells that its Linux is up.

    ``core_storage`` is what its program was started with; what of the rest is online was standby storage.
    ``max_cpus`` is how many its directory entry allowed at logon, 0: as many as there can be.
    Of ``cpus`` its Linux does not use those in ``offline_cpus``, and has not found those in ``new_cpus``.

    In a cluster ``relocatable`` tells whether it may be moved, and ``domain`` within which members ("": all).
    """

    userid: str
    privclasses: str
    storage: int
    max_storage: int
    cpus: list[str]
    logon_time: float
    by: str = ""
    state: State = State.CP_READ
    devices: dict[str, VirtualDevice] = field(default_factory=dict)
    console: Console = field(default_factory=Console)
    ipl_device: str = ""
    linux_key: str = ""
    booted: bool = False
    pending: Pending | None = None
    standby: int = 0
    core_storage: int = 0
    max_cpus: int = 0
    offline_cpus: list[str] = field(default_factory=list)
    new_cpus: list[str] = field(default_factory=list)
    observer: str = ""
    secuser: str = ""
    relocatable: bool = True
    domain: str = ""
    share: str = ""
    #: Who is logged on at its Linux's terminal is forgotten when the simulator ends.
    terminal: Terminal | None = None

    def start_anew(self) -> None:
        """Let the program that is IPLed have all CPUs and all storage that is online."""
        self.core_storage = self.storage
        self.offline_cpus, self.new_cpus = [], []

    def define_cpus(self, addresses: list[str]) -> None:
        """Add CPUs; a Linux that runs does not look for them by itself."""
        self.cpus = sorted([*self.cpus, *addresses])
        self.new_cpus = sorted([*self.new_cpus, *addresses])

    @property
    def seen_cpus(self) -> list[str]:
        """The CPUs that its Linux has found: the number of each is its place among them."""
        return [address for address in self.cpus if address not in self.new_cpus]

    @property
    def online_cpus(self) -> list[str]:
        """The CPUs that its Linux uses."""
        return [address for address in self.seen_cpus if address not in self.offline_cpus]

    def detach_cpu(self, address: str) -> None:
        """Take a CPU away."""
        for known in (self.cpus, self.offline_cpus, self.new_cpus):
            if address in known:
                known.remove(address)

    @property
    def disks(self) -> list[Disk]:
        """The linked minidisks and the real DASD that it has for itself, lowest device number first."""
        found = (disk for device in self.devices.values() if (disk := device.disk))
        return sorted(found, key=lambda disk: disk.vdev)

    def unit_record(self, queue: str) -> UnitRecord | None:
        """Return the first spooling device for RDR, PUN or PRT."""
        found = [device for device in self.devices.values() if isinstance(device, UnitRecord)]
        return next((device for device in found if device.queue == queue), None)

    @property
    def cpu_seconds(self) -> float:
        """CPU time used since logon: a light guest uses one percent of its CPUs."""
        return (time.time() - self.logon_time) * 0.01 * len(self.cpus)

    def dump(self) -> dict[str, Any]:
        """Return what the store keeps."""
        return {
            **{name: getattr(self, name) for name in _PLAIN},
            "state": self.state.value,
            "devices": [device.dump() for device in self.devices.values()],
            "console": self.console.dump(),
            "pending": [self.pending.what, self.pending.due] if self.pending else None,
        }

    @classmethod
    def restore(cls, state: dict[str, Any]) -> VirtualMachine:
        """Return the machine that ``dump`` described."""
        devices = [restore(kept) for kept in state["devices"]]
        return cls(
            **{name: state[name] for name in _PLAIN if name in state},
            state=State(state["state"]),
            devices={device.vdev: device for device in devices},
            console=Console.restore(state["console"]),
            pending=Pending(*state["pending"]) if state["pending"] else None,
        )


_PLAIN = (
    "userid", "privclasses", "storage", "max_storage", "cpus", "logon_time", "by", "ipl_device", "linux_key",
    "booted", "standby", "core_storage", "max_cpus", "offline_cpus", "new_cpus",
    "observer", "secuser", "relocatable", "domain", "share",
)  # fmt: skip


def parse_storage(text: str) -> int:
    """Return the bytes of a storage size as the directory writes it: ``2G``, ``512M``, a bare number."""
    match = re.fullmatch(r"(\d+)([KMGT]?)", text.upper())
    if not match:
        raise ValueError(f"{text!r} is no storage size")
    return int(match[1]) * _UNITS.get(match[2], 1)


def format_storage(size: int) -> str:
    """Return a storage size as CP writes it: the largest unit that leaves no rest."""
    for unit, factor in reversed(_UNITS.items()):
        if size and size % factor == 0:
            return f"{size // factor}{unit}"
    return str(size)
