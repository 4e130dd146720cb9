# SPDX-License-Identifier: Apache-2.0
"""The iSCSI sessions of a light guest, the records they are made from, and the disks they bring.

Records are files, as open-iscsi keeps them: ``/etc/iscsi/ifaces/NAME`` for an initiator's name of its own,
``/etc/iscsi/nodes/TARGET/ADDRESS,PORT`` for a target. Those whose ``node.startup`` is automatic are logged in
at boot. The kernel goes by the size a disk had when it was found until the session is scanned again.

Source: open-iscsi, README and iscsiadm(8), with its exit codes.
"""

from __future__ import annotations

import ipaddress
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from zvm.simulator.scsi_disks import letters
from zvm.simulator.storage_array import Lun

if TYPE_CHECKING:
    from zvm.simulator.light_guest import Linux
    from zvm.simulator.system import System
    from zvm.simulator.virtual_machine import VirtualMachine

#: iscsiadm's exit codes.
LOGIN_FAILED, INVALID, TIMEOUT, SESSION_EXISTS, NO_OBJECTS, AUTH_FAILED = 5, 7, 8, 15, 21, 24
_ROOT = "/etc/iscsi"
#: Place of the first disk among all letters: sdaa. Those before are for Fibre Channel.
_FIRST = 26


class IscsiError(Exception):
    """iscsiadm refuses; ``code`` is its exit code."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True)
class IscsiDisk:
    """A LUN over a session: ``size`` in bytes is what the kernel knows, ``name`` the kernel's for it."""

    portal: str
    iqn: str
    number: int
    size: int
    name: str
    lun: Lun

    @property
    def by_path(self) -> str:
        """The link that udev makes."""
        return f"/dev/disk/by-path/ip-{self.portal}-iscsi-{self.iqn}-lun-{_udev(self.number)}"


