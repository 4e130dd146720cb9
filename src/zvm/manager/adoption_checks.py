# SPDX-License-Identifier: Apache-2.0
"""Whether a guest that exists is what an adoption asks for, from its directory entry alone.

Each check returns or raises :class:`zvm.manager.errors.Refused`, whose text has the numbers of both sides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from zvm.directory import Command, Cpu, Entry, Ipl, Mdisk, NicDef, User, marked_uuid, maxima, names, passwords
from zvm.directory.extents import CYLINDER
from zvm.manager import pools, vlans
from zvm.manager.definition import Nic
from zvm.manager.errors import Refused
from zvm.manager.network import Adapter

_GIB = 1 << 30
_ADDRESS = re.compile(r"([0-9A-F]{1,2})(?:-([0-9A-F]{1,2}))?\Z")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a guest has to be.

    :ivar disk_gb: what is set apart for its root disk in ``pool``, GiB; 0: nothing.
    :ivar cards: a card for each port, without device numbers.
    """

    userid: str
    uuid: str
    cpus: int
    memory_mb: int
    disk_gb: int
    pool: str
    cards: tuple[Nic, ...] = ()


def check_owner(entry: Entry) -> None:
    """Check that the entry is a user's, who can be logged on, and no other instance's."""
    userid, header = entry.userid, entry.header
    if entry.kind != "USER" or not isinstance(header, User):
        raise Refused(
            f"{userid} is {entry.kind} in the directory: each member of the cluster has its own part of it",
            next_step="only guests with a USER statement can be adopted",
        )
    if (uuid := marked_uuid(entry)) is not None:
        raise Refused(
            f"the directory entry of {userid} has the mark of the instance {uuid}",
            next_step="if no cloud has that instance any more, delete the comment *NOVA from the entry",
        )
    if header.password == passwords.NOLOG:
        raise Refused(
            f"{userid} has NOLOG in place of a password, so that it can never be logged on",
            next_step=f"give it another one, such as {passwords.AUTOLOG_ONLY}: DIRM FOR {userid} SETPW",
        )


def check_size(entry: Entry, wanted: Wanted) -> None:
    """Check processors, memory and the root disk against what is wanted.

    :param entry: with the statements of its profile.
    """
    userid, differences = entry.userid, []
    count, memory, root = cpus(entry), memory_mb(entry), root_disk(entry)
    if count != wanted.cpus:
        differences.append(f"{count} processors in its directory entry, {wanted.cpus} in the flavor")
    if memory != wanted.memory_mb:
        differences.append(f"{memory} MiB of memory in its directory entry, {wanted.memory_mb} in the flavor")
    octets = root.octets if root else None
    if wanted.disk_gb and octets is None:
        what = f"IPLs {ipl(entry) or 'nothing'}, no minidisk of its own whose size is known"
        differences.append(f"it {what}, but the flavor has a root disk of {wanted.disk_gb} GiB")
    elif wanted.disk_gb and root and octets and wanted.disk_gb < _gigabytes(octets):
        differences.append(
            f"root disk {root.vdev} of {root.size} {root.unit} ({octets / _GIB:.2f} GiB),"
            f" but {wanted.disk_gb} GiB in the flavor"
        )
    if differences:
        disk = "0 GB of disk" if octets is None else f"{_gigabytes(octets)} GB of disk, or 0"
        raise Refused(
            f"{userid} is not of the flavor's size: {'; '.join(differences)}",
            next_step=f"use a flavor of {count} vCPUs, {memory} MB of memory and {disk}",
        )


def check_pool(entry: Entry, wanted: Wanted, used: Iterable[pools.Used]) -> None:
    """Check that the root disk is in the pool from which Placement has taken the flavor's disk.

    :param used: the extents of the pool that are in use.
    """
    root = root_disk(entry)
    if not wanted.disk_gb or root is None:
        return
    if not any((item.owner, item.vdev) == (entry.userid, root.vdev) for item in used):
        raise Refused(
            f"root disk {root.vdev} of {entry.userid} is on {root.volume}, not in pool {wanted.pool},"
            f" of which {wanted.disk_gb} GiB are set apart for the flavor",
            next_step="use a flavor of 0 GB of disk",
        )


