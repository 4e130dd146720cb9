# SPDX-License-Identifier: Apache-2.0
"""The whole directory at once, and the level of the directory manager."""

from __future__ import annotations

from dataclasses import replace

from zvm.directory import Entry
from zvm.simulator.functions.definitions import image_definition_query
from zvm.simulator.functions.registry import Call, done, serves
from zvm.smapi.frames import Reply

#: directoryEntryType: profiles are 1 on a real system; the others follow.
_TYPES = {"PROFILE": 1, "USER": 2, "IDENTITY": 3}


def _records(entry: Entry) -> str:
    """Return the records of an entry, each behind its length."""
    records = [record.ljust(72).encode("latin-1", "replace") for record in entry.records()]
    return b"".join(len(record).to_bytes(4, "big") + record for record in records).decode("latin-1")


def _definitions(call: Call, entry: Entry) -> str:
    """Return the KEYWORD=value strings of an entry."""
    if entry.kind == "PROFILE":
        return _records(entry)
    request = replace(call.request, target=entry.userid, parameters={"definitions": ["*"]})
    lines = image_definition_query(replace(call, request=request)).values["definitions"]
    return "".join(f"{line}\0" for line in lines)


@serves("Query_All_DM")
def query_all(call: Call) -> Reply:
    entries = [*call.system.directory.profiles(), *call.system.directory.entries()]
    if call.text("format") == "YES":
        entries = call.system.directory.entries()
    return done(
        directoryEntryArray=[
            {
                "directoryEntryType": _TYPES.get(entry.kind, 2),
                "directoryEntryId": entry.userid,
                "directoryEntryData": _definitions(call, entry)
                if call.text("format") == "YES"
                else _records(entry),
            }
            for entry in entries
        ]
    )


@serves("Query_Directory_Manager_Level_DM")
def query_directory_manager_level(call: Call) -> Reply:
    release = call.system.config.system.version.split()
    level = f"{release[2]}{release[4].rstrip(',').replace('.', '')}"
    return done(directoryManagerLevel=f"Directory Maintenance Facility Function Level {level}")