class IscsiDisks:
    """The iSCSI side of one running guest; what it changes is kept with the guest's Linux."""

    def __init__(self, system: System, machine: VirtualMachine, linux: Linux) -> None:
        self._system = system
        self._machine = machine
        self._linux = linux
        self._state: dict[str, Any] = linux.storage

    # records

    def interface(self, name: str) -> dict[str, str] | None:
        """Return the record of an interface, or None."""
        return self._record(f"{_ROOT}/ifaces/{name}")

    def keep_interface(self, name: str, record: dict[str, str]) -> None:
        """Write the record of an interface."""
        self._write(f"{_ROOT}/ifaces/{name}", record)

    def node(self, iqn: str, portal: str) -> dict[str, str] | None:
        """Return the record of a target, or None."""
        return self._record(_node(iqn, portal))

    def keep_node(self, iqn: str, portal: str, record: dict[str, str]) -> None:
        """Write the record of a target."""
        self._write(_node(iqn, portal), record)

    def forget_node(self, iqn: str, portal: str) -> None:
        """Remove the record of a target.

        :raises IscsiError: there is none, or a session uses it.
        """
        if self._session(iqn, portal) is not None:
            raise IscsiError(SESSION_EXISTS, "a session is using it. Logout session then rerun command")
        if self._linux.files.pop(_node(iqn, portal), None) is None:
            raise IscsiError(NO_OBJECTS, "No records found")

    def nodes(self) -> list[tuple[str, str]]:
        """Return target and portal of each record."""
        found = []
        for path in self._linux.files:
            if path.startswith(f"{_ROOT}/nodes/"):
                iqn, _, portal = path.removeprefix(f"{_ROOT}/nodes/").partition("/")
                found.append((iqn, portal.replace(",", ":")))
        return found

    def _record(self, path: str) -> dict[str, str] | None:
        content = self._linux.read_file(path)
        if content is None:
            return None
        lines = (line.partition(" = ") for line in content.decode().splitlines() if not line.startswith("#"))
        return {name: value for name, _, value in lines}

    def _write(self, path: str, record: dict[str, str]) -> None:
        lines = ["# BEGIN RECORD 2.1.9", *(f"{name} = {value}" for name, value in record.items())]
        self._linux.write_file(path, "\n".join([*lines, "# END RECORD", ""]).encode())

    # sessions

    def sessions(self) -> list[dict[str, Any]]:
        """Return the sessions: ``iqn``, ``portal``, ``initiator``, ``found`` (LUN → size, place)."""
        found: list[dict[str, Any]] = self._state.get("iscsi", [])
        return found

    def _session(self, iqn: str, portal: str) -> dict[str, Any] | None:
        wanted = {"iqn": iqn, "portal": portal}
        return next((item for item in self.sessions() if item.items() >= wanted.items()), None)

    def login(self, iqn: str, portal: str) -> None:
        """Log in by the record of a target.

        :raises IscsiError: there is no record, nobody answers, or the target does not let the guest in.
        """
        record = self.node(iqn, portal)
        if record is None:
            raise IscsiError(NO_OBJECTS, "No records found")
        if self._session(iqn, portal) is not None:
            raise IscsiError(SESSION_EXISTS, "session exists")
        if portal not in self._system.iscsi_targets.portals() or not self._reaches(portal):
            raise IscsiError(TIMEOUT, "iSCSI login failed due to timeout")
        target = self._system.iscsi_targets.find(portal, iqn)
        if target is None:
            raise IscsiError(LOGIN_FAILED, "login failed: target not found (02/03)")
        chap = record.get("node.session.auth.authmethod") == "CHAP"
        given = [record.get(f"node.session.auth.{name}", "") for name in ("username", "password")]
        if target.user and (not chap or given != [target.user, target.password]):
            raise IscsiError(AUTH_FAILED, "login authorization failure (02/01)")
        interface = self.interface(record.get("iface.iscsi_ifacename", "")) or {}
        initiator = interface.get("iface.initiatorname") or f"iqn.1994-05.com.example:{self._machine.userid}"
        session: dict[str, Any] = {"iqn": iqn, "portal": portal, "initiator": initiator, "found": {}}
        self._linux.keep("iscsi", [*self.sessions(), session])
        self.scan(iqn, portal)

    def logout(self, iqn: str, portal: str) -> None:
        """End a session; its disks go.

        :raises IscsiError: there is none.
        """
        session = self._session(iqn, portal)
        if session is None:
            raise IscsiError(NO_OBJECTS, "No matching sessions found")
        self._linux.keep("iscsi", [item for item in self.sessions() if item is not session])

    def scan(self, iqn: str, portal: str) -> None:
        """Find new LUNs, and the size of the known ones anew.

        :raises IscsiError: there is no session.
        """
        session = self._session(iqn, portal)
        if session is None:
            raise IscsiError(NO_OBJECTS, "No session found")
        luns = self._system.iscsi_targets.luns(iqn, session["initiator"])
        taken = {place for item in self.sessions() for _, place in item["found"].values()}
        free = (place for place in itertools.count(_FIRST) if place not in taken)
        known = session["found"]
        session["found"] = {
            str(number): [lun.size, known[str(number)][1] if str(number) in known else next(free)]
            for number, lun in sorted(luns.items())
        }

    def disks(self) -> Iterator[IscsiDisk]:
        """Yield the disks whose target still shows them."""
        for session in self.sessions():
            luns = self._system.iscsi_targets.luns(session["iqn"], session["initiator"])
            for number, (size, place) in session["found"].items():
                if lun := luns.get(int(number)):
                    yield IscsiDisk(session["portal"], session["iqn"], int(number), size, _name(place), lun)

    def delete(self, name: str) -> None:
        """Take one disk away, if it is there; the session stays."""
        for session in self.sessions():
            session["found"] = {
                number: known for number, known in session["found"].items() if _name(known[1]) != name
            }

    def boot(self) -> None:
        """Begin anew: log in to the targets whose records say so."""
        self._state.pop("iscsi", None)
        for iqn, portal in self.nodes():
            if (self.node(iqn, portal) or {}).get("node.startup") == "automatic":
                try:
                    self.login(iqn, portal)
                except IscsiError:
                    continue

    def _reaches(self, portal: str) -> bool:
        """Return whether the guest's network leads to a portal: a subnet of its own, or a gateway."""
        address = ipaddress.ip_address(portal.rpartition(":")[0])
        adapters = self._system.network.adapters(self._machine.userid)
        for interface in self._linux.interfaces(adapters):
            if interface.gateways or any(
                address in ipaddress.ip_interface(item).network for item in interface.addresses
            ):
                return True
        return False


def _node(iqn: str, portal: str) -> str:
    address, _, port = portal.rpartition(":")
    return f"{_ROOT}/nodes/{iqn}/{address},{port}"


def _name(place: int) -> str:
    return f"sd{letters(place)}"


def _udev(number: int) -> str:
    """Return a LUN as udev's links have it. Source: systemd, udev-builtin-path_id.c."""
    if number < 1 << 8:
        return str(number)
    return f"0x{number & 0xFFFF:04x}{number >> 16 & 0xFFFF:04x}00000000"
