# SPDX-License-Identifier: Apache-2.0
"""What CP has measured: the load of z/VM systems, and what a guest has used."""

from __future__ import annotations

import re
from typing import Any

from starlette.responses import Response

from zvm.manager import guest_size
from zvm.manager.hosts import Host
from zvm.manager.service import GuestNode
from zvm.manager.zvm_v1.route import INTEGER, STRING, Ask, Route, answer, array_of, object_of
from zvm.zhcp.client import ZhcpClient

LOAD = object_of(host=STRING, cpus=INTEGER, busy_percent=INTEGER, paging_per_second=INTEGER)
NIC = object_of(
    vdev=STRING,
    rx_octets=INTEGER,
    rx_packets=INTEGER,
    rx_drop=INTEGER,
    rx_errors=INTEGER,
    tx_octets=INTEGER,
    tx_packets=INTEGER,
    tx_drop=INTEGER,
    tx_errors=INTEGER,
)
PERFORMANCE = object_of(
    cpus=INTEGER,
    cpu_microseconds=INTEGER,
    elapsed_microseconds=INTEGER,
    memory_kilobytes=INTEGER,
    used_memory_kilobytes=INTEGER,
    io_requests=INTEGER,
    nics=array_of(NIC),
)
#: The eight counters of a card, in their order: of frames, then of octets.
#: Source: Virtual_Network_Vswitch_Query_Byte_Stats.
_COUNTERS = (
    "rx_packets",
    "rx_drop",
    "rx_errors",
    "tx_packets",
    "tx_drop",
    "tx_errors",
    "rx_octets",
    "tx_octets",
)
_IO = re.compile(r"\bIO=(\d+)")


async def load(ask: Ask) -> Response:
    """Answer how busy the systems are."""
    found, silent = await ask.mn.hosts.ask(ask.text("host"), _load)
    return answer({"load": [item for _, item in found], "unreachable": silent})


async def _load(host: Host) -> dict[str, Any]:
    async with host.zhcp() as zhcp:
        facts = await zhcp.host()
    return {
        "host": host.name,
        "cpus": facts["cpu_count"],
        "busy_percent": facts["cpu_average_percent"],
        "paging_per_second": facts["paging_rate"],
    }


async def performance(ask: Ask) -> Response:
    """Answer what a guest has used since it was logged on; all is 0 for one that is off."""
    guest = await ask.mn.guest(ask.name("node"))
    async with guest.host.zhcp() as zhcp:
        names = {"userids": [guest.userid]}
        reply = (await zhcp.smapi("Image_Performance_Query", guest.userid, names)).reply
        used: dict[str, Any] = next(iter(reply["performanceList"]), {})
        cpus, memory = await guest_size.seen_by_cp(zhcp, guest.userid, used) if used else (0, 0)
        return answer(
            {
                "cpus": cpus,
                "cpu_microseconds": used.get("usedCPUTime", 0),
                "elapsed_microseconds": used.get("elapsedTime", 0),
                "memory_kilobytes": memory,
                "used_memory_kilobytes": used.get("usedMemory", 0),
                "io_requests": await _io(zhcp, guest) if used else 0,
                "nics": await _nics(zhcp, guest) if used else [],
            }
        )


async def _io(zhcp: ZhcpClient, guest: GuestNode) -> int:
    """Return how many virtual I/O requests CP counted (INDICATE USER, one number for each processor)."""
    told = await zhcp.cp(f"INDICATE USER {guest.userid}")
    return sum(map(int, _IO.findall(told.text))) if told.rc == 0 else 0


async def _nics(zhcp: ZhcpClient, guest: GuestNode) -> list[dict[str, Any]]:
    told = await zhcp.smapi("Virtual_Network_Vswitch_Query_Byte_Stats", "SYSTEM", {"switch_name": "*"})
    found = []
    for line in told.reply["statistics"]:
        words = line.split()
        if len(words) == len(_COUNTERS) + 2 and words[0] == guest.userid:
            counters = dict(zip(_COUNTERS, map(int, words[2:]), strict=True))
            found.append({"vdev": words[1].upper().zfill(4), **counters})
    return found


ROUTES = (
    Route(
        "GET",
        "/load",
        "zvm.load",
        "Say how busy the z/VM systems are",
        load,
        object_of(load=array_of(LOAD), unreachable=array_of(STRING)),
        query={"host": "only this z/VM system"},
    ),
    Route(
        "GET",
        "/guests/{node}/performance",
        "zvm.performance",
        "Say what a guest has used since it was logged on",
        performance,
        PERFORMANCE,
    ),
)
