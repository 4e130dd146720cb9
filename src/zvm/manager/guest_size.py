# SPDX-License-Identifier: Apache-2.0
"""Processors and memory of a guest as it runs: what it has, and taking more or giving back.

CP defines processors and has standby storage ready (:mod:`zvm.directory.maxima`); the guest's Linux takes
both into use by ``chcpu`` and ``chmem`` of util-linux, which its agent runs. A processor that it gives back
stays defined, and stopped, until the next logon: CP's DETACH CPU would clear the guest's storage.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass

from zvm.manager import guest_programs
from zvm.zhcp import errors as zhcp_errors
from zvm.zhcp.client import ZhcpClient

#: Image_CPU_Define: there is such a processor.
_DEFINED = (216, 24)
_ADDRESSES = range(64)
#: Of the guest's own kind. Source: Image_CPU_Define, cpu_type.
_SAME_TYPE = 0
#: Image_Active_Configuration_Query: states of processors that do not run, and KiB in the units of memory.
_STOPPED, _UNITS = (2, 3), {1: 1, 2: 1 << 10, 3: 1 << 20}
#: Seconds that a guest may take to empty the memory that it gives back.
_MEMORY = 180.0
_SUMMARY = re.compile(r"^(Memory block size|Total online memory|Total offline memory):\s+(\d+)$", re.M)


@dataclass(frozen=True, slots=True)
class Running:
    """What a guest's Linux says of itself; memory in MiB.

    :ivar online: numbers of the processors that it uses; ``offline``: of those that it has found, and not.
    :ivar block: the least memory that goes online or offline at once.
    :ivar standby: memory that can be brought online.
    """

    online: tuple[int, ...]
    offline: tuple[int, ...]
    memory: int
    standby: int
    block: int

    def why_not(self, memory_mb: int) -> str:
        """Return why its memory cannot be made ``memory_mb`` as it runs, or ""."""
        if (memory_mb - self.memory) % self.block:
            return f"its memory changes by blocks of {self.block} MiB only"
        if memory_mb > self.memory + self.standby:
            return f"it has {self.memory} MiB and {self.standby} MiB of standby storage"
        return ""


async def read(zhcp: ZhcpClient, userid: str) -> Running:
    """Ask the guest.

    :raises zhcp_errors.ZhcpError: it does not tell.
    """
    text = await guest_programs.must(zhcp, userid, "lsmem", "--bytes", "--summary=only")
    facts = {name: int(octets) >> 20 for name, octets in _SUMMARY.findall(text)}
    if len(facts) < 3 or not facts["Memory block size"]:
        raise zhcp_errors.Refused(
            f"lsmem in {userid} tells in another form than known: {' '.join(text.split())}",
            function="lsmem",
            target=userid,
        )
    cpus = await zhcp.agent(userid, "guest-get-vcpus")
    numbers = {
        state: tuple(sorted(c["logical-id"] for c in cpus if c["online"] is state)) for state in (True, False)
    }
    return Running(
        numbers[True],
        numbers[False],
        facts["Total online memory"],
        facts["Total offline memory"],
        facts["Memory block size"],
    )


async def take(zhcp: ZhcpClient, userid: str, cpus: int, memory_mb: int) -> None:
    """Let the guest have this many processors and this much memory; what it has already stays.

    What can be refused for good comes first: giving back memory, then what CP gives.

    :raises zhcp_errors.Refused: the guest, or CP, refuses; the guest may have got a part of it.
    :raises zhcp_errors.ZhcpError: likewise, it does not answer.
    """
    running = await read(zhcp, userid)
    if memory_mb < running.memory:
        await _must(zhcp, userid, "chmem", "--disable", f"{running.memory - memory_mb}M")
    if cpus > len(running.online):
        await _more_cpus(zhcp, userid, running, cpus)
    elif spare := running.online[cpus:]:
        await _must(zhcp, userid, "chcpu", "--disable", ",".join(map(str, spare)))
    if memory_mb > running.memory:
        await _must(zhcp, userid, "chmem", "--enable", f"{memory_mb - running.memory}M")
    after = await read(zhcp, userid)
    if (len(after.online), after.memory) != (cpus, memory_mb):
        raise zhcp_errors.Refused(
            f"{userid} was to have {cpus} processors and {memory_mb} MiB, and uses {len(after.online)} and"
            f" {after.memory} MiB",
            function="chcpu, chmem",
            target=userid,
        )


async def _must(zhcp: ZhcpClient, userid: str, *words: str) -> None:
    await guest_programs.must(zhcp, userid, *words, timeout=_MEMORY)


async def _more_cpus(zhcp: ZhcpClient, userid: str, running: Running, cpus: int) -> None:
    offline = running.offline
    if len(running.online) + len(offline) < cpus:
        await _define(zhcp, userid, cpus)
        await _must(zhcp, userid, "chcpu", "--rescan")
        offline = (await read(zhcp, userid)).offline
    wanted = offline[: cpus - len(running.online)]
    await _must(zhcp, userid, "chcpu", "--enable", ",".join(map(str, wanted)))


async def _define(zhcp: ZhcpClient, userid: str, cpus: int) -> None:
    """Let CP have so many processors for the guest."""
    known = await _addresses(zhcp, userid)
    for address in [number for number in _ADDRESSES if number not in known][: max(0, cpus - len(known))]:
        wanted = {"cpu_address": f"{address:02X}", "cpu_type": _SAME_TYPE}
        try:
            await zhcp.smapi("Image_CPU_Define", userid, wanted)
        except zhcp_errors.Refused as error:
            if (error.rc, error.rs) != _DEFINED:
                raise
        except zhcp_errors.OutcomeUnknown:
            if address not in await _addresses(zhcp, userid):
                raise


async def _addresses(zhcp: ZhcpClient, userid: str) -> set[int]:
    reply = (await zhcp.smapi("Image_CPU_Query", userid)).reply
    return {int(cpu["cpuNumber"]) for cpu in reply["cpuList"]}


async def seen_by_cp(zhcp: ZhcpClient, userid: str, load: dict[str, int]) -> tuple[int, int]:
    """Return how many processors run and how many KiB of memory are online, as CP sees a guest that is on.

    :param load: what Image_Performance_Query says, for a guest that went off since.
    """
    cpus, memory = load["guestCPUs"], load["maxMemory"]
    with suppress(zhcp_errors.Refused):
        active = (await zhcp.smapi("Image_Active_Configuration_Query", userid)).reply
        memory = active["memorySize"] * _UNITS[active["memoryUnit"]]
        cpus = sum(cpu["cpuStatus"] not in _STOPPED for cpu in active["cpuInfoList"])
    return cpus, memory
