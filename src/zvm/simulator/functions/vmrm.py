# SPDX-License-Identifier: Apache-2.0
"""The virtual machine resource manager: its configuration file, and how its workloads do.

What it would do to the shares of guests has no meaning here, where nothing competes for processors.
"""

from __future__ import annotations

from datetime import datetime

from zvm.simulator.functions.registry import Call, done, serves
from zvm.simulator.refused import Refused
from zvm.smapi.frames import Reply

_NO_MEASUREMENT, _IN_ERROR, _NO_FILE = (800, 8), (800, 12), (800, 28)
#: Statements with the fewest words that each has (CP Performance, VMRM configuration file).
_STATEMENTS = {"ADMIN": 3, "GOAL": 5, "WORKLOAD": 4, "MANAGE": 6, "NOTIFY": 3}
_GOALS = ("CPU", "DASD")
#: What is achieved by those who never wait.
_EVERYTHING = "100"


@serves("VMRM_Configuration_Query")
def vmrm_configuration_query(call: Call) -> Reply:
    file = call.system.smapi_files.vmrm.get(_name(call))
    if file is None:
        raise Refused(*_NO_FILE)
    return done(configurationFile=file["lines"])


@serves("VMRM_Configuration_Update")
def vmrm_configuration_update(call: Call) -> Reply:
    """Put a new file in place; one that is wrong is refused with a record of the log for each mistake."""
    text = [line.rstrip() for line in call["update_file"]]
    faults = [fault for number, line in enumerate(text, 1) if (fault := _fault(number, line))]
    if faults:
        return Reply(*_IN_ERROR, {"logRecordInfoList": faults})
    files = call.system.smapi_files.vmrm
    files.pop(_name(call), None)  # the file that came last is the one in force
    files[_name(call)] = {"lines": text, "changed": call.system.trouble.now().timestamp()}
    return done(
        logRecordInfoList=[f"{_stamp(call.system.trouble.now())} MSG VMRM configuration file is in force"]
    )


@serves("VMRM_Measurement_Query")
def vmrm_measurement_query(call: Call) -> Reply:
    """Tell what each workload achieved; ``null`` where it has no goal, or nobody of it is logged on."""
    files = call.system.smapi_files.vmrm
    if not files:
        raise Refused(*_NO_MEASUREMENT)
    name, file = list(files.items())[-1]
    statements = [line.upper().split() for line in file["lines"]]
    goals = {words[1]: words for words in statements if words[:1] == ["GOAL"]}
    users = {words[1]: words[3:] for words in statements if words[:1] == ["WORKLOAD"]}
    records = []
    for words in statements:
        if words[:1] == ["MANAGE"] and words[3] in goals:
            on = any(call.system.guests.is_on(userid) for userid in users.get(words[1], ()))
            told = [f"{kind} {_EVERYTHING if on and kind in goals[words[3]] else 'null'}" for kind in _GOALS]
            records.append(f"{words[1]:<16} {' '.join(told)}")
    filename, filetype, _ = name.split(" ")
    return done(
        queryTimestamp=_stamp(call.system.trouble.now()),
        fileName=f"{filename} {filetype} A1",
        fileTimestamp=_file_stamp(datetime.fromtimestamp(file["changed"])),
        workloadInfoList=records,
    )


def _name(call: Call) -> str:
    parts = ("configuration_file_name", "configuration_file_type", "configuration_dir_name")
    return " ".join(call.text(part).replace(" ", "_") for part in parts)


def _stamp(moment: datetime) -> str:
    """Return a time as VMRM writes it, blanks for leading zeros: `` 4/16/19 23:32:07``."""
    return f"{moment.month:2}/{moment.day:02}/{moment:%y} {moment.hour:2}:{moment:%M:%S}"


def _file_stamp(moment: datetime) -> str:
    """Return a time as CMS writes that of a file, without leading zeros: ``4/09/19 1:52:38``."""
    return f"{moment.month}/{moment.day:02}/{moment:%y} {moment.hour}:{moment:%M:%S}"


def _fault(number: int, line: str) -> str:
    words = line.upper().split()
    if not words or words[0].startswith(("*", "/*")):
        return ""
    if words[0] not in _STATEMENTS:
        return f"Line {number}: unknown statement {words[0]}"
    if len(words) < _STATEMENTS[words[0]]:
        return f"Line {number}: operands of {words[0]} are missing"
    return ""
