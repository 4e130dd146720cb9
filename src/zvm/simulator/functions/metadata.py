# SPDX-License-Identifier: Apache-2.0
"""Metadata: values that callers keep with an entry of the directory under names of their own."""

from __future__ import annotations

import fnmatch

from zvm.simulator.functions.registry import Call, done, serves
from zvm.simulator.refused import Refused
from zvm.smapi.frames import Reply


@serves("Metadata_Set")
def metadata_set(call: Call) -> Reply:
    call.system.directory.get(call.target)
    kept = call.system.smapi_files.metadata.setdefault(call.target, {})
    for item in call["metadata"]:
        kept[str(item["metadata_entry_name"])] = str(item["metadata"])
    return done()


@serves("Metadata_Get")
def metadata_get(call: Call) -> Reply:
    """Tell the values of some names; one that is not kept has an empty value."""
    call.system.directory.get(call.target)
    kept = call.system.smapi_files.metadata.get(call.target, {})
    asked = str(call["metadata_entry_names"]).split()
    return done(
        metadataEntryList=[{"metadataEntryName": name, "metadata": kept.get(name, "")} for name in asked]
    )


@serves("Metadata_Delete")
def metadata_delete(call: Call) -> Reply:
    call.system.directory.get(call.target)
    kept = call.system.smapi_files.metadata.get(call.target, {})
    for name in str(call["metadata_entry_names"]).split():
        kept.pop(name, None)
    return done()


@serves("Metadata_Space_Query")
def metadata_space_query(call: Call) -> Reply:
    """Tell how long each value is whose name meets the search key (``*`` stands for anything)."""
    kept = call.system.smapi_files.metadata.get(call.target, {})
    key = str(call["searchkey"])
    lines = [f"{len(value)} {name}" for name, value in kept.items() if fnmatch.fnmatchcase(name, key)]
    if not lines:
        raise Refused(4, 4)
    return done(metadataEntryList=lines)
