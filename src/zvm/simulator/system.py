# SPDX-License-Identifier: Apache-2.0
"""A z/VM system: its components, and the moment at which their state is kept.

Components are plain objects; what changes them is synchronous and quick. Whoever changes anything does so
inside ``async with system.transaction():``, at whose end the changed documents are written in one SQLite
transaction. A restart of the simulator is no IPL: guests stay logged on.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

from zvm.simulator.calls import Calls
from zvm.simulator.config import Config
from zvm.simulator.cp import Cp
from zvm.simulator.dasd import Dasd
from zvm.simulator.directory_manager import DirectoryManager
from zvm.simulator.edev import Edevs
from zvm.simulator.events import Events
from zvm.simulator.extent_control import ExtentControl
from zvm.simulator.faults import Faults
from zvm.simulator.guest import Guests
from zvm.simulator.network import Network
from zvm.simulator.operations import Operations
from zvm.simulator.san import San
from zvm.simulator.spool import Spool
from zvm.simulator.store import Store
from zvm.simulator.virtual_devices import Dedicated


class Component(Protocol):
    """A part of the system that keeps state: documents by key, of what JSON can hold.

    ``dump`` makes its documents anew; it may return the same object again only when nothing in it changed.
    """

    def dump(self) -> dict[str, Any]: ...

    def load(self, state: dict[str, Any]) -> None: ...


class System:
    """One z/VM system.

    Parameters:
        config: what it is made of when there is no state yet.
        state: the folder for the store and the volumes; made when absent.
    """

    def __init__(self, config: Config, state: Path) -> None:
        state.mkdir(parents=True, exist_ok=True)
        self.config = config
        self.store = Store(state / "system.sqlite")
        self.calls = Calls()
        self.faults = Faults()
        self.events = Events()
        self.ipl_time = time.time()
        self.dasd = Dasd(state / "volumes")
        self.san = San(self, state / "san")
        self.edevs = Edevs(self)
        self.extents = ExtentControl(self)
        self.directory = DirectoryManager(self)
        self.network = Network(self)
        self.spool = Spool(state / "spool")
        self.guests = Guests(self)
        self.guests.watchers.append(self.events.guest)
        self.cp = Cp(self)
        self.operations = Operations(config.smapi)
        self._components: dict[str, Component] = {
            "system": self,
            "dasd": self.dasd,
            "edevs": self.edevs,
            "extents": self.extents,
            "directory": self.directory,
            "network": self.network,
            "spool": self.spool,
            "guests": self.guests,
            "operations": self.operations,
        }
        if kept := self.store.read():
            for name, component in self._components.items():
                component.load(kept.get(name, {}))
        else:
            self._install()

    @property
    def name(self) -> str:
        """The system's identifier, as QUERY USERID says it."""
        return self.config.system.name

    def real_devices(self) -> set[str]:
        """Return the numbers of all real devices: volumes, OSAs, FCP devices."""
        volumes = {volume.rdev for volume in self.dasd.volumes.values() if volume.rdev}
        osas = {rdev for switch in self.network.vswitches.values() for rdev in switch.rdevs}
        return volumes | osas | {fcp.rdev for fcp in self.config.fcp_devices}

    def dedicated_to(self, rdev: str) -> str:
        """Return the userid of the guest that has a real device for itself, or ""."""
        for machine in self.guests.logged_on():
            for device in machine.devices.values():
                if isinstance(device, Dedicated) and device.rdev == rdev:
                    return machine.userid
        return ""

    def _install(self) -> None:
        """Make a new system: volumes, pools, directory, switches; then IPL."""
        for volume in self.config.volumes:
            self.dasd.add_volume(
                volume.volser,
                volume.devtype,
                cylinders=volume.cylinders,
                blocks=volume.blocks,
                rdev=volume.rdev,
            )
        self.extents.install(self.config.regions, self.config.pools)
        self.directory.install(self.config.directory)
        self.network.install(self.config.vswitches)
        self.ipl()

    def ipl(self) -> None:
        """IPL the system: every guest is gone, volatile grants too; then the system's own userids log on."""
        for machine in list(self.guests.logged_on()):
            self.guests.drop(machine.userid)
        self.network.ipl()
        self.edevs.ipl()
        self.ipl_time = time.time()
        for userid in self.config.logon:
            self.guests.logon(userid, by="AUTOLOG1")
        self.commit()

    def commit(self) -> None:
        """Write what changed since the last time, in one transaction."""
        self.store.write({name: component.dump() for name, component in self._components.items()})

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        """Keep what is done inside the block, whether it ends well or is refused half-way."""
        try:
            yield
        finally:
            self.commit()

    def close(self) -> None:
        """Write the state and close all files."""
        self.commit()
        self.store.close()
        self.dasd.close()
        self.san.close()

    def dump(self) -> dict[str, Any]:
        """Return the system's own document."""
        return {"ipl": {"time": self.ipl_time}}

    def load(self, state: dict[str, Any]) -> None:
        """Take up what ``dump`` returned."""
        self.ipl_time = state["ipl"]["time"]
