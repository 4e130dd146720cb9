# SPDX-License-Identifier: Apache-2.0
"""What an operator does to the system: shut it down, look after dumps and spool space, try disks."""

from __future__ import annotations

from zvm.directory import names
from zvm.simulator import dedicate
from zvm.simulator.extent_control import model
from zvm.simulator.functions.registry import Call, checked, done, serves
from zvm.simulator.refused import Refused
from zvm.simulator.spool import SpoolFile
from zvm.smapi.frames import Reply

_UNPROCESSED, _PROCESSED = 1, 2
_DUMP_CLASS = "D"
_OPERATOR = "OPERATNS"
#: Bytes of a spool page.
_PAGE = 4096


@serves("System_Shutdown")
def system_shutdown(call: Call) -> Reply:
    """Log every guest off; with ``Reipl`` start the system again."""
    if call.text("Cancel") or call.text("Within") or call.text("By"):
        raise Refused(8, 24, "Only an immediate shutdown can be asked for")
    if call.text("Reipl"):
        call.system.ipl()
    else:
        call.system.halt()
    return done()


@serves("System_Spool_Utilization_Query")
def system_spool_utilization_query(call: Call) -> Reply:
    """Tell total and used pages, and the same of the volume that holds the spool."""
    spool = call.system.spool
    owners = {entry.userid for entry in call.system.directory.entries()}
    files = [file for owner in sorted(owners) for file in spool.files(owner)]
    used = sum(-(-len(spool.data(file)) // _PAGE) for file in files)
    volume = next(iter(sorted(call.system.dasd.volumes.values(), key=lambda item: item.rdev or "~")))
    total = volume.size * 180
    percent = used * 100 // total
    figures = f"{total // 1024}K {used} {percent}"
    return done(spoolInformation=[f"{figures} {volume.volser} {volume.rdev} {figures} NOTDUMP NOTDRAINED"])


def _dumps(call: Call) -> list[SpoolFile]:
    return [file for file in call.system.spool.files(_OPERATOR) if file.cls in (_DUMP_CLASS, "P")]


def _dump_id(file: SpoolFile) -> str:
    return f"PRB{file.spoolid:05}" if file.cls == "P" else f"{file.spoolid:04}"


def _dump(call: Call) -> SpoolFile:
    for file in _dumps(call):
        if _dump_id(file) == call.text("id"):
            return file
    raise Refused(200, 12)


@serves("Query_ABEND_Dump")
def query_abend_dump(call: Call) -> Reply:
    """Tell the dumps in OPERATNS's reader: those that came (class D), and those that were processed."""
    wanted = call.text("location") or "ALL"
    found = [
        {
            "abend_dump_loc": _PROCESSED if file.cls == "P" else _UNPROCESSED,
            "abend_dump_id": _dump_id(file),
            "abend_dump_date": f"{file.date:%Y-%m-%d}",
            "abend_dump_dist": file.dist,
        }
        for file in _dumps(call)
        if wanted == "ALL" or (wanted == "RDR") is (file.cls == _DUMP_CLASS)
    ]
    return done(abendDumpStructure=found) if found else done(28)


@serves("Process_ABEND_Dump")
def process_abend_dump(call: Call) -> Reply:
    file = _dump(call)
    if file.cls == _DUMP_CLASS:
        file.cls = "P"
    return done()


@serves("Delete_ABEND_Dump")
def delete_abend_dump(call: Call) -> Reply:
    call.system.spool.purge(_dump(call))
    return done()


@serves("SMAPI_Status_Capture")
def smapi_status_capture(call: Call) -> Reply:
    """Put what SMAPI's servers did last into the caller's reader."""
    guests = sorted(machine.userid for machine in call.system.guests.logged_on())
    lines = [f"SMAPI status of {call.system.name}", *guests]
    text = "".join(f"{line}\n" for line in lines).encode()
    call.system.spool.create(call.caller, text, origin="VSMWORK1", name="SMAPI", type="STATUS")
    return done()


@serves("System_Disk_Accessibility")
def system_disk_accessibility(call: Call) -> Reply:
    rdev = checked(names.vdev, call.text("dev_num"), Refused(8, 3003))
    if dedicate.volume_at(call.system, rdev) is None:
        raise Refused(8, 8)
    return done()


@serves("System_Disk_Add")
def system_disk_add(call: Call) -> Reply:
    """Make a real disk known, which all of the system's are already: bring it online, describe it."""
    rdev = checked(names.vdev, call.text("dev_num"), Refused(8, 3003))
    volume = dedicate.volume_at(call.system, rdev)
    if volume is None:
        raise Refused(8, 8, f"HCPDEV040E Device {rdev} does not exist")
    call.system.offline.devices.discard(rdev)
    use = call.system.system_config.use(volume.volser)
    return done(diskInfo=[f"{rdev} {model(volume)} {use} {volume.volser}"])


@serves("System_IO_Query")
def system_io_query(call: Call) -> Reply:
    """Tell the channel path of a real device: the first half of its number."""
    rdev = checked(names.vdev, call.text("real_device"), Refused(24, 115))
    if rdev not in call.system.real_devices():
        raise Refused(8, 8)
    return done(chipidList=[rdev[:2]])
