# SPDX-License-Identifier: Apache-2.0
"""The z/VM system: identity, storage, processors, real disks and FCP devices."""

from __future__ import annotations

from datetime import datetime

from zvm.simulator import dedicate
from zvm.simulator.dedicate import OFFLINE
from zvm.simulator.extent_control import model
from zvm.simulator.functions.registry import Call, done, serves
from zvm.simulator.refused import Refused
from zvm.simulator.system_config import FREE, PAGE
from zvm.simulator.virtual_machine import parse_storage
from zvm.smapi.frames import Reply

_PAGE = 4096


def _stamp(seconds: float, zone: str) -> str:
    """Return a time as CP writes it in QUERY CPLEVEL."""
    return f"{datetime.fromtimestamp(seconds):%m/%d/%y %H:%M:%S} {zone}"


@serves("System_Info_Query")
def system_info_query(call: Call) -> Reply:
    facts = call.system.config.system
    now = call.system.trouble.now()
    return done(
        timezone=facts.timezone,
        time=f"{now:%Y-%m-%d %H:%M:%S}",
        vmVersion=facts.version,
        cpGenTime=f"Generated at {_stamp(facts.generated.timestamp(), facts.timezone)}",
        cpIplTime=f"IPL at {_stamp(call.system.ipl_time, facts.timezone)}",
        realStorageSize=f"{facts.storage} CONFIGURED = {facts.storage} INC = 1M STANDBY = 0  RESERVED = 0",
    )


@serves("System_Information_Query")
def system_information_query(call: Call) -> Reply:
    facts = call.system.config.system
    if call.text("STORAGE"):
        raise Refused(8, 3003, f"UNKNOWN_PARAMETER_OPERAND={call['STORAGE']}")
    now, ipl = call.system.trouble.now(), datetime.fromtimestamp(call.system.ipl_time)
    version = facts.version.split()
    up = int(now.timestamp() - call.system.ipl_time)
    return done(
        systemInformationData=[
            "CMS_LEVEL=LEVEL=29 SERVICE_LEVEL=0000 LANGUAGE=AMENG",
            "CPU_CAPABILITY=PRIMARY=1 SECONDARY=1 NOMINAL=1 ADJUSTMENT_INDICATION=0 CHANGE_REASON=0"
            ' CHANGE_EXPLANATION_LENGTH=0 CHANGE_EXPLANATION=""',
            f"CPUID=ID={facts.cpuid}",
            f"CP_LEVEL=VERSION={version[2]}.{version[4].rstrip(',')} SERVICE_LEVEL={version[-2]}"
            f" GENERATION_TIME={facts.generated:%H:%M:%S} GENERATION_DATE={facts.generated:%Y-%m-%d}"
            f" GENERATION_TIME_ZONE={facts.timezone} IPL_TIME={ipl:%H:%M:%S} IPL_DATE={ipl:%Y-%m-%d}"
            f" IPL_TIME_ZONE={facts.timezone} LANGUAGE=AMENG",
            f"STORAGE=ONLINE={facts.storage} CONFIGURED={facts.storage} INCREMENT=1M STANDBY=0 RESERVED=0",
            f"TIME=TIMEZONE={facts.timezone} TIME={now:%H:%M:%S} DATE={now:%Y-%m-%d}"
            f" CONNECT={up // 3600:02}:{up // 60 % 60:02}:{up % 60:02}"
            " VIRTUAL_CPU=000:00.00 TOTAL_CPU=000:00.00",
        ]
    )


