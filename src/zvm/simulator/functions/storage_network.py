# SPDX-License-Identifier: Apache-2.0
"""FCP devices, the LUNs behind them, and the EDEVs CP makes of these."""

from __future__ import annotations

import re

from zvm.directory import names
from zvm.simulator.edev import Edev, EdevError, NoPath
from zvm.simulator.functions.registry import Call, checked, done, serves
from zvm.simulator.refused import Refused
from zvm.simulator.san import BLOCK, PRODUCT, VENDOR, Route
from zvm.smapi.frames import Reply

_FCP_ACTIVE, _FCP_FREE, _FCP_OFFLINE = 1, 2, 3
_NONE_FOUND = Refused(4, 28)
_NO_SUCH_DEVICE = Refused(8, 8)
#: SCSI disk additions that CP refuses.
_NOT_ADDED = Refused(4, 8)
#: HCP8700: CP finds no LUN at the end of a path.
_NO_PATH = Refused(396, 8700)
_BAD_OPERAND = 3003
_ADD_PATHS, _REMOVE_PATHS = "2", "3"
_ROUTE = re.compile(r"([0-9A-F]{1,4}) (?:0X)?([0-9A-F]{16}) (?:0X)?([0-9A-F]{1,16})")


@serves("System_WWPN_Query")
def system_wwpn_query(call: Call) -> Reply:
    """Describe the FCP devices: NPIV and permanent port names, whether they are in use and by whom."""
    lines = []
    for fcp in call.system.config.fcp_devices:
        owner = call.system.san.owner(fcp.rdev)
        state = _FCP_ACTIVE if owner else _FCP_FREE
        if fcp.rdev in call.system.offline.devices:
            state = _FCP_OFFLINE
        line = f"{fcp.rdev} {fcp.npiv_wwpn or 'NONE'} {fcp.chpid} {fcp.wwpn or 'NONE'} {state}"
        lines.append(f"{line} {owner or 'NONE'}" if call.text("owner") == "YES" else line)
    if not lines:
        raise _NONE_FOUND
    return done(wwpnArray=lines)


@serves("System_FCP_Free_Query")
def system_fcp_free_query(call: Call) -> Reply:
    """List the LUNs that an FCP device sees and CP does not use."""
    rdev = _device(call, "fcp_dev")
    if call.system.san.fcp(rdev) is None:
        raise _NO_SUCH_DEVICE
    used = {edev.uuid for edev in call.system.edevs.all()}
    return done(
        fcpArray=[
            f"{path.fcp};{path.wwpn};{path.lun};{lun.uuid};{VENDOR};{PRODUCT};{PRODUCT};{lun.serial};83;"
            f"{BLOCK};{lun.settings.blocks};{lun.size}"
            for path, lun in call.system.san.paths(rdev)
            if lun.uuid not in used
        ]
    )


@serves("System_SCSI_Disk_Add")
def system_scsi_disk_add(call: Call) -> Reply:
    """Make an EDEV (option 1, also when none is given), add paths to it (2) or take some away (3)."""
    rdev, persist = _device(call, "dev_num"), call.text("persist") == "YES"
    paths = []
    for text in filter(None, call.text("dev_path_array").split(";")):
        found = _ROUTE.fullmatch(" ".join(text.split()))
        if found is None:
            raise Refused(8, _BAD_OPERAND, f"UNKNOWN_PARAMETER_OPERAND={call['dev_path_array']}")
        paths.append(Route(found[1].zfill(4), found[2], found[3].ljust(16, "0")))
    edevs = call.system.edevs
    try:
        match call.text("option"):
            case option if option == _ADD_PATHS:
                edevs.add_paths(rdev, paths, persist)
            case option if option == _REMOVE_PATHS:
                edevs.remove_paths(rdev, paths, persist)
            case _:
                edevs.add(rdev, paths, persist)
    except NoPath:
        raise _NO_PATH from None
    except EdevError:
        raise _NOT_ADDED from None
    return done()


@serves("System_SCSI_Disk_Delete")
def system_scsi_disk_delete(call: Call) -> Reply:
    """Give the LUN of an EDEV back."""
    try:
        call.system.edevs.delete(_device(call, "dev_num"))
    except EdevError:
        raise _NO_SUCH_DEVICE from None
    return done()


@serves("System_SCSI_Disk_Query")
def system_scsi_disk_query(call: Call) -> Reply:
    """Describe one EDEV or all: device, type, attributes, blocks; then its paths."""
    edevs = call.system.edevs
    if call.text("dev_num") == "ALL":
        if not edevs.all():
            raise _NONE_FOUND
        return done(scsiInfoArray=[line for edev in edevs.all() for line in _described(edev)])
    edev = edevs.get(_device(call, "dev_num"))
    if edev is None:
        raise _NO_SUCH_DEVICE
    return done(scsiInfoArray=_described(edev))


def _described(edev: Edev) -> list[str]:
    return [f"{edev.rdev} FBA SCSI {edev.blocks}", *(str(path) for path in edev.paths)]


def _device(call: Call, name: str) -> str:
    refusal = Refused(8, _BAD_OPERAND, f"UNKNOWN_PARAMETER_OPERAND={call[name]}")
    return checked(names.vdev, call.text(name), refusal)
