# SPDX-License-Identifier: Apache-2.0
"""Questions of ``rinv`` and ``lsvm`` about a z/VM system that one SMAPI function or CP command answers.

Lines come as z/VM writes them; xCAT's own texts about them are no contract that a client is known to read.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

from zvm.directory import names
from zvm.manager import pools, zfcp_pools
from zvm.manager.commands.base import step
from zvm.manager.errors import Invalid, NotSupported, Refused
from zvm.manager.hosts import Host
from zvm.manager.service import ManagementNode

Question = Callable[[ManagementNode, Host, tuple[str, ...]], Awaitable[list[str]]]
_SYSTEM = "MAINT"


def shown(value: Any, name: str = "") -> Iterator[str]:
    """Yield the lines of a reply: a text as it is, ``name: value`` for a number."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from shown(item, str(key))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from shown(item)
    elif isinstance(value, str):
        yield from (line.rstrip() for line in value.splitlines() if line.strip())
    else:
        yield f"{name}: {value}" if name else str(value)


async def _asked(host: Host, function: str, target: str = _SYSTEM, **parameters: Any) -> list[str]:
    with step(f"Querying {host.name}"):
        async with host.zhcp() as zhcp:
            result = await zhcp.smapi(function, target, parameters)
    return list(shown(result.reply))


def _device(words: tuple[str, ...]) -> str:
    """Return the device number that a question is about, or ALL."""
    if not words or words[0].lower() == "all":
        return "ALL"
    return names.vdev(words[0])


def _simple(function: str, target: str = _SYSTEM, **parameters: Any) -> Question:
    async def question(_: ManagementNode, host: Host, __: tuple[str, ...]) -> list[str]:
        return await _asked(host, function, target, **parameters)

    return question


def _of_device(function: str) -> Question:
    async def question(_: ManagementNode, host: Host, words: tuple[str, ...]) -> list[str]:
        return await _asked(host, function, dev_num=_device(words))

    return question


async def _disk_pool(_: ManagementNode, host: Host, words: tuple[str, ...]) -> list[str]:
    """``POOL free|used|all``: the extents."""
    if not words:
        raise Refused("Wrong number of parameters")
    wanted = words[1].lower() if len(words) > 1 else "all"
    if wanted not in ("free", "used", "all"):
        raise Invalid(f"'{wanted}' is none of free, used and all")
    lines = ["#VolID DevType StartAddr Size"]
    for kind in ("free", "used") if wanted == "all" else (wanted,):
        lines += await pools.extents(host, names.poolname(words[0]), kind)
    return lines


async def _accessible(_: ManagementNode, host: Host, words: tuple[str, ...]) -> list[str]:
    device = _device(words)
    await _asked(host, "System_Disk_Accessibility", dev_num=device)
    return [f"The disk {device} is accessible"]


async def _free_fcp(_: ManagementNode, host: Host, words: tuple[str, ...]) -> list[str]:
    """``FCP``: the LUNs that a free FCP device sees."""
    if not words:
        raise Refused("Wrong number of parameters")
    return await _asked(host, "System_FCP_Free_Query", fcp_dev=names.vdev(words[0]))


async def _luns(_: ManagementNode, host: Host, words: tuple[str, ...]) -> list[str]:
    """``FCP``: the LUNs behind it, WWPN and LUN a line."""
    found = await _free_fcp(_, host, words)
    return [f"WWPN: 0x{part[1]} LUN: 0x{part[2]}" for part in (line.split(";") for line in found)]


async def _wwpns(_: ManagementNode, host: Host, words: tuple[str, ...]) -> list[str]:
    """``FCP``: the ports that it sees."""
    found = await _free_fcp(_, host, words)
    return sorted({line.split(";")[1] for line in found})


async def _network_names(_: ManagementNode, host: Host, __: tuple[str, ...]) -> list[str]:
    lines = []
    for kind in ("VSWITCH", "LAN"):
        text = await _cp(host, f"QUERY {kind}")
        for line in text.splitlines():
            words = line.split()
            if len(words) > 2 and words[0] == kind:
                lines.append(" ".join((kind, words[1], words[2])))
    return list(dict.fromkeys(lines))


async def _network(_: ManagementNode, host: Host, words: tuple[str, ...]) -> list[str]:
    """``NAME``: a virtual switch or guest LAN, as CP tells of it; without a name all."""
    if not words or words[0].lower() == "all":
        return (await _cp(host, "QUERY VSWITCH")).splitlines()
    return (await _cp(host, f"QUERY VSWITCH {names.vswitch(words[0])} DETAILS")).splitlines()


async def _cp(host: Host, command: str) -> str:
    with step(f"Querying {host.name}"):
        async with host.zhcp() as zhcp:
            answer = await zhcp.cp(command)
    if answer.rc:
        raise Refused(f"CP says: {' '.join(answer.text.split())}")
    return answer.text


async def _vlan_stats(_: ManagementNode, host: Host, words: tuple[str, ...]) -> list[str]:
    """``VLAN [USERID [DEVICE]]``."""
    if not words or not words[0].isdecimal():
        raise Refused("Wrong number of parameters")
    more = {"userid": names.userid(words[1])} if len(words) > 1 else {}
    return await _asked(host, "Virtual_Network_VLAN_Query_Stats", vlan_id=words[0], **more)


async def _vswitch_stats(_: ManagementNode, host: Host, words: tuple[str, ...]) -> list[str]:
    """``[NAME]``."""
    name = names.vswitch(words[0]) if words and words[0] != "*" else "*"
    return await _asked(host, "Virtual_Network_Vswitch_Query_Stats", switch_name=name)


async def _response(_: ManagementNode, host: Host, words: tuple[str, ...]) -> list[str]:
    raise NotSupported("--responsedata is not supported: lost answers are recovered by the zHCP itself")


async def _zfcp_pool(mn: ManagementNode, host: Host, words: tuple[str, ...]) -> list[str]:
    """``POOL``: its devices, as xCAT's pool file has them."""
    if not words:
        raise Refused("Wrong number of parameters")
    found = await mn.database.read(zfcp_pools.devices, host.hcp, zfcp_pools.pool_name(words[0]))
    if not found:
        raise Refused("zFCP device pool does not exist")
    return ["#status,wwpn,lun,size,range,owner,channel,tag", *(device.line() for device in found)]


async def _zfcp_pool_names(mn: ManagementNode, host: Host, _: tuple[str, ...]) -> list[str]:
    return await mn.database.read(zfcp_pools.pools, host.hcp)


QUESTIONS: dict[str, Question] = {
    "--diskpool": _disk_pool,
    "--freefcp": _free_fcp,
    "--luns": _luns,
    "--network": _network,
    "--networknames": _network_names,
    "--pagevolumes": _simple("System_Page_Utilization_Query"),
    "--responsedata": _response,
    "--scsidisk": _of_device("System_SCSI_Disk_Query"),
    "--spoolvolumes": _simple("System_Spool_Utilization_Query"),
    "--ssi": _simple("SSI_Query", "ALL"),
    "--systemdisk": _of_device("System_Disk_Query"),
    "--systemdiskaccessibility": _accessible,
    "--vlanstats": _vlan_stats,
    "--vswitchstats": _vswitch_stats,
    "--wwpns": _wwpns,
    "--zfcppool": _zfcp_pool,
    "--zfcppoolnames": _zfcp_pool_names,
}
