# SPDX-License-Identifier: Apache-2.0
"""The virtual networks of a system: who may connect where, and who is connected.

A guest is authorised for a switch by a GRANT, or by its own NICDEF for that switch when the system has
directory network authorization. Without either it is not coupled: it has a network card, but no network.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from zvm.directory import NicDef
from zvm.simulator.config import VswitchSettings
from zvm.simulator.vswitch import Adapter, Grant, Lan, Vswitch

if TYPE_CHECKING:
    from zvm.simulator.system import System

_LAST_MACID = 0xFFFFFF


class NetworkError(Exception):
    """CP refuses something about networks.

    ``kind`` is one of: adapter_exists, no_adapter, already_coupled, not_coupled, no_lan, lan_exists,
    not_authorized, wrong_type. ``number`` and ``text`` are CP's message.
    """

    def __init__(self, kind: str, number: int, text: str) -> None:
        super().__init__(text)
        self.kind = kind
        self.number = number
        self.text = text


class Network:
    """Switches, LANs and adapters of one system."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._settings = system.config.network
        self.vswitches: dict[str, Vswitch] = {}
        self.lans: dict[tuple[str, str], Lan] = {}
        self._adapters: dict[str, dict[str, Adapter]] = {}
        self._last_macid = 0
        self._dumped: dict[str, tuple[list[Any], list[dict[str, Any]]]] = {}

    # Switches and LANs

    def install(self, switches: Iterable[VswitchSettings]) -> None:
        """Define the switches of SYSTEM CONFIG."""
        for item in switches:
            self.create_vswitch(
                Vswitch(
                    item.name,
                    item.transport,
                    item.vlan_aware,
                    item.native_vlan if item.vlan_aware else 0,
                    item.native_vlan if item.vlan_aware else 0,
                    item.port_type,
                    item.based,
                    list(item.rdevs),
                    item.controller,
                )
            )

    def ipl(self) -> None:
        """Forget what does not outlive an IPL: adapters, volatile grants, switches and LANs."""
        self._adapters.clear()
        self.vswitches = {name: switch for name, switch in self.vswitches.items() if switch.persist}
        for switch in self.vswitches.values():
            switch.grants = dict(switch.configured)
        self.lans = {name: lan for name, lan in self.lans.items() if lan.persist}

    def create_vswitch(self, switch: Vswitch) -> None:
        """Define a switch.

        Raises:
            NetworkError: lan_exists.
        """
        if switch.name in self.vswitches:
            raise NetworkError("lan_exists", 2784, f"HCPSWS2784E VSWITCH SYSTEM {switch.name} already exists")
        switch.mac = switch.mac or self._next_mac()
        self.vswitches[switch.name] = switch

    def delete_vswitch(self, name: str) -> None:
        """Remove a switch; its adapters are uncoupled.

        Raises:
            NetworkError: no_lan.
        """
        self.vswitch(name)
        del self.vswitches[name]
        self._uncouple_all("SYSTEM", name)

    def create_lan(self, lan: Lan) -> None:
        """Define a guest LAN.

        Raises:
            NetworkError: lan_exists.
        """
        if (lan.owner, lan.name) in self.lans or (lan.owner == "SYSTEM" and lan.name in self.vswitches):
            raise NetworkError("lan_exists", 2784, f"HCPNDL2784E LAN {lan.owner} {lan.name} already exists")
        self.lans[lan.owner, lan.name] = lan

    def delete_lan(self, owner: str, name: str) -> None:
        """Remove a guest LAN; its adapters are uncoupled.

        Raises:
            NetworkError: no_lan.
        """
        if self.lans.pop((owner, name), None) is None:
            raise _no_lan(owner, name)
        self._uncouple_all(owner, name)

    def vswitch(self, name: str) -> Vswitch:
        """Return a switch.

        Raises:
            NetworkError: no_lan.
        """
        try:
            return self.vswitches[name]
        except KeyError:
            raise _no_lan("SYSTEM", name) from None

    def grant(self, name: str, grant: Grant) -> None:
        """Give a userid the right to connect to a switch; a second grant replaces the first.

        One that does not persist leaves what SYSTEM CONFIG grants: that is in force again after an IPL.

        Raises:
            NetworkError: no_lan.
        """
        switch = self.vswitch(name)
        switch.grants[grant.userid] = grant
        if grant.persist:
            switch.configured[grant.userid] = grant
        self._grants_changed(switch, grant.userid)

    def revoke(self, name: str, userid: str, *, persist: bool = False) -> bool:
        """Take the right away; adapters that had only it are uncoupled. Return whether there was a grant.

        :param persist: take it out of SYSTEM CONFIG too; else an IPL brings back what that grants.

        Raises:
            NetworkError: no_lan.
        """
        switch = self.vswitch(name)
        had = switch.grants.pop(userid, None) is not None
        if persist:
            had = switch.configured.pop(userid, None) is not None or had
        self._grants_changed(switch, userid)
        return had

    # Adapters

    def logon(self, userid: str, nics: Iterable[NicDef]) -> list[str]:
        """Make the adapters of a guest that logs on and couple them; return CP's messages for its console."""
        messages = []
        for nic in nics:
            try:
                adapter = self.define(userid, nic.vdev, nic.type or "QDIO", nic.devices or 3, nic.macid)
                adapter.defined = True
                messages.append(
                    f"NIC {adapter.vdev} is created; devices {adapter.vdev}-{adapter.last_vdev} defined"
                )
                if nic.lan_name:
                    owner = userid if nic.lan_owner == "*" else nic.lan_owner
                    messages.append(self.couple(userid, nic.vdev, owner, nic.lan_name))
            except NetworkError as error:
                messages.append(error.text)
        return messages

    def logoff(self, userid: str) -> None:
        """Remove all adapters of a guest."""
        self._adapters.pop(userid, None)

    def release(self, userid: str) -> list[Adapter]:
        """Let the adapters of a guest go that runs on elsewhere."""
        return list(self._adapters.pop(userid, {}).values())

    def adopt(self, userid: str, adapters: list[Adapter]) -> None:
        """Take up the adapters of a guest that ran elsewhere; couple them to the switches of the same names.

        Those that this system does not admit (``admits``) are left uncoupled.
        """
        self._adapters[userid] = {adapter.vdev: adapter for adapter in adapters}
        for adapter in adapters:
            name, coupled = adapter.lan_name, adapter.coupled
            self._disconnect(adapter)
            if coupled and self.admits(adapter, name):
                self.couple(userid, adapter.vdev, "SYSTEM", name)

    def define(
        self, userid: str, vdev: str, type: str = "QDIO", devices: int = 3, macid: str = ""
    ) -> Adapter:
        """Make an adapter (DEFINE NIC), not coupled to anything.

        Raises:
            NetworkError: adapter_exists.
        """
        mine = self._adapters.setdefault(userid, {})
        last = int(vdev, 16) + devices - 1
        for other in mine.values():
            if int(other.vdev, 16) <= last and int(vdev, 16) <= int(other.last_vdev, 16):
                raise NetworkError(
                    "adapter_exists", 91, f"HCPDEF091E NIC {vdev} not defined; device number already defined"
                )
        adapter = Adapter(userid, vdev, type, devices, self._mac(macid))
        mine[vdev] = adapter
        return adapter

    def destroy(self, userid: str, vdev: str) -> Adapter:
        """Remove an adapter (DETACH NIC).

        Raises:
            NetworkError: no_adapter.
        """
        adapter = self._existing(userid, vdev)
        del self._adapters[userid][vdev]
        return adapter

    def couple(self, userid: str, vdev: str, owner: str, name: str) -> str:
        """Connect an adapter to a switch (``owner`` SYSTEM) or LAN; return CP's message.

        Raises:
            NetworkError: no_adapter, no_lan, already_coupled, not_authorized, wrong_type.
        """
        adapter = self._existing(userid, vdev)
        if adapter.coupled:
            raise NetworkError(
                "already_coupled",
                6006,
                f"HCPCPL6006E NIC {vdev} is already connected to {adapter.lan_owner} {adapter.lan_name}",
            )
        switch = self.vswitches.get(name) if owner == "SYSTEM" else None
        if switch is None:
            lan = self.lans.get((owner, name))
            if lan is None:
                raise _no_lan(owner, name)
            if lan.type != adapter.type:
                raise NetworkError("wrong_type", 2789, f"HCPCPL2789E NIC {vdev} is not of the LAN's type")
            adapter.lan_owner, adapter.lan_name = owner, name
            return f"NIC {vdev} is connected to LAN {owner} {name}"
        if not self._authorised(adapter, name):
            raise NetworkError(
                "not_authorized", 6011, f"HCPNDF6011E You are not authorized to COUPLE to SYSTEM {name}"
            )
        adapter.lan_owner, adapter.lan_name = "SYSTEM", name
        adapter.vlans = self._vlans(adapter, switch)
        taken = {other.port for other in self.connected("SYSTEM", name) if other is not adapter}
        adapter.port = next(port for port in range(1, len(taken) + 2) if port not in taken)
        return f"NIC {vdev} is connected to VSWITCH SYSTEM {name}"

    def uncouple(self, userid: str, vdev: str) -> Adapter:
        """Disconnect an adapter.

        Raises:
            NetworkError: no_adapter, not_coupled.
        """
        adapter = self._existing(userid, vdev)
        if not adapter.coupled:
            raise NetworkError("not_coupled", 6013, f"HCPCPL6013E NIC {vdev} is not connected")
        self._disconnect(adapter)
        return adapter

    def adapters(self, userid: str) -> list[Adapter]:
        """Return the adapters of a guest, lowest device number first; none for one that is not logged on."""
        mine = self._adapters.get(userid, {})
        return [mine[vdev] for vdev in sorted(mine)]

    def adapter(self, userid: str, vdev: str) -> Adapter | None:
        """Return the adapter whose first device is ``vdev``, or None."""
        return self._adapters.get(userid, {}).get(vdev)

    def occupies(self, userid: str, vdev: str) -> bool:
        """Tell whether ``vdev`` is any of the device numbers of a guest's adapters."""
        at = int(vdev, 16)
        mine = self._adapters.get(userid, {}).values()
        return any(0 <= at - int(adapter.vdev, 16) < adapter.devices for adapter in mine)

    def connected(self, owner: str, name: str) -> list[Adapter]:
        """Return the adapters that are coupled to a switch or LAN, by userid and device number."""
        everybody = (adapter for mine in self._adapters.values() for adapter in mine.values())
        found = [item for item in everybody if (item.lan_owner, item.lan_name) == (owner, name)]
        return sorted(found, key=lambda adapter: (adapter.owner, adapter.vdev))

    def authorised_users(self, name: str) -> dict[str, Grant]:
        """Return who may connect to a switch: by grant, and by NICDEF of those who are connected."""
        users = dict(self.vswitch(name).grants)
        for adapter in self.connected("SYSTEM", name):
            users.setdefault(adapter.owner, Grant(adapter.owner, list(adapter.vlans)))
        return users

    def switch_of(self, adapter: Adapter) -> Vswitch | None:
        """Return the switch that an adapter is coupled to; None for a guest LAN, or for nothing."""
        return self.vswitches.get(adapter.lan_name) if adapter.port else None

    def port_type(self, adapter: Adapter, switch: Vswitch) -> str:
        """Return ACCESS or TRUNK: what its NICDEF says of an adapter's port, its grant, or the switch."""
        nic = self._nicdef(adapter, switch.name)
        grant = switch.grants.get(adapter.owner)
        return (nic.port_type if nic else "") or (grant.port_type if grant else "") or switch.port_type

    # State

    def dump(self) -> dict[str, Any]:
        """Return what the store keeps."""
        state: dict[str, Any] = {
            "vswitches": {name: switch.dump() for name, switch in self.vswitches.items()},
            "lans": [lan.dump() for lan in self.lans.values()],
            "mac": {"last": self._last_macid},
        }
        dumped: dict[str, tuple[list[Any], list[dict[str, Any]]]] = {}
        for userid, mine in self._adapters.items():
            # Thousands of guests have cards that do not change: the store is to see the same object again.
            signature = [(*vars(adapter).values(), *adapter.vlans) for adapter in mine.values()]
            known = self._dumped.get(userid)
            if known is None or known[0] != signature:
                known = (
                    signature,
                    [adapter.dump() | {"vlans": [*adapter.vlans]} for adapter in mine.values()],
                )
            dumped[userid] = known
            state[f"adapters {userid}"] = known[1]
        self._dumped = dumped
        return state

    def load(self, state: dict[str, Any]) -> None:
        """Take up what ``dump`` returned."""
        self.vswitches = {name: Vswitch.restore(kept) for name, kept in state["vswitches"].items()}
        self.lans = {(kept["owner"], kept["name"]): Lan.restore(kept) for kept in state["lans"]}
        self._last_macid = state["mac"]["last"]
        self._adapters = {
            key.removeprefix("adapters "): {kept["vdev"]: Adapter.restore(kept) for kept in mine}
            for key, mine in state.items()
            if key.startswith("adapters ")
        }

    # Inside

    def _existing(self, userid: str, vdev: str) -> Adapter:
        adapter = self.adapter(userid, vdev)
        if adapter is None:
            raise NetworkError("no_adapter", 40, f"HCPNDQ040E Device {vdev} does not exist")
        return adapter

    def _nicdef(self, adapter: Adapter, name: str) -> NicDef | None:
        """Return the NICDEF that connects an adapter to a switch, or None."""
        directory = self._system.directory
        known = directory.find(adapter.owner, online=True) is not None
        nic = directory.resolved(adapter.owner, online=True).nic(adapter.vdev) if known else None
        return nic if nic and (nic.lan_owner, nic.lan_name) == ("SYSTEM", name) else None

    def admits(self, adapter: Adapter, name: str) -> bool:
        """Tell whether a guest that comes with this adapter may couple it to a switch."""
        return name in self.vswitches and self._authorised(adapter, name)

    def _authorised(self, adapter: Adapter, name: str) -> bool:
        """Tell whether an adapter may couple: its NICDEF says so, or a GRANT for the VLANs of its NICDEF."""
        nic, switch = self._nicdef(adapter, name), self.vswitch(name)
        if nic and self._settings.directory_network_authorization:
            return True
        grant = switch.grants.get(adapter.owner)
        return grant is not None and set(self._vlans(adapter, switch)) <= set(_granted(grant, switch))

    def _vlans(self, adapter: Adapter, switch: Vswitch) -> list[int]:
        if not switch.vlan_aware:
            return []
        nic = self._nicdef(adapter, switch.name)
        if nic and nic.vlan:
            return sorted({vlan for item in nic.vlan for vlan in _range(item)})
        grant = switch.grants.get(adapter.owner)
        return _granted(grant, switch) if grant else [switch.vlan]

    def _grants_changed(self, switch: Vswitch, userid: str) -> None:
        """Give a user's adapters the VLANs that they may have now, uncouple those that may not any more."""
        for adapter in self.connected("SYSTEM", switch.name):
            if adapter.owner == userid:
                adapter.vlans = self._vlans(adapter, switch)
                if not self._authorised(adapter, switch.name):
                    self._disconnect(adapter)

    def _disconnect(self, adapter: Adapter) -> None:
        adapter.lan_owner, adapter.lan_name, adapter.vlans, adapter.port = "", "", [], 0

    def _uncouple_all(self, owner: str, name: str) -> None:
        for adapter in self.connected(owner, name):
            self._disconnect(adapter)

    def _used_macs(self) -> set[str]:
        macs = {adapter.mac for mine in self._adapters.values() for adapter in mine.values()}
        return macs | {switch.mac for switch in self.vswitches.values()}

    def _mac(self, macid: str) -> str:
        """Return the MAC address of a MACID if nobody has it yet, else one of the system's range."""
        mac = self._settings.user_prefix + macid
        return mac if macid and mac not in self._used_macs() else self._next_mac()

    def _next_mac(self) -> str:
        used = self._used_macs()
        while True:
            self._last_macid = self._last_macid % _LAST_MACID + 1
            mac = f"{self._settings.mac_prefix}{self._last_macid:06X}"
            if mac not in used:
                return mac


def _no_lan(owner: str, name: str) -> NetworkError:
    return NetworkError("no_lan", 2783, f"HCPCPL2783E LAN {owner} {name} does not exist")


def _granted(grant: Grant, switch: Vswitch) -> list[int]:
    return list(grant.vlans) or [switch.vlan]


def _range(text: str) -> range:
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)
