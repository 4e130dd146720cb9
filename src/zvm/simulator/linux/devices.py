# SPDX-License-Identifier: Apache-2.0
"""``chccwdev``, ``cio_ignore``, ``lsdasd``, ``lszfcp``: the channel devices of the zHCP's Linux.

Source: s390-tools, the manual pages of these names.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from zvm.simulator.linux.platform import Failed, ask, ask_json, say

_BUS_ID = re.compile(r"(?:0\.[0-3]\.)?([0-9a-fA-F]{1,4})")
_RULE = "=" * 80
_PER_CYLINDER = 180  # blocks of 4096 bytes on a 3390 cylinder


def chccwdev(words: Sequence[str]) -> int:
    """Run ``chccwdev -e|-d DEVICE[-DEVICE][,...] ...``."""
    words = list(words)
    online = {"-e": True, "--online": True, "-d": False, "--offline": False}
    if not words or words[0] not in online or len(words) < 2:
        raise Failed("chccwdev: use -e or -d and the bus-IDs of devices")
    wanted, code = online[words[0]], 0
    for vdev in (vdev for word in words[1:] for part in word.split(",") for vdev in _devices(part)):
        status, _ = ask("POST", f"/ccw/{vdev}/{'online' if wanted else 'offline'}")
        if status == 404:
            say(f"Device 0.0.{vdev.lower()} not found\n")
            code = 1
        else:
            say(f"Setting device 0.0.{vdev.lower()} {'online' if wanted else 'offline'}\nDone\n")
    return code


def cio_ignore(words: Sequence[str]) -> int:
    """Run ``cio_ignore -a|-r DEVICES``, ``-l``, ``-p`` and the like: the simulated Linux ignores nothing."""
    words = list(words)
    match words[:1]:
        case ["-a" | "--add" | "-r" | "--remove"] if len(words) == 2:
            for part in words[1].split(","):
                _devices(part)
        case ["-l" | "--list"]:
            say("Ignored devices:\n=================\n")
        case ["-A" | "-R" | "-p" | "-u" | "-L" | "-k" | "-i"]:
            pass
        case _:
            raise Failed("cio_ignore: use -a, -r with a range of devices, or -l")
    return 0


def lsdasd(words: Sequence[str]) -> int:
    """Run ``lsdasd [-a] [DEVICE]``."""
    everything = any(word in ("-a", "--offline") for word in words)
    asked = {vdev for word in words if not word.startswith("-") for vdev in _devices(word)}
    say("Bus-ID    Status    Name      Device  Type         BlkSz  Size      Blocks\n")
    say(f"{_RULE}\n")
    disks = [device for device in ask_json("GET", "/ccw") if device["type"] in ("3390", "9336")]
    for number, disk in enumerate(device for device in disks if device["online"]):
        disk["name"] = f"dasd{_letters(number)}"
        disk["minor"] = number * 4
    for disk in disks:
        if (asked and disk["vdev"] not in asked) or not (disk["online"] or everything):
            continue
        bus = f"0.0.{disk['vdev'].lower()}"
        if not disk["online"]:
            say(f"{bus}  offline\n")
            continue
        kind, size = ("ECKD", 4096) if disk["type"] == "3390" else ("FBA", 512)
        blocks = disk["units"] * (_PER_CYLINDER if kind == "ECKD" else 1)
        state = "active" if disk["access"] == "R/W" else "active(ro)"
        megabytes = f"{blocks * size >> 20}MB"
        where, name = f"94:{disk['minor']}", disk["name"]
        row = f"{bus}  {state:<8}  {name:<8}  {where:<6}  {kind:<11}  {size:<5}  {megabytes:<8}  {blocks}"
        say(f"{row}\n")
    return 0


def lszfcp(words: Sequence[str]) -> int:
    """Run ``lszfcp [-H | -P | -D] [-V]``: hosts, ports, or LUNs of the FCP devices that are online."""
    known = {"-H", "-P", "-D", "-V", "--hosts", "--ports", "--devices"}
    if unknown := [word for word in words if word not in known]:
        raise Failed(f"lszfcp: unknown option {unknown[0]}")
    online = {device["vdev"] for device in ask_json("GET", "/ccw") if device["online"]}
    hosts = [host for host in ask_json("GET", "/fcp") if host["vdev"] in online]
    if not hosts:
        raise Failed("Error: No fcp devices found.")
    for number, host in enumerate(hosts):
        bus = f"0.0.{host['vdev'].lower()}"
        if "-P" not in words and "-D" not in words:
            say(f"{bus} host{number}\n")
            continue
        luns = ask_json("GET", f"/fcp/{host['vdev']}/luns")
        ports = list(dict.fromkeys(lun["wwpn"].lower() for lun in luns))
        if "-P" in words:
            for at, port in enumerate(ports):
                say(f"{bus}/0x{port} rport-{number}:0-{at}\n")
        else:
            for lun in luns:
                port = lun["wwpn"].lower()
                scsi = f"{number}:0:{ports.index(port)}:{int(lun['lun'], 16) >> 32}"
                say(f"{bus}/0x{port}/0x{lun['lun'].lower()} {scsi}\n")
    return 0


def _devices(text: str) -> list[str]:
    """Return the device numbers of a bus-ID or a range of them.

    :raises Failed: it is none.
    """
    found = [_BUS_ID.fullmatch(part) for part in text.split("-")]
    if not 1 <= len(found) <= 2 or not all(found):
        raise Failed(f"Error: invalid device id '{text}'")
    first, last = (int(part[1], 16) for part in (found[0], found[-1]) if part)
    return [f"{number:04X}" for number in range(first, last + 1)]


def _letters(number: int) -> str:
    """Return the letters of a disk's name: a to z, then aa and so on."""
    letters = chr(ord("a") + number % 26)
    return letters if number < 26 else _letters(number // 26 - 1) + letters
