# SPDX-License-Identifier: Apache-2.0
"""Facts about the z/VM system: from SMAPI, from CP, and from the zHCP's own ``/proc/sysinfo``."""

from __future__ import annotations

import re
from typing import Any, Final

from zvm.zhcp import errors
from zvm.zhcp.platform import Platform
from zvm.zhcp.smapi_session import SmapiSession

_UNITS: Final = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40, "P": 1 << 50}
_SIZE: Final = re.compile(r"(\d+(?:\.\d+)?)([KMGTP]?)\Z")
_PAGE: Final = 4096
#: SSI_Query: the system is no member of a cluster.
_NO_CLUSTER: Final = ((4, 3008), (4, 3009))


def size(text: str) -> int:
    """Return octets for a size as CP writes it, e.g. ``256G``; 0 where it is none."""
    match = _SIZE.match(text.strip())
    return int(float(match[1]) * _UNITS[match[2]]) if match else 0


def storage(text: str) -> dict[str, int]:
    """Return the octets in a line ``4G CONFIGURED = 4G INC = 1M STANDBY = 0 RESERVED = 0``, by its words."""
    first = text.split(" ", 1)[0]
    found = {word.lower(): size(value) for word, value in re.findall(r"(\w+) *= *(\S+)", text)}
    return {"total": size(first), **found}


def sysinfo_fields(text: str) -> dict[str, str]:
    """Return the lines ``name: value`` of ``/proc/sysinfo``."""
    pairs = (line.split(":", 1) for line in text.splitlines() if ":" in line)
    return {name.strip(): value.strip() for name, value in pairs}


class Host:
    """The z/VM system as a whole."""

    def __init__(self, platform: Platform, smapi: SmapiSession) -> None:
        self._platform = platform
        self._smapi = smapi
        self._identity: tuple[str, str] | None = None
        self._ssi: str | None = None

    async def identity(self) -> tuple[str, str]:
        """Return the zHCP's own userid and the system's name (QUERY USERID)."""
        if self._identity is None:
            words = (await self._cp("QUERY USERID")).split()
            if len(words) < 3:
                raise errors.ZhcpError(f"CP answers QUERY USERID in another form than known: {words}")
            self._identity = words[0], words[2]
        return self._identity

    async def ssi(self) -> str:
        """Return the name of the cluster that the system is a member of, or "" (SSI_Query)."""
        if self._ssi is None:
            userid, _ = await self.identity()
            try:
                reply = await self._smapi.call("SSI_Query", userid)
            except errors.NotSupported:  # before z/VM 6.2
                self._ssi = ""
            except errors.Refused as error:
                if (error.rc, error.rs) not in _NO_CLUSTER:
                    raise
                self._ssi = ""
            else:
                self._ssi = str(reply.values["ssi_name"]).strip()
        return self._ssi

    async def cp_level(self) -> list[str]:
        """Return the three lines of QUERY CPLEVEL: version, when it was generated, when IPLed."""
        return [line.strip() for line in (await self._cp("QUERY CPLEVEL")).splitlines() if line.strip()]

    async def facts(self) -> dict[str, Any]:
        """Return all that is known; memory in octets."""
        userid, system = await self.identity()
        cp_level = await self.cp_level()
        about = (await self._smapi.call("System_Info_Query", userid)).values
        load = (await self._smapi.call("System_Performance_Info_Query", userid)).values
        machine = sysinfo_fields(await self._platform.sysinfo())
        memory = storage(str(about.get("realStorageSize", "")))
        ipl = next((line for line in cp_level if line.startswith("IPL at ")), "")
        return {
            "system": system,
            "userid": userid,
            "cplevel": cp_level,
            "ipl_time": ipl,
            "timezone": about.get("timezone", ""),
            "time": about.get("time", ""),
            "cec_vendor": machine.get("Manufacturer", ""),
            "cec_model": machine.get("Type", ""),
            "cec_sequence": machine.get("Sequence Code", ""),
            "hypervisor_os": machine.get("VM00 Control Program", ""),
            "hypervisor_name": system,
            "architecture": "s390x",
            "lpar_name": machine.get("LPAR Name", ""),
            "lpar_cpu_total": _whole(machine.get("LPAR CPUs Total", "")),
            "lpar_cpu_used": _whole(machine.get("LPAR CPUs Configured", "")),
            "lpar_memory_total": memory.get("configured") or memory["total"],
            "lpar_memory_used": _whole(load.get("usedPages", "")) * _PAGE,
            "lpar_memory_offline": memory.get("standby", 0),
            "cpu_count": _whole(load.get("cpuCount", "")),
            "cpu_average_percent": _whole(load.get("averageUse", "")),
            "paging_rate": _whole(load.get("pagingRate", "")),
            "details": list(load.get("details", [])),
            "sysinfo": machine,
        }

    async def _cp(self, command: str) -> str:
        result = await self._platform.cp(command)
        if result.rc != 0:
            text = result.text.strip()
            raise errors.Refused(
                f"CP refused {command}: {text}",
                function=f"CP {command.split(' ')[0]}",
                rc=result.rc,
                explanation=text,
            )
        return result.text


def _whole(text: object) -> int:
    match = re.search(r"\d+", str(text))
    return int(match[0]) if match else 0