@serves("System_Performance_Info_Query")
def system_performance_info_query(call: Call) -> Reply:
    facts = call.system.config.system
    load = _load(call)
    details = ["2.00 SECONDS"] if call.text("monrate") else []
    details += [f"PROC {cpu:04}-{load:03}% {facts.cpu_type:<4} VM" for cpu in range(facts.cpus)]
    return done(
        cpuCount=f"{facts.cpus:04}",
        averageUse=f"{load:02}",
        pagingRate="0",
        totalPages=str(parse_storage(facts.storage) // _PAGE),
        usedPages=str(_used_storage(call) // _PAGE),
        details=details,
    )


@serves("System_Performance_Information_Query")
def system_performance_information_query(call: Call) -> Reply:
    facts = call.system.config.system
    lines = [
        f"CPU_COUNT={facts.cpus:04}",
        f"CPU_AVERAGE_USE={_load(call)}%",
        "PAGING_RATE=0",
        f"MEMORY_IN_USE={_used_storage(call) // _PAGE}",
        f"MEMORY_TOTAL={parse_storage(facts.storage) // _PAGE}",
        "MONITOR_RATE=2.00 SECONDS ",
        "MONITOR_INTERVAL=1 MINUTES ",
        f"MY_LPAR_NAME={facts.lpar_name}",
    ]
    return done(performanceInformation=lines)


@serves("System_Processor_Query")
def system_processor_query(call: Call) -> Reply:
    facts = call.system.config.system
    lines = [
        f"{cpu:04} {'ALTERNATE' if cpu else 'MASTER-PP'} {facts.cpu_type} {cpu:04}"
        for cpu in range(facts.cpus)
    ]
    return done(partitionMode="ESA/390", processorList=lines)


def _used_storage(call: Call) -> int:
    """Return the bytes in use: a light guest uses a quarter of its storage, CP a gigabyte."""
    return (1 << 30) + sum(machine.storage // 4 for machine in call.system.guests.logged_on())


def _load(call: Call) -> int:
    """Return the average use of the CPUs in percent, one percent of a CPU per virtual CPU."""
    cpus = sum(len(machine.cpus) for machine in call.system.guests.logged_on())
    return min(99, cpus // call.system.config.system.cpus)


@serves("System_Disk_Query")
def system_disk_query(call: Call) -> Reply:
    """Describe one real disk or all, or those in use or not; of one that is offline nothing is known."""
    asked = call.text("dev_num")
    lines = []
    for volume in call.system.dasd.volumes.values():
        use = dedicate.use(call.system, volume)
        if volume.rdev and (asked in ("ALL", volume.rdev) or _state_is(use, asked)):
            known = ("0000-00", "") if use == OFFLINE else (model(volume), volume.volser)
            lines.append(f"{volume.rdev} {known[0]} {use} {known[1]}")
    if not lines:
        raise Refused(4, 28) if asked in ("ALL", "FREE", "USED") else Refused(8, 8)
    return done(diskInfoArray=lines)


def _state_is(use: str, asked: str) -> bool:
    return (asked == FREE and use == FREE) or (asked == "USED" and use not in (FREE, OFFLINE))


@serves("System_Page_Utilization_Query")
def system_page_utilization_query(call: Call) -> Reply:
    """Tell total and used pages, the same of the first paging volume in the same string, then the others."""
    return done(pageInformation=paging_lines(call))


def paging_lines(call: Call) -> list[str]:
    """Return the strings of the reply; CP has never paged anything out."""
    purposes, volumes = call.system.system_config.purposes, call.system.dasd.volumes
    paging = [volume for volser, volume in volumes.items() if purposes.get(volser) == PAGE]
    pages = [volume.size * volume.unit_bytes // _PAGE // 1024 for volume in paging]
    lines = [
        f"{volume.volser} {volume.rdev} {size}K 0 0 NOTDRAINED"
        for volume, size in zip(paging, pages, strict=True)
    ]
    total = f"{sum(pages)}K 0 0" if pages else "0 0 0"
    return [" ".join([total, *lines[:1]]), *lines[1:]]


@serves("System_RDR_File_Manage")
def system_rdr_file_manage(call: Call) -> Reply:
    """Purge reader files of the caller."""
    if call.text("action") != "PURGE":
        raise Refused(8, 3003, f"UNKNOWN_PARAMETER_OPERAND={call['action']}")
    wanted = call.text("spoolids").replace(",", " ").split()
    for file in call.system.spool.files(call.caller):
        if wanted == ["ALL"] or f"{file.spoolid:04}" in wanted or str(file.spoolid) in wanted:
            call.system.spool.purge(file)
    return done()
