# SPDX-License-Identifier: Apache-2.0
"""QUERY FCP and QUERY EDEVICE: the system's way into the storage network."""

from __future__ import annotations

from zvm.simulator import dedicate
from zvm.simulator.config import FcpSettings
from zvm.simulator.cp.command import Context, abbreviates, lines, query
from zvm.simulator.cp_error import CpError
from zvm.simulator.edev import Edev
from zvm.simulator.san import PRODUCT, REVISION, VENDOR

_PER_LINE = 4
_OFFLINE = "OFFLINE"


@query("FCP", "FCP [ALL | FREE | ATTACHED | SYSTEM] [rdev[-rdev]] [WWPN]", "CQF", "B")
def query_fcp(context: Context) -> str:
    """Who has the FCP devices; with one device or WWPN also channel path and port names."""
    words = [word for word in context.words if word != "WWPN"]
    details = len(words) != len(context.words)
    wanted = "ALL"
    for word in words:
        if word in ("ALL", "FREE", "SYSTEM") or abbreviates("ATTached", word):
            wanted = "ATTACHED" if word.startswith("ATT") else word
    ranges = [word for word in words if word not in ("ALL", "FREE", "SYSTEM") and not word.startswith("ATT")]
    first, last = _range(context, ranges[0]) if ranges else (0, 0xFFFF)
    found = []
    for fcp in context.system.config.fcp_devices:
        owner = context.system.san.owner(fcp.rdev)
        state = "FREE" if not owner else "SYSTEM" if owner == "SYSTEM" else "ATTACHED"
        if fcp.rdev in context.system.offline.devices:
            state = _OFFLINE
        if first <= int(fcp.rdev, 16) <= last and wanted in ("ALL", state):
            found.append((fcp, owner, state))
    if not found:
        raise CpError("CQF", 40, f"Device {ranges[0] if ranges else 'FCP'} does not exist")
    if details or (ranges and first == last):
        return lines(*(line for item in found for line in _details(context, *item)))
    short = [f"FCP  {fcp.rdev} {owner or state:<8}" for fcp, owner, state in found]
    return lines(*(", ".join(short[at : at + _PER_LINE]) for at in range(0, len(short), _PER_LINE)))


@query("EDEVice", "EDEVice [rdev | ALL] [DETAILS]", "EDV", "ABE")
def query_edevice(context: Context) -> str:
    """The LUNs that CP shows as 9336 volumes, and with DETAILS the paths to them."""
    words = [word for word in context.words if not abbreviates("DETails", word)]
    context.words, details = words, len(words) != len(context.words)
    every = not words or words[0] == "ALL"
    rdev = "" if every else context.vdev(0)
    found = [edev for edev in context.system.edevs.all() if every or edev.rdev == rdev]
    if not found:
        raise CpError("EDV", 40, f"Device {rdev or 'EDEV'} does not exist")
    return lines(*(line for edev in found for line in _edev(context, edev, details)))


def _range(context: Context, word: str) -> tuple[int, int]:
    first, _, last = word.partition("-")
    context.words = [first, last or first]
    return int(context.vdev(0), 16), int(context.vdev(1), 16)


def _details(context: Context, fcp: FcpSettings, owner: str, state: str) -> list[str]:
    if owner:
        state = f"ATTACHED TO {owner:<8} {dedicate.vdev_of(context.system, owner, fcp.rdev)}"
    return [
        f"FCP  {fcp.rdev} {state} CHPID {fcp.chpid}",
        f"     WWPN {fcp.npiv_wwpn or fcp.wwpn or 'NONE'}",
        f"     PERM WWPN {fcp.wwpn or 'NONE'} NPIV {'ENABLED' if fcp.npiv_wwpn else 'DISABLED'}",
    ]


def _edev(context: Context, edev: Edev, details: bool) -> list[str]:
    shown = [f"EDEV {edev.rdev} TYPE FBA ATTRIBUTES SCSI"]
    if details:
        shown += [
            f"  VENDOR: {VENDOR} PRODUCT: {PRODUCT} REVISION: {REVISION}",
            f"  BLOCKSIZE: 512 NUMBER OF BLOCKS: {edev.blocks}",
            "  PATHS:",
        ]
        for path in edev.paths:
            shown.append(f"    FCP_DEV: {path.fcp} WWPN: {path.wwpn} LUN: {path.lun}")
            state = "ONLINE" if context.system.san.reaches(path.fcp) else _OFFLINE
            shown.append(f"      CONNECTION TYPE: SWITCHED STATUS: {state}")
    return shown
