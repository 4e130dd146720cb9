# SPDX-License-Identifier: Apache-2.0
"""The programs of a light guest that take CPUs and memory into use and give them back.

Source: util-linux, chcpu(8), chmem(8), lsmem(1). Standby memory that is brought online is of the zone Movable
and can go offline again; what the kernel was started with holds its own data and cannot.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zvm.simulator.virtual_machine import VirtualMachine

_Result = tuple[int, bytes, bytes]
#: Linux on s390: a section of memory, the least that goes online or offline at once.
BLOCK = 256 << 20
_PARTIAL = 64  # exit code of chcpu and chmem: some of what was asked for was done
_SIZE = re.compile(r"(\d+)([mMgG])\Z")


def run(machine: VirtualMachine, path: str, words: list[str]) -> _Result | None:
    """Return exit code, stdout and stderr of a program, or None when it is none of these."""
    program = _PROGRAMS.get(path.rpartition("/")[2])
    return program(machine, words) if program else None


def _chcpu(machine: VirtualMachine, words: list[str]) -> _Result:
    """``chcpu --enable LIST | --disable LIST | --rescan``."""
    match words:
        case ["-r" | "--rescan"]:
            machine.offline_cpus = sorted({*machine.offline_cpus, *machine.new_cpus})
            machine.new_cpus = []
            return 0, b"Triggered rescan of CPUs\n", b""
        case ["-e" | "--enable" | "-d" | "--disable" as verb, numbers]:
            online = verb in ("-e", "--enable")
            return _switch(machine, numbers, online=online)
    return 1, b"", b"chcpu: bad usage\n"


def _switch(machine: VirtualMachine, numbers: str, *, online: bool) -> _Result:
    seen, out, done = machine.seen_cpus, [], 0
    wanted = numbers.split(",")
    for number in wanted:
        address = seen[int(number)] if number.isdigit() and int(number) < len(seen) else ""
        if not address:
            out.append(f"CPU {number} does not exist")
        elif online:
            out.append(
                f"CPU {number} enabled"
                if address in machine.offline_cpus
                else f"CPU {number} is already enabled"
            )
            machine.offline_cpus = [other for other in machine.offline_cpus if other != address]
            done += 1
        elif machine.online_cpus == [address]:
            out.append(f"CPU {number} disable failed (last enabled CPU)")
        else:
            out.append(f"CPU {number} disabled")
            machine.offline_cpus = sorted({*machine.offline_cpus, address})
            done += 1
    code = 0 if done == len(wanted) else _PARTIAL if done else 1
    return code, "".join(f"{line}\n" for line in out).encode(), b""


def _chmem(machine: VirtualMachine, words: list[str]) -> _Result:
    """``chmem --enable SIZE | --disable SIZE``: as many blocks as there are of it."""
    match words:
        case ["-e" | "--enable" | "-d" | "--disable" as verb, text] if size := _SIZE.match(text):
            octets = int(size[1]) << (30 if size[2] in "gG" else 20)
        case _:
            return 1, b"", b"chmem: bad usage\n"
    if octets % BLOCK:
        return 1, b"", f"chmem: Size must be aligned to memory block size ({BLOCK >> 20}M)\n".encode()
    enable = verb in ("-e", "--enable")
    room = machine.standby if enable else machine.storage - machine.core_storage
    moved = min(octets, room - room % BLOCK)
    machine.storage += moved if enable else -moved
    machine.standby -= moved if enable else -moved
    if moved == octets:
        return 0, b"", b""
    said = f"chmem: Could only {'enable' if enable else 'disable'} {moved >> 20}M of memory\n"
    return _PARTIAL if moved else 1, b"", said.encode()


def _lsmem(machine: VirtualMachine, words: list[str]) -> _Result:
    """``lsmem --bytes --summary=only``."""
    if sorted(words) != ["--bytes", "--summary=only"]:
        return 1, b"", b"lsmem: bad usage\n"
    shown = (
        ("Memory block size:", BLOCK),
        ("Total online memory:", machine.storage),
        ("Total offline memory:", machine.standby),
    )
    return 0, "".join(f"{name:<23} {octets:>15}\n" for name, octets in shown).encode(), b""


_PROGRAMS: dict[str, Callable[[VirtualMachine, list[str]], _Result]] = {
    "chcpu": _chcpu,
    "chmem": _chmem,
    "lsmem": _lsmem,
}
