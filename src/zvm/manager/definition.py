# SPDX-License-Identifier: Apache-2.0
"""The directory entry of a new guest, from the words in which it is asked for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID

from zvm.directory import (
    Cpu,
    Entry,
    Ipl,
    LogonBy,
    NicDef,
    Statement,
    User,
    mark,
    names,
    passwords,
)
from zvm.directory.maxima import Maxima, octets
from zvm.manager import operands, vlans
from zvm.manager.errors import Invalid

_MEMORY = re.compile(r"(\d+)([MmGg])\Z")
_MAC = re.compile(r"(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}\Z")
_CPUS = 64  # CP Planning and Administration: CPU addresses 00 to 3F
_WORD = re.compile(r"[!-~]{1,8}\Z")


@dataclass(frozen=True, slots=True)
class Nic:
    """A network card that is asked for; ``trunk`` are the VLANs of a trunk port, ``vlan`` that of another."""

    vdev: str
    vswitch: str
    mac: str = ""
    vlan: str = ""
    port: str = ""
    ip: str = ""
    trunk: tuple[int, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Nic:
        """Return the card in ``VDEV,vswitch=NAME,...``.

        :raises Invalid: a part is unknown or breaks its rule.
        """
        vdev, *parts = text.split(",")
        values = dict(part.partition("=")[::2] for part in parts)
        if wrong := set(values) - {"vswitch", "mac", "vlan", "port", "ip"}:
            raise Invalid(f"nic={text}: '{sorted(wrong)[0]}' is none of vswitch, mac, vlan, port, ip")
        if not values.get("vswitch"):
            raise Invalid(f"nic={text}: vswitch is missing")
        if values.get("mac") and not _MAC.match(values["mac"]):
            raise Invalid(f"nic={text}: the MAC address is not of the form 02:00:06:12:34:56")
        vlan = values.get("vlan", "")
        if vlan and not (vlan.isascii() and vlan.isdigit() and 1 <= int(vlan) <= 4094):
            raise Invalid(f"nic={text}: a VLAN is a number from 1 to 4094")
        vswitch = names.vswitch(values.pop("vswitch"))
        return cls(
            names.vdev(vdev),
            vswitch,
            mac=values.get("mac", ""),
            vlan=vlan,
            port=values.get("port", ""),
            ip=values.get("ip", ""),
        )

    def statement(self) -> NicDef:
        """Return the card's NICDEF. z/VM takes the last half of a MAC address; the first is the system's."""
        macid = self.mac.replace(":", "")[-6:].upper()
        return NicDef(
            self.vdev,
            type="QDIO",
            lan_owner="SYSTEM",
            lan_name=self.vswitch,
            macid=macid,
            vlan=tuple((vlans.text(self.trunk) or self.vlan).split()),
            port_type="TRUNK" if self.trunk else "",
        )


def build(userid: str, wanted: dict[str, str], nics: list[Nic], uuid: str) -> Entry:
    """Return the directory entry.

    :raises Invalid: a value breaks its rule.
    :raises zvm.directory.errors.DirectoryError: likewise.
    """
    memory = _MEMORY.match(wanted.get("memory", ""))
    if memory is None or not int(memory[1]):
        raise Invalid(f"memory is a number and M or G, such as 2048m, not '{wanted.get('memory', '')}'")
    cpus = wanted.get("cpu", "1")
    if not (cpus.isascii() and cpus.isdigit() and 1 <= int(cpus) <= _CPUS):
        raise Invalid(f"cpu is a number from 1 to {_CPUS}, not '{cpus}'")
    password = wanted.get("password", passwords.AUTOLOG_ONLY).upper()
    if not _WORD.match(password):
        raise Invalid("password has 1-8 printable characters and no blank")
    classes = wanted.get("privilege", "G").upper()
    if not re.fullmatch(r"[A-Z1-6]{1,32}", classes):
        raise Invalid(f"privilege has letters A-Z and digits 1-6, not '{classes}'")
    size = f"{memory[1]}{memory[2].upper()}"
    most = _maxima(wanted, int(cpus), size)
    header = User(userid, password, size, most.storage or size, classes)
    processors = tuple(Cpu(f"{number:02X}", () if number else ("BASE",)) for number in range(int(cpus)))
    entry = operands.extras(wanted).put_in(Entry(header, processors))
    statements: list[Statement] = [*entry.statements, *most.statements()]
    if wanted.get("ipl"):
        statements.append(Ipl(wanted["ipl"].upper()))
    if wanted.get("logonby"):
        statements.append(LogonBy(tuple(wanted["logonby"].upper().split())))
    taken: set[str] = set()
    for nic in nics:
        if nic.vdev in taken:
            raise Invalid(f"two network cards have the device number {nic.vdev}")
        taken.add(nic.vdev)
        statements.append(nic.statement())
    if (marked := marked_as(uuid)) is not None:
        statements.append(mark(marked))
    return Entry(header, tuple(statements))


def _maxima(wanted: dict[str, str], cpus: int, size: str) -> Maxima:
    """Return what the guest can have as it runs: ``maxcpu``, ``maxmemory``."""
    most, memory = wanted.get("maxcpu", ""), wanted.get("maxmemory", "").upper()
    if most and not (most.isascii() and most.isdigit() and cpus <= int(most) <= _CPUS):
        raise Invalid(f"maxcpu is a number from {cpus}, as cpu, to {_CPUS}, not '{most}'")
    if memory and not (_MEMORY.match(memory) and octets(memory) >= octets(size)):
        raise Invalid(f"maxmemory is a number and M or G, at least memory, {size}, not '{memory}'")
    return Maxima(int(most or 0), memory)


def marked_as(objectid: str) -> str | None:
    """Return the uuid in ``objectid``, or None: xCAT's own clients may send something else."""
    try:
        return str(UUID(objectid))
    except ValueError:
        return None
