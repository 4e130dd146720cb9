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
from typing import TYPE_CHECKING, Any, Protocol

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
from zvm.simulator.guest_network import GuestNetwork
from zvm.simulator.installed import Installed
from zvm.simulator.iscsi_targets import IscsiTargets
from zvm.simulator.network import Network
from zvm.simulator.notifier import Notifier
from zvm.simulator.offline import Offline
from zvm.simulator.operations import Operations
from zvm.simulator.san import San
from zvm.simulator.smapi_files import SmapiFiles
from zvm.simulator.spool import Spool
from zvm.simulator.storage_array import StorageArray
from zvm.simulator.store import Store
from zvm.simulator.switching import Switching
from zvm.simulator.system_config import FREE, SystemConfig
from zvm.simulator.trouble import Trouble
from zvm.simulator.virtual_devices import Dedicated
from zvm.simulator.virtual_machine import VirtualMachine

if TYPE_CHECKING:
    from zvm.simulator.ssi import Ssi


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
        leader: the first member of the cluster the system is in, whose directory, DASD and spool it shares.
    """

    def __init__(self, config: Config, state: Path, leader: System | None = None) -> None:
        state.mkdir(parents=True, exist_ok=True)
        self.config = config
        #: The cluster it is a member of, or None.
        self.ssi: Ssi | None = None
        self.store: Store = leader.store if leader else Store(state / "system.sqlite")
        self.calls = Calls()
        self.faults = Faults()
        self.trouble = Trouble()
        self.events = Events()
        self.ipl_time = time.time()
        self.dasd: Dasd = leader.dasd if leader else Dasd(state / "volumes")
        self.system_config: SystemConfig = leader.system_config if leader else SystemConfig(config.volumes)
        self.array: StorageArray = leader.array if leader else StorageArray(config.luns)
        self.offline = Offline()
        self.iscsi_targets: IscsiTargets = (
            leader.iscsi_targets if leader else IscsiTargets(self.array, config.iscsi_targets)
        )
        self.san = San(self, state / "san", self.array)
        self.edevs: Edevs = leader.edevs if leader else Edevs(self)
        self.extents: ExtentControl = leader.extents if leader else ExtentControl(self)
        self.directory: DirectoryManager = leader.directory if leader else DirectoryManager(self)
        self.network = Network(self)
        self.spool: Spool = leader.spool if leader else Spool(state / "spool")
        self.installed: Installed = leader.installed if leader else Installed()
        self.dasd.changed = self.installed.disk_changed
        self.dasd.copied = self.installed.disk_copied
        self.guests = Guests(self)
        self.guests.watchers.append(self.events.guest)
        self.switching = Switching(self)
        self.guest_network = GuestNetwork(self)
        self.cp = Cp(self)
        self.operations = Operations(config.smapi)
        self.smapi_files: SmapiFiles = leader.smapi_files if leader else SmapiFiles(config.smapi.authorized)
        if leader is None:
            self.events.directory_watchers.append(Notifier(self.smapi_files).directory)
        self._leads = leader is None
        self._components: dict[str, Component] = {
            "system": self,
            "network": self.network,
            "guests": self.guests,
            "operations": self.operations,
        }
        if self._leads:
            self._components = {
                "dasd": self.dasd,
                "array": self.array,
                "iscsi_targets": self.iscsi_targets,
                "edevs": self.edevs,
                "extents": self.extents,
                "directory": self.directory,
                "spool": self.spool,
                "installed": self.installed,
                "smapi_files": self.smapi_files,
                "system_config": self.system_config,
                **self._components,
            }
        kept = self.store.read()
        #: Whether there is no state of it yet; the cluster installs a member but the first.
        self.new = self._document("system") not in kept
        if not self.new:
            for name, component in self._components.items():
                component.load(kept.get(self._document(name), {}))
        elif self._leads:
            self.install()

    @property
    def name(self) -> str:
        """The system's identifier, as QUERY USERID says it."""
        return self.config.system.name

    def real_devices(self) -> set[str]:
        """Return the numbers of all real devices: volumes, OSAs, FCP devices."""
        volumes = {volume.rdev for volume in self.dasd.volumes.values() if volume.rdev}
        osas = {rdev for switch in self.network.vswitches.values() for rdev in switch.rdevs}
        return volumes | osas | {fcp.rdev for fcp in self.config.fcp_devices}

    def set_trouble(self, name: str, value: Any) -> None:
        """Put something out of order, or in order again; see ``Trouble.set``.

        Raises:
            ValueError: no such condition, or a value that makes no sense.
        """
        self.trouble.set(name, value)
        self._tell_switches()

    def end_trouble(self) -> None:
        """Put everything in order."""
        self.faults.clear()
        self.trouble.clear()
        self._tell_switches()

    def _tell_switches(self) -> None:
        for switch in self.network.vswitches.values():
            switch.lost = switch.name in self.trouble.down_switches

    def mounted(self, volser: str) -> bool:
        """Tell whether the minidisks on a volume can be linked."""
        return self.system_config.use(volser) != FREE and volser not in self.trouble.offline_volumes

    def dedicated_to(self, rdev: str) -> str:
        """Return the userid of the guest that has a real device for itself, or ""."""
        for machine in self.guests.logged_on():
            for device in machine.devices.values():
                if isinstance(device, Dedicated) and device.rdev == rdev:
                    return machine.userid
        return ""

    @property
    def members(self) -> list[System]:
        """All systems of the cluster, or only this one."""
        return self.ssi.members if self.ssi else [self]

    def everybody(self) -> list[VirtualMachine]:
        """Return all guests that are logged on to any member of the cluster; to look at, not to change."""
        return [machine for member in self.members for machine in member.guests.logged_on()]

    def elsewhere(self, userid: str) -> System | None:
        """Return the other member of the cluster that a user is logged on to.

        A user of an IDENTITY entry is another one on each member, hence nowhere else.
        """
        entry = self.directory.find(userid)
        if self.ssi is None or (entry and entry.kind == "IDENTITY"):
            return None
        others = (member for member in self.members if member is not self)
        return next((member for member in others if member.guests.is_on(userid)), None)

    def install(self) -> None:
        """Make a new system: volumes, pools, directory, switches; then IPL."""
        self.new = False
        if self._leads:
            self._install_shared()
        self.network.install(self.config.vswitches)
        self.ipl()

    def _install_shared(self) -> None:
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

    def ipl(self) -> None:
        """IPL the system: every guest is gone, volatile grants too; then the system's own userids log on."""
        self.halt()
        self.ipl_time = self.trouble.time()
        for userid in self.config.logon:
            self.guests.logon(userid, by="AUTOLOG1")
        self.commit()

    def halt(self) -> None:
        """Lose every guest, and what does not outlive an IPL."""
        for machine in list(self.guests.logged_on()):
            self.guests.drop(machine.userid)
        self.network.ipl()
        self.offline.clear()
        if self._leads:
            self.edevs.ipl()

    @property
    def down(self) -> bool:
        """Whether the system is a member of a cluster that has stopped."""
        return self.ssi is not None and not self.ssi.is_joined(self)

    def documents(self) -> dict[str, dict[str, Any]]:
        """Return what the store keeps of this system, by component."""
        return {self._document(name): component.dump() for name, component in self._components.items()}

    def commit(self) -> None:
        """Write what changed since the last time, in one transaction; with it that of the whole cluster."""
        self.store.write(self.ssi.documents() if self.ssi else self.documents())

    def _document(self, component: str) -> str:
        return component if self._leads else f"{component} {self.name}"

    @asynccontextmanager
    async def transaction(self, *, reads: bool = False) -> AsyncIterator[None]:
        """Keep what is done inside the block, whether it ends well or is refused half-way.

        :param reads: nothing is changed in it, so that nothing has to be looked through for changes.
        """
        try:
            yield
        finally:
            if not reads:
                self.commit()

    def close(self) -> None:
        """Write the state and close all files."""
        if self._leads:
            self.commit()
            self.store.close()
            self.dasd.close()
        self.san.close()

    def dump(self) -> dict[str, Any]:
        """Return the system's own document."""
        return {"ipl": {"time": self.ipl_time}, "offline": self.offline.dump()}

    def load(self, state: dict[str, Any]) -> None:
        """Take up what ``dump`` returned."""
        self.ipl_time = state["ipl"]["time"]
        self.offline.load(state.get("offline", {}))
