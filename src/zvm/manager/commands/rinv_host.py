# SPDX-License-Identifier: Apache-2.0
"""What ``rinv`` tells of a z/VM system. Each question is a function that returns lines."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from zvm.directory import names
from zvm.manager import pools
from zvm.manager.commands.base import step
from zvm.manager.errors import Refused
from zvm.manager.hosts import Host

Question = Callable[[Host, tuple[str, ...]], Awaitable[list[str]]]


async def _all(host: Host, _: tuple[str, ...]) -> list[str]:
    with step(f"Getting the facts of {host.name}"):
        async with host.zhcp() as zhcp:
            facts = await zhcp.host()
    return [
        f"z/VM Host: {facts['system']}",
        f"zHCP: {host.hcp}",
        f"Architecture: {facts['architecture']}",
        f"CEC Vendor: {facts['cec_vendor']}",
        f"CEC Model: {facts['cec_model']}",
        f"Hypervisor OS: {' '.join(str(facts['hypervisor_os']).split())}",
        f"Hypervisor Name: {facts['hypervisor_name']}",
        f"LPAR CPU Total: {facts['lpar_cpu_total']}",
        f"LPAR CPU Used: {facts['lpar_cpu_used']}",
        f"LPAR Memory Total: {memory(facts['lpar_memory_total'])}",
        f"LPAR Memory Used: {memory(facts['lpar_memory_used'])}",
        f"LPAR Memory Offline: {memory(facts['lpar_memory_offline'])}",
        f"IPL Time: {facts['ipl_time']}",
        f"xCAT Hypervisor Node: {host.name}",
    ]


async def _pool_space(host: Host, words: tuple[str, ...]) -> list[str]:
    wanted = [names.poolname(word) for word in words] or None
    found = await pools.of(host, wanted)
    lines = []
    for pool in found:
        lines.append(f"{pool.name} Total: {shown(pool.total_bytes)}")
        lines.append(f"{pool.name} Used: {shown(pool.used_bytes)}")
        lines.append(f"{pool.name} Free: {shown(pool.free_bytes)}")
    return lines


async def _pool_names(host: Host, _: tuple[str, ...]) -> list[str]:
    return await pools.names_of(host)


async def _profile_names(host: Host, _: tuple[str, ...]) -> list[str]:
    with step("Searching the directory for profiles"):
        async with host.zhcp() as zhcp:
            found = await zhcp.smapi("Directory_Manager_Search_DM", "MAINT", {"search_pattern": "PROFILE"})
    statements = [item["statement"].split() for item in found.reply.get("statementList", [])]
    return sorted({words[1] for words in statements if len(words) > 1 and words[0] == "PROFILE"})


#: System_WWPN_Query's status → the word in which ``rinv`` asks for it.
_FCP_STATUS = {"1": "active", "2": "free", "3": "offline"}


async def _fcp_devices(host: Host, words: tuple[str, ...]) -> list[str]:
    """``active|free|offline [details]``: the FCP devices, five lines for each with details."""
    wanted = words[0].lower() if words else ""
    if wanted not in _FCP_STATUS.values():
        raise Refused("Option not supported: --fcpdevices takes active, free or offline")
    with step("Querying FCP devices"):
        async with host.zhcp() as zhcp:
            result = await zhcp.smapi("System_WWPN_Query", "MAINT", {"owner": "YES"})
    lines: list[str] = []
    for record in next(iter(result.reply.values()), []):
        device, npiv, channel, physical, status = record.split()[:5]
        if _FCP_STATUS.get(status) != wanted:
            continue
        if "details" not in words:
            lines.append(device)
            continue
        lines += [
            f"FCP device number: {device}",
            f"Status: {wanted.capitalize()}",
            f"NPIV world wide port number: {'' if npiv == 'NONE' else npiv}",
            f"Channel path ID: {channel}",
            f"Physical world wide port number: {'' if physical == 'NONE' else physical}",
        ]
    return lines


def shown(octets: int) -> str:
    """Return a size as clients read it: from 4 GiB on in G with one decimal, below in whole M."""
    if octets >= 4 << 30:
        return f"{octets / (1 << 30):.1f}G"
    return f"{octets >> 20}M"


def memory(octets: int) -> str:
    """Return a size of memory: whole G where it is, else whole M."""
    return f"{octets >> 30}G" if octets and octets % (1 << 30) == 0 else f"{octets >> 20}M"


async def _level(host: Host, _: tuple[str, ...]) -> list[str]:
    with step("Querying the level of SMAPI"):
        async with host.zhcp() as zhcp:
            result = await zhcp.smapi("Query_API_Functional_Level", "MAINT")
    return [f"The API functional level is z/VM V{result.rs // 100}.{result.rs // 10 % 10}"]


QUESTIONS: dict[str, Question] = {
    "all": _all,
    "config": _all,
    "--diskpoolspace": _pool_space,
    "--diskpoolnames": _pool_names,
    "--fcpdevices": _fcp_devices,
    "--smapilevel": _level,
    "--userprofilenames": _profile_names,
}
