# SPDX-License-Identifier: Apache-2.0
"""The texts that zHCP's old tool ``smcli`` prints for queries. Passwords of the directory are masked."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from zvm.directory import parse_entry, passwords

_PASSWORDS = re.compile(r"((?:READ|WRITE|MULTI)PASSWORD=)\S+")
#: Field of Image_Performance_Query → label and unit.
_PERFORMANCE = (
    ("guestName", "Guest name", ""),
    ("recordVersion", "Record version", ""),
    ("guestFlags", "Guest flags", ""),
    ("usedCPUTime", "Used CPU time", " uS"),
    ("elapsedTime", "Elapsed time", " uS"),
    ("minMemory", "Minimum memory", " KB"),
    ("maxMemory", "Max memory", " KB"),
    ("sharedMemory", "Shared memory", " KB"),
    ("usedMemory", "Used memory", " KB"),
    ("activeCPUsInCEC", "Active CPUs in CEC", ""),
    ("logicalCPUsInVM", "Logical CPUs in VM", ""),
    ("guestCPUs", "Guest CPUs", ""),
    ("minCPUCount", "Minimum CPU count", ""),
    ("maxCPULimit", "Max CPU limit", ""),
    ("processorShare", "Processor share", ""),
    ("samplesCPUInUse", "Samples CPU in use", ""),
    ("samplesCPUDelay", "Samples CPU delay", ""),
    ("samplesPageWait", "Samples page wait", ""),
    ("samplesIdle", "Samples idle", ""),
    ("samplesOther", "Samples other", ""),
    ("samplesTotal", "Samples total", ""),
)

#: What a query prints, from target, reason code and reply.
Show = Callable[[str, int, Mapping[str, Any]], list[str]]


def _entry(_target: str, _rs: int, reply: Mapping[str, Any]) -> list[str]:
    return passwords.masked(parse_entry(record.rstrip() for record in reply["image_record_array"])).records()


def _locks(target: str, rs: int, reply: Mapping[str, Any]) -> list[str]:
    if rs == 24:
        return [f"{target} is Unlocked..."]
    return [reply["lockedTypeImageLockedBy"], *(f"Device address: {item}" for item in reply["lockedDevList"])]


def _level(_target: str, rs: int, _reply: Mapping[str, Any]) -> list[str]:
    return [f"The API functional level is z/VM V{rs // 100}.{rs // 10 % 10}"]


def _definitions(_target: str, _rs: int, reply: Mapping[str, Any]) -> list[str]:
    return [_PASSWORDS.sub(rf"\1{passwords.HIDDEN_OF_MINIDISK}", line) for line in reply["definitions"]]


def _status(_target: str, _rs: int, reply: Mapping[str, Any]) -> list[str]:
    return [_only(item) for item in reply["imageNameList"]]


def _performance(_target: str, _rs: int, reply: Mapping[str, Any]) -> list[str]:
    records = reply["performanceList"]
    lines = [f"Number of virtual server elements: {len(records)}"]
    for record in records:
        lines += [f'{label}: "{str(record[key]).strip()}{unit}"' for key, label, unit in _PERFORMANCE]
    return lines


def _configuration(_target: str, _rs: int, reply: Mapping[str, Any]) -> list[str]:
    unit = {1: "KB", 2: "MB", 3: "GB"}.get(reply["memoryUnit"], "")
    lines = [f"Memory: {reply['memorySize']} {unit}", f"CPU count: {reply['numberOfCpus']}"]
    lines += [f"CPU {cpu['cpuNumber']}: ID {cpu['cpuId']}" for cpu in reply["cpuInfoList"]]
    return lines + [f"Device: {device['deviceAddress']}" for device in reply["deviceList"]]


def _system(_target: str, _rs: int, reply: Mapping[str, Any]) -> list[str]:
    """Clients take the third ``: `` field of the fifth line (the node's name is the first): the IPL time."""
    keys = ("timezone", "time", "vmVersion", "cpGenTime", "cpIplTime", "realStorageSize")
    labels = ("Timezone", "Time", "z/VM version", "CP generation time", "CP IPL time", "Real storage")
    return [f"{label}: {reply[key]}" for key, label in zip(keys, labels, strict=True)]


def _ipl(_target: str, _rs: int, reply: Mapping[str, Any]) -> list[str]:
    keys = ("savedSystem", "loadParameter", "parameters")
    labels = ("IPL", "Load parameter", "Parameters")
    return [f"{label}: {reply[key]}" for key, label in zip(keys, labels, strict=True)]


def _vswitches(_target: str, _rs: int, reply: Mapping[str, Any]) -> list[str]:
    lines: list[str] = []
    for switch in reply["vswitchList"]:
        lines += [f"VSWITCH:  Name: {switch['vswitchName']}", f"  VLAN ID: {switch['vlanId']}"]
        for device in switch["realDeviceList"]:
            lines.append(f"  Real device: {device['realDeviceAddress']:04X}")
            lines.append(f"  Controller: {device['controllerName'].strip()}")
        lines += [
            f"  Authorized user: {user['grantUserid'].strip()}" for user in switch["authorizedUserList"]
        ]
        lines += [
            f"  Adapter: {nic['adapterOwner'].strip()} {nic['imageDeviceNumber']}"
            for nic in switch["connectedAdapterList"]
        ]
    return lines


#: The eight counters of a port, as the tool names them behind ``uplink_``, ``bridge_`` or ``nic_``.
_COUNTERS = ("fr_rx", "fr_rx_dsc", "fr_rx_err", "fr_tx", "fr_tx_dsc", "fr_tx_err", "rx", "tx")


def _switch_statistics(_target: str, _rs: int, reply: Mapping[str, Any]) -> list[str]:
    """A line for each count and counter, as Ceilometer's inspector reads them."""
    left = iter(reply["statistics"])

    def counted(kind: str, words: list[str]) -> list[str]:
        return [f"{kind}_{name}: {value}" for name, value in zip(_COUNTERS, words[-8:], strict=True)]

    count = int(next(left))
    lines = [f"vswitch count: {count}"]
    for number in range(1, count + 1):
        lines += ["", f"vswitch number: {number}", f"vswitch name: {next(left)}"]
        uplinks = int(next(left))
        lines.append(f"uplink count: {uplinks}")
        for words in (next(left).split() for _ in range(uplinks)):
            lines += [f"uplink_conn: {words[0]}", *counted("uplink", words)]
        lines += counted("bridge", next(left).split())
        nics = int(next(left))
        lines.append(f"nic count: {nics}")
        for words in (next(left).split() for _ in range(nics)):
            lines += [f"nic_id: {words[0]} {words[1]}", *counted("nic", words)]
        vlans = int(next(left))
        lines.append(f"vlan count: {vlans}")
        for words in (next(left).split() for _ in range(vlans)):
            lines += [f"vlan_id: {words[0]}", f"vlan_rx: {words[1]}", f"vlan_tx: {words[2]}"]
    return lines


def _only(item: Any) -> str:
    """Return the text of an element with one field, as a dictionary or as it is."""
    return str(next(iter(item.values())) if isinstance(item, dict) else item).strip()


ANSWERS: dict[str, Show] = {
    "Image_Active_Configuration_Query": _configuration,
    "Image_Definition_Query_DM": _definitions,
    "Image_IPL_Query_DM": _ipl,
    "Image_Lock_Query_DM": _locks,
    "Image_Performance_Query": _performance,
    "Image_Query_DM": _entry,
    "Image_Status_Query": _status,
    "Query_API_Functional_Level": _level,
    "System_Info_Query": _system,
    "Virtual_Network_Vswitch_Query": _vswitches,
    "Virtual_Network_Vswitch_Query_IUO_Stats": _switch_statistics,
}
