# SPDX-License-Identifier: Apache-2.0
"""A light guest: what a Linux with cloud-init and a guest agent shows of itself, without running one.

What it has become (name, addresses, files, passwords) belongs to the disk it was booted from, and stays
across logoff and logon until something else is written to that disk.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from zvm.simulator import data_disks
from zvm.simulator.config_drive import ConfigDrive, ConfigDriveError, from_disk, from_tgz
from zvm.simulator.cp_error import message
from zvm.simulator.dasd import Dasd
from zvm.simulator.spool import SpoolFile
from zvm.simulator.virtual_devices import Disk
from zvm.simulator.vswitch import Adapter

KERNEL = "6.8.0-zvm"
#: What CP and the machine loader show before a SCSI disk is read.
MACHINE_LOADER = (
    message("LDI", 2816, "Acquiring the machine loader from the processor controller.", "I"),
    message("LDI", 2817, "Load completed from the processor controller.", "I"),
    message("LDI", 2817, "Now starting the machine loader.", "I"),
    "MLOEVL012I: Machine loader up and running.",
)
#: Where cloud-init keeps what it was told, without what is secret.
_INSTANCE_DATA, _SENSITIVE = "/run/cloud-init/instance-data.json", ("admin_pass", "random_seed")
#: Boot command that lets the root file system take up its disk.
_GROW_ROOT = "zvm-grow-root"
_TRANSPORT = "/var/opt/xcat/transport"


@dataclass
class Interface:
    """A network interface. ``addresses`` are ``ip/prefix``; ``carrier`` tells whether the card is coupled."""

    name: str
    mac: str
    carrier: bool
    addresses: list[str] = field(default_factory=list)
    gateways: list[str] = field(default_factory=list)


@dataclass
class Linux:
    """One installed Linux. Passwords are kept as SHA-256 digests, file contents in base64.

    ``links`` are the interfaces last seen, name → MAC address; ``root_bytes`` is the size of the root file
    system once it has grown, 0: as in the image.
    """

    instance_id: str = ""
    hostname: str = "localhost"
    configured: dict[str, list[str]] = field(default_factory=dict)
    gateways: dict[str, list[str]] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    root_bytes: int = 0
    files: dict[str, str] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict, repr=False)
    frozen: bool = False
    boot_commands: list[str] = field(default_factory=list)
    mounts: dict[str, str] = field(default_factory=dict)
    #: MAC addresses of the cards that ask by DHCP at every start.
    dhcp: list[str] = field(default_factory=list)
    #: What it serves on its network, see :class:`zvm.simulator.guest_network.GuestNetwork`.
    services: dict[str, Any] = field(default_factory=dict)
    #: FCP devices, LUNs and what is on them, see :class:`zvm.simulator.scsi_disks.ScsiDisks`.
    storage: dict[str, Any] = field(default_factory=dict)

    def interfaces(self, adapters: Iterable[Adapter]) -> list[Interface]:
        """Return the interfaces over these network cards: those that are not coupled have no addresses."""
        found = []
        for adapter in adapters:
            mac = colons(adapter.mac)
            addresses = list(self.configured.get(mac, [])) if adapter.coupled else []
            gateways = list(self.gateways.get(mac, [])) if addresses else []
            name = f"enc{adapter.vdev.lstrip('0') or '0'}".lower()
            found.append(Interface(name, mac, adapter.coupled, addresses, gateways))
        self.links = {interface.name: interface.mac for interface in found}
        return found

    def apply(self, drive: ConfigDrive) -> bool:
        """Take over a config drive, as cloud-init does once for each instance id; return whether it did."""
        if drive.instance_id == self.instance_id:
            return False
        self.instance_id, self.hostname = drive.instance_id, drive.hostname.partition(".")[0]
        self.configured, self.gateways = {}, {}
        self.boot_commands, self.dhcp = list(drive.boot_commands), list(drive.dhcp)
        for address in drive.addresses:
            self.configured.setdefault(address.mac, []).append(f"{address.ip}/{address.prefix}")
            if address.gateway:
                self.gateways.setdefault(address.mac, []).append(address.gateway)
        for path, content in drive.files.items():
            self.write_file(path, content)
        public = {key: value for key, value in drive.metadata.items() if key not in _SENSITIVE}
        self.write_file(_INSTANCE_DATA, json.dumps({"ds": {"meta_data": public}}).encode())
        if drive.ssh_keys:
            keys = "".join(f"{key.strip()}\n" for key in drive.ssh_keys)
            self.write_file("/root/.ssh/authorized_keys", keys.encode())
        if drive.admin_password:
            self.set_password("root", drive.admin_password)
        return True

    def write_file(self, path: str, content: bytes) -> None:
        """Make or replace a file."""
        self.files[path] = base64.b64encode(content).decode("ascii")

    def read_file(self, path: str) -> bytes | None:
        """Return the contents of a file, or None."""
        if path == "/etc/hostname":
            return f"{self.hostname}\n".encode()
        content = self.files.get(path)
        return None if content is None else base64.b64decode(content)

    def keep(self, name: str, value: list[Any] | dict[str, Any]) -> None:
        """Keep a table of the storage; an empty one leaves no trace, so that who lost all is as before."""
        if value:
            self.storage[name] = value
        else:
            self.storage.pop(name, None)

    def set_password(self, user: str, password: str) -> None:
        """Change a user's password."""
        self.passwords[user] = hashlib.sha256(password.encode()).hexdigest()

    def dump(self) -> dict[str, Any]:
        """Return what the store keeps."""
        return asdict(self)


