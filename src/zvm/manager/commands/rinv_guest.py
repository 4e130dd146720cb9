# SPDX-License-Identifier: Apache-2.0
"""What ``rinv`` tells of a guest. Each question is a function that returns lines."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from zvm.directory import Cpu, Entry, User
from zvm.manager import guest_size, guests, zfcp_pools
from zvm.manager.commands.base import step
from zvm.manager.errors import Refused
from zvm.manager.service import GuestNode, ManagementNode
from zvm.manager.tables.rows import select_row
from zvm.zhcp.client import ZhcpClient

Question = Callable[[ManagementNode, GuestNode, tuple[str, ...]], Awaitable[list[str]]]

_CONSOLE = 102400  # octets, when the caller does not say


async def _load(zhcp: ZhcpClient, userid: str) -> dict[str, int] | None:
    """Return what CP measured of a guest that is on, None when it is off."""
    result = await zhcp.smapi("Image_Performance_Query", "MAINT", {"userids": [userid]})
    for record in result.reply.get("performanceList", ()):
        if str(record.get("guestName", "")).strip() == userid:
            return dict(record)
    return None


async def _entry(zhcp: ZhcpClient, guest: GuestNode) -> Entry:
    with step(f"Getting the directory entry of {guest.userid}"):
        return await guests.entry_of(zhcp, guest.userid)


def _size(entry: Entry) -> tuple[str, str]:
    header = entry.header
    if not isinstance(header, User):
        return "0M", "0M"
    return header.storage or "0M", header.maximum_storage or header.storage or "0M"


def _cpus(entry: Entry) -> int:
    return max(1, len(entry.find(Cpu)))


async def _cpumempowerstat(_: ManagementNode, guest: GuestNode, __: tuple[str, ...]) -> list[str]:
    """Power, memory, processors: of the running guest, or as the directory has it."""
    with step(f"Querying {guest.userid}"):
        async with guest.host.zhcp() as zhcp:
            load = await _load(zhcp, guest.userid)
            if load is None:
                entry = await _entry(zhcp, guest)
                memory, cpus, used = _size(entry)[0], _cpus(entry), 0.0
            else:
                cpus, kilobytes = await guest_size.seen_by_cp(zhcp, guest.userid, load)
                memory = f"{kilobytes >> 10}M"
                used = load["usedCPUTime"] / 1e6
    return [
        f"Power state: {'off' if load is None else 'on'}",
        f"Total Memory: {memory}",
        # Releases differ in the word, and clients look for either.
        f"Guest CPUs: {cpus}",
        f"Processors: {cpus}",
        f"CPU Used Time: {used:.6f} sec",
    ]


async def _cpumem(_: ManagementNode, guest: GuestNode, __: tuple[str, ...]) -> list[str]:
    """Memory and processors of a guest that is on: a line for each, as older clients count them.

    :raises Refused: it is off.
    """
    with step(f"Querying {guest.userid}"):
        async with guest.host.zhcp() as zhcp:
            load = await _load(zhcp, guest.userid)
            if load is None:
                raise Refused(f"{guest.userid} is not logged on")
            cpus, kilobytes = await guest_size.seen_by_cp(zhcp, guest.userid, load)
    return [
        f"Total Memory: {kilobytes >> 10}M",
        "Processors: ",
        *(f"    CPU {number:02X}" for number in range(cpus)),
        "",
        f"CPU Used Time: {load['usedCPUTime']} uS",
    ]


async def _all(mn: ManagementNode, guest: GuestNode, __: tuple[str, ...]) -> list[str]:
    """Everything that the directory and the tables tell."""
    with step(f"Querying {guest.userid}"):
        async with guest.host.zhcp() as zhcp:
            load = await _load(zhcp, guest.userid)
            entry = await _entry(zhcp, guest)
            about = await zhcp.about()
    memory, maximum = _size(entry)
    kind = await mn.database.read(select_row, "nodetype", {"node": guest.node}) or {}
    zfcp = await mn.database.read(zfcp_pools.of_owner, guest.host.hcp, guest.userid)
    scsi = (
        f"    Device: {item.channel}  WWPN: 0x{item.wwpn}  LUN: 0x{item.lun}  Size: {item.size}"
        for item in zfcp
    )
    disks = (
        f"    {disk.vdev} {disk.devtype} {disk.volume} {disk.start} {disk.size}" for disk in entry.minidisks()
    )
    nics = (f"    {nic.vdev} {nic.type} {nic.lan_owner} {nic.lan_name}" for nic in entry.nics())
    return [
        f"z/VM UserID: {guest.userid}",
        f"z/VM Host: {about.system}",
        f"Operating System: {kind.get('os', '')}",
        f"Architecture: {kind.get('arch') or 's390x'}",
        f"HCP: {guest.host.hcp}",
        f"Uptime: {uptime(load['elapsedTime'] // 1_000_000 if load else 0)}",
        f"CPU Used Time: {load['usedCPUTime'] / 1e6 if load else 0.0:.6f} sec",
        f"Privileges: {entry.header.classes if isinstance(entry.header, User) else ''}",
        f"Total Memory: {memory}",
        f"Max Memory: {maximum}",
        f"Processors: {_cpus(entry)}",
        "Disks: ",
        *disks,
        "zFCP: ",
        *scsi,
        "NICs: ",
        *nics,
        f"xCAT Hypervisor Node: {guest.host.name}",
    ]


def uptime(seconds: int) -> str:
    """Return how long ago a guest was logged on, as xCAT writes how long its Linux has run."""
    minutes = seconds // 60
    hours = f"{minutes // 60 % 24} hr " if minutes >= 60 else ""
    return f"{minutes // 1440} days {hours}{minutes % 60} min"


async def _console(_: ManagementNode, guest: GuestNode, words: tuple[str, ...]) -> list[str]:
    """``[OCTETS]``: the end of the console's log."""
    length = int(words[0]) if words and words[0].isdigit() else _CONSOLE
    with step(f"Getting the console log of {guest.userid}"):
        async with guest.host.zhcp() as zhcp:
            log = await zhcp.console_log(guest.userid, bytes=length)
    if not log:
        raise Refused("No console log avaiable\n")  # the word as xCAT writes it
    return log.splitlines()


QUESTIONS: dict[str, Question] = {
    "all": _all,
    "config": _all,
    "cpumem": _cpumem,
    "cpumempowerstat": _cpumempowerstat,
    "--consoleoutput": _console,
}