def matched(entry: Entry, wanted: Wanted, coupled: dict[str, Adapter]) -> tuple[Nic, ...]:
    """Return the cards of the ports with the device numbers of the guest's cards, which are found by MAC.

    :param coupled: device number → where the card is coupled, as the virtual switches have it.
    """
    mine = {nic.vdev: nic for nic in entry.nics()}
    addresses = {vdev: _address(nic, coupled.get(vdev)) for vdev, nic in mine.items()}
    found: dict[str, Nic] = {}
    for card in wanted.cards:
        vdev = next(
            (vdev for vdev, mac in addresses.items() if _same(mac, card.mac) and vdev not in found), ""
        )
        if vdev:
            found[vdev] = replace(card, vdev=vdev)
    if len(found) < len(mine) or len(found) < len(wanted.cards):
        cards = ", ".join(f"{vdev} {mac or 'without MACID'}" for vdev, mac in addresses.items())
        ports = ", ".join(f"{card.mac} (port {card.port})" for card in wanted.cards)
        raise Refused(
            f"network cards of {entry.userid} in its directory entry: {cards or 'none'};"
            f" ports of the request: {ports or 'none'}",
            next_step="make a port with the MAC address of each card, no more and no less, and name them with"
            " --port; a card without MACID needs one in its NICDEF first",
        )
    for vdev, card in found.items():
        _check_place(entry.userid, mine[vdev], coupled.get(vdev), card)
    return tuple(found.values())


def _address(nic: NicDef, adapter: Adapter | None) -> str:
    """Return the MAC address of a card, of one that is not coupled its last half; "": it has no MACID."""
    if not nic.macid:
        return ""
    half = ":".join(nic.macid[at : at + 2] for at in (0, 2, 4)).lower()
    return adapter.mac.lower() if adapter else f"*:{half}"


def _same(mac: str, wanted: str) -> bool:
    return bool(mac) and (wanted.lower()[-8:] == mac[-8:] if mac.startswith("*") else wanted.lower() == mac)


def _check_place(userid: str, nic: NicDef, adapter: Adapter | None, card: Nic) -> None:
    """Check that a card is where its port is: Neutron's agent would move it else."""
    vswitch = nic.lan_name if nic.lan_owner == "SYSTEM" else ""
    if nic.port_type == "TRUNK":
        raise Refused(
            f"network card {nic.vdev} of {userid} is a trunk port (PORTTYPE TRUNK)",
            next_step="only cards in one VLAN can be adopted",
        )
    has = (vswitch, " ".join(nic.vlan))
    if has != (card.vswitch, card.vlan) or (adapter is not None and adapter.vswitch != card.vswitch):
        now = f", and is coupled to {adapter.vswitch}" if adapter and adapter.vswitch != vswitch else ""
        raise Refused(
            f"network card {nic.vdev} of {userid} is for {_place(*has)} by its NICDEF{now}; port {card.port}"
            f" is on {_place(card.vswitch, card.vlan)}",
            next_step="make the port on the network of that virtual switch and VLAN, or change the NICDEF",
        )


def _place(vswitch: str, vlan: str) -> str:
    return f"{vswitch or 'no virtual switch'}, {f'VLAN {vlan}' if vlan else 'no VLAN'}"


# What an entry says


def cpus(entry: Entry) -> int:
    """Return how many processors a guest has after its logon: CPU statements, and COMMAND DEFINE CPU."""
    addresses = {int(item.address, 16) for item in entry.find(Cpu)} or {0}
    for item in entry.find(Command):
        verb, *words = item.command.upper().split()
        if len(verb) < 3 or not "DEFINE".startswith(verb) or words[:1] != ["CPU"]:
            continue
        for word in words[1:]:
            match = _ADDRESS.match(word)
            if match is None:
                break
            addresses.update(range(int(match[1], 16), int(match[2] or match[1], 16) + 1))
    return len(addresses)


def memory_mb(entry: Entry) -> int:
    """Return a user's memory in MiB; where the entry does not say, 0."""
    return maxima.octets(entry.header.storage) >> 20 if isinstance(entry.header, User) else 0


def ipl(entry: Entry) -> str:
    """Return the device or the saved system that a logon IPLs, "" for none."""
    return next((item.system for item in reversed(entry.find(Ipl))), "")


def root_disk(entry: Entry) -> Mdisk | None:
    """Return the minidisk that a logon IPLs, None: it IPLs something else."""
    try:
        return entry.minidisk(ipl(entry))
    except names.InvalidName:  # a saved system, such as CMS
        return None


def _gigabytes(octets: int) -> int:
    """Return the GiB of a flavor for a disk: one made of such a flavor is larger by less than a cylinder."""
    return -(-(octets - CYLINDER + 1) // _GIB)


def described(cards: Sequence[Nic]) -> dict[str, dict[str, str]]:
    """Return device number → what the tables have of a card."""
    return {
        card.vdev: {
            "mac": card.mac,
            "switch": card.vswitch,
            "port": card.port,
            "vlan": vlans.column(card.vlan, card.trunk),
        }
        for card in cards
    }