def colons(mac: str) -> str:
    """Return a MAC address of twelve digits as Linux writes it: ``02:00:06:00:00:01``."""
    return ":".join(mac[at : at + 2] for at in range(0, 12, 2)).lower()


def kernel_log(disks: Iterable[Disk], adapters: Iterable[Adapter], storage: int, cpus: int) -> list[str]:
    """Return what the kernel prints while it starts.

    :param storage: bytes of memory.
    """
    lines = [
        f"Linux version {KERNEL} (s390x) #1 SMP",
        "setup: Linux is running as a z/VM guest operating system in 64-bit mode",
        f"smp: {cpus} configured CPUs, 0 standby CPUs",
        f"Memory: {storage >> 10}K available",
    ]
    for number, disk in enumerate(disks):
        name = f"dasd{chr(ord('a') + number % 26)}"
        lines.append(
            f"dasd 0.0.{disk.vdev.lower()}: {name}: {disk.devtype} {disk.access}, {disk.size} {disk.unit}"
        )
    for adapter in adapters:
        device = f"qeth 0.0.{adapter.vdev.lower()}"
        if adapter.coupled:
            lines.append(f"{device}: MAC address {colons(adapter.mac)} successfully registered")
            lines.append(f"{device}: Device is a Virtual NIC {adapter.type} card, {adapter.lan_name}")
        else:
            lines.append(f"{device}: The LAN is offline")
    return [*lines, "systemd[1]: Detected virtualization zvm.", "systemd[1]: Detected architecture s390x."]


def find_config_drive(
    files: Iterable[tuple[SpoolFile, bytes]],
    disks: Iterable[Disk],
    dasd: Dasd,
    linux: Linux,
    say: Callable[[str], None],
) -> ConfigDrive | None:
    """Return the config drive of a guest that boots: a class X ``tgz`` or ``iso`` in its reader, or a disk.

    Reader files of other types are taken in as xCAT's start-up script does: kept under its transport folder.

    :param files: the class X reader files with their contents.
    :param say: prints a line on the console.
    """
    drive = None
    for file, data in files:
        name = f"{file.name}.{file.type}"
        say(f"xcatconf4z: {name} received from {file.origin}")
        try:
            match file.type.lower():
                case "tgz":
                    drive = from_tgz(data)
                case "iso":
                    drive = from_disk(_slices(data))
                case _:
                    linux.write_file(f"{_TRANSPORT}/{name}", data.rstrip(b"\0"))
        except ConfigDriveError as error:
            say(f"xcatconf4z: {name}: {error}")
    for disk in disks:
        if drive is not None:
            break
        try:
            drive = from_disk(_reader(dasd, disk))
        except ConfigDriveError as error:
            say(f"cloud-init: disk {disk.vdev}: {error}")
    return drive


def _slices(data: bytes) -> Callable[[int, int], bytes]:
    return lambda offset, length: data[offset : offset + length]


def _reader(dasd: Dasd, disk: Disk) -> Callable[[int, int], bytes]:
    size = dasd.extent_bytes(disk.extent)
    return lambda offset, length: dasd.read(disk.extent, min(offset, size), length)


def start(
    linux: Linux,
    drive: ConfigDrive | None,
    adapters: list[Adapter],
    say: Callable[[str], None],
    prepare_disks: Callable[[], dict[str, str]] = dict,
    root_bytes: int = 0,
    ask_dhcp: Callable[[str], list[str]] = lambda mac: [],
) -> None:
    """Do what happens from cloud-init to the login prompt, with its lines on the console.

    :param prepare_disks: does what the boot command of that name does; returns device number → its use.
    :param root_bytes: size of the disk that was booted from.
    :param ask_dhcp: asks for addresses of the card with that MAC, and returns them.
    """
    if drive is None:
        say("cloud-init: no config drive" + ("" if linux.instance_id else "; no datasource found"))
    elif linux.apply(drive):
        say(f"cloud-init: datasource ConfigDrive, instance {drive.instance_id}, hostname {linux.hostname}")
        if drive.user_data:
            say(f"cloud-init: user data of {len(drive.user_data)} bytes")
    else:
        say(f"cloud-init: instance {drive.instance_id} is known, nothing to do")
    linux.mounts = prepare_disks() if data_disks.BOOT_COMMAND in linux.boot_commands else {}
    for vdev, where in linux.mounts.items():
        say(f"cloud-init: disk {vdev}: {where}")
    if _GROW_ROOT in linux.boot_commands and root_bytes > linux.root_bytes:
        linux.root_bytes = root_bytes
        say(f"cloud-init: root file system grown to {root_bytes >> 20} MiB")
    known = {colons(adapter.mac) for adapter in adapters}
    for mac in linux.dhcp:
        linux.configured.pop(mac, None)
        linux.gateways.pop(mac, None)
        if not ask_dhcp(mac):
            say(f"cloud-init: {mac} asks by DHCP: no answer")
    for mac in sorted(set(linux.configured) - known):
        say(f"cloud-init: no network card has MAC address {mac}")
    for interface in linux.interfaces(adapters):
        shown = ", ".join(interface.addresses) or ("no address" if interface.carrier else "no carrier")
        say(f"ci-info: {interface.name} {interface.mac} {shown}")
    say("systemd[1]: Started qemu-guest-agent.service - QEMU Guest Agent.")
    say("cloud-init: finished")
    say("")
    say(f"{linux.hostname} login: ")
